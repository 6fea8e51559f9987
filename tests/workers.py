"""Waiting for what a worker process does."""

import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it did not become so within a minute")

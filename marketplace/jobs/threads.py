"""Threads that may be left behind."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def in_thread(act: Callable[[], T]) -> asyncio.Future[T]:
    """Run `act` in a thread that does not keep the process alive: a solver, or who waits for a mail server, cannot be
    told to stop, only be left."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            set_(value)

    def run() -> None:
        try:
            value = act()
        except BaseException as error:  # noqa: BLE001 - raised again where the future is awaited
            outcome: tuple[Callable[[Any], None], Any] = (future.set_exception, error)
        else:
            outcome = (future.set_result, value)
        with suppress(RuntimeError):  # the loop may be closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return future

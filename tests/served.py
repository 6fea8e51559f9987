"""The demonstration as `marketplace demo` serves it, for those who come over HTTP: built, matched once, gunicorn and a
worker."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.folders import server_folder
from tests.mail_server import free_port

ROOT = Path(__file__).parents[1]
READY_WITHIN = 180  # seconds


@dataclass(frozen=True)
class Served:
    """Where it is served, the folder that it lives in, and its first process."""

    address: str
    data: Path
    pid: int


@contextmanager
def demonstration() -> Iterator[Served]:
    """Serve it for the length of the context; that it ends in good order is tried too."""
    port = free_port()
    command = [sys.executable, "-m", "marketplace", "demo", "--bind", f"127.0.0.1:{port}"]
    with server_folder() as data:
        log = data / "log"
        with log.open("w") as file:
            process = subprocess.Popen(command, env=environment(data), cwd=ROOT, stdout=file, stderr=file)
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}/ready", log)
            yield Served(address=f"http://127.0.0.1:{port}", data=data, pid=process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0, log.read_text()[-3000:]


def environment(data: Path) -> dict[str, str]:
    """That of a process which is to work on the database of this folder."""
    found = {**os.environ, "MARKETPLACE_DATA": str(data)}
    found.pop("DATABASE_URL", None)
    return found


def behind_the_scenes(data: Path, name: str, about: object) -> dict[str, Any]:
    """Let something happen there (tests/browser/backstage.py); what came of it."""
    command = [sys.executable, "-m", "tests.browser.backstage", name, str(about)]
    done = subprocess.run(command, check=False, env=environment(data), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])

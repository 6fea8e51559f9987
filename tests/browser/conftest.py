"""A real site in a real browser: gunicorn and a worker on a database of their own, walked by chromium."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import Site, Visitor
from tests.folders import server_folder

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

Visit = Callable[..., AbstractContextManager[Visitor]]
Backstage = Callable[[str, object], dict[str, Any]]


# Of the package, not of the session: while chromium is driven an event loop runs, beside which no worker can be tried.
@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """The demonstration as `marketplace demo` serves it: built, matched once, gunicorn and a worker."""
    from marketplace.services.demonstration import PASSWORD  # noqa: PLC0415 - only where there is a browser

    port = _free_port()
    command = [sys.executable, "-m", "marketplace", "demo", "--bind", f"127.0.0.1:{port}"]
    with server_folder() as data:
        environment = {**os.environ, "MARKETPLACE_DATA": str(data)}
        environment.pop("DATABASE_URL", None)
        with (data / "log").open("w") as log:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}/ready", data / "log")
            yield Site(address=f"http://127.0.0.1:{port}", password=PASSWORD, data=data)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0, (data / "log").read_text()[-3000:]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the browser walks were not run")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def backstage(site: Site) -> Backstage:
    """Let something happen behind the scenes (tests/browser/backstage.py); what came of it."""

    def act(name: str, about: object) -> dict[str, Any]:
        command = [sys.executable, "-m", "tests.browser.backstage", name, str(about)]
        environment = {**os.environ, "MARKETPLACE_DATA": str(site.data)}
        environment.pop("DATABASE_URL", None)
        done = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return act


@pytest.fixture
def visit(browser: Browser, site: Site) -> Visit:
    """Open a browser window: `with visit(width=320, scripts=False) as visitor`."""

    @contextmanager
    def visiting(*, width: int = 1280, scripts: bool = True) -> Iterator[Visitor]:
        with browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts) as context:
            yield Visitor(context.new_page(), site, width=width, scripts=scripts)

    return visiting


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])

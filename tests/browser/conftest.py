"""A real site in a real browser: gunicorn and a worker on a database of their own, walked by chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "screenshots"
SERIOUS = {"serious", "critical"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True)
class Site:
    """Where the site is served, and the password of its demonstration accounts."""

    address: str
    password: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration as `marketplace demo` serves it: built, matched once, gunicorn and a worker."""
    from marketplace.services.demonstration import PASSWORD  # noqa: PLC0415 - only where there is a browser

    data = tmp_path_factory.mktemp("site")
    port = _free_port()
    command = [sys.executable, "-m", "marketplace", "demo", "--bind", f"127.0.0.1:{port}"]
    environment = {**os.environ, "MARKETPLACE_DATA": str(data)}
    environment.pop("DATABASE_URL", None)
    with (data / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/ready", data / "log")
        yield Site(address=f"http://127.0.0.1:{port}", password=PASSWORD)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, (data / "log").read_text()[-3000:]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the browser walks were not run")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser: opens pages, and notices what a person or a screen reader would complain of."""

    page: Page
    site: Site
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.site.address + path)

    def sign_in(self, email: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(self.site.password)
        self.page.get_by_role("button", name="Sign in").click()
        assert "Sign out" in self.page.content()

    def look(self, name: str) -> None:
        """Picture the page, and hold it to what every page must keep: banner, no sideways scrolling, axe."""
        width = self.page.viewport_size["width"]  # type: ignore[index]
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        assert "Demonstration data; illustrative tariff" in self.page.content()
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(overflow) <= 0, f"{name} scrolls sideways at {width} px"
        assert self.axe() == []
        assert self.complaints == []

    def axe(self) -> list[str]:
        """The serious and critical findings of axe on the page."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run()")
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found["violations"]
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]


Visit = Callable[..., "contextmanager[Visitor]"]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Callable[..., object]:
    """Open a browser window: `with visit(width=320, scripts=False) as visitor`."""

    @contextmanager
    def visiting(width: int = 1280, scripts: bool = True) -> Iterator[Visitor]:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        complaints: list[str] = []
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield Visitor(page, site, complaints)
        context.close()

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

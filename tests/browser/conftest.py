"""A real site in a real browser: gunicorn and a worker on a database of their own, walked by chromium."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import Site, Visitor
from tests.served import behind_the_scenes, demonstration

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

Visit = Callable[..., AbstractContextManager[Visitor]]
Backstage = Callable[[str, object], dict[str, Any]]


# Of the package, not of the session: while chromium is driven an event loop runs, beside which no worker can be tried.
@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """The demonstration, served."""
    from marketplace.services.demonstration import PASSWORD  # noqa: PLC0415 - only where there is a browser

    with demonstration() as served:
        yield Site(address=served.address, password=PASSWORD, data=served.data)


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
    return lambda name, about: behind_the_scenes(site.data, name, about)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Visit:
    """Open a browser window: `with visit(width=320, scripts=False) as visitor`."""

    @contextmanager
    def visiting(*, width: int = 1280, scripts: bool = True) -> Iterator[Visitor]:
        with browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts) as context:
            yield Visitor(context.new_page(), site, width=width, scripts=scripts)

    return visiting

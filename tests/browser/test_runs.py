"""Procurement sets budgets, starts a matching run, watches it, and reads whom it recommends to consult."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

BUYERS = ("saltmarrow", "brackenwold", "dunmarrow", "greystrand")
ENDED = "pupils placed"
PATIENCE = 60_000  # ms for a run of at most 10 s on a busy machine


def watch(visitor: Visitor) -> None:
    """Wait for the end of a run: the page renews itself, or its link does without scripts."""
    heading = visitor.page.get_by_role("heading", level=1)
    if visitor.scripts:
        expect(heading).to_contain_text(ENDED, timeout=PATIENCE)
        return
    for _ in range(PATIENCE // 500):
        if ENDED in heading.inner_text():
            return
        visitor.page.get_by_role("link", name="Refresh").click()
        visitor.page.wait_for_timeout(500)
    raise AssertionError(visitor.page.content())


@in_every_window("buyer", BUYERS)
def test_a_run_is_started_watched_and_read(visit: Visit, width: int, scripts: bool, buyer: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{buyer}.example")
        visitor.open("/budgets")
        visitor.page.locator("main input[type=text]").first.fill("£4,321,000")
        visitor.click("button", "Save budgets")
        visitor.sees("Saved: ")
        visitor.look("budgets")
        visitor.open("/runs/start")
        visitor.sees("£4,321,000")
        visitor.look("run-start")
        visitor.begin()
        visitor.type("Time limit", "10")
        visitor.click("button", "Start the run")
        expect(visitor.page.get_by_text("You can leave this page; the run goes on.")).to_be_visible()
        visitor.look("run-progress")
        watch(visitor)
        visitor.sees("It is never a decision", "Placed by kind", "Not placed, and what to do", "£4,321,000")
        visitor.look("run")
        visitor.click("button", "See the recommendations")
        visitor.reads("Recommendations of run")
        assert len(visitor.screens) == 3
        assert visitor.clicks == 2
        visitor.look("recommendations")

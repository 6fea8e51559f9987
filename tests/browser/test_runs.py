"""Procurement sets budgets, starts a matching run, watches it, and reads whom it recommends to consult."""

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

BUYERS = ("saltmarrow", "brackenwold", "dunmarrow", "greystrand")
ENDED = "pupils placed"


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
        visitor.sees("You can leave this page; the run goes on, and who started it gets an e-mail")
        visitor.look("run-progress")
        visitor.watches(ENDED, renew="Refresh")
        visitor.sees("It is never a decision", "Placed by kind", "Not placed, and what to do", "£4,321,000")
        visitor.look("run")
        visitor.click("button", "See the recommendations")
        visitor.reads("Recommendations of run")
        assert len(visitor.screens) == 3
        assert visitor.clicks == 2
        visitor.look("recommendations")

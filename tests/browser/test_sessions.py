"""Sessions as a person meets them: warned before the end, able to stay, nothing left to read afterwards (S17, S22)."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import PATIENCE

WHO = "commissioner@aldermouth.example"


@pytest.mark.parametrize("width", [1280, 320])
def test_one_is_warned_before_being_signed_out_and_can_stay(visit: Visit, width: int) -> None:
    with visit(width=width) as visitor:
        visitor.page.clock.install()
        visitor.sign_in(WHO)
        warning = visitor.page.get_by_role("dialog", name="You will be signed out in five minutes")
        expect(visitor.page.locator("#ending")).to_have_attribute("data-over", "false")  # the clock of the page runs
        visitor.page.clock.fast_forward("24:00")
        expect(warning).to_be_hidden()
        visitor.page.clock.fast_forward("01:30")
        expect(warning).to_be_visible()
        expect(warning).to_contain_text("No page was opened or sent for 25 minutes.")
        visitor.picture("session-ending")
        with visitor.page.expect_response(lambda answer: answer.request.method == "HEAD") as asked:
            visitor.page.get_by_role("button", name="Stay signed in").press("Enter")
        assert asked.value.ok
        expect(warning).to_be_hidden()
        visitor.page.clock.fast_forward("25:30")
        expect(warning).to_be_visible()
        assert visitor.complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_after_signing_out_nothing_is_readable_by_going_back(visit: Visit, *, scripts: bool) -> None:
    with visit(scripts=scripts) as visitor:
        visitor.sign_in(WHO)
        visitor.open("/needs")
        visitor.reads("Needs")
        visitor.page.get_by_role("button", name="Sign out").click()
        visitor.page.wait_for_url("**/sign-in", timeout=PATIENCE)
        visitor.page.go_back()
        visitor.page.wait_for_url("**/sign-in", timeout=PATIENCE)
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in")

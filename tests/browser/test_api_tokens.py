"""A token of the API is made on its page, shown once and revoked, on a narrow screen and without scripts too."""

import re

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import WINDOWS


@pytest.mark.parametrize(("width", "scripts"), WINDOWS)
def test_a_token_is_made_shown_once_and_revoked(visit: Visit, width: int, scripts: bool) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in("commissioner@greystrand.example")
        visitor.click("link", "API tokens")
        visitor.reads("API tokens")
        visitor.type("What is it for?", f"Case management {width} {scripts}")
        visitor.page.get_by_label("Read placements").check()
        visitor.click("button", "Make the token")
        visitor.sees("Your new token", "It is shown this once")
        assert re.search(r"mp_[\w-]{43}", visitor.page.locator("main").inner_text())
        visitor.look("api-tokens")
        visitor.open("/account/tokens")
        assert not re.search(r"mp_[\w-]{43}", visitor.page.locator("main").inner_text())
        visitor.page.get_by_role("button", name=f"Revoke Case management {width} {scripts}").click()
        visitor.sees("is revoked. Whoever uses it is refused from now on.")

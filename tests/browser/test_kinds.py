"""The three kinds of a need beside each other, and over three years by assumptions that somebody changes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import WINDOWS, Visitor

LINKS = "links => links.map(link => link.getAttribute('href'))"
FOUND = "By these assumptions the porous path costs"


def need_of_every_kind(visitor: Visitor) -> tuple[str, str]:
    """The address and the reference of the first need of the demonstration that all three kinds could meet."""
    visitor.open("/needs?status=published&sort=reference")
    hrefs = visitor.page.eval_on_selector_all("main a[href]", LINKS)
    for address in dict.fromkeys(href for href in hrefs if re.fullmatch(r"/needs/[0-9]+", href)):
        visitor.open(f"{address}/kinds/years")
        words = visitor.page.locator("main").inner_text()
        if FOUND in words and "Outreach into mainstream" in words:
            return address, visitor.page.locator("h1").inner_text().rpartition(" ")[2]
    raise AssertionError("The demonstration has no need that all three kinds could meet.")


@pytest.mark.parametrize(("width", "scripts"), WINDOWS)
def test_the_kinds_are_compared_side_by_side_and_over_three_years(visit: Visit, width: int, scripts: bool) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in("commissioner@greystrand.example")
        address, reference = need_of_every_kind(visitor)
        visitor.open(f"{address}/options")
        visitor.look("options-with-kinds")
        visitor.click("link", "Side by side")
        visitor.reads(f"Side by side for {reference}")
        visitor.sees("What would make mainstream work?", "Marginal public cost", "What is not known")
        visitor.look("kinds")
        visitor.click("link", "Compare them over three years")
        visitor.reads(f"Over three years for {reference}")
        visitor.sees("not a forecast", FOUND, "Each year, line by line")
        visitor.look("kinds-years")
        visitor.type("Uplift a year", "lots")
        visitor.click("button", "Show it by these")
        expect(visitor.page.get_by_role("alert")).to_contain_text("Enter a percentage from 0 to 20")
        visitor.complaints.clear()  # the browser's own on the status of a refused form
        visitor.look("kinds-years-refused")
        visitor.type("Uplift a year", "2.5")
        visitor.click("button", "Show it by these")
        visitor.sees(FOUND)
        assert "uplift=2.5" in visitor.page.url
        assert reference not in visitor.page.url
        expect(visitor.page.get_by_label("Uplift a year")).to_have_value("2.5")

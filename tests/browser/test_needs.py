"""J05 and J06: a commissioner posts a need in five screens, and the ranked options stand there at once."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("aldermouth", "brackenwold", "dunmarrow", "fallowby")
HOME = "541000, 521000"
LEVELS = {
    "Communication and interaction": "Intensive",
    "Cognition and learning": "Moderate",
    "Social, emotional and mental health": "Mild",
    "Sensory and/or physical needs": "Universal",
}


def level(visitor: Visitor, area: str) -> Locator:
    return visitor.page.get_by_role("group", name=area).get_by_role("radio", name=LEVELS[area])


def post_need(visitor: Visitor, reference: str) -> None:
    """Every question that has no usual answer, from the first page to the last but one click."""
    visitor.type("Your reference for the pupil", reference)
    visitor.choose("Year group when the placement starts", "Year 5")
    visitor.type("Home area", HOME)
    visitor.click("button", "Save and continue")
    visitor.reads("What would make mainstream work?")
    visitor.look("need-mainstream")
    visitor.type("Barriers, and what would take them away", "A calm room and a key adult helped for a while.")
    visitor.click("checkbox", "Full placement")
    visitor.click("button", "Save and continue")
    visitor.reads("Needs profile")
    visitor.look("need-profile")
    for area, words in LEVELS.items():
        visitor.click("radio", words, within=visitor.page.get_by_role("group", name=area))
    visitor.choose("Primary need", "Autistic spectrum disorder")
    visitor.click("button", "Save and continue")
    visitor.reads("Request, wishes and journey")
    visitor.look("need-request")
    visitor.click("button", "Save and continue")
    visitor.reads("Check the answers")
    visitor.sees(reference, "Year 5", "Full placement", "Autistic spectrum disorder", "3, usual")
    visitor.look("need-check")


@in_every_window("authority", AUTHORITIES)
def test_a_need_is_posted_in_five_screens_and_its_options_are_there_without_another_click(
    visit: Visit, width: int, scripts: bool, authority: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"commissioner@{authority}.example")
        visitor.open("/needs/new")
        visitor.look("need-pupil")
        visitor.begin()
        post_need(visitor, "WALK-1")
        visitor.took("J05", screens=5, clicks=12, last="Publish and see options")
        visitor.reads("Ranked options for WALK-1")
        visitor.begin()
        visitor.sees("By road", "Room", "Price", "Transport", "Total a year", "Why the others are no options")
        expect(visitor.page.locator("[id^=option-]").first).to_be_visible()
        visitor.took("J06", screens=1, clicks=0)
        expect(visitor.page.locator(".app-map")).to_be_visible(visible=scripts)  # only with scripts
        visitor.look("options")
        visitor.open("/")
        visitor.sees("1 need that no run has looked at")
        visitor.look("home-commissioner")


@pytest.mark.parametrize(("width", "scripts", "clicks"), [(1280, True, 2), (1280, False, 2), (320, True, 3)])
def test_options_are_narrowed_to_those_with_room_by_two_clicks_or_three_where_the_filters_are_folded(
    visit: Visit, width: int, scripts: bool, clicks: int
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in("commissioner@greystrand.example")
        visitor.open("/needs?status=published&sort=reference")
        visitor.click("link", "GR-1001")
        visitor.click("button", "See ranked options")
        visitor.reads("Ranked options for GR-1001")
        visitor.begin()
        if clicks == 3:
            panel = visitor.page.locator("details.app-filters__panel:not([open])")
            panel.locator("summary").click()
            visitor.clicks += 1
        visitor.click("checkbox", "With room now")
        visitor.click("button", "Apply filters")
        expect(visitor.page.get_by_role("link", name="Remove filter: With room now")).to_be_visible()
        expect(visitor.page.get_by_text("Full", exact=True)).to_have_count(0)
        if clicks == 3:
            visitor.took("J06", screens=1, clicks=3)
        else:
            visitor.took("J06", screens=1, clicks=2)


def test_a_need_is_posted_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        visitor.sign_in("commissioner@estermere.example")
        visitor.open("/needs/new")
        visitor.begin()
        page, keys = visitor.page, visitor.page.keyboard
        for label, text in (
            ("Your reference for the pupil", "KEYS-1"),
            ("Year group when the placement starts", "Year 5"),
            ("Home area", HOME),
        ):
            visitor.tab_to(page.get_by_label(label, exact=True))
            keys.type(text)
        keys.press("Enter")
        visitor.reads("What would make mainstream work?")
        visitor.tab_to(page.get_by_label("Barriers, and what would take them away"))
        keys.type("A calm room helped for a while.")
        visitor.tab_to(page.get_by_role("checkbox", name="Full placement"))
        keys.press("Space")
        keys.press("Enter")
        visitor.reads("Needs profile")
        for area in LEVELS:
            visitor.tab_to(level(visitor, area))
            keys.press("Space")
        visitor.tab_to(page.get_by_label("Primary need", exact=True))
        keys.type("Autistic")
        for heading in ("Request, wishes and journey", "Check the answers"):
            visitor.press(page.get_by_role("button", name="Save and continue"))
            visitor.reads(heading)
        visitor.sees("KEYS-1", "Year 5", *LEVELS.values())
        visitor.press(page.get_by_role("button", name="Publish and see options"))
        visitor.reads("Ranked options for KEYS-1")
        visitor.tab_to(page.get_by_role("checkbox", name="With room now"))
        keys.press("Space")
        keys.press("Enter")
        expect(page.get_by_role("link", name="Remove filter: With room now")).to_be_visible()
        assert visitor.clicks == 0

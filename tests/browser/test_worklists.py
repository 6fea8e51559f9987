"""J03 and J08: what needs somebody today stands on one page, the overdue first; an authority chases all at once."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Aldermouth", "Brackenwold", "Dunmarrow", "Fallowby")
DUE = {"overdue": "Overdue (1)", "soon": "Due within a week (1)", "later": "Due later (1)"}
CAPTIONS = "main table caption"


def read_what_needs_me(provider: Visitor, scene: dict[str, Any]) -> None:
    """J03 from the page to which one who signs in is led: it is all there."""
    provider.sign_in(scene["provider"])
    provider.begin()
    captions = [words.strip() for words in provider.page.locator(CAPTIONS).all_inner_texts()]
    assert captions[: len(DUE)] == list(DUE.values())
    overdue, soon, later = (provider.page.locator("main table").nth(place) for place in range(3))
    expect(overdue).to_contain_text("1 day overdue")
    expect(soon).to_contain_text("5 days left")
    expect(later).to_contain_text("15 days left")
    for table, reference in zip((overdue, soon, later), scene["references"], strict=True):
        expect(table).to_contain_text(reference)
    assert (len(provider.screens), provider.clicks) == (1, 0)
    provider.look("home-provider-worklist")


def see_what_is_late(commissioner: Visitor) -> None:
    """J08, to where what is late is seen: the overdue first, each with its day, and whether it was seen."""
    commissioner.open("/consultations")
    commissioner.begin()
    captions = [words.strip() for words in commissioner.page.locator(CAPTIONS).all_inner_texts()]
    assert captions[0] == DUE["overdue"]
    late, soon, later = (commissioner.page.locator("main table").nth(place) for place in range(3))
    expect(late).to_contain_text("Day 16, after 15")
    expect(late).to_contain_text("Seen")
    expect(late).to_contain_text("1 day overdue")
    expect(soon).to_contain_text("Day 10 of 15")
    expect(soon).to_contain_text("Not seen")
    expect(later).to_contain_text("Day 0 of 15")
    commissioner.sees("Silence is no refusal.", "Decide without a reply")
    commissioner.look("consultations-late")


@in_every_window("authority", AUTHORITIES)
def test_what_needs_somebody_today_stands_on_one_page_and_all_are_chased_by_one_click(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("asked", authority)
    window = {"width": width, "scripts": scripts}
    with visit(**window) as commissioner, visit(**window) as provider:
        read_what_needs_me(provider, scene)
        commissioner.sign_in(f"commissioner@{authority.lower()}.example")
        commissioner.sees("1 consultation overdue")
        see_what_is_late(commissioner)
        commissioner.click("button", "Send a reminder to all 3 that have not replied")
        commissioner.sees("A reminder is sent to 3 settings.", "Last reminded")
        assert (len(commissioner.screens), commissioner.clicks) == (1, 1)
        commissioner.open("/needs?to_do=silent&to_do=wait")
        commissioner.sees("Reply overdue: remind, or decide without it (1)", "Waiting for replies (2)")
        commissioner.look("needs-grouped")


def test_what_is_late_is_read_and_chased_by_keyboard_alone(visit: Visit, backstage: Backstage) -> None:
    scene = backstage("asked", "Estermere")
    with visit() as provider, visit() as commissioner:
        read_what_needs_me(provider, scene)
        provider.tab_to(provider.page.get_by_role("link", name=f"Consultation {scene['consultations'][0]}", exact=True))
        provider.page.keyboard.press("Enter")
        provider.sees("Your reply")
        commissioner.sign_in("commissioner@estermere.example")
        see_what_is_late(commissioner)
        page, keys = commissioner.page, commissioner.page.keyboard
        commissioner.tab_to(page.locator("main table").first.get_by_role("checkbox"))
        keys.press("Space")
        commissioner.tab_to(page.get_by_role("button", name="Send a reminder to the selected"))
        keys.press("Enter")
        commissioner.sees("A reminder is sent to 1 setting.")
        assert (len(commissioner.screens), commissioner.clicks, provider.clicks) == (1, 0, 0)

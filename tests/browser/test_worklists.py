"""J03 and J08: what needs somebody today stands on one page, the overdue first; an authority chases all at once.

Other walks consult too: what is counted here is looked for by its own rows.
"""

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Aldermouth", "Brackenwold", "Dunmarrow", "Fallowby")
DUE = ("Overdue", "Due within a week", "Due later")
ALL = re.compile(r"that have not replied$")


def groups(visitor: Visitor) -> list[Locator]:
    """The tables of what is due, which come first, the most urgent at the top."""
    captions = visitor.page.locator("main table caption").all_inner_texts()
    assert [words.split(" (")[0].strip() for words in captions[: len(DUE)]] == list(DUE)
    return [visitor.page.locator("main table").nth(place) for place in range(len(DUE))]


def read_what_needs_me(provider: Visitor, scene: dict[str, Any]) -> None:
    """J03 from the page to which one who signs in is led: it is all there."""
    provider.sign_in(scene["provider"])
    provider.begin()
    for table, reference, days in zip(
        groups(provider), scene["references"], ("1 day overdue", "5 days left", "15 days left"), strict=True
    ):
        expect(table.locator("tr", has_text=reference)).to_contain_text(days)
    provider.took("J03", screens=1, clicks=0)
    provider.look("home-provider-worklist")


def row(visitor: Visitor, consultation: int, table: Locator | None = None) -> Locator:
    """The row of a consultation in the authority's list, or in one table of it."""
    link = visitor.page.locator(f"th a[href='/consultations/{consultation}']")
    return (table or visitor.page.locator("main")).locator("tr", has=link)


def see_what_is_late(commissioner: Visitor, scene: dict[str, Any]) -> None:
    """J08, to where what is late is seen: the overdue first, each with its day, and whether it was seen."""
    commissioner.open("/consultations")
    commissioner.begin()
    for table, consultation, *texts in zip(
        groups(commissioner), scene["consultations"], ("Day 16, after 15", "Day 10 of 15", "Day 0 of 15"),
        ("1 day overdue", "5 days left", "15 days left"), ("Seen ", "Not seen", "Not seen"), strict=True,
    ):  # fmt: skip
        for text in texts:
            expect(row(commissioner, consultation, table)).to_contain_text(text)
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
        expect(commissioner.page.get_by_role("link", name=re.compile(r"^\d+ consultations? overdue$"))).to_be_visible()
        see_what_is_late(commissioner, scene)
        commissioner.click("button", commissioner.page.get_by_role("button", name=ALL).inner_text())
        commissioner.sees("A reminder is sent to")
        for consultation in scene["consultations"]:
            expect(row(commissioner, consultation)).to_contain_text("Last reminded")
        commissioner.took("J08", screens=1, clicks=1)
        commissioner.open("/needs?to_do=silent&to_do=wait")
        commissioner.sees(
            "Reply overdue: remind, or decide without it (", "Waiting for replies (", *scene["references"]
        )
        commissioner.look("needs-grouped")


def test_what_is_late_is_read_and_chased_by_keyboard_alone(visit: Visit, backstage: Backstage) -> None:
    scene = backstage("asked", "Estermere")
    late = scene["consultations"][0]
    with visit() as provider, visit() as commissioner:
        read_what_needs_me(provider, scene)
        provider.press(provider.page.get_by_role("link", name=f"Consultation {late}", exact=True))
        provider.sees("Your reply")
        commissioner.sign_in("commissioner@estermere.example")
        see_what_is_late(commissioner, scene)
        page, keys = commissioner.page, commissioner.page.keyboard
        commissioner.tab_to(row(commissioner, late).get_by_role("checkbox"))
        keys.press("Space")
        commissioner.press(page.get_by_role("button", name="Send a reminder to the selected"))
        commissioner.sees("A reminder is sent to 1 setting.")
        expect(row(commissioner, late)).to_contain_text("Last reminded")
        assert (len(commissioner.screens), commissioner.clicks, provider.clicks) == (1, 0, 0)

"""J11, and what follows an award: a placement starts, is suspended by mistake and put right, the provider gives notice;
every step in a page of its own with its effect on the ledger; the dates of the case, what happened, and what the family
is told."""

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Backstage, Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Aldermouth", "Brackenwold", "Dunmarrow", "Fallowby")
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone


def type_day(visitor: Visitor, name: str, day: date) -> None:
    """Type a day into its three boxes."""
    for part, number in (("", day.day), ("-month", day.month), ("-year", day.year)):
        visitor.page.locator(f"#{name}{part}").fill(str(number))


def start(visitor: Visitor, reference: str) -> None:
    """Confirm the start, from the list."""
    visitor.open("/placements")
    visitor.look("placements")
    visitor.begin()
    visitor.click("link", reference, within=visitor.page.locator("main"))
    visitor.click("button", "Confirm the start")
    visitor.look("placement-start")
    type_day(visitor, "day", TODAY)
    visitor.click("button", "Keep the start")
    visitor.sees("The start is kept. The ledger:", "Started", "Agreed was")
    assert visitor.clicks == 3
    visitor.look("placement")


def suspend_by_mistake(visitor: Visitor) -> None:
    """Suspend it, refused first, and undo it."""
    visitor.click("link", "Suspend")
    visitor.click("button", "Suspend the placement")
    expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.sees("Enter the day from which this holds.", "Say whether the place is paid for meanwhile.")
    visitor.complaints.clear()  # the browser says of every refused form that it was refused
    visitor.look("placement-suspend-refused")
    type_day(visitor, "day", TODAY)
    visitor.click("radio", "No, charges stop on that day")
    visitor.type("Why?", "In hospital until spring.")
    visitor.click("button", "Suspend the placement")
    visitor.sees("The placement is suspended. The ledger:", "less in")
    visitor.click("link", "Undo the last entry: “suspended”")
    visitor.reads("Undo what was entered by mistake")
    visitor.look("placement-undo")
    visitor.type("Why was it a mistake?", "Another pupil was meant.")
    visitor.click("button", "Undo it")
    visitor.sees("It is undone. The ledger:", "more in", "was entered by mistake", "Another pupil was meant.")
    visitor.look("placement-put-right")


def give_notice(visitor: Visitor, placement: int) -> None:
    """The provider reads its placement, without money of the ledger, and gives notice."""
    visitor.open(f"/placements/{placement}")
    visitor.sees("Placement of", "What happened, newest first")
    expect(visitor.page.get_by_text("What it costs")).to_have_count(0)
    expect(visitor.page.get_by_role("columnheader", name="Ledger")).to_have_count(0)
    visitor.click("link", "Give notice")
    type_day(visitor, "last_day", TODAY + timedelta(days=200))
    visitor.type("Why?", "We close this class.")
    visitor.look("placement-notice")
    visitor.click("button", "Give notice")
    visitor.sees("Notice is given. The authority is told.", "We close this class.")
    visitor.look("placement-provider")


def read_ledger(visitor: Visitor) -> None:
    """The account of a year, which its lines in the file come to."""
    visitor.open("/ledger")
    visitor.look("ledger-index")
    visitor.page.locator("main th a").last.click()
    visitor.sees("Committed", "By setting", "By band", "Line by line", "reverses")
    visitor.look("ledger")
    href = visitor.page.get_by_role("link", name="All lines as CSV").get_attribute("href")
    answer = visitor.page.request.get(f"{visitor.site.address}{href}")
    rows = list(csv.DictReader(StringIO(answer.body().decode("utf-8-sig"))))
    total = round(sum(round(float(row["Amount £"]) * 100) for row in rows))
    pounds = f"£{total // 100:,}" + (f".{total % 100:02}" if total % 100 else "")
    visitor.sees(pounds)


def state_dates(visitor: Visitor, need: int) -> None:
    """The dates of the case, and the deadlines that follow."""
    visitor.open(f"/needs/{need}")
    visitor.click("link", "State the dates of the case")
    type_day(visitor, "requested_on", TODAY - timedelta(days=150))
    visitor.click("radio", "None")
    visitor.look("case-dates")
    visitor.click("button", "Keep the dates")
    visitor.sees("Kept. Next is due by", "Final plan: 20 weeks", "10 days overdue")
    visitor.open("/needs?to_do=overdue")
    visitor.sees("Past a deadline in law (1)", "Final plan", "10 days overdue")
    visitor.look("needs-overdue")
    visitor.open("/")
    visitor.sees("1 need past a deadline in law", "ending by notice")
    visitor.look("home-worklist")


def read_what_happened(visitor: Visitor, reference: str, setting: str) -> None:
    """J11: one screen, one click; then all of it, and what the family is told."""
    visitor.open("/needs?to_do=overdue")
    visitor.begin(here=False)
    visitor.click("link", reference, within=visitor.page.locator("main"))
    visitor.sees("What happened", f"Placement at {setting}: notice given")
    visitor.took("J11", screens=1, clicks=1)
    visitor.look("case")
    visitor.click("link", "what the family is told")
    visitor.reads("What happened")
    visitor.sees(
        f"Awarded to {setting}", f"{setting} offered a place", f"{setting} consulted", "Need published",
        "undone, which was entered by mistake",
    )  # fmt: skip
    visitor.look("case-history")
    href = visitor.page.get_by_role("link", name="the family’s rights (PDF)").get_attribute("href")
    answer = visitor.page.request.get(f"{visitor.site.address}{href}")
    assert answer.headers["content-type"] == "application/pdf"
    said = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages).split())
    assert f"Your child started at {setting}" in said
    assert "First-tier Tribunal" in said
    assert "£" not in said
    assert "hospital" not in said


@in_every_window("authority", AUTHORITIES)
def test_a_placement_runs_and_what_happened_is_read_in_one_click(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("placed", authority)
    window = {"width": width, "scripts": scripts}
    with visit(**window) as commissioner, visit(**window) as provider:
        commissioner.sign_in(f"commissioner@{authority.lower()}.example")
        start(commissioner, scene["reference"])
        suspend_by_mistake(commissioner)
        provider.sign_in(scene["provider"])
        give_notice(provider, scene["placement"])
        provider.open(f"/inbox/{scene['consultation']}")
        provider.sees("What happened", f"Awarded: the pupil is placed at {scene['setting']}")
        provider.look("consultation-outcome")
        read_ledger(commissioner)
        state_dates(commissioner, scene["need"])
        read_what_happened(commissioner, scene["reference"], scene["setting"])


def test_what_happened_is_read_and_a_placement_is_varied_and_ended_by_keyboard_alone(
    visit: Visit, backstage: Backstage
) -> None:
    scene = backstage("placed", "Estermere")
    with visit() as visitor:
        visitor.sign_in("commissioner@estermere.example")
        page, keys = visitor.page, visitor.page.keyboard
        visitor.open("/needs?status=placed")
        visitor.begin()
        visitor.press(page.locator("main").get_by_role("link", name=scene["reference"]))
        visitor.sees("What happened", f"Awarded to {scene['setting']}")
        visitor.press(page.get_by_role("link", name="what the family is told"))
        visitor.sees("What has happened, and the family’s rights (PDF)", "Need published")
        visitor.open(f"/placements/{scene['placement']}")
        visitor.press(page.get_by_role("link", name="Vary band, pattern, sessions or hours"))
        visitor.reads("Vary the placement")
        visitor.look("placement-vary")
        starts_on = date.fromisoformat(scene["starts_on"])
        for part, number in (("", starts_on.day), ("-month", starts_on.month), ("-year", starts_on.year)):
            visitor.tab_to(page.locator(f"#day{part}"))
            keys.type(str(number))
        visitor.tab_to(page.get_by_label("Band", exact=True))
        keys.press("ArrowDown")
        visitor.tab_to(page.get_by_label("Why?", exact=True))
        keys.type("Needs have grown.")
        visitor.press(page.get_by_role("button", name="Vary the placement"))
        visitor.sees("Needs have grown.")
        visitor.press(page.get_by_role("link", name="End: it has ended, or will not begin"))
        visitor.reads("End the placement")
        visitor.tab_to(page.get_by_label("Why?", exact=True))
        keys.type("The family has moved.")
        visitor.tab_to(page.get_by_role("radio", name="No placement is needed any more"))
        keys.press("Space")
        visitor.look("placement-end")
        visitor.press(page.get_by_role("button", name="End the placement"))
        visitor.sees("The placement has ended.", "The family has moved.")
        assert visitor.clicks == 0

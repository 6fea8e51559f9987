"""Where a pupil means to go: a plan of five pathways, a second version a year later, a transfer to adult care, the
setting that reads it, the pupil leaves, what came of it, and the figures; each also at the width of a phone."""

from datetime import date, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.test_placements import type_day
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Estermere", "Greystrand", "Dunmarrow", "Fallowby")
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone
AIMS = {
    "education": "I want to learn cooking at the college.",
    "employment": "I want a job in a kitchen.",
    "independent_living": "I want to get there by bus, alone.",
    "community": "I want to join the football club.",
    "health": "I want to take my own medicine.",
}


def plan(visitor: Visitor, need: int) -> None:
    """The authority keeps the first version, of a year ago: refused first, with one pathway half said."""
    visitor.open(f"/needs/{need}")
    visitor.click("link", "Plan where the pupil means to go, from year 9")
    visitor.sees("There is no destination plan yet.", "None is planned.")
    visitor.look("destinations-none")
    visitor.click("button", "Keep a destination plan")
    visitor.look("destination-plan")
    visitor.page.locator("#health-steps-0").fill("Ask the nurse")
    visitor.click("button", "Keep this version")
    expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.complaints.clear()  # the browser says of every refused form that it was refused
    visitor.look("destination-plan-refused")
    visitor.page.locator("#health-steps-0").fill("")
    type_day(visitor, "held_on", TODAY - timedelta(days=365))
    type_day(visitor, "next_on", TODAY)
    for pathway in list(AIMS)[:2]:
        visitor.page.locator(f"#{pathway}-aim").fill(AIMS[pathway])
        type_day(visitor, f"{pathway}-target_on", TODAY + timedelta(days=700))
    visitor.click("button", "Keep this version")
    visitor.sees("Version 1 is kept.", AIMS["education"], "Not yet discussed.")


def plan_again(visitor: Visitor) -> None:
    """A year later all five are discussed, with who does what by when."""
    visitor.click("button", "Keep the next version")
    visitor.sees("The boxes hold version 1")
    type_day(visitor, "held_on", TODAY)
    type_day(visitor, "next_on", TODAY + timedelta(days=364))
    for pathway, aim in AIMS.items():
        visitor.page.locator(f"#{pathway}-aim").fill(aim)
        visitor.page.locator(f"#{pathway}-barriers").fill("Crowded places, and a long way by bus.")
        type_day(visitor, f"{pathway}-target_on", TODAY + timedelta(days=700))
        visitor.page.locator(f"#{pathway}-steps-0").fill("Visit, and talk to somebody who works there")
        visitor.page.locator(f"#{pathway}-who-0").fill("Form tutor")
        visitor.page.locator(f"#{pathway}-by-0").fill(f"1 September {TODAY.year + 1}")
    visitor.look("destination-plan-again")
    visitor.click("button", "Keep this version")
    visitor.sees("Version 2 is kept.", *AIMS.values(), "All versions")
    expect(visitor.page.get_by_text("Not yet discussed.")).to_have_count(0)
    visitor.click("link", "Version 1")
    visitor.sees("has taken its place", "Not yet discussed.")
    visitor.look("destination-plan-version")


def transfer(visitor: Visitor, need: int) -> None:
    """The transfer to adult social care is dated, its assessment requested."""
    visitor.open(f"/needs/{need}/destinations")
    visitor.click("link", "Adult social care")
    visitor.type("Which team or service takes over?", "Transition team")
    type_day(visitor, "planned_on", TODAY + timedelta(days=900))
    type_day(visitor, "requested_on", TODAY)
    visitor.look("destination-transfer")
    visitor.click("button", "Keep the transfer")
    visitor.sees("Kept. Adult social care: to come.", "not done yet")
    visitor.look("destinations")


def leave(visitor: Visitor, placement: int) -> None:
    """The placement starts and ends."""
    visitor.open(f"/placements/{placement}")
    visitor.click("button", "Confirm the start")
    type_day(visitor, "day", TODAY)
    visitor.click("button", "Keep the start")
    visitor.click("link", "End: it has ended")
    type_day(visitor, "last_day", TODAY)
    visitor.page.locator("input[name=then][value=not_needed]").check()
    visitor.type("Why?", "The pupil goes to college.")
    visitor.click("button", "End the placement")
    visitor.sees("Ended")


def come(visitor: Visitor, need: int) -> None:
    """What came of the education."""
    visitor.open(f"/needs/{need}/destinations")
    visitor.page.locator("#outcome-education").get_by_role("link").click()
    visitor.sees(AIMS["education"])
    visitor.page.locator("input[name=code][value=fe_college]").check()
    type_day(visitor, "happened_on", TODAY)
    visitor.page.locator("input[name=aim_met][value=met]").check()
    visitor.look("destination-outcome")
    visitor.click("button", "Keep the outcome")
    visitor.sees("Kept. Education and training: Further education college.", "Aim met.", "not asked yet")
    visitor.look("destinations-left")


def figures(visitor: Visitor) -> None:
    """All of it in figures, with the file beside."""
    visitor.open("/needs/destinations")
    visitor.sees("Pupils from year 9, by authority", "Pathways discussed", "Where they went: education and training")
    visitor.look("destinations-figures")
    href = visitor.page.get_by_role("link", name="All figures as CSV").get_attribute("href")
    answer = visitor.page.request.get(f"{visitor.site.address}{href}")
    assert answer.body().decode("utf-8-sig").startswith("Table,Pathway,Group")


@in_every_window("authority", AUTHORITIES)
def test_where_a_pupil_means_to_go_from_the_first_plan_to_what_came_of_it(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("grown", authority)
    with visit(width=width, scripts=scripts) as la:
        la.sign_in(f"commissioner@{authority.lower()}.example")
        plan(la, scene["need"])
        plan_again(la)
        transfer(la, scene["need"])
        with visit(width=width, scripts=scripts) as setting:
            setting.sign_in(scene["provider"])
            setting.open(f"/placements/{scene['placement']}")
            setting.click("link", "Where the pupil means to go: destination plan, version 2")
            setting.sees(*AIMS.values())
            setting.look("destination-plan-provider")
        leave(la, scene["placement"])
        come(la, scene["need"])
        backstage("leavers", authority)
        figures(la)

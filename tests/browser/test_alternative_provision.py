"""An excluded pupil without an EHCP, from the need to a placement in alternative provision with an end date and a plan
of the way back, and what came of it; each at four widths and ways of drawing a page."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.test_placements import type_day
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("aldermouth", "brackenwold", "dunmarrow", "fallowby")
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone
LAST = TODAY - timedelta(days=14)
ENDS = TODAY + timedelta(weeks=20)


def post(visitor: Visitor, reference: str) -> int:
    """The commissioner posts the need of a pupil who is permanently excluded; its id."""
    visitor.open("/needs/new")
    visitor.type("Your reference for the pupil", reference)
    visitor.click("radio", "No EHCP: permanently excluded")
    type_day(visitor, "last_education_on", LAST)
    visitor.type("School on whose roll the pupil is, or was last", "Larch High School")
    visitor.choose("Year group when the placement starts", "Year 9")
    visitor.type("Home area", "541000, 521000")
    visitor.look("out-pupil")
    visitor.click("button", "Save and continue")
    visitor.type("Barriers, and what would take them away", "A key adult helped for a while.")
    visitor.click("checkbox", "Full placement")
    visitor.click("button", "Save and continue")
    for area, words in {
        "Communication and interaction": "Mild", "Cognition and learning": "Mild",
        "Social, emotional and mental health": "Moderate", "Sensory and/or physical needs": "Universal",
    }.items():  # fmt: skip
        visitor.click("radio", words, within=visitor.page.get_by_role("group", name=area))
    visitor.choose("Primary need", "Social, emotional and mental health")
    visitor.click("button", "Save and continue")
    visitor.sees("Nobody can request a setting, because there is no EHCP in which it would be named.")
    expect(visitor.page.get_by_label("Setting that the parents request (optional)")).to_have_count(0)
    visitor.look("out-request")
    visitor.click("button", "Save and continue")
    visitor.sees("No EHCP: permanently excluded", "Larch High School", "10 weekdays out of education so far")
    visitor.click("button", "Publish and see options")
    found = re.search(r"/needs/([0-9]+)/options", visitor.page.url)
    assert found
    visitor.open(f"/needs/{found[1]}")
    visitor.sees("Full-time education: from the sixth school day", "section 19(3A)", "independent review panel")
    visitor.look("out-need")
    visitor.open("/needs")
    visitor.sees("No EHCP: excluded", "Sixth day")
    visitor.look("out-needs")
    return int(found[1])


def plan(visitor: Visitor, placement: int) -> None:
    """The end date and the way back: refused first, then kept; then the start is confirmed."""
    visitor.open(f"/placements/{placement}")
    visitor.sees("Nothing is planned yet.")
    visitor.click("button", "Plan the way back")
    visitor.look("way-back")
    visitor.click("button", "Keep this plan")
    expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.sees("Say what the placement is for.", "Enter the last day of the placement.")
    visitor.complaints.clear()  # the browser says of every refused form that it was refused
    visitor.look("way-back-refused")
    visitor.type("What is the placement for?", "To learn in a group again.")
    type_day(visitor, "ends_on", ENDS)
    type_day(visitor, "returns_on", ENDS - timedelta(weeks=4))
    visitor.type("By which steps?", "Two mornings a week at first, then each day.")
    visitor.type("Who leads the return?", "Deputy head of the school")
    visitor.click("button", "Keep this plan")
    visitor.sees("Version 1 of the way back is kept.", "Larch High School", "To learn in a group again.")
    visitor.click("button", "Confirm the start")
    type_day(visitor, "day", TODAY)
    visitor.click("button", "Keep the start")
    visitor.sees("The start is kept.", "The way back")
    visitor.look("way-back-placement")


def end(visitor: Visitor, placement: int) -> None:
    """The pupil is back at a school."""
    visitor.open(f"/placements/{placement}")
    visitor.click("link", "Say whether the pupil is back")
    visitor.click("radio", "Yes")
    visitor.type("In words", "Each day at Larch since this week.")
    visitor.look("way-back-result")
    visitor.click("button", "Keep this result")
    visitor.sees("Reached: the pupil is back at a school")
    visitor.look("way-back-ended")


@in_every_window("authority", AUTHORITIES)
def test_an_excluded_pupil_is_placed_for_a_time_and_comes_back(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    with visit(width=width, scripts=scripts) as la:
        la.sign_in(f"commissioner@{authority}.example")
        need = post(la, "OUT-1")
        scene = backstage("out", need)
        with visit(width=width, scripts=scripts) as setting:
            setting.sign_in(scene["provider"])
            setting.open(f"/placements/{scene['placement']}")
            setting.sees("Placement of OUT-1")
            setting.look("out-placement-provider")
        plan(la, scene["placement"])
        la.open(f"/needs/{need}")
        la.sees("weekdays out of education until a placement started")
        la.open("/out-of-education")
        la.reads("Pupils out of education")
        la.look("out-of-education")
        end(la, scene["placement"])

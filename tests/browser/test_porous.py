"""A split week from the award to its third review: the setting plans it, the authority approves it in writing and
confirms the start, and the setting keeps three reviews; each also at the width of a phone."""

from datetime import date, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.test_placements import type_day
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Estermere", "Greystrand", "Dunmarrow", "Fallowby")
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone


def plan(visitor: Visitor, placement: int) -> None:
    """The setting plans the week: refused first, then proposed."""
    visitor.open(f"/placements/{placement}")
    visitor.sees("The week is not planned yet")
    visitor.click("link", "Plan the week")
    visitor.look("porous-plan")
    visitor.click("button", "Propose this week")
    expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.sees("Enter the name of the mainstream school.", "Enter the day by which the goal is to be met.")
    visitor.complaints.clear()  # the browser says of every refused form that it was refused
    visitor.look("porous-plan-refused")
    visitor.type("Mainstream school", "Little Elms Primary")
    visitor.type("Who looks after the pupil at the special setting?", "Class teacher of Willow")
    visitor.type("Who looks after the pupil in mainstream?", "SENCO")
    type_day(visitor, "goal_on", TODAY + timedelta(days=300))
    visitor.type("In words", "As both schools agreed.")
    visitor.click("button", "Propose this week")
    visitor.sees("Version 1 is proposed. The authority is told.")
    visitor.look("porous-plan-proposed")


def approve(visitor: Visitor, placement: int) -> None:
    """The authority approves the week in writing and confirms the start."""
    visitor.open(f"/placements/{placement}")
    visitor.click("link", "Version 1 waits for the authority")
    visitor.type("In writing", "The panel agrees with both schools.")
    visitor.click("button", "Approve this week")
    visitor.sees("Version 1 is approved. The setting is told.", "The week, version 1")
    visitor.click("button", "Confirm the start")
    type_day(visitor, "day", TODAY)
    visitor.click("button", "Keep the start")
    visitor.sees("The start is kept.", "The week, version 1")
    visitor.look("porous-placement")


def review(visitor: Visitor, placement: int, number: int) -> None:
    """The setting keeps one review, with the pupil's four answers."""
    visitor.open(f"/placements/{placement}/reviews/new")
    for group in range(4):
        visitor.page.locator(f"input[name=belonging-{group}][value='{(group + number) % 5}']").check()
    visitor.type("In the pupil’s own words (optional)", "I know both my classes.")
    visitor.type("What the special setting says", "Settled.")
    visitor.type("What the mainstream school says", "Joins in.")
    visitor.click("radio", "The week goes on as it is")
    visitor.look("porous-review")
    visitor.click("button", "Keep this review")
    visitor.sees(f"Review {number} is kept.", "Reviews of the week")


def record(visitor: Visitor, placement: int) -> None:
    """The authority writes the profile anew after an annual review, and reads the pupil's way so far."""
    visitor.open(f"/placements/{placement}")
    visitor.click("link", "Learner record")
    visitor.sees("Review of the split week", "I know both my classes.", "A split week:")
    visitor.click("link", "Write the profile anew")
    visitor.page.locator("details", has_text="communication and interaction").locator("summary").first.click()
    visitor.page.locator("#helps_ci").fill("A visual timetable, and time to answer.")
    visitor.look("learner-profile")
    visitor.click("button", "Save and continue")
    visitor.click("link", "Learner record: this pupil over time")
    visitor.sees("Needs: an annual review", "What helps: A visual timetable, and time to answer.")
    visitor.look("learner-record")


@in_every_window("authority", AUTHORITIES)
def test_a_split_week_from_the_award_to_its_third_review(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("split", authority)
    with visit(width=width, scripts=scripts) as setting:
        setting.sign_in(scene["provider"])
        plan(setting, scene["placement"])
        with visit(width=width, scripts=scripts) as la:
            la.sign_in(f"commissioner@{authority.lower()}.example")
            approve(la, scene["placement"])
        for number in (1, 2, 3):
            review(setting, scene["placement"], number)
        setting.look("porous-reviewed")
    with visit(width=width, scripts=scripts) as la:
        la.sign_in(f"commissioner@{authority.lower()}.example")
        record(la, scene["placement"])

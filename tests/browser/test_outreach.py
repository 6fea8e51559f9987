"""An outreach order from the asking to the cost of its outcome: the authority asks for a school, the provider accepts
at its price, an approver agrees, the provider logs visits and a review, and the authority says what came of it; each
also at the width of a phone."""

from datetime import date, timedelta

from tests.browser.conftest import Backstage, Visit
from tests.browser.test_placements import type_day
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Estermere", "Greystrand", "Dunmarrow", "Fallowby")
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone


def ask(visitor: Visitor, provision: int) -> str:
    """The authority asks for outreach into a school; the path of the order."""
    visitor.open("/outreach/new")
    visitor.look("outreach-new")
    visitor.page.get_by_label("Which outreach?", exact=True).select_option(str(provision))
    visitor.type("What is to be different at the end?", "The pupils take part in every lesson.")
    visitor.type("How is it measured?", "Lessons a week without an adult")
    visitor.type("What does it show today?", "4")
    visitor.type("What is it to show at the end?", "10")
    visitor.type("School", "Little Elms Primary")
    visitor.type("Pupils with an education, health and care plan", "0")
    visitor.type("Pupils without one", "3")
    visitor.page.locator("input[name=grade]").first.check()
    visitor.type("Hours in all", "12")
    visitor.type("Hours a week", "1")
    type_day(visitor, "starts_on", TODAY)
    type_day(visitor, "ends_on", TODAY + timedelta(days=80))
    visitor.click("button", "Ask the provider")
    visitor.sees("Little Elms Primary", "What was ordered")
    visitor.look("outreach-asked")
    return visitor.page.url.removeprefix(visitor.site.address)


def accept(visitor: Visitor, order: str) -> None:
    """The provider accepts at its price."""
    visitor.open(order)
    visitor.click("button", "Accept at a price")
    visitor.type("Your price for the whole order", "900")
    visitor.look("outreach-accept")
    visitor.click("button", "Accept at this price")
    visitor.sees("£900")


def deliver(visitor: Visitor, order: str) -> None:
    """The provider logs two visits, one screen each, and a review."""
    visitor.open(order)
    visitor.click("button", "Log a visit")
    for hours in ("3", "1.5"):
        visitor.type("Hours", hours)
        visitor.click("button", "Log the visit")
        visitor.sees(f"Logged: {hours} hours on")
    visitor.look("outreach-visit")
    visitor.open(order)
    visitor.click("link", "Review: where does it stand?")
    visitor.type("What does the measure show?", "8")
    visitor.type("What was seen?", "They begin without being asked.")
    visitor.look("outreach-review")
    visitor.click("button", "Keep the review")
    visitor.sees("They begin without being asked.")


def end(visitor: Visitor, order: str) -> None:
    """The authority says what came of it, and what the outcome has cost."""
    visitor.open(order)
    visitor.click("link", "End: what came of it?")
    type_day(visitor, "last_day", TODAY)
    visitor.type("What does the measure show?", "10")
    visitor.page.locator("input[name=result][value=met]").check()
    visitor.type("In words", "All three take part.")
    visitor.look("outreach-end")
    visitor.click("button", "Keep the result")
    visitor.sees("What came of it", "Cost of the outcome")
    visitor.look("outreach-ended")
    visitor.open("/outreach")
    visitor.look("outreach")


@in_every_window("authority", AUTHORITIES)
def test_an_outreach_order_from_the_asking_to_the_cost_of_its_outcome(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("outreach", authority)
    window = {"width": width, "scripts": scripts}
    with visit(**window) as la, visit(**window) as provider, visit(**window) as approver:
        la.sign_in(f"commissioner@{authority.lower()}.example")
        order = ask(la, scene["provision"])
        provider.sign_in(scene["provider"])
        accept(provider, order)
        approver.sign_in(f"approver@{authority.lower()}.example")
        approver.open(order)
        approver.click("button", "Look at the price and agree")
        approver.look("outreach-agree")
        approver.click("button", "Agree to £900")
        approver.sees("Running")
        deliver(provider, order)
        end(la, order)

"""A partnership from its making to what the provider reads of it: an authority makes it and asks, the other authority
and the provider agree for themselves, a school and its register are entered, the figures are worked out, a decision is
kept; each also at the width of a phone."""

from datetime import date, timedelta

from tests.browser.conftest import Backstage, Visit
from tests.browser.test_placements import type_day
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Estermere", "Greystrand", "Dunmarrow", "Fallowby")
OTHER = "Aldermouth"
TODAY = date.today()  # noqa: DTZ011 - days apart, whatever the zone


def make(visitor: Visitor, name: str, settings: dict[str, int]) -> str:
    """The authority makes it, and asks the other authority and the settings; the path of the partnership."""
    visitor.open("/partnerships")
    visitor.click("button", "Make a partnership")
    visitor.type("Name of the partnership", name)
    visitor.look("partnership-new")
    visitor.click("button", "Make it")
    visitor.sees("Who takes part")
    path = visitor.page.url.removeprefix(visitor.site.address).removesuffix("/members")
    visitor.choose("Authority", OTHER)
    visitor.click("button", "Ask this authority")
    visitor.sees(OTHER)
    for setting, urn in settings.items():
        visitor.type("URN of the setting", str(urn))
        visitor.click("button", "Ask this setting")
        visitor.sees(setting)
    return path


def agree(visitor: Visitor, name: str, times: int) -> None:
    """Somebody who is asked agrees, from the list of partnerships."""
    visitor.open("/partnerships")
    visitor.page.get_by_role("row", name=name).get_by_role("link", name="are asked").click()
    visitor.look("partnership-asked")
    for _ in range(times):
        visitor.page.get_by_role("button", name="Agree").first.click()
        visitor.sees("Takes part")
    visitor.page.get_by_role("button", name="Agree").first.wait_for(state="detached")


def enter(visitor: Visitor, path: str, urn: int) -> None:
    """The authority enters a mainstream school and its register."""
    visitor.open(f"{path}/members")
    visitor.type("Name of the school", "Little Elms Primary")
    visitor.type("URN of the school", str(urn))
    visitor.click("button", "Enter this school")
    for need, counts in (("ASD", ("14", "9")), ("SLCN", ("31", "6")), ("SEMH", ("12", "7"))):
        for column, count in zip(("support", "plans"), counts, strict=True):
            visitor.page.locator(f"#{column}-{need}").fill(count)
    visitor.look("partnership-register")
    visitor.click("button", "Keep the register")
    visitor.sees("entered")
    visitor.look("partnership-members")


def decide(visitor: Visitor, path: str) -> None:
    """The authority has the figures worked out, and keeps a decision with what came of it."""
    visitor.open(path)
    visitor.click("button", "Work out the figures of this term")
    visitor.sees("Capacity and use, by kind")
    visitor.click("button", "Keep a decision")
    visitor.type("What was decided?", "Ten outreach days a term more in primary schools.")
    visitor.type("Why?", "Those who wait longest wait for a split week.")
    visitor.type("What else was considered, and why not that?", "A new unit: it opens too late.")
    visitor.type("Who decided?", "The panel of head teachers and heads of SEND")
    visitor.type("What is to come of it?", "Half wait less than ten weeks.")
    type_day(visitor, "due_on", TODAY + timedelta(days=90))
    visitor.look("partnership-decision")
    visitor.click("button", "Keep the decision")
    visitor.sees("Those who wait longest")
    visitor.click("link", "What came of it?")
    visitor.type("What came of it?", "Half wait nine weeks.")
    visitor.look("partnership-result")
    visitor.click("button", "Keep what came of it")
    visitor.sees("Half wait nine weeks.")
    visitor.look("partnership-lead")


@in_every_window("authority", AUTHORITIES)
def test_a_partnership_from_its_making_to_what_the_provider_reads(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("partners", authority)
    name = f"{authority} Inclusion Partnership"
    window = {"width": width, "scripts": scripts}
    with visit(**window) as lead, visit(**window) as other, visit(**window) as provider:
        lead.sign_in(f"commissioner@{authority.lower()}.example")
        path = make(lead, name, scene["settings"])
        other.sign_in(f"commissioner@{OTHER.lower()}.example")
        agree(other, name, 1)
        provider.sign_in(scene["provider"])
        agree(provider, name, 2)
        enter(lead, path, 800_001)
        decide(lead, path)
        other.open(path)
        other.sees("Money, by authority", f"those of {OTHER}, {authority}")
        provider.open(path)
        provider.sees("Capacity and use, by setting", "Ten outreach days a term more", "Little Elms Primary")
        assert "Money, by" not in provider.page.content()
        provider.look("partnership-provider")
        provider.open("/partnerships")
        provider.look("partnerships")

"""The next framework: its operator drafts and opens it, a provider comments, an LA sees what would change."""

from datetime import timedelta
from itertools import count

from marketplace.models import today
from tests.browser.conftest import Visit
from tests.browser.test_tariffs import LAS, PROVIDERS
from tests.browser.visitor import Visitor, in_every_window

OPERATOR = "administrator@saltmarrowmarketplaceoperator.example"
VERSIONS = count(20)  # no walk drafts the version of another


def enter(visitor: Visitor, days: int) -> None:
    """Type a day so many days from today into the boxes of a date."""
    day = today() + timedelta(days=days)
    for label, part in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        visitor.type(label, str(part))


@in_every_window("version", tuple(f"{next(VERSIONS)}" for _ in range(4)))
def test_the_operator_drafts_opens_and_keeps_it_open_and_sees_what_would_change(
    visit: Visit, width: int, scripts: bool, version: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(OPERATOR)
        visitor.open("/frameworks")
        visitor.sees("Waiting for providers", "In force")
        visitor.look("frameworks-operator")
        visitor.begin()
        visitor.click("button", "Draft a framework")
        visitor.look("framework-new")
        visitor.click("button", "Copy Demonstration framework")
        visitor.sees("Copied into a draft")
        text = visitor.page.get_by_label("The text of the file").input_value()
        lines = [line for line in text.splitlines() if not line.startswith(("version", "starts_on"))]
        start = today() + timedelta(days=150)
        lines[1:1] = [f'version = "{version}"', f"starts_on = {start}"]
        changed = "\n".join(lines).replace("co_occurrence = true", "co_occurrence = often")
        visitor.type("The text of the file", changed)
        visitor.click("button", "Save the draft")
        visitor.page.get_by_text("It cannot be read as TOML").first.wait_for()
        visitor.complaints.clear()  # the browser notes every answer of 422
        visitor.look("framework-faults")
        visitor.type("The text of the file", changed.replace("often", "false"))
        visitor.click("button", "Save the draft")
        visitor.sees("The draft is saved.", "What it would change", "of all local authorities")
        visitor.look("framework-draft")
        visitor.click("button", "Open for consultation")
        enter(visitor, 40)
        visitor.look("framework-consult")
        visitor.click("button", "Open for consultation")
        visitor.sees("Open for consultation until", "Framework opened for consultation")
        visitor.click("link", "Keep the consultation open for longer")
        enter(visitor, 50)
        visitor.look("framework-extend")
        visitor.click("button", "Keep it open")
        visitor.sees("Framework consultation extended", "Somebody else adopts it.")
        visitor.look("framework-consulted")
        visitor.open(visitor.page.url.removeprefix(visitor.site.address) + "/adopt")
        visitor.sees("It cannot be adopted yet", "Published needs by band")
        visitor.look("framework-adopt")


@in_every_window("provider", PROVIDERS)
def test_a_provider_says_what_it_thinks_of_each_bands_content(
    visit: Visit, width: int, scripts: bool, provider: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor, visit(width=width, scripts=scripts) as operator:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.click("link", "Comment on Demonstration framework (illustrative), version 3")
        visitor.reads("Your comments")
        visitor.click("radio", "Too little", within=visitor.page.get_by_role("group", name="Intensive"))
        visitor.type("Why? Intensive (optional)", f"Said at {width}, {provider}.")
        visitor.look("framework-comment")
        visitor.click("button", "Keep my comments")
        visitor.sees("Your comments are kept.", "Change your comments")
        visitor.look("framework-provider")
        operator.sign_in(OPERATOR)
        operator.open("/frameworks")
        operator.click("link", "Demonstration framework (illustrative), version 3")
        operator.click("link", "Read the comments, by name")
        operator.sees(f"Said at {width}, {provider}.")
        operator.look("framework-comments")


@in_every_window("la", LAS)
def test_an_la_sees_how_many_of_its_own_needs_would_change(visit: Visit, width: int, scripts: bool, la: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"commissioner@{la}.example")
        visitor.open("/frameworks")
        visitor.click("link", "Demonstration framework (illustrative), version 3")
        visitor.sees("What it would change")
        visitor.look("framework-la")

"""J09 and J10: offers are compared and one is awarded in three screens; somebody else approves it in two clicks."""

from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Backstage, Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Aldermouth", "Brackenwold", "Dunmarrow", "Fallowby")


def read(visitor: Visitor, link: str) -> str:
    """What a reader finds in the PDF behind a link."""
    href = visitor.page.get_by_role("link", name=link).first.get_attribute("href")
    answer = visitor.page.request.get(f"{visitor.site.address}{href}")
    assert answer.headers["content-type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages).split())


def decide(visitor: Visitor, scene: dict[str, Any]) -> None:
    """From the comparison to the confirmation."""
    first = scene["settings"][0]
    visitor.reads(f"Compare and decide for {scene['reference']}")
    visitor.sees("The parents have requested no setting.", "Marginal public cost", "Held for this pupil until")
    visitor.look("award-compare")
    visitor.click("link", f"Decide for {first}")
    visitor.reads(f"Check and decide for {first}")
    visitor.type("The authority’s reasons", "It meets the need and is the nearest that does.")
    visitor.click("radio", "Call-off from a framework")
    visitor.look("award-check")
    visitor.click("button", "Propose the award")
    visitor.reads("The award is proposed")
    visitor.look("award-done")


@in_every_window("authority", AUTHORITIES)
def test_an_offer_is_awarded_in_three_screens_and_approved_by_somebody_else_in_two_clicks(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("answered", authority)
    window = {"width": width, "scripts": scripts}
    with visit(**window) as commissioner, visit(**window) as approver:
        commissioner.sign_in(f"commissioner@{authority.lower()}.example")
        commissioner.open(f"/needs/{scene['need']}")
        commissioner.click("link", "Compare and decide")
        commissioner.begin()
        decide(commissioner, scene)
        commissioner.took("J09", screens=3, clicks=3)

        approver.sign_in(f"approver@{authority.lower()}.example")
        approver.open("/")
        approver.sees("for a second person")
        approver.click("link", "1 award")
        approver.reads("Awards that wait for approval")
        approver.look("approvals")
        approver.begin(here=False)
        approver.click("link", scene["reference"], within=approver.page.locator("main"))
        approver.reads(f"Approve {scene['settings'][0]}?")
        approver.sees("Against the band", "Among its peers", "What happened", "What was compared")
        approver.look("approval")
        approver.took("J10", screens=1, clicks=2, last="Approve and make the award")
        approver.sees("is approved and made")

        commissioner.open(f"/needs/{scene['need']}")
        commissioner.click("link", "Award ")
        commissioner.sees("Letter to the family (PDF)")
        commissioner.look("award")
        letter = read(commissioner, "Letter to the family (PDF)")
        assert scene["settings"][0] in letter
        assert "First-tier Tribunal" in letter
        assert "In all, a year" in read(commissioner, "Individual placement agreement (PDF)")


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (320, True), (320, False)])
def test_a_place_that_has_gone_leads_on_and_keeps_what_was_typed(
    visit: Visit, backstage: Backstage, width: int, scripts: bool
) -> None:
    scene = backstage("answered", "Greystrand")
    second, overruled = scene["settings"][1], scene["settings"][2]
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in("commissioner@greystrand.example")
        visitor.open(f"/needs/{scene['need']}/decide")
        visitor.click("link", f"Decide for {overruled}")
        visitor.sees("Two posts are vacant.", "Swalcliffe")
        visitor.click("button", "Propose the award")
        visitor.sees("Answer this reason", "Give the authority's reasons")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("award-refused")
        visitor.open(f"/needs/{scene['need']}/decide")
        visitor.click("link", f"Decide for {second}")
        visitor.type("The authority’s reasons", "The second best, and near.")
        visitor.page.get_by_role("radio", name="Call-off from a framework").check()
        backstage("gone", scene["provisions"][1])
        visitor.click("button", "Propose the award")
        visitor.reads("The place has gone")
        visitor.sees("The next best 3", "nothing that you typed is lost")
        visitor.complaints.clear()
        visitor.look("award-gone")
        visitor.click("button", f"Decide for {scene['settings'][0]} instead")
        visitor.reads(f"Check and decide for {scene['settings'][0]}")
        expect(visitor.page.get_by_label("The authority’s reasons")).to_have_value("The second best, and near.")
        expect(visitor.page.get_by_role("radio", name="Call-off from a framework")).to_be_checked()
        visitor.click("button", "Propose the award")
        visitor.reads("The award is proposed")


def test_an_award_is_decided_and_approved_by_keyboard_alone(visit: Visit, backstage: Backstage) -> None:
    scene = backstage("answered", "Estermere")
    first = scene["settings"][0]
    with visit() as commissioner, visit() as approver:
        commissioner.sign_in("commissioner@estermere.example")
        commissioner.open(f"/needs/{scene['need']}/decide")
        page, keys = commissioner.page, commissioner.page.keyboard
        commissioner.begin()
        commissioner.press(page.get_by_role("link", name=f"Decide for {first}"))
        commissioner.reads(f"Check and decide for {first}")
        commissioner.tab_to(page.get_by_label("The authority’s reasons"))
        keys.type("The nearest that meets the need.")
        commissioner.tab_to(page.get_by_role("radio", name="No contract"))
        commissioner.tab_to(page.get_by_role("radio", name="Call-off from a framework"))
        keys.press("Space")
        commissioner.press(page.get_by_role("button", name="Propose the award"))
        commissioner.reads("The award is proposed")
        assert commissioner.clicks == 0

        approver.sign_in("approver@estermere.example")
        approver.open("/approvals")
        page, keys = approver.page, approver.page.keyboard
        approver.tab_to(page.get_by_role("checkbox", name=f"Select {scene['reference']}"))
        keys.press("Space")
        approver.press(page.get_by_role("button", name="Approve those selected"))
        approver.sees("1 award approved and made.")
        assert approver.clicks == 0


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (320, False)])
def test_a_proposal_is_returned_and_the_threshold_is_stated(
    visit: Visit, backstage: Backstage, width: int, scripts: bool
) -> None:
    scene = backstage("answered", "Greystrand")
    with visit(width=width, scripts=scripts) as commissioner, visit(width=width, scripts=scripts) as approver:
        commissioner.sign_in("commissioner@greystrand.example")
        commissioner.open(f"/needs/{scene['need']}/decide")
        decide(commissioner, scene)
        approver.sign_in("approver@greystrand.example")
        approver.open("/approvals")
        approver.click("link", scene["reference"], within=approver.page.locator("main"))
        approver.page.get_by_text("Return it instead").click()
        approver.type("Why it is returned", "The second offer is nearer. Why not that one?")
        approver.click("button", "Return it")
        approver.sees("is returned with your reason")
        approver.open("/thresholds")
        approver.click("button", "State it")
        approver.sees("Enter the amount")
        approver.complaints.clear()
        approver.look("thresholds")
        commissioner.click("link", "The award with all that it rests on")
        commissioner.sees("The second offer is nearer.", "Compare the choices again")
        commissioner.look("award-returned")

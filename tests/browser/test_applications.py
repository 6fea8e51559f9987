"""What a run recommends is proposed by one person, approved and applied by another, and undone; each also at the width
of a phone."""

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Fallowby", "Brackenwold", "Dunmarrow", "Greystrand")
FEW = 3  # pupils of a walk, so that the other walks find the rest as they were


def leave_few(visitor: Visitor) -> None:
    """Leave the first pupils ticked alone."""
    ticks = visitor.page.locator("main input[name=recommendation_ids]:checked")
    while ticks.count() > FEW:
        ticks.last.uncheck(force=True)


@in_every_window("authority", AUTHORITIES)
def test_a_plan_is_proposed_approved_by_somebody_else_applied_and_undone(
    visit: Visit, width: int, scripts: bool, authority: str
) -> None:
    window = {"width": width, "scripts": scripts}
    people = authority.lower()
    with visit(**window) as commissioner, visit(**window) as approver:
        commissioner.sign_in(f"commissioner@{people}.example")
        commissioner.open("/runs/1")
        commissioner.begin()
        commissioner.click("button", "Propose these")
        commissioner.reads("Whom to consult as recommended")
        commissioner.look("plan-new")
        leave_few(commissioner)
        commissioner.page.get_by_role("button", name="Count again").click()
        commissioner.sees("What cannot be proposed" if commissioner.page.get_by_text("cannot be").count() else "Pupils")
        assert commissioner.page.locator("main input[name=recommendation_ids]:checked").count() == FEW
        commissioner.look("plan-counted")
        commissioner.click("button", "Propose the plan")
        commissioner.sees("so somebody else approves and applies it", "What happened")
        commissioner.look("plan-proposed")
        plan = commissioner.page.url.removeprefix(commissioner.site.address)

        approver.sign_in(f"approver@{people}.example")
        approver.sees("1 plan")
        approver.open("/approvals")
        approver.look("approvals-with-plan")
        approver.begin(here=False)
        approver.click("link", f"Plan {plan.rpartition('/')[2]}")
        approver.click("button", "Approve the plan")
        approver.sees("approved, not applied yet")
        approver.look("plan-approved")
        approver.click("button", "Apply the plan")
        approver.sees("Plan", "applied", "Consulted")
        approver.look("plan-applied")
        commissioner.took("J14", screens=3, clicks=5, beside=approver)  # run, what is proposed, the plan

        commissioner.open(plan)
        commissioner.click("link", "Undo the plan")
        commissioner.sees(f"{FEW} consultations without a reply are withdrawn")
        commissioner.look("plan-undo")
        commissioner.click("button", "Undo the plan")
        commissioner.sees("undone", "Withdrawn when the plan was undone")
        commissioner.look("plan-undone")


def test_a_plan_is_proposed_approved_and_applied_by_keyboard_alone(visit: Visit) -> None:
    with visit() as commissioner, visit() as approver:
        commissioner.sign_in("commissioner@aldermouth.example")
        commissioner.open("/runs/1")
        commissioner.begin()
        commissioner.press(commissioner.page.get_by_role("button", name="Propose these"))
        commissioner.reads("Whom to consult as recommended")
        leave_few(commissioner)
        commissioner.press(commissioner.page.get_by_role("button", name="Propose the plan"))
        commissioner.sees("so somebody else approves and applies it")
        plan = commissioner.page.url.rpartition("/")[2]
        approver.sign_in("approver@aldermouth.example")
        approver.open("/approvals")
        approver.begin()
        approver.press(approver.page.locator("main").get_by_role("link", name=f"Plan {plan}"))
        approver.press(approver.page.get_by_role("button", name="Approve the plan"))
        approver.sees("approved, not applied yet")
        approver.press(approver.page.get_by_role("button", name="Apply the plan"))
        approver.sees("applied", "Consulted")
        assert commissioner.clicks == approver.clicks == 0

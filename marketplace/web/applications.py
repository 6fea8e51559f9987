"""Plans: which of a run's recommendations an authority acts upon, proposed, approved, applied and undone."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import application_words, vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import ApplicationStatus, RowResult, RowUndone, RunApplication, now, today
from marketplace.permissions import POLICY, can_decide_plan, can_propose_plan
from marketplace.schemas.applications import ApplySchema, PlanSchema, ReturnPlanSchema
from marketplace.schemas.base import VersionSchema
from marketplace.services.deadlines import reply_due
from marketplace.services.matching import plan_acts, plans, runs
from marketplace.services.matching.figures import cost
from marketplace.services.matching.plan_figures import plan_csv, sums
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import counted

bp = Blueprint("applications", __name__, url_prefix="/runs")

OPEN = (ApplicationStatus.PROPOSED, ApplicationStatus.APPROVED)
WORDS = {"words": vocabulary, "plan_words": application_words, "cost": cost}


@bp.get("/<int:run_id>/plan")
def new(run_id: int) -> ResponseReturnValue:
    """Which pupils to consult about as the run recommends, all unless some are left out: counts, money, and what each
    setting will read."""
    form = forms.shown()
    authority_id = actor().organisation_id or 0
    with transaction(actor()) as session:
        found = plans.candidates(session, actor(), run_id=run_id, on=today())
        if plan := plans.live_plan(session, run_id=run_id, authority_id=authority_id):
            return redirect(url_for("applications.show", application_id=plan.id))
        ready = [each.row for each in found if each.holds]
        typed = form.values.get("recommendation_ids", [])
        ticked = {str(each) for each in ([typed] if isinstance(typed, str) else typed)}
        chosen = [row for row in ready if str(row.id) in ticked] if "sent" in form.values else ready
        return render_template(
            "applications/new.html",
            run=runs.get_run(session, run_id),
            rows=ready,
            chosen={row.id for row in chosen},
            broken=[each for each in found if not each.holds],
            sums=sums(session, chosen, run_id=run_id, authority_id=authority_id),
            briefs=[(row, plan_acts.told(session, row)) for row in chosen],
            due_on=reply_due(now()),
            form=form,
            **WORDS,
        )


@bp.post("/<int:run_id>/plan")
@forms.redisplay(new)
def post_new(run_id: int) -> ResponseReturnValue:
    """Propose the plan; or, before, count again what is ticked."""
    form = forms.read(PlanSchema)
    if "count" in request.form:
        forms.keep_typed()
        return new(run_id)
    plan = repeated(
        actor(), lambda session: plans.propose_plan(session, actor(), run_id=run_id, **form, on=today(), at=now())
    )
    flash("Proposed. Nobody is consulted until a second person has approved the plan and applied it.", "success")
    return redirect(url_for("applications.show", application_id=plan.id))


@bp.get("/plans/<int:application_id>")
def show(application_id: int) -> ResponseReturnValue:
    """A plan: what it comes to, what of it holds no longer, and once applied what came of each pupil."""
    with transaction(actor()) as session:
        plan = plans.find_plan(session, application_id)
        rows = plan_acts.chosen(session, plan, on=today())
        is_open = plan.status in OPEN
        held = [standing.row for _, standing in rows]
        return render_template(
            "applications/show.html",
            plan=plan,
            rows=rows,
            is_open=is_open,
            changed=[(row, standing) for row, standing in rows if is_open and standing.changes],
            briefs=[(each.row, plan_acts.told(session, each.row)) for _, each in rows if is_open and each.holds],
            sums=sums(session, held, run_id=plan.run_id, authority_id=plan.authority_id),
            results=[(result, sum(row.result is result for row, _ in rows)) for result in RowResult],
            undone=[(result, sum(row.undone is result for row, _ in rows)) for result in RowUndone],
            form=forms.shown(),
            **_may(plan),
            **WORDS,
        )


@bp.get("/plans/<int:application_id>.csv")
def file(application_id: int) -> ResponseReturnValue:
    """The plan as a table, with what came of each pupil."""
    with transaction(actor()) as session:
        plan = plans.find_plan(session, application_id)
        return attachment(plan_csv(plan_acts.chosen(session, plan, on=today())), f"plan-{plan.id}.csv")


@bp.post("/plans/<int:application_id>/approve")
@forms.redisplay(show)
def post_approve(application_id: int) -> ResponseReturnValue:
    """Approve it; nobody is consulted yet."""
    form = forms.read(VersionSchema)
    repeated(
        actor(), lambda session: plans.approve_plan(session, actor(), application_id=application_id, **form, at=now())
    )
    flash("Approved. Nobody is consulted yet: apply the plan now, or later.", "success")
    return redirect(url_for("applications.show", application_id=application_id))


@bp.post("/plans/<int:application_id>/return")
@forms.redisplay(show)
def post_return(application_id: int) -> ResponseReturnValue:
    """Return it with the reason, or take it back."""
    form = forms.read(ReturnPlanSchema)
    repeated(
        actor(), lambda session: plans.return_plan(session, actor(), application_id=application_id, **form, at=now())
    )
    flash("The plan is returned with your reason. Nobody is consulted by it.", "success")
    return redirect(url_for("applications.show", application_id=application_id))


@bp.post("/plans/<int:application_id>/apply")
@forms.redisplay(show)
def post_apply(application_id: int) -> ResponseReturnValue:
    """Consult them all, but for those that are left out, or nobody."""
    form = forms.read(ApplySchema)

    def act(session: Session) -> int:
        plan = plan_acts.apply_plan(session, actor(), application_id=application_id, **form, on=today(), at=now())
        return sum(row.result is RowResult.CONSULTED for row in plan.rows)

    flash(
        f"Applied: {counted(repeated(actor(), act), 'consultation')} sent. What came of each pupil is below.", "success"
    )
    return redirect(url_for("applications.show", application_id=application_id))


@bp.get("/plans/<int:application_id>/undo")
def undo(application_id: int) -> ResponseReturnValue:
    """What undoing it would withdraw, and what would stay."""
    with transaction(actor()) as session:
        plan = plans.find_plan(session, application_id)
        if plan.status is not ApplicationStatus.APPLIED:
            return redirect(url_for("applications.show", application_id=application_id))
        sent = [(row, each) for row, each in plan_acts.chosen(session, plan, on=today()) if row.consultation]
        return render_template(
            "applications/undo.html",
            plan=plan,
            goes=[(row, each) for row, each in sent if row.consultation and plan_acts.is_unanswered(row.consultation)],
            stays=[
                (row, each) for row, each in sent if row.consultation and not plan_acts.is_unanswered(row.consultation)
            ],
            form=forms.shown(),
            **WORDS,
        )


@bp.post("/plans/<int:application_id>/undo")
@forms.redisplay(undo)
def post_undo(application_id: int) -> ResponseReturnValue:
    """Withdraw what nobody has replied to."""
    form = forms.read(VersionSchema)

    def act(session: Session) -> int:
        plan = plan_acts.undo_plan(session, actor(), application_id=application_id, **form, at=now())
        return sum(row.undone is RowUndone.WITHDRAWN for row in plan.rows)

    flash(f"Undone: {counted(repeated(actor(), act), 'consultation')} withdrawn. The settings are told.", "success")
    return redirect(url_for("applications.show", application_id=application_id))


def _may(plan: RunApplication) -> dict[str, Any]:
    """What this person may do with a plan as it stands."""
    is_second = can_decide_plan(actor(), plan.authority_id) and plan.proposed_by_id != actor().user_id
    is_first = can_propose_plan(actor(), plan.authority_id)
    unanswered = [row for row in plan.rows if row.consultation and plan_acts.is_unanswered(row.consultation)]
    return {
        "may_approve": is_second and plan.status is ApplicationStatus.PROPOSED,
        "may_apply": is_second and plan.status is ApplicationStatus.APPROVED,
        "may_return": (is_second or is_first) and plan.status in OPEN,
        "may_undo": is_first and plan.status is ApplicationStatus.APPLIED and bool(unanswered),
        "may_start": POLICY["runs.start"].admits(actor()),
    }

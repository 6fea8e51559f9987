"""Approvals: the awards that wait for a second person, one to a page or several at once, and the plans that do."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import application_words, vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import Award, AwardStatus, now, today
from marketplace.permissions import can_decide_award
from marketplace.schemas.awards import ApproveSchema, BulkSchema, ReturnSchema
from marketplace.services import approvals, award_steps
from marketplace.services.award_peers import beside_peers
from marketplace.services.matching.plans import waiting_plans
from marketplace.services.thresholds import threshold_of
from marketplace.web import forms
from marketplace.web.awards import told
from marketplace.web.current import actor
from marketplace.web.formats import counted

bp = Blueprint("approvals", __name__, url_prefix="/approvals")


@bp.get("")
def index() -> ResponseReturnValue:
    """What waits, the soonest to lapse first; those that this person has proposed wait for somebody else."""
    with transaction(actor()) as session:
        return render_template(
            "approvals/index.html",
            awards=approvals.waiting_awards(session),
            plans=waiting_plans(session),
            plan_words=application_words,
            threshold=threshold_of(session, actor().organisation_id or 0, on=today()),
            form=forms.shown(),
            ticked=set(request.form.getlist("awards")),
            today=today(),
            words=vocabulary,
        )


@bp.post("")
@forms.redisplay(index)
def post_bulk() -> ResponseReturnValue:
    """Make all that are ticked, or none."""
    form = forms.read(BulkSchema)
    made = repeated(actor(), lambda session: approvals.approve_awards(session, actor(), **form, on=today(), at=now()))
    flash(f"{counted(len(made), 'award')} approved and made. Everybody concerned is told.", "success")
    return redirect(url_for("approvals.index"))


@bp.get("/<int:award_id>")
def show(award_id: int) -> ResponseReturnValue:
    """One proposal with all that a second person needs to decide it."""
    with transaction(actor()) as session:
        award = award_steps.find_award(session, award_id)
        if award.status is not AwardStatus.PROPOSED:
            return redirect(url_for("awards.show", award_id=award_id))
        return render_template(
            "approvals/show.html",
            may_decide=_may_decide(award),
            beside=beside_peers(session, award),
            form=forms.shown(),
            **told(session, award),
        )


@bp.post("/<int:award_id>/approve")
@forms.redisplay(show)
def post_approve(award_id: int) -> ResponseReturnValue:
    """Make it."""
    form = forms.read(ApproveSchema)
    award = repeated(
        actor(),
        lambda session: approvals.approve_award(session, actor(), award_id=award_id, **form, on=today(), at=now()),
    )
    flash(f"Award {award.id} is approved and made. Everybody concerned is told.", "success")
    return redirect(url_for("approvals.index"))


@bp.post("/<int:award_id>/return")
@forms.redisplay(show)
def post_return(award_id: int) -> ResponseReturnValue:
    """Return it with the reason."""
    form = forms.read(ReturnSchema)
    award = repeated(
        actor(), lambda session: approvals.return_award(session, actor(), award_id=award_id, **form, at=now())
    )
    flash(f"Award {award.id} is returned with your reason. The place is free again.", "success")
    return redirect(url_for("approvals.index"))


def _may_decide(award: Award) -> bool:
    return can_decide_award(actor(), award.authority_id) and award.proposed_by_id != actor().user_id

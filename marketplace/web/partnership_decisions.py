"""What a partnership decided and why, and what came of it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.permissions import can_keep_partnership, require
from marketplace.schemas.partnerships import DecisionSchema, ResultSchema
from marketplace.services import partnership_decisions
from marketplace.services.partnerships import find_partnership
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("partnership_decisions", __name__, url_prefix="/partnerships/<int:partnership_id>/decisions")


@bp.get("/new")
def new(partnership_id: int) -> ResponseReturnValue:
    """What was decided, why, what else was considered, and what is to come of it."""
    with transaction(actor()) as session:
        partnership = find_partnership(session, partnership_id)
        require(can_keep_partnership(actor(), partnership.lead_id), "keep a decision of this partnership")
        return render_template(
            "partnerships/decision.html", partnership=partnership, form=forms.shown({"day": today()})
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new(partnership_id: int) -> ResponseReturnValue:
    """Keep it."""
    form = forms.read(DecisionSchema)
    with transaction(actor()) as session:
        row = partnership_decisions.keep_decision(session, actor(), partnership_id=partnership_id, **form, on=today())
        session.flush()
        decision_id = row.id
    return _done(partnership_id, decision_id, "The decision is kept. All who take part read it.")


@bp.get("/<int:decision_id>/result")
def result(partnership_id: int, decision_id: int) -> ResponseReturnValue:
    """What came of it."""
    with transaction(actor()) as session:
        decision = partnership_decisions.find_decision(session, partnership_id=partnership_id, decision_id=decision_id)
        require(can_keep_partnership(actor(), decision.partnership.lead_id), "keep what came of this decision")
        if decision.result is not None:
            return redirect(url_for("partnerships.show", partnership_id=partnership_id))
        return render_template(
            "partnerships/result.html",
            partnership=decision.partnership,
            decision=decision,
            form=forms.shown({"day": today()}),
        )


@bp.post("/<int:decision_id>/result")
@forms.redisplay(result)
def post_result(partnership_id: int, decision_id: int) -> ResponseReturnValue:
    """Keep it, once."""
    form = forms.read(ResultSchema)
    with transaction(actor()) as session:
        partnership_decisions.keep_result(
            session, actor(), partnership_id=partnership_id, decision_id=decision_id, **form, on=today()
        )
    return _done(partnership_id, decision_id, "What came of the decision is kept.")


def _done(partnership_id: int, decision_id: int, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("partnerships.show", partnership_id=partnership_id, _anchor=f"decision-{decision_id}"))

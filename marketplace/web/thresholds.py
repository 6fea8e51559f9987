"""Thresholds: from which cost on a second person approves, what holds now and what has held."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.permissions import can_decide_award
from marketplace.schemas.awards import ThresholdSchema
from marketplace.services import thresholds
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day

bp = Blueprint("thresholds", __name__, url_prefix="/thresholds")


@bp.get("")
def index() -> ResponseReturnValue:
    """What holds, what is to come, what has been; and the form, for approvers."""
    mine = actor().organisation_id or 0
    with transaction(actor()) as session:
        return render_template(
            "thresholds/index.html",
            rows=thresholds.thresholds_of(session, mine),
            now_holds=thresholds.threshold_of(session, mine, on=today()),
            may_set=can_decide_award(actor(), mine),
            form=forms.shown(),
            today=today(),
        )


@bp.post("")
@forms.redisplay(index)
def post_index() -> ResponseReturnValue:
    """State one from a day to come on."""
    form = forms.read(ThresholdSchema)
    with transaction(actor()) as session:
        row = thresholds.set_threshold(session, actor(), authority_id=actor().organisation_id or 0, **form, on=today())
    flash(f"Stated. It holds from {day(row.starts_on)}; until then nothing changes.", "success")
    return redirect(url_for("thresholds.index"))

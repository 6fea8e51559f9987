"""The way back to a school: the authority keeps versions of the plan, and says what came of it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import Placement, PlacementStatus, ReintegrationPlan, now, today
from marketplace.permissions import can_keep_placement, require
from marketplace.schemas.reintegration import ReintegrationPlanSchema, ReintegrationResultSchema
from marketplace.schemas.uplifts import YES_NO
from marketplace.services import reintegration
from marketplace.services.placement_steps import find_placement
from marketplace.services.reintegration_versions import held_version, is_due, result_of
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("reintegration", __name__, url_prefix="/placements/<int:placement_id>/way-back")

SAME = ("purpose", "ends_on", "school", "school_urn", "returns_on", "steps", "lead")
FIRST_REVIEW = timedelta(weeks=6)


@bp.get("/new")
def new(placement_id: int) -> ResponseReturnValue:
    """The next version, beginning with what the last one says."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        require(can_keep_placement(actor(), placement.authority_id), "plan the way back")
        if not may_plan(placement) and not forms.shown().errors:
            return redirect(url_for("placements.show", placement_id=placement_id))
        last = held_version(session, placement_id)
        return render_template(
            "reintegration/new.html",
            placement=placement,
            last=last,
            form=forms.shown(_kept(last) if last else _first(placement)),
            words=vocabulary,
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new(placement_id: int) -> ResponseReturnValue:
    """Keep it: it holds at once, and the placement ends on its last day."""
    form = forms.read(ReintegrationPlanSchema)
    with transaction(actor()) as session:
        plan = reintegration.keep_plan(session, actor(), placement_id=placement_id, **form, on=today(), at=now())
    flash(f"Version {plan.number} of the way back is kept. The setting is told of the last day.", "success")
    return redirect(url_for("placements.show", placement_id=placement_id))


@bp.get("/result")
def result(placement_id: int) -> ResponseReturnValue:
    """Whether the pupil came back."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        require(can_keep_placement(actor(), placement.authority_id), "say what came of the way back")
        last = held_version(session, placement_id)
        is_said = result_of(session, placement_id) is not None
        if (last is None or is_said or placement.status is PlacementStatus.AGREED) and not forms.shown().errors:
            return redirect(url_for("placements.show", placement_id=placement_id))
        return render_template(
            "reintegration/result.html",
            placement=placement,
            plan=last,
            form=forms.shown({"day": min(today(), placement.ends_on or today())}),
            answers=list(YES_NO.items()),
            words=vocabulary,
        )


@bp.post("/result")
@forms.redisplay(result)
def post_result(placement_id: int) -> ResponseReturnValue:
    """Keep it; what still runs ends."""
    form = forms.read(ReintegrationResultSchema)
    kept = repeated(
        actor(),
        lambda session: reintegration.keep_result(
            session, actor(), placement_id=placement_id, **form, on=today(), at=now()
        ),
    )
    what = "The pupil is back at a school" if kept.is_reached else "The pupil is not back: the need is posted again"
    flash(f"{what}. The placement has ended.", "success")
    return redirect(url_for("placements.show", placement_id=placement_id))


def may_plan(placement: Placement) -> bool:
    """Whether another version may be kept by this person now."""
    is_open = placement.status is not PlacementStatus.ENDED and is_due(placement)
    return is_open and can_keep_placement(actor(), placement.authority_id)


def _kept(last: ReintegrationPlan) -> dict[str, Any]:
    return {name: getattr(last, name) for name in SAME}


def _first(placement: Placement) -> dict[str, Any]:
    return {"school": placement.need.roll_school, "review_on": max(today(), placement.starts_on) + FIRST_REVIEW}

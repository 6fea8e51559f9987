"""Porous plans: a version is proposed by either side, looked at, and approved or returned by the authority."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import (
    At,
    Goal,
    Kind,
    OrganisationKind,
    Placement,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    Ride,
    WhyPlanned,
    now,
    today,
)
from marketplace.models.porous import DAYS, SESSIONS
from marketplace.permissions import can_give_notice, can_keep_placement
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.porous_plans import RIDES, WEEK, DecisionSchema, PlanSchema
from marketplace.services import porous_plans, porous_versions
from marketplace.services.placement_steps import find_placement
from marketplace.services.porous_week import journeys
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("porous_plans", __name__)
SAME = ("main", "school", "school_urn", "goal", "goal_sessions", "goal_on", "special_staff", "mainstream_staff")
REVIEW_WEEKS = 6


@bp.get("/placements/<int:placement_id>/plans/new")
def new(placement_id: int) -> ResponseReturnValue:
    """The next version, beginning with what the last one says; after somebody else was first, with theirs beside it."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        if not may_propose(session, placement) and not forms.shown().errors:
            return redirect(url_for("placements.show", placement_id=placement_id))
        last = porous_versions.last_plan(session, placement_id)
        plans = porous_versions.plans_of(session, placement_id)
        return render_template(
            "porous/new.html",
            placement=placement,
            last=last,
            waiting=next((plan for plan in plans if plan.status is PlanStatus.PROPOSED), None),
            form=forms.shown(_kept(last) if last else _first(placement)),
            words=vocabulary,
            weeks=WEEK,
            rides=RIDES,
        )


@bp.post("/placements/<int:placement_id>/plans/new")
@forms.redisplay(new)
def post_new(placement_id: int) -> ResponseReturnValue:
    """Propose it."""
    form = forms.read(PlanSchema)
    with transaction(actor()) as session:
        plan = porous_plans.propose_plan(session, actor(), placement_id=placement_id, **form, on=today(), at=now())
    words = (
        "The authority is told." if actor().kind is OrganisationKind.PROVIDER else "Approve it, or have it approved."
    )
    flash(f"Version {plan.number} is proposed. {words}", "success")
    return redirect(url_for("porous_plans.show", plan_id=plan.id))


@bp.get("/plans/<int:plan_id>")
def show(plan_id: int) -> ResponseReturnValue:
    """One version: the week, what it is for, and what may be decided about it."""
    with transaction(actor()) as session:
        plan = porous_versions.find_plan(session, plan_id)
        placement = find_placement(session, plan.placement_id)
        is_open = plan.status is PlanStatus.PROPOSED and _is_split(placement)
        held = porous_versions.plan_on(session, placement.id, max(today(), placement.starts_on))
        return render_template(
            "porous/show.html",
            plan=plan,
            placement=placement,
            held=held if held and held.id != plan.id else None,
            holds=held is not None and held.id == plan.id,
            journeys=journeys(plan.week, plan.rides, by=Ride.AUTHORITY),
            may_decide=is_open and can_keep_placement(actor(), placement.authority_id),
            may_withdraw=is_open
            and can_give_notice(actor(), placement.authority_id, placement.provider_id)
            and plan.organisation_id == actor().organisation_id,
            form=forms.shown(),
            words=vocabulary,
        )


@bp.post("/plans/<int:plan_id>/approve")
@forms.redisplay(show)
def post_approve(plan_id: int) -> ResponseReturnValue:
    """Approve it in writing: the placement has its sessions from its day on."""
    form = forms.read(DecisionSchema)
    plan = repeated(
        actor(),
        lambda session: porous_plans.approve_plan(session, actor(), plan_id=plan_id, **form, on=today(), at=now()),
    )
    flash(f"Version {plan.number} is approved. The setting is told.", "success")
    return redirect(url_for("placements.show", placement_id=plan.placement_id))


@bp.post("/plans/<int:plan_id>/return")
@forms.redisplay(show)
def post_return(plan_id: int) -> ResponseReturnValue:
    """Do not approve it."""
    form = forms.read(DecisionSchema)
    with transaction(actor()) as session:
        plan = porous_plans.return_plan(session, actor(), plan_id=plan_id, **form, at=now())
    flash(f"Version {plan.number} is not approved. What holds goes on, and the setting is told.", "success")
    return redirect(url_for("placements.show", placement_id=plan.placement_id))


@bp.post("/plans/<int:plan_id>/withdraw")
@forms.redisplay(show)
def post_withdraw(plan_id: int) -> ResponseReturnValue:
    """Take it back."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        plan = porous_plans.withdraw_plan(session, actor(), plan_id=plan_id, **form)
    flash(f"Version {plan.number} is withdrawn.", "success")
    return redirect(url_for("placements.show", placement_id=plan.placement_id))


def may_propose(session: Session, placement: Placement) -> bool:
    """Whether this person may propose another version now."""
    if not (_is_split(placement) and can_give_notice(actor(), placement.authority_id, placement.provider_id)):
        return False
    return all(plan.status is not PlanStatus.PROPOSED for plan in porous_versions.plans_of(session, placement.id))


def _is_split(placement: Placement) -> bool:
    return placement.provision.kind is Kind.POROUS and placement.status is not PlacementStatus.ENDED


def _kept(last: PorousPlan) -> dict[str, Any]:
    """What the next version begins with: what the last one says, but for its days and reasons."""
    return {
        **{name: getattr(last, name) for name in SAME},
        **dict(zip(WEEK, last.week, strict=True)),
        **dict(zip(RIDES, last.rides, strict=True)),
        "review_weeks": last.review_weeks,
    }


def _first(placement: Placement) -> dict[str, Any]:
    """What the first version begins with: the sessions of the award in whole days from Monday on."""
    special = placement.sessions or 0
    by = Ride.AUTHORITY if placement.transport else Ride.FAMILY
    return {
        **{name: At.SPECIAL if number < special else At.MAINSTREAM for number, name in enumerate(WEEK)},
        **{name: by if 2 * number < special else Ride.NONE for number, name in enumerate(RIDES[:DAYS])},
        "main": At.MAINSTREAM,
        "goal": Goal.TOWARDS_MAINSTREAM,
        "goal_sessions": SESSIONS,
        "starts_on": placement.starts_on,
        "review_on": placement.starts_on + timedelta(weeks=REVIEW_WEEKS),
        "review_weeks": REVIEW_WEEKS,
        "why": WhyPlanned.FIRST,
    }

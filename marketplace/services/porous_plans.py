"""Porous plans: each version is proposed by either side and holds only once the LA has approved it in writing, from its
day on. What it changes of the sessions, the place and the price goes through the placement, like any other variation.

It must never change a version that was kept, nor let the sessions of a placement be others than those of its plan.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, Stale
from marketplace.models import (
    PLAN_MOVES,
    At,
    Kind,
    Need,
    Placement,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    WhyPlanned,
)
from marketplace.permissions import Actor, can_give_notice, can_keep_placement, require
from marketplace.services import outbox, registration
from marketplace.services.placement_steps import lock, require_day
from marketplace.services.placements import vary_placement
from marketplace.services.porous_versions import find_plan, last_plan, plans_of
from marketplace.services.porous_week import week_faults
from marketplace.vocabulary import in_words


def propose_plan(
    session: Session, actor: Actor, *, placement_id: int, version: int, on: date, at: datetime, **said: Any
) -> PorousPlan:
    """Propose a version of the plan, by either side. Raises Invalid, by field; Conflict where another one waits."""
    placement = lock(session, actor, placement_id, version, may=_is_side)
    if placement.provision.kind is not Kind.POROUS:
        raise InvalidTransition("This is no porous placement, so its week is not split.")
    kept = plans_of(session, placement_id)
    if any(row.status is PlanStatus.PROPOSED for row in kept):
        raise Conflict("Another version waits for the authority already. It is decided or withdrawn first.")
    plan = PorousPlan(
        placement=placement,
        number=len(kept) + 1,
        status=PlanStatus.PROPOSED,
        organisation_id=actor.organisation_id,
        officer=actor.name,
        proposed_at=at,
        **said,
    )
    _require(session, placement, plan, on=on)
    session.add(plan)
    session.flush()
    audit.record(session, actor, "porous plan proposed", plan, placement_id=placement.id, number=plan.number)
    _tell(session, actor, plan)
    return plan


def approve_plan(
    session: Session, actor: Actor, *, plan_id: int, version: int, decision: str, on: date, at: datetime
) -> PorousPlan:
    """The LA approves a version in writing: it holds from its day, and the placement has its sessions from then on, at
    the prices that were agreed. Raises NoRoom where the setting has no room for them."""
    placement, plan = _lock(session, actor, plan_id, version, PlanStatus.APPROVED)
    require(can_keep_placement(actor, placement.authority_id), "approve a plan")
    if placement.status is PlacementStatus.ENDED or placement.provision.kind is not Kind.POROUS:
        raise InvalidTransition("The week of this placement is not split any more, so no plan of it is approved.")
    _require(session, placement, plan, on=on)
    _decide(plan, PlanStatus.APPROVED, actor, decision, at)
    audit.record(session, actor, "porous plan approved", plan, placement_id=placement.id, number=plan.number)
    session.flush()
    if (placement.sessions, placement.is_on_roll) == (plan.special, plan.main is At.SPECIAL):
        _tell(session, actor, plan)
    else:  # which is told as a variation
        vary_placement(
            session,
            actor,
            placement_id=placement.id,
            version=placement.version,
            day=max(plan.starts_on, placement.starts_on),
            provision_id=placement.provision_id,
            band=placement.band,
            sessions=plan.special,
            hours_a_week=None,
            reason=plan.reason,
            on=on,
            at=at,
            plan=plan,
        )
    return plan


def return_plan(
    session: Session, actor: Actor, *, plan_id: int, version: int, decision: str, at: datetime
) -> PorousPlan:
    """The LA does not approve a version, and says why. What holds goes on."""
    placement, plan = _lock(session, actor, plan_id, version, PlanStatus.RETURNED)
    require(can_keep_placement(actor, placement.authority_id), "return a plan")
    _decide(plan, PlanStatus.RETURNED, actor, decision, at)
    audit.record(session, actor, "porous plan returned", plan, placement_id=placement.id, number=plan.number)
    _tell(session, actor, plan)
    return plan


def withdraw_plan(session: Session, actor: Actor, *, plan_id: int, version: int) -> PorousPlan:
    """The side that proposed a version takes it back."""
    placement, plan = _lock(session, actor, plan_id, version, PlanStatus.WITHDRAWN)
    require(_is_side(actor, placement) and actor.organisation_id == plan.organisation_id, "withdraw a plan")
    plan.status = PlanStatus.WITHDRAWN
    audit.record(session, actor, "porous plan withdrawn", plan, placement_id=placement.id, number=plan.number)
    return plan


def _is_side(actor: Actor, placement: Placement) -> bool:
    return can_give_notice(actor, placement.authority_id, placement.provider_id)


def _lock(
    session: Session, actor: Actor, plan_id: int, version: int, status: PlanStatus
) -> tuple[Placement, PorousPlan]:
    """The placement and then the version, locked. Raises NotFound, NotPermitted, Stale, InvalidTransition."""
    plan = find_plan(session, plan_id)
    placement = session.scalars(
        select(Placement)
        .where(Placement.id == plan.placement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    require(_is_side(actor, placement), "decide on a plan")
    session.refresh(plan, with_for_update=True)
    if plan.version != version:
        raise Stale("Something has happened to this plan since you opened it. Look at what holds now.")
    if status not in PLAN_MOVES[plan.status]:
        raise InvalidTransition(f"This version is {plan.status}, so that cannot be done with it.")
    return placement, plan


def _decide(plan: PorousPlan, status: PlanStatus, actor: Actor, decision: str, at: datetime) -> None:
    plan.status, plan.decided_by, plan.decision, plan.decided_at = status, actor.name, decision, at


def _require(session: Session, placement: Placement, plan: PorousPlan, *, on: date) -> None:
    """Raise Invalid, by field, unless the version says a week that can be, and begins when one may."""
    errors = week_faults(plan, on=on)
    before = last_plan(session, placement.id)
    try:
        require_day(session, placement, max(plan.starts_on, placement.starts_on), "starts_on", on=on)
    except Invalid as invalid:
        errors |= invalid.errors
    if before and plan.starts_on < before.starts_on:
        last = in_words(before.starts_on)
        errors["starts_on"] = [f"Version {before.number} is approved from {last}. Enter that day or a later one."]
    if (plan.why is WhyPlanned.FIRST) != (before is None):
        errors["why"] = ["This is the first version." if before is None else "Say why the week changes."]
    if words := _unregistered(placement, plan):
        errors["main" if plan.main is At.SPECIAL else "week"] = [words]
    if errors:
        raise Invalid(errors)


def _unregistered(placement: Placement, plan: PorousPlan) -> str | None:
    """What of the week a setting that is not registered may not take. Of the need a provider reads nothing: what is
    stricter for a pupil with an EHCP the LA is told when it approves."""
    need: Need | None = placement.need
    return registration.fault(
        placement.setting, Kind.POROUS, plan.special,
        footing=need.footing if need else None, is_on_roll=plan.main is At.SPECIAL,
    )  # fmt: skip


def _tell(session: Session, actor: Actor, plan: PorousPlan) -> None:
    """The other side is told how the version stands."""
    outbox.tell_other_side(
        session, actor, plan.placement, template=f"plan_{plan.status}", subject_id=plan.id,
        key=f"plan {plan.id} {plan.status}",
    )  # fmt: skip

"""Placements: what an award begins, and each thing that happens to it, from its day on, with its money.

Each is one event; what was entered by mistake is not changed but undone by a further one (placement_corrections). It
must never reprice by itself: a placement keeps the prices of its award until the LA varies it or accepts an uplift.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import (
    At,
    Award,
    Band,
    EventKind,
    Kind,
    Placement,
    PlacementStatus,
    PorousPlan,
    Provision,
)
from marketplace.permissions import Actor
from marketplace.services import capacity, registration
from marketplace.services.consultation_steps import lock_need
from marketplace.services.days_out import dates_of, keep_next_due
from marketplace.services.placement_charges import price_of, recharge
from marketplace.services.placement_steps import FARTHEST, keep, lock, move, require_day, terms
from marketplace.services.porous_versions import last_plan, plan_on
from marketplace.services.reintegration_versions import held_version, is_due
from marketplace.vocabulary import in_words


def begin(
    session: Session, actor: Actor, *, award: Award, agreement: dict[str, Any], on: date, at: datetime
) -> Placement:
    """The placement of an award that is made, charged from its first day to the ledger's horizon."""
    placement = Placement(
        award=award,
        need_id=award.need_id,
        authority_id=award.authority_id,
        setting_id=award.setting_id,
        provider_id=award.provider_id,
        provision=award.provision,
        schedule=award.schedule,
        reference=award.need.reference,
        status=PlacementStatus.AGREED,
        starts_on=award.starts_on,
        band=award.band,
        sessions=award.provision.sessions,
        hours_a_week=award.hours_a_week,
        price=award.marginal - award.transport,
        transport=award.transport,
        agreement=agreement,
    )
    session.add(placement)
    event = keep(session, actor, placement, EventKind.AWARDED, on=award.starts_on, at=at, before={})
    recharge(session, actor, event, on=on)
    return placement


def start_placement(
    session: Session, actor: Actor, *, placement_id: int, version: int, day: date, on: date, at: datetime
) -> Placement:
    """The pupil has started on a day, today or earlier, which may be another than was agreed: charges follow it."""
    placement = lock(session, actor, placement_id, version)
    if placement.status is not PlacementStatus.AGREED:  # one that is suspended is resumed
        raise InvalidTransition(f"This placement is {placement.status}: the pupil has started already.")
    if not on - FARTHEST <= day <= on:
        raise Invalid({"day": ["Enter the day on which the pupil started: today, or within the last year."]})
    if placement.ends_on is not None and day > placement.ends_on:
        raise Invalid({"day": [f"The last day is {in_words(placement.ends_on)}. Enter that day or an earlier one."]})
    if placement.provision.kind is Kind.POROUS and not plan_on(session, placement.id, day):
        raise Invalid({"day": ["A porous placement starts on a plan of the week that is approved from that day on."]})
    if is_due(placement) and (placement.ends_on is None or not held_version(session, placement.id)):
        words = "This placement starts on an end date and a plan of the way back. Keep that plan first."
        raise Invalid({"day": [words]})
    before = terms(placement)
    move(placement, PlacementStatus.STARTED)
    placement.starts_on = day
    event = keep(session, actor, placement, EventKind.STARTED, on=day, at=at, before=before)
    recharge(session, actor, event, on=on)
    _keep_sixth_day(session, placement)
    return placement


def _keep_sixth_day(session: Session, placement: Placement) -> None:
    """A pupil who was out of education is educated: lists know it."""
    if placement.need.last_education_on is not None:
        need = lock_need(session, placement.need_id)
        keep_next_due(session, need, dates_of(session, need))


def variations(session: Session, placement: Placement) -> list[Provision]:
    """What a placement may be varied to: the provisions of its setting that its price schedule prices, as it is
    first."""
    priced = {line.provision_id for line in placement.schedule.lines}
    rows = session.scalars(
        select(Provision)
        .where(Provision.setting_id == placement.setting_id, Provision.id.in_(priced))
        .order_by(Provision.name, Provision.id)
    )
    mine = placement.provision_id
    return sorted((row for row in rows if row.is_offered or row.id == mine), key=lambda row: row.id != mine)


def vary_placement(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    day: date,
    provision_id: int,
    band: Band,
    sessions: int | None,
    hours_a_week: Decimal | None,
    reason: str,
    on: date,
    at: datetime,
    plan: PorousPlan | None = None,
) -> Placement:
    """Another band, pattern (by another provision of the setting), number of sessions or hours, from a day on, at the
    prices of the placement's own schedule and with the variation of its award. `sessions` count for a porous placement
    only, `hours_a_week` for outreach only. Where the week of a porous placement is planned, its sessions follow from an
    approved `plan` alone. Raises Invalid, by field; NoRoom where there is no room for it."""
    placement = lock(session, actor, placement_id, version)
    require_day(session, placement, day, "day", on=on)
    provision = next((row for row in variations(session, placement) if row.id == provision_id), None)
    if provision is None:
        raise Invalid({"provision_id": ["Choose one of the provisions that the agreed prices state."]})
    sessions = sessions if provision.kind is Kind.POROUS else None
    hours_a_week = hours_a_week if provision.kind is Kind.OUTREACH else None
    if provision.kind is Kind.POROUS and not 1 <= (sessions or 0) <= 9:
        raise Invalid({"sessions": ["Enter how many of the ten sessions of a week, from 1 to 9."]})
    if provision.kind is Kind.OUTREACH and not hours_a_week:
        raise Invalid({"hours_a_week": ["Enter the hours of outreach a week."]})
    on_roll = plan.main is At.SPECIAL if plan else placement.is_on_roll and provision.kind is Kind.POROUS
    words = registration.fault(
        placement.setting, provision.kind, sessions, footing=placement.need.footing, is_on_roll=on_roll
    )
    if words is not None:
        raise Invalid({"provision_id" if provision.kind is Kind.FULL else "sessions": [words]})
    is_planned = plan is None and provision.kind is Kind.POROUS and last_plan(session, placement.id)
    if is_planned and sessions != placement.sessions:
        raise Invalid({"sessions": ["The plan of the week states the sessions. Propose another version of it."]})
    before, taken, pool_id = terms(placement), use(placement), placement.provision.pool_id
    changed: dict[str, Any] = {
        "provision": provision, "band": band, "sessions": sessions, "hours_a_week": hours_a_week
    }  # fmt: skip
    price = price_of(session, placement, schedule=placement.schedule, on=on, **changed)
    for name, value in {**changed, "price": price, "is_on_roll": on_roll}.items():
        setattr(placement, name, value)
    session.flush()  # which sets the id of the provision
    if before == terms(placement):
        raise Invalid({"band": ["This is what holds already. Change the provision, the band, sessions or hours."]})
    if (taken, pool_id) != (use(placement), provision.pool_id):
        _retake(session, actor, placement, day=day, at=at, is_other_pool=pool_id != provision.pool_id)
    of_plan: dict[str, Any] = {"plan_id": plan.id} if plan else {}
    event = keep(session, actor, placement, EventKind.VARIED, on=day, at=at, before=before, reason=reason, **of_plan)
    recharge(session, actor, event, on=on)
    return placement


def suspend_placement(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    day: date,
    is_paid: bool,
    reason: str,
    on: date,
    at: datetime,
) -> Placement:
    """The pupil does not attend from a day on; the place is kept. Where it is not paid for, charges stop that day."""
    placement = lock(session, actor, placement_id, version)
    require_day(session, placement, day, "day", on=on)
    before = terms(placement)
    move(placement, PlacementStatus.SUSPENDED)
    event = keep(
        session, actor, placement, EventKind.SUSPENDED, on=day, at=at, before=before, reason=reason, is_paid=is_paid
    )
    recharge(session, actor, event, on=on)
    return placement


def resume_placement(
    session: Session, actor: Actor, *, placement_id: int, version: int, day: date, on: date, at: datetime
) -> Placement:
    """The pupil attends again from a day on, at the terms that hold."""
    placement = lock(session, actor, placement_id, version)
    require_day(session, placement, day, "day", on=on)
    if placement.status is not PlacementStatus.SUSPENDED:
        raise InvalidTransition(f"This placement is {placement.status}, not suspended.")
    before = terms(placement)
    move(placement, PlacementStatus.STARTED)
    event = keep(session, actor, placement, EventKind.RESUMED, on=day, at=at, before=before)
    recharge(session, actor, event, on=on)
    return placement


def _retake(
    session: Session, actor: Actor, placement: Placement, *, day: date, at: datetime, is_other_pool: bool
) -> None:
    """The pupil takes of the pool what the terms say now, instead of what was taken. Raises NoRoom. What is left in
    another pool does not open by itself once the pupil has started: whether it does, the provider says."""
    year_group = placement.need.year_group
    assert year_group is not None
    has_left = is_other_pool and placement.status is not PlacementStatus.AGREED
    capacity.free(session, actor, subject=placement.award, at=at, has_started=has_left)
    capacity.take(
        session,
        actor,
        provision=placement.provision,
        year_group=year_group,
        on=day,
        amount=use(placement),
        authority_id=placement.authority_id,
        subject=placement.award,
    )


def use(placement: Placement) -> Decimal:
    """What the pupil takes of the pool, on the terms that hold."""
    return capacity.use_of(
        placement.provision,
        sessions=placement.sessions,
        hours_a_week=placement.hours_a_week,
        is_on_roll=placement.is_on_roll,
    )

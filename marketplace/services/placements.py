"""Placements: what an award begins, and each thing that happens to it, from its day on, with its money.

Each is one event; what is wrong is not changed but put right by a further one. It must never reprice by itself: a
placement keeps the price of its award until the LA varies it.
"""

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import Award, Band, EventKind, Placement, PlacementStatus
from marketplace.permissions import Actor, can_give_notice
from marketplace.services import capacity
from marketplace.services.ledger import DAY
from marketplace.services.placement_steps import keep, lock, move, owed, recharge, require_day, terms
from marketplace.services.published_prices import price_in
from pricing.money import half_up


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
    recharge(session, actor, event, day=award.starts_on, on=on)
    return placement


def start_placement(
    session: Session, actor: Actor, *, placement_id: int, version: int, day: date, on: date, at: datetime
) -> Placement:
    """The pupil has started on a day, which may be another than was agreed: charges follow it."""
    placement = lock(session, actor, placement_id, version)
    if not placement.starts_on - day <= on - day <= 366 * DAY and day > on:
        raise Invalid({"day": ["Enter the day on which the pupil started: today or earlier."]})
    before = terms(placement)
    move(placement, PlacementStatus.STARTED)
    earliest = min(day, placement.starts_on)
    placement.starts_on = day
    event = keep(session, actor, placement, EventKind.STARTED, on=day, at=at, before=before)
    recharge(session, actor, event, day=earliest, on=on)
    return placement


def vary_placement(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    day: date,
    band: Band,
    sessions: int | None,
    reason: str,
    on: date,
    at: datetime,
) -> Placement:
    """Another band, or another number of sessions, from a day on, at the prices of the award's own schedule and with
    its variation. Raises Invalid, by field; NoRoom where more sessions find no room."""
    placement = lock(session, actor, placement_id, version)
    require_day(session, placement, day, "day", on=on)
    found = price_in(placement.award.schedule, placement.provision_id, band)
    if found is None:
        raise Invalid({"band": ["The agreed price schedule states no price for this band. Agree a new award instead."]})
    if (sessions is None) != (placement.sessions is None) or not 1 <= (sessions or 1) <= 9:
        raise Invalid({"sessions": ["A porous placement has from 1 to 9 sessions; another has none."]})
    before = terms(placement)
    fee = found.fee
    if sessions is not None and placement.provision.sessions:
        fee = half_up(Fraction(fee * sessions, placement.provision.sessions))
    placement.price = owed(session, placement, fee + placement.award.variation, on=on)
    placement.band = band
    if placement.hours_a_week is not None:
        placement.hours_a_week = found.hours_a_week
    is_other_use = (sessions, placement.hours_a_week) != (before["sessions"], before["hours_a_week"])
    placement.sessions = sessions
    if before == terms(placement):
        raise Invalid({"band": ["This is what holds already. Change the band or the sessions."]})
    if is_other_use:
        _retake(session, actor, placement, day=day, at=at)
    event = keep(session, actor, placement, EventKind.VARIED, on=day, at=at, before=before, reason=reason)
    recharge(session, actor, event, day=day, on=on)
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
    recharge(session, actor, event, day=day, on=on)
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
    recharge(session, actor, event, day=day, on=on)
    return placement


def give_notice(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    last_day: date,
    reason: str,
    on: date,
    at: datetime,
) -> Placement:
    """Either side says that the placement ends on a day to come: nothing is charged after it, and the other side is
    told. Notice given again takes the place of the first."""
    placement = lock(
        session,
        actor,
        placement_id,
        version,
        may=lambda actor, row: can_give_notice(actor, row.authority_id, row.provider_id),
    )
    if last_day < max(on, placement.starts_on):
        raise Invalid({"last_day": ["Enter a day from today on. Where the placement has ended already, end it."]})
    before = terms(placement)
    changed = min(last_day, placement.ends_on or last_day) + DAY
    placement.ends_on = last_day
    event = keep(session, actor, placement, EventKind.NOTICE_GIVEN, on=last_day, at=at, before=before, reason=reason)
    recharge(session, actor, event, day=changed, on=on)
    return placement


def _retake(session: Session, actor: Actor, placement: Placement, *, day: date, at: datetime) -> None:
    """What the pupil takes of the pool changes with the sessions or hours of the week."""
    share = capacity.use_of(placement.provision, sessions=placement.sessions, hours_a_week=placement.hours_a_week)
    year_group = placement.need.year_group
    assert year_group is not None
    capacity.free(session, actor, subject=placement.award, at=at)
    capacity.take(
        session,
        actor,
        provision=placement.provision,
        year_group=year_group,
        on=day,
        amount=share,
        authority_id=placement.authority_id,
        subject=placement.award,
    )

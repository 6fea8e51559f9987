"""How placements end: by a person, or by the system once a notice has run out; and how running ones are charged on."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.models import (
    AwardStatus,
    ConsultationStatus,
    EventKind,
    LedgerLine,
    NeedStatus,
    Placement,
    PlacementStatus,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import capacity, ledger
from marketplace.services.consultation_steps import lock_need
from marketplace.services.ledger import DAY
from marketplace.services.placement_steps import fee_of, keep, lock, move, recharge, require_day, terms


def end_placement(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    last_day: date,
    reason: str,
    is_needed_again: bool,
    is_transfer: bool = False,
    on: date,
    at: datetime,
) -> Placement:
    """The placement has ended, `last_day` the last that is charged. One that has not started ends the day before its
    first: nothing is charged, and the place is vacant again at once; whether a place opens after one that had started,
    the provider says. `is_needed_again` posts the need anew; otherwise it is withdrawn. `is_transfer`: by the move to
    the next phase of education."""
    placement = lock(session, actor, placement_id, version)
    if placement.status is PlacementStatus.AGREED:
        last_day = placement.starts_on - DAY
    else:
        require_day(session, placement, last_day, "last_day", on=on)
        if last_day > on:
            raise Invalid({"last_day": ["This day is to come. Give notice instead."]})
    kind = EventKind.TRANSFERRED if is_transfer else EventKind.ENDED
    _end(session, actor, placement, kind, last_day, reason=reason, is_needed_again=is_needed_again, on=on, at=at)
    return placement


def end_due(session: Session, *, on: date, at: datetime) -> int:
    """End, as the system, the placements whose notice has run out, and post their needs anew, so that somebody looks;
    returns how many. Safe with several workers at once."""
    rows = session.scalars(
        select(Placement)
        .where(Placement.ends_on < on, Placement.status != PlacementStatus.ENDED)
        .order_by(Placement.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for placement in rows:
        assert placement.ends_on is not None
        last_day = placement.ends_on
        _end(session, SYSTEM, placement, EventKind.ENDED, last_day, reason=None, is_needed_again=True, on=on, at=at)
    return len(rows)


def carry_charges(session: Session, *, on: date, at: datetime) -> int:
    """Charge, as the system, the running placements up to the ledger's horizon where they are not yet, as each April;
    returns how many. Safe with several workers at once."""
    horizon = ledger.horizon(on)
    charged = select(func.max(LedgerLine.ends_on)).where(LedgerLine.placement_id == Placement.id).scalar_subquery()
    rows = session.scalars(
        select(Placement)
        .where(Placement.status != PlacementStatus.ENDED, Placement.ends_on.is_(None), charged < horizon)
        .order_by(Placement.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    count = 0
    for placement in rows:
        fee, first = fee_of(session, placement), ledger.live_lines(session, placement)[-1].ends_on + DAY
        if fee and first <= horizon:
            event = keep(session, SYSTEM, placement, EventKind.CARRIED, on=first, at=at, before=terms(placement))
            ledger.charge(session, event, fee=fee, first=first, last=horizon)
            count += 1
    return count


def _end(
    session: Session,
    actor: Actor,
    placement: Placement,
    kind: EventKind,
    last_day: date,
    *,
    reason: str | None,
    is_needed_again: bool,
    on: date,
    at: datetime,
) -> None:
    need = lock_need(session, placement.need_id)
    before = terms(placement)
    has_started = placement.status is not PlacementStatus.AGREED
    changed = min(last_day, placement.ends_on or last_day) + DAY
    placement.ends_on = last_day
    event = keep(session, actor, placement, kind, on=last_day, at=at, before=before, reason=reason)
    recharge(session, actor, event, day=changed, on=on)
    move(placement, PlacementStatus.ENDED)
    award = placement.award
    award.status = AwardStatus.ENDED
    capacity.free(session, actor, subject=award, at=at, has_started=has_started)
    if award.consultation is not None:
        award.consultation.status = ConsultationStatus.CLOSED
    need.status = NeedStatus.PUBLISHED if is_needed_again else NeedStatus.WITHDRAWN

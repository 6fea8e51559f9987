"""Corrections: an event that was entered by mistake is undone by an event of its own, and the ledger by reversals.

The last event first, so that what held before it is known. It must never change or remove what was entered.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, InvalidTransition
from marketplace.models import (
    OPEN_CONSULTATIONS,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    EventKind,
    NeedStatus,
    Placement,
    PlacementEvent,
)
from marketplace.permissions import Actor, can_give_notice, can_keep_placement
from marketplace.services import capacity
from marketplace.services.consultation_steps import lock_need
from marketplace.services.days_out import dates_of, keep_next_due
from marketplace.services.placement_charges import effective_events, recharge
from marketplace.services.placement_steps import keep, lock, restore, terms
from marketplace.services.placements import use
from marketplace.services.reintegration_versions import result_of

ENDS = frozenset({EventKind.ENDED, EventKind.TRANSFERRED})
NEVER = frozenset({EventKind.AWARDED, EventKind.CARRIED})  # an award is ended, not undone; charges follow by themselves


def last_event(session: Session, placement: Placement, actor: Actor) -> PlacementEvent | None:
    """The event that the actor may undo: the last that holds, if the actor's side entered it, or the system ended the
    placement by a notice; None where there is none."""
    events = [event for event in effective_events(session, placement) if event.kind is not EventKind.CARRIED]
    last = events[-1]
    if last.kind in NEVER or "plan_id" in last.after:  # a plan is followed by another version
        return None
    if result_of(session, placement.id) is not None:  # what came of the way back is said, and stays said
        return None
    if last.organisation_id is None:
        return last if can_keep_placement(actor, placement.authority_id) else None
    may = can_give_notice(actor, placement.authority_id, placement.provider_id)
    return last if may and last.organisation_id == actor.organisation_id else None


def undo_event(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    event_id: int,
    reason: str,
    on: date,
    at: datetime,
) -> PlacementEvent:
    """What an event changed holds no more, from its day on, and what held before it holds again; the other side is
    told. Where the end is undone the place is taken again, and the need is placed. Returns the event that undoes it.

    Raises Conflict where another event is the last now, NoRoom where the place has gone, InvalidTransition where the
    need has been taken up anew since the end."""
    placement = lock(
        session,
        actor,
        placement_id,
        version,
        may=lambda actor, row: can_give_notice(actor, row.authority_id, row.provider_id),
        is_over=True,
    )
    event = last_event(session, placement, actor)
    if event is None or event.id != event_id:
        raise Conflict("Only what your side entered last can be undone. Look at what holds now.")
    before, taken = terms(placement), _taken(placement)
    if event.kind in ENDS:
        _reopen(session, actor, placement, event, on=on)
    else:
        restore(placement, event.before)
    session.flush()
    session.expire(placement, ["provision", "schedule"])
    if event.kind in ENDS or taken != _taken(placement):
        assert placement.need.year_group is not None
        capacity.take_back(
            session,
            actor,
            award=placement.award,
            provision=placement.provision,
            year_group=placement.need.year_group,
            on=max(on, placement.starts_on),
            ended_at=event.at,
            at=at,
        )
    if event.kind is EventKind.STARTED and placement.need.last_education_on is not None:
        need = lock_need(session, placement.need_id)
        keep_next_due(session, need, dates_of(session, need))
    undone = keep(
        session, actor, placement, EventKind.UNDONE, on=event.on, at=at, before=before, reason=reason, undoes=event
    )
    recharge(session, actor, undone, on=on)
    return undone


def _reopen(session: Session, actor: Actor, placement: Placement, event: PlacementEvent, *, on: date) -> None:
    """The placement runs again, with its award and consultation, and takes its place. A notice whose day has passed
    does not stand any more: it would end the placement again."""
    need, award = lock_need(session, placement.need_id), placement.award
    is_asked = select(Consultation.id).where(
        Consultation.need_id == need.id, Consultation.status.in_(OPEN_CONSULTATIONS)
    )
    if need.status not in {NeedStatus.PUBLISHED, NeedStatus.WITHDRAWN} or session.scalar(is_asked.limit(1)) is not None:
        raise InvalidTransition("The need has been taken up anew since. Withdraw that first, or award the place again.")
    restore(placement, event.before)
    if placement.ends_on is not None and placement.ends_on < on:
        placement.ends_on = None
    award.status = AwardStatus.MADE
    if award.consultation is not None:
        award.consultation.status = ConsultationStatus.AWARDED
    need.status = NeedStatus.PLACED
    audit.record(session, actor, "award reopened", award, need_id=need.id)
    audit.record(session, actor, "need placed", need, award_id=award.id)


def _taken(placement: Placement) -> tuple[int, Decimal]:
    """Of which pool what is taken."""
    return placement.provision.pool_id, use(placement)

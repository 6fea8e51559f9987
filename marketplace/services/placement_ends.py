"""How placements end: by notice of either side, by a person, by the system once a notice has run out; and how running
ones are charged on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from marketplace import audit
from marketplace.errors import Invalid
from marketplace.models import (
    AfterEnd,
    AwardStatus,
    ConsultationStatus,
    EventKind,
    LedgerLine,
    NeedStatus,
    Placement,
    PlacementEvent,
    PlacementStatus,
    ReintegrationPlan,
)
from marketplace.permissions import SYSTEM, Actor, can_give_notice
from marketplace.services import capacity, ledger
from marketplace.services.consultation_steps import lock_need
from marketplace.services.ledger import DAY
from marketplace.services.placement_charges import charges, effective_events, recharge
from marketplace.services.placement_steps import FARTHEST, keep, lock, move, require_day, terms
from marketplace.services.reintegration_versions import held_version
from marketplace.vocabulary import in_words


def notice_of(session: Session, placement: Placement) -> PlacementEvent | None:
    """The notice that stands for a placement."""
    if placement.ends_on is None:
        return None
    given = [event for event in effective_events(session, placement) if event.kind is EventKind.NOTICE_GIVEN]
    return given[-1] if given else None


def give_notice(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    last_day: date,
    reason: str,
    then: AfterEnd = AfterEnd.NEEDED_AGAIN,
    on: date,
    at: datetime,
    plan: ReintegrationPlan | None = None,
) -> Placement:
    """Either side says that the placement ends on a day to come: nothing is charged after it, and the other side is
    told. Of what becomes of the need the LA speaks; where the provider gives notice it is posted anew.

    Notice given again takes the place of the first; what the other side has set may be brought forward, not put off.
    Where a plan of the way back states the last day, it is put off by another version, `plan`, alone."""
    placement = lock(
        session,
        actor,
        placement_id,
        version,
        may=lambda actor, row: can_give_notice(actor, row.authority_id, row.provider_id),
    )
    if not max(on, placement.starts_on) <= last_day <= on + FARTHEST:
        words = "Enter a day from today, or from its first day, on, and within a year. What has ended already, end."
        raise Invalid({"last_day": [words]})
    if actor.organisation_id == placement.provider_id:
        then = AfterEnd.NEEDED_AGAIN
    standing = notice_of(session, placement)
    if standing is not None:
        assert placement.ends_on is not None
        day = in_words(placement.ends_on)
        if last_day > placement.ends_on and standing.organisation_id != actor.organisation_id:
            raise Invalid({"last_day": [f"The other side gave notice to {day}. Only that side can put it off."]})
        if (last_day, then) == (placement.ends_on, standing.after["then"]):
            raise Invalid({"last_day": [f"Notice to {day} stands already."]})
    held = held_version(session, placement.id)
    if held and last_day > held.ends_on:
        words = (
            f"The plan of the way back ends on {in_words(held.ends_on)}. Keep another version of it to put that off."
        )
        raise Invalid({"last_day": [words]})
    before = terms(placement)
    placement.ends_on = last_day
    of_plan: dict[str, Any] = {"plan_id": plan.id} if plan else {}
    event = keep(
        session, actor, placement, EventKind.NOTICE_GIVEN, on=last_day, at=at, before=before, reason=reason, then=then,
        **of_plan,
    )  # fmt: skip
    recharge(session, actor, event, on=on)
    return placement


def end_placement(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    last_day: date | None,
    reason: str,
    then: AfterEnd,
    on: date,
    at: datetime,
) -> Placement:
    """The placement has ended, `last_day` the last that is charged. One that has not started has none: nothing is
    charged, and the place is vacant again at once; whether a place opens after one that had started, the provider
    says."""
    placement = lock(session, actor, placement_id, version)
    if placement.status is PlacementStatus.AGREED:
        last_day = placement.starts_on - DAY
    else:
        if last_day is None:
            raise Invalid({"last_day": ["Enter the last day of the placement."]})
        if last_day > on:
            raise Invalid({"last_day": ["This day is to come. Give notice instead."]})
        require_day(session, placement, last_day, "last_day", on=on)
    _end(session, actor, placement, last_day, reason=reason, then=then, on=on, at=at)
    return placement


def placements_to_end(session: Session, *, on: date) -> Sequence[int]:
    """The placements whose notice has run out."""
    return session.scalars(select(Placement.id).where(_has_run_out(on)).order_by(Placement.id)).all()


def end_due(session: Session, *, on: date, at: datetime, only: int | None = None) -> int:
    """End, as the system, the placements whose notice has run out, all or `only` this one, as their notice says;
    returns how many. Safe with several workers at once."""
    rows = _locked(session, _has_run_out(on), only)
    for placement in rows:
        assert placement.ends_on is not None
        notice = notice_of(session, placement)
        then = AfterEnd(notice.after["then"]) if notice else AfterEnd.NEEDED_AGAIN
        _end(session, SYSTEM, placement, placement.ends_on, reason=None, then=then, on=on, at=at)
    return len(rows)


def placements_to_carry(session: Session, *, on: date) -> Sequence[int]:
    """The placements that may not be charged up to the ledger's horizon."""
    return session.scalars(select(Placement.id).where(_is_short(ledger.horizon(on))).order_by(Placement.id)).all()


def carry_charges(session: Session, *, on: date, at: datetime, only: int | None = None) -> int:
    """Charge, as the system, the running placements up to the ledger's horizon where they are not yet, as each April,
    all or `only` this one; returns how many. Safe with several workers at once."""
    count = 0
    for placement in _locked(session, _is_short(ledger.horizon(on)), only):
        wanted = charges(session, placement, on=on)
        first = ledger.first_change(ledger.live_lines(session, LedgerLine.placement_id == placement.id), wanted)
        if first is not None:  # one that is suspended without pay is charged nothing more
            event = keep(session, SYSTEM, placement, EventKind.CARRIED, on=first, at=at, before=terms(placement))
            ledger.settle(session, event, wanted)
            count += 1
    return count


def _has_run_out(on: date) -> ColumnElement[bool]:
    return and_(Placement.ends_on < on, Placement.status != PlacementStatus.ENDED)


def _is_short(horizon: date) -> ColumnElement[bool]:
    reversal = aliased(LedgerLine)
    charged = (
        select(func.max(LedgerLine.ends_on))
        .outerjoin(reversal, reversal.reverses_id == LedgerLine.id)
        .where(LedgerLine.placement_id == Placement.id, LedgerLine.reverses_id.is_(None), reversal.id.is_(None))
        .correlate(Placement)
        .scalar_subquery()
    )
    return and_(
        Placement.status != PlacementStatus.ENDED,
        Placement.price > 0,
        Placement.starts_on <= horizon,
        func.coalesce(charged, date.min) < func.least(horizon, Placement.ends_on),
    )


def _locked(session: Session, which: ColumnElement[bool], only: int | None) -> Sequence[Placement]:
    """Those placements, all or one, that nobody else has in hand."""
    query = select(Placement).where(which).order_by(Placement.id)
    if only is not None:
        query = query.where(Placement.id == only)
    return session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()


def _end(
    session: Session,
    actor: Actor,
    placement: Placement,
    last_day: date,
    *,
    reason: str | None,
    then: AfterEnd,
    on: date,
    at: datetime,
) -> None:
    need = lock_need(session, placement.need_id)
    before = terms(placement)
    has_started = placement.status is not PlacementStatus.AGREED
    placement.ends_on = last_day
    move(placement, PlacementStatus.ENDED)
    kind = EventKind.TRANSFERRED if then is AfterEnd.TRANSFER else EventKind.ENDED
    event = keep(session, actor, placement, kind, on=last_day, at=at, before=before, reason=reason, then=then)
    recharge(session, actor, event, on=on)
    award = placement.award
    award.status = AwardStatus.ENDED
    audit.record(session, actor, "award ended", award, need_id=need.id)
    capacity.free(session, actor, subject=award, at=at, has_started=has_started)
    if award.consultation is not None:
        award.consultation.status = ConsultationStatus.CLOSED
    is_needed = then is AfterEnd.NEEDED_AGAIN
    need.status = NeedStatus.PUBLISHED if is_needed else NeedStatus.WITHDRAWN
    audit.record(session, actor, "need posted again" if is_needed else "need closed", need, award_id=award.id)

"""How every step of a placement is taken: on the locked row, as the person saw it, along an allowed move, kept as an
event with what held before and after. The ledger follows (placement_charges)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    PLACEMENT_MOVES,
    Band,
    EventKind,
    Placement,
    PlacementEvent,
    PlacementStatus,
)
from marketplace.permissions import Actor, can_keep_placement, require
from marketplace.services import outbox
from marketplace.services.placement_charges import effective_events
from marketplace.vocabulary import in_words

FARTHEST = timedelta(days=366)  # that an event may be entered after the fact, or ahead of it
AHEAD = frozenset({EventKind.AWARDED, EventKind.NOTICE_GIVEN, EventKind.CARRIED})  # these order nothing that follows
UNTOLD = frozenset({EventKind.AWARDED, EventKind.CARRIED})  # the award tells of itself; carried charges change nothing


def find_placement(session: Session, placement_id: int) -> Placement:
    """A placement that the actor of this transaction may know of, with its sides. Raises NotFound."""
    sides = [joinedload(side) for side in (Placement.setting, Placement.authority, Placement.provider)]
    row = session.get(Placement, placement_id, options=[*sides, joinedload(Placement.provision)])
    if row is None:
        raise NotFound("There is no such placement.")
    return row


def lock(
    session: Session,
    actor: Actor,
    placement_id: int,
    version: int,
    *,
    may: Callable[[Actor, Placement], bool] = lambda actor, row: can_keep_placement(actor, row.authority_id),
    is_over: bool = False,
) -> Placement:
    """The placement, locked until the transaction ends; one that has ended only where `is_over` says so. Raises
    NotFound, NotPermitted, Stale, InvalidTransition."""
    row = session.scalar(
        select(Placement)
        .where(Placement.id == placement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such placement.")
    require(may(actor, row), "do this with a placement")
    if row.version != version:
        raise Stale("Something has happened to this placement since you opened it. Look at what holds now.")
    if row.status is PlacementStatus.ENDED and not is_over:
        raise InvalidTransition("This placement has ended, so nothing happens to it any more.")
    return row


def move(placement: Placement, status: PlacementStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in PLACEMENT_MOVES[placement.status]:
        raise InvalidTransition(f"This placement is {placement.status}, so that cannot be done with it.")
    placement.status = status


def require_day(session: Session, placement: Placement, day: date, field: str, *, on: date) -> None:
    """Raise Invalid unless an event may be entered for the day: within a year of today, while the placement runs, and
    not before what was entered last, since that rests on what held before."""
    if abs(day - on) > FARTHEST:
        raise Invalid({field: ["Enter a day within a year of today. Check the year."]})
    if day < placement.starts_on:
        raise Invalid(
            {field: [f"The placement begins on {in_words(placement.starts_on)}. Enter that day or a later one."]}
        )
    if placement.ends_on is not None and day > placement.ends_on:
        raise Invalid({field: [f"The last day is {in_words(placement.ends_on)}. Enter that day or an earlier one."]})
    kept = [event.on for event in effective_events(session, placement) if event.kind not in AHEAD]
    if kept and day < (last := max(kept)):
        words = f"Something is kept for {in_words(last)} already. Enter that day or a later one, or undo it first."
        raise Invalid({field: [words]})


def terms(placement: Placement) -> dict[str, Any]:
    """What holds of a placement, as its events keep it."""
    return {
        "status": placement.status.value,
        "starts_on": placement.starts_on.isoformat(),
        "ends_on": placement.ends_on.isoformat() if placement.ends_on else None,
        "provision_id": placement.provision_id,
        "schedule_id": placement.schedule_id,
        "band": placement.band.value,
        "sessions": placement.sessions,
        "hours_a_week": None if placement.hours_a_week is None else f"{placement.hours_a_week.normalize():f}",
        "price": placement.price,
        "is_on_roll": placement.is_on_roll,
    }


def restore(placement: Placement, held: dict[str, Any]) -> None:
    """Let a placement have again what an event has kept of it by `terms`."""
    placement.status = PlacementStatus(held["status"])
    placement.starts_on = date.fromisoformat(held["starts_on"])
    placement.ends_on = date.fromisoformat(held["ends_on"]) if held["ends_on"] else None
    placement.provision_id = held["provision_id"]
    placement.schedule_id = held["schedule_id"]
    placement.band = Band(held["band"])
    placement.sessions = held["sessions"]
    placement.hours_a_week = None if held["hours_a_week"] is None else Decimal(held["hours_a_week"])
    placement.price = held["price"]
    placement.is_on_roll = held.get("is_on_roll", False)  # which events kept before there were plans did not say


def keep(
    session: Session,
    actor: Actor,
    placement: Placement,
    kind: EventKind,
    *,
    on: date,
    at: datetime,
    before: dict[str, Any],
    reason: str | None = None,
    undoes: PlacementEvent | None = None,
    **more: Any,
) -> PlacementEvent:
    """Keep an event from a day on, tell the other side, and record it."""
    session.flush()
    number = session.scalar(
        select(func.coalesce(func.max(PlacementEvent.number), 0) + 1).where(PlacementEvent.placement_id == placement.id)
    )
    event = PlacementEvent(
        placement=placement,
        number=number,
        kind=kind,
        on=on,
        at=at,
        organisation_id=actor.organisation_id,
        officer=actor.name,
        reason=reason,
        undoes_id=undoes.id if undoes else None,
        before=before,
        after=terms(placement) | more,
    )
    session.add(event)
    audit.record(
        session, actor, f"placement {kind.replace('_', ' ')}", placement, need_id=placement.need_id, number=number
    )
    if kind not in UNTOLD:
        _tell(session, actor, event)
    return event


def _tell(session: Session, actor: Actor, event: PlacementEvent) -> None:
    outbox.tell_other_side(
        session, actor, event.placement, template=f"placement_{event.kind}", subject_id=event.id,
        key=f"placement {event.placement_id} event {event.number}",
    )  # fmt: skip

"""A placement as pages show it: what happened, what each event changed in words and in the ledger, what may be done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.models import (
    AfterEnd,
    EventKind,
    OrganisationKind,
    Placement,
    PlacementEvent,
    PlacementStatus,
    Provision,
)
from marketplace.permissions import Actor, can_give_notice, can_keep_placement
from marketplace.services.ledger_accounts import effects
from marketplace.services.placement_corrections import last_event
from marketplace.services.placement_uplifts import accepted_uplift
from marketplace.web.formats import counted, day, financial_year, pounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What the person of this request may do with a placement now; `undo` is the event that may be undone."""

    start: bool
    vary: bool
    suspend: bool
    resume: bool
    reprice: bool
    notice: bool
    end: bool
    undo: PlacementEvent | None

    @classmethod
    def of(cls, session: Session, placement: Placement, actor: Actor) -> "Acts":
        """By the rules of permissions and the state that holds."""
        status = placement.status
        runs = status is not PlacementStatus.ENDED
        keeps = runs and can_keep_placement(actor, placement.authority_id)
        return cls(
            start=keeps and status is PlacementStatus.AGREED,
            vary=keeps,
            suspend=keeps and status is PlacementStatus.STARTED,
            resume=keeps and status is PlacementStatus.SUSPENDED,
            reprice=keeps and accepted_uplift(session, placement) is not None,
            notice=runs and can_give_notice(actor, placement.authority_id, placement.provider_id),
            end=keeps,
            undo=last_event(session, placement, actor),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event: from which day it holds, what it says, who entered it and when. `effect`: pence by financial year;
    None where the reader has no part in the ledger."""

    id: int
    words: str
    on: date
    details: tuple[str, ...]
    quoted: str | None
    who: str
    at: datetime
    effect: Mapping[int, int] | None
    is_undone: bool


def entries(session: Session, placement: Placement, actor: Actor) -> list[Entry]:
    """What happened to a placement, newest first, as this person may read it: a provider nothing of the ledger."""
    is_provider = actor.kind is OrganisationKind.PROVIDER
    undone = {event.undoes_id for event in placement.events}
    by_id = {event.id: event for event in placement.events}
    changed = {} if is_provider else effects(session, placement)
    names = _provisions(session, placement)
    sides = {placement.authority_id: placement.authority.name, placement.provider_id: placement.provider.name}
    return [
        Entry(
            id=event.id,
            words=_words(event, by_id),
            on=event.on,
            details=tuple(_details(event, names, is_provider=is_provider)),
            quoted=event.reason,
            who=_who(event, sides),
            at=event.at,
            effect=None if is_provider else changed.get(event.id, {}),
            is_undone=event.id in undone,
        )
        for event in reversed(placement.events)
        if not (is_provider and event.kind is EventKind.CARRIED)
    ]


def effect_words(effect: Mapping[int, int]) -> str:
    """What a step changed in the ledger, as the page that follows it says it."""
    parts = [
        f"{pounds(abs(amount))} {'more' if amount > 0 else 'less'} in {financial_year(year)}"
        for year, amount in effect.items()
        if amount
    ]
    return f"The ledger: {'; '.join(parts)}." if parts else "The ledger stays as it was."


def _words(event: PlacementEvent, by_id: Mapping[int, PlacementEvent]) -> str:
    words = vocabulary.EVENT_KINDS[event.kind]
    if event.undoes_id is not None:
        undone = by_id[event.undoes_id]
        return f"{words}: “{vocabulary.EVENT_KINDS[undone.kind]}” of {day(undone.on)} was entered by mistake"
    return words


def _details(event: PlacementEvent, names: Mapping[int, str], *, is_provider: bool) -> Iterator[str]:
    before, after = event.before, event.after
    if event.kind is EventKind.AWARDED:
        yield f"Band {vocabulary.BANDS[after['band']].lower()}, {pounds(after['price'])} a year"
    if event.kind is EventKind.STARTED and before["starts_on"] != after["starts_on"]:
        yield f"Agreed was {day(date.fromisoformat(before['starts_on']))}"
    if event.kind in {EventKind.VARIED, EventKind.REPRICED, EventKind.UNDONE}:
        yield from _changes(before, after, names)
    if event.kind is EventKind.SUSPENDED:
        yield "The place is paid for meanwhile" if after["is_paid"] else "Not paid for meanwhile"
    if event.kind is EventKind.NOTICE_GIVEN and not is_provider:
        yield vocabulary.AFTER_END[AfterEnd(after["then"])]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[str]:
    """Each term that is another, as it was and as it is."""

    def name(at: int) -> str:
        return names.get(at, "a provision that is gone")

    for key, words in (
        ("starts_on", lambda value: f"first day {day(date.fromisoformat(value))}"),
        ("ends_on", lambda value: f"last day {day(date.fromisoformat(value))}" if value else "no last day"),
        ("provision_id", name),
        ("band", lambda value: f"band {vocabulary.BANDS[value].lower()}"),
        ("sessions", lambda value: f"{counted(value, 'session')} a week" if value else "all sessions"),
        ("hours_a_week", lambda value: f"{value} hours a week" if value else "no hours a week"),
        ("price", lambda value: f"{pounds(value)} a year"),
    ):
        if before[key] != after[key]:
            text = f"{words(before[key])} → {words(after[key])}"
            yield text[0].upper() + text[1:]


def _who(event: PlacementEvent, sides: Mapping[int, str]) -> str:
    if event.organisation_id is None:
        return "The system"
    return f"{event.officer}, {sides.get(event.organisation_id, '')}".rstrip(", ")


def _provisions(session: Session, placement: Placement) -> dict[int, str]:
    ids = {held["provision_id"] for event in placement.events for held in (event.before, event.after) if held}
    return {
        row.id: row.name for row in session.execute(select(Provision.id, Provision.name).where(Provision.id.in_(ids)))
    }

"""The life that tariffs and frameworks share: in force on a day, a consultation with a closing date, adoption by a
second person, which ends the owner's one before. What is in force today, or was, is never changed by it.

Who may do so, and what is to be seen first, `tariff_adoption` and `framework_adoption` say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, Stale
from marketplace.models import Framework, Tariff, TariffStatus, now
from marketplace.permissions import Actor, owns_tariff
from marketplace.vocabulary import in_words

R = TypeVar("R", bound=Tariff | Framework)

BINDING = (TariffStatus.ADOPTED, TariffStatus.SUPERSEDED)  # superseded = it holds until its end, as was adopted
FURTHEST = timedelta(days=3 * 366)  # a start further from today is a slip in the year, and final once adopted
SHORTEST = timedelta(days=7)  # that providers have to comment
LAST = timedelta(days=2)  # from the last day for comments to the start: a day at least to adopt it on


def in_force(kind: type[Tariff] | type[Framework], on: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which one holds on a day. One that is superseded holds until its end."""
    return (
        kind.status.in_(BINDING),
        kind.starts_on <= on,
        or_(kind.ends_on.is_(None), kind.ends_on > on),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages(Generic[R]):
    """The tariffs, or the frameworks, that a person may know of, by what is to do. The first four are the person's own
    organisation's, or for the operator the national ones; `others` are of those by whom they are bound, in
    consultation."""

    decide: tuple[R, ...]  # consultation over, start to come
    drafts: tuple[R, ...]
    consulting: tuple[R, ...]
    lapsed: tuple[R, ...]  # consultation over, start gone by, not adopted
    others: tuple[R, ...]
    in_force: tuple[R, ...]
    to_come: tuple[R, ...]
    past: tuple[R, ...]


def staged(actor: Actor, rows: Sequence[R], *, on: date) -> Stages[R]:
    """These rows by what is to do, each stage in their order."""
    mine = [row for row in rows if row.status not in BINDING and owns_tariff(actor, row.owner_id)]
    binding = [row for row in rows if row.status in BINDING]
    consulted = [row for row in mine if row.closes_on is not None]
    over = [row for row in consulted if not is_open(row, on=on)]
    return Stages(
        decide=tuple(row for row in over if row.starts_on > on),
        drafts=tuple(row for row in mine if row.status is TariffStatus.DRAFT),
        consulting=tuple(row for row in consulted if is_open(row, on=on)),
        lapsed=tuple(row for row in over if row.starts_on <= on),
        others=tuple(
            row for row in rows if row.status is TariffStatus.IN_CONSULTATION and not owns_tariff(actor, row.owner_id)
        ),
        in_force=tuple(row for row in binding if row.starts_on <= on and (row.ends_on is None or row.ends_on > on)),
        to_come=tuple(row for row in binding if row.starts_on > on),
        past=tuple(row for row in binding if row.starts_on <= on and row.ends_on is not None and row.ends_on <= on),
    )


def is_open(row: Tariff | Framework, *, on: date) -> bool:
    """Whether providers may comment on a day."""
    return row.status is TariffStatus.IN_CONSULTATION and row.closes_on is not None and on <= row.closes_on


def open_to_comments(session: Session, actor: Actor, row: Tariff | Framework, *, closes_on: date, on: date) -> None:
    """Open a draft to comments up to a day, that day included. From then on its content no longer changes.

    Raises Invalid for a closing date, and Conflict for a start, that does not fit."""
    _check_closing(row, closes_on, earliest=on + SHORTEST, why=f"Give providers {SHORTEST.days} days at least")
    if obstacles := start_obstacles(session, row, on=on):
        raise Conflict(" ".join(obstacles))
    row.status, row.closes_on = TariffStatus.IN_CONSULTATION, closes_on
    made_by(row, actor)
    audit.record(session, actor, f"{row.NOUN} opened for consultation", row, closes_on=closes_on.isoformat())


def keep_open(
    session: Session, actor: Actor, row: Tariff | Framework, *, version: int, closes_on: date, on: date
) -> None:
    """Let providers comment until a later day; one that is closed is opened again, for as long as a new one. What was
    said stays. Raises Invalid for a day that is not later or does not fit; InvalidTransition, Stale."""
    _require_consulted(row, version)
    earliest, why = _earliest_closing(row, on)
    _check_closing(row, closes_on, earliest=earliest, why=why)
    assert row.closes_on is not None
    before, row.closes_on = row.closes_on, closes_on
    days = {"closes_on": closes_on.isoformat(), "instead_of": before.isoformat()}
    audit.record(session, actor, f"{row.NOUN} consultation extended", row, **days)


def may_stay_open(row: Tariff | Framework, *, on: date) -> bool:
    """Whether there is a later day, seen from a day, until which providers may comment."""
    return row.status is TariffStatus.IN_CONSULTATION and _earliest_closing(row, on)[0] <= latest_closing(row)


def latest_closing(row: Tariff | Framework) -> date:
    """The last day for comments that leaves a day to adopt it on before it starts."""
    return row.starts_on - LAST


def adopt(
    session: Session,
    actor: Actor,
    row: Tariff | Framework,
    *,
    version: int,
    on: date,
    lacking: Sequence[str] = (),
    **seen: Any,
) -> None:
    """Adopt it: in force from its start, where the owner's one before it ends. `lacking`: what else is in the way,
    `seen`: what the adopter was shown, for the audit trail.

    Raises Conflict with everything that is in the way; InvalidTransition where it is not in consultation; Stale."""
    _require_consulted(row, version)
    if found := [*obstacles(actor, row, on=on), *lacking, *start_obstacles(session, row, on=on)]:
        raise Conflict(" ".join(found))
    before, _ = neighbours(session, row)
    if before is not None:
        supersede(session, actor, before, starts_on=row.starts_on)
    row.status, row.adopted_by_id, row.adopted_at = TariffStatus.ADOPTED, actor.user_id, now()
    audit.record(session, actor, f"{row.NOUN} adopted", row, **seen)


def supersede(session: Session, actor: Actor, row: Tariff | Framework, *, starts_on: date) -> None:
    """End an adopted one on the day on which its successor starts, which is then kept: until it is, they overlap."""
    row.status, row.ends_on = TariffStatus.SUPERSEDED, starts_on
    audit.record(session, actor, f"{row.NOUN} superseded", row, ends_on=starts_on.isoformat())


def obstacles(actor: Actor, row: Tariff | Framework, *, on: date) -> list[str]:
    """What of its consultation and its makers keeps this person from adopting it on a day, a sentence or two each."""
    found = []
    if row.closes_on is not None and on <= row.closes_on:
        found.append(f"The consultation is open until {in_words(row.closes_on)}. Adopt it after that day.")
    if actor.user_id in row.makers:
        found.append(f"You drafted, changed or opened this {row.NOUN} yourself. Somebody else adopts it.")
    return found


def start_obstacles(session: Session, row: Tariff | Framework, *, on: date) -> list[str]:
    """What is wrong with the days for which it would be in force, seen from a day."""
    found = []
    if row.starts_on <= on:
        found.append(
            f"It starts on {in_words(row.starts_on)}, and a {row.NOUN} is adopted before the day on which it starts: "
            "what was in force then would change. Copy it into a new draft with a later start."
        )
    elif row.starts_on > on + FURTHEST:
        found.append(f"It starts on {in_words(row.starts_on)}, more than three years from today. Check the year.")
    _, others = neighbours(session, row)
    found += [
        f"{other} is adopted for days of these: it holds {_days(other)}. Choose other days in a new draft."
        for other in others
    ]
    return found


def neighbours(session: Session, row: R) -> tuple[R | None, Sequence[R]]:
    """Of the owner's adopted ones that hold on days of this one: the one that it would supersede, which started before
    and has no successor yet; and the others, with which it cannot be adopted."""
    kind = type(row)
    found = session.scalars(
        select(kind)
        .where(
            kind.id.is_distinct_from(row.id),
            row.is_of_same_owner(),
            kind.status.in_(BINDING),
            func.daterange(kind.starts_on, kind.ends_on).op("&&")(func.daterange(row.starts_on, row.ends_on)),
        )
        .order_by(kind.starts_on, kind.id)
    ).all()
    before = next(
        (each for each in found if each.status is TariffStatus.ADOPTED and each.starts_on < row.starts_on), None
    )
    return before, [each for each in found if each is not before]


def made_by(row: Tariff | Framework, actor: Actor) -> None:
    """Count a person among those who made it, who cannot be the one who adopts it."""
    if actor.user_id is not None:
        row.makers = sorted({*(row.makers or ()), actor.user_id})


def _require_consulted(row: Tariff | Framework, version: int) -> None:
    if row.status is not TariffStatus.IN_CONSULTATION:
        raise InvalidTransition(
            f"{row} is adopted already." if row.status in BINDING else f"{row} is a draft. Open it for consultation."
        )
    if row.edit != version:
        raise Stale(f"Somebody else has changed this {row.NOUN} since you opened it.")


def _earliest_closing(row: Tariff | Framework, on: date) -> tuple[date, str]:
    """The first day until which a consultation can be kept open, and why none before it."""
    assert row.closes_on is not None
    if is_open(row, on=on):
        return row.closes_on + timedelta(days=1), "A closing date only moves to a later day"
    return on + SHORTEST, f"It is closed, so give providers {SHORTEST.days} days again"


def _check_closing(row: Tariff | Framework, closes_on: date, *, earliest: date, why: str) -> None:
    latest = latest_closing(row)
    if closes_on < earliest:
        raise Invalid({"closes_on": [f"{why}: {in_words(earliest)} or later."]})
    if closes_on > latest:
        words = (
            f"The {row.NOUN} starts on {in_words(row.starts_on)} and is adopted before, once the consultation is over: "
            f"choose {in_words(latest)} or earlier"
        )
        later = "." if row.status is TariffStatus.IN_CONSULTATION else ", or give the draft a later start."
        raise Invalid({"closes_on": [words + later]})


def _days(row: Tariff | Framework) -> str:
    return f"from {in_words(row.starts_on)}" + (f" until {in_words(row.ends_on)}" if row.ends_on else "")

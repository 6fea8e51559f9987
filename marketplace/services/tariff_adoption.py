"""From draft to adopted: a consultation with a closing date, then adoption by a second person, which ends the owner's
tariff before it. What is in force today, or was, is never changed by it.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid
from marketplace.models import Tariff, TariffStatus
from marketplace.permissions import Actor, can_draft_tariff, require
from marketplace.services.tariff_drafts import own_draft
from marketplace.services.tariffs import BINDING

FURTHEST = timedelta(days=3 * 366)  # a start further from today is a slip in the year, and final once adopted
SHORTEST = timedelta(days=7)  # that providers have to comment


def open_consultation(
    session: Session, actor: Actor, *, tariff_id: int, version: int, closes_on: date, on: date
) -> Tariff:
    """Open a draft to comments up to a day, that day included. From then on its content no longer changes.

    Raises Invalid for a closing date or a start that does not fit; InvalidTransition, Stale."""
    row = own_draft(session, actor, tariff_id, version)
    require(can_draft_tariff(actor, row.owner_id), "open a consultation")
    latest = row.starts_on - timedelta(days=2)  # a day at least to adopt it on, before it starts
    wrong = []
    if closes_on < on + SHORTEST:
        wrong.append(f"Give providers {SHORTEST.days} days at least: {_day(on + SHORTEST)} or later.")
    elif closes_on > latest:
        wrong.append(
            f"The tariff starts on {_day(row.starts_on)} and is adopted before, once the consultation is over: choose "
            f"{_day(latest)} or earlier, or give the draft a later start."
        )
    if wrong:
        raise Invalid({"closes_on": wrong})
    if obstacles := start_obstacles(session, row, on=on):
        raise Conflict(" ".join(obstacles))
    row.status, row.closes_on = TariffStatus.IN_CONSULTATION, closes_on
    if actor.user_id is not None:
        row.makers = sorted({*row.makers, actor.user_id})
    audit.record(session, actor, "tariff opened for consultation", row, closes_on=closes_on.isoformat())
    return row


def supersede(session: Session, actor: Actor, row: Tariff, *, starts_on: date) -> None:
    """End an adopted tariff on the day on which its successor starts, which is then kept: until it is, they overlap."""
    row.status, row.ends_on = TariffStatus.SUPERSEDED, starts_on
    audit.record(session, actor, "tariff superseded", row, ends_on=starts_on.isoformat())


def start_obstacles(session: Session, row: Tariff, *, on: date) -> list[str]:
    """What is wrong with the days for which a tariff would be in force, seen from a day."""
    found = []
    if row.starts_on <= on:
        found.append(
            f"It starts on {_day(row.starts_on)}, and a tariff is adopted before the day on which it starts: what was "
            "in force then would change. Copy it into a new draft with a later start."
        )
    elif row.starts_on > on + FURTHEST:
        found.append(f"It starts on {_day(row.starts_on)}, more than three years from today. Check the year.")
    _, others = neighbours(session, row)
    found += [
        f"{other} is adopted for days of these: it holds {_days(other)}. Choose other days in a new draft."
        for other in others
    ]
    return found


def neighbours(session: Session, row: Tariff) -> tuple[Tariff | None, Sequence[Tariff]]:
    """Of the owner's adopted tariffs that hold on days of this one: the one that it would supersede, which started
    before and has no successor yet; and the others, with which it cannot be adopted."""
    found = session.scalars(
        select(Tariff)
        .where(
            Tariff.id.is_distinct_from(row.id),
            Tariff.owner_id.is_not_distinct_from(row.owner_id),
            Tariff.status.in_(BINDING),
            func.daterange(Tariff.starts_on, Tariff.ends_on).op("&&")(func.daterange(row.starts_on, row.ends_on)),
        )
        .order_by(Tariff.starts_on)
    ).all()
    before = next(
        (each for each in found if each.status is TariffStatus.ADOPTED and each.starts_on < row.starts_on), None
    )
    return before, [each for each in found if each is not before]


def _days(row: Tariff) -> str:
    return f"from {_day(row.starts_on)}" + (f" until {_day(row.ends_on)}" if row.ends_on else "")


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

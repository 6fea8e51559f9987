"""From draft to adopted: a consultation with a closing date, then adoption by a second person, which ends the owner's
tariff before it. What is in force today, or was, is never changed by it.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, Stale
from marketplace.models import Tariff, TariffStatus, now
from marketplace.permissions import Actor, can_adopt_tariff, can_draft_tariff, require
from marketplace.services.shadow_runs import kept_for
from marketplace.services.tariff_drafts import own_draft
from marketplace.services.tariffs import BINDING, find_tariff
from marketplace.vocabulary import in_words

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
        wrong.append(f"Give providers {SHORTEST.days} days at least: {in_words(on + SHORTEST)} or later.")
    elif closes_on > latest:
        wrong.append(
            f"The tariff starts on {in_words(row.starts_on)} and is adopted before, once the consultation is over: "
            f"choose {in_words(latest)} or earlier, or give the draft a later start."
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


def adopt_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int, on: date) -> Tariff:
    """Adopt a tariff: it is in force from its start, and the owner's tariff before it ends there.

    Raises Conflict with everything that is in the way; InvalidTransition where it is not in consultation; Stale."""
    row = find_tariff(session, tariff_id)
    require(can_adopt_tariff(actor, row.owner_id), "adopt a tariff")
    if row.status is not TariffStatus.IN_CONSULTATION:
        raise InvalidTransition(
            f"{row} is adopted already." if row.status in BINDING else f"{row} is a draft. Open it for consultation."
        )
    if row.edit != version:
        raise Stale("Somebody else has changed this tariff since you opened it.")
    if found := obstacles(session, actor, row, on=on):
        raise Conflict(" ".join(found))
    before, _ = neighbours(session, row)
    if before is not None:
        supersede(session, actor, before, starts_on=row.starts_on)
    row.status, row.adopted_by_id, row.adopted_at = TariffStatus.ADOPTED, actor.user_id, now()
    audit.record(session, actor, "tariff adopted", row)
    return row


def supersede(session: Session, actor: Actor, row: Tariff, *, starts_on: date) -> None:
    """End an adopted tariff on the day on which its successor starts, which is then kept: until it is, they overlap."""
    row.status, row.ends_on = TariffStatus.SUPERSEDED, starts_on
    audit.record(session, actor, "tariff superseded", row, ends_on=starts_on.isoformat())


def obstacles(session: Session, actor: Actor, row: Tariff, *, on: date) -> list[str]:
    """Everything that keeps this person from adopting a tariff in consultation on a day, a sentence or two each."""
    found = []
    if row.closes_on is not None and on <= row.closes_on:
        found.append(f"The consultation is open until {in_words(row.closes_on)}. Adopt it after that day.")
    if actor.user_id in row.makers:
        found.append("You drafted, changed or opened this tariff yourself. Somebody else adopts it.")
    if not is_shadow_run(session, row):
        found.append("No shadow run of exactly this tariff is kept. Shadow-run it over today's placements first.")
    return found + start_obstacles(session, row, on=on)


def is_shadow_run(session: Session, row: Tariff) -> bool:
    """Whether a shadow run of exactly this tariff is kept: the owner's; of a national one, anybody's. An LA's run shows
    what it pays, so of those the operator learns the number alone."""
    if row.owner_id is not None:
        return bool(kept_for(session, row))
    session.flush()
    return bool(session.scalar(select(func.shadow_runs_of_national_tariff(row.id))))


def start_obstacles(session: Session, row: Tariff, *, on: date) -> list[str]:
    """What is wrong with the days for which a tariff would be in force, seen from a day."""
    found = []
    if row.starts_on <= on:
        found.append(
            f"It starts on {in_words(row.starts_on)}, and a tariff is adopted before the day on which it starts: what "
            "was in force then would change. Copy it into a new draft with a later start."
        )
    elif row.starts_on > on + FURTHEST:
        found.append(f"It starts on {in_words(row.starts_on)}, more than three years from today. Check the year.")
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
    return f"from {in_words(row.starts_on)}" + (f" until {in_words(row.ends_on)}" if row.ends_on else "")

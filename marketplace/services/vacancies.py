"""Vacancies: what each pool has open, and when its provider last said that this is right.

A row says that so many places (or hours a week) open to some year groups on a date and stay open. It must never guess:
what nobody has confirmed stays as old as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import TypedDict

from sqlalchemy import select, update
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from marketplace import audit
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.models import Pool, Setting, SettingStatus, Unit, Vacancy
from marketplace.permissions import Actor, can_edit_setting, require

FRESH_DAYS = 14  # L18: what was confirmed longer ago than this is due


class Row(TypedDict):
    """What was typed in one row. `starts_on` None: from the day on which it is stated. An amount of 0 is no row."""

    low_year: int
    high_year: int
    starts_on: date | None
    amount: Decimal


class Stated(TypedDict):
    """What was stated of one pool: the version seen, and the rows by the number of their place on the page."""

    version: int
    rows: Mapping[int, Row]


Vacant = tuple[date, int, int, Decimal]  # from, lowest and highest year group, amount


def list_pools(session: Session) -> Sequence[Pool]:
    """The pools that the actor of this transaction keeps, of settings that are not closed, by setting and name."""
    return session.scalars(
        select(Pool)
        .join(Pool.setting)
        .where(Setting.status != SettingStatus.CLOSED)
        .options(
            contains_eager(Pool.setting),
            joinedload(Pool.confirmed_by),
            selectinload(Pool.vacancies),
            selectinload(Pool.provisions),
        )
        .order_by(Setting.name, Setting.id, Pool.name, Pool.id)
    ).all()


def is_due(pool: Pool, *, on: date) -> bool:
    """Whether a pool that somebody can be placed in was not confirmed for more than FRESH_DAYS days, or never."""
    days = pool.days_since_confirmed(on)
    return any(provision.is_offered for provision in pool.provisions) and (days is None or days > FRESH_DAYS)


def confirm_vacancies(
    session: Session, actor: Actor, *, pools: Mapping[int, Stated], on: date, at: datetime
) -> list[Pool]:
    """Say that these are the vacancies of these pools: rows replace what is kept where they differ, and all the pools
    are confirmed at `at`. Returns the pools whose rows changed.

    Raises NotFound for a pool that is not the actor's, Stale when the rows of one have changed since it was seen, and
    Invalid, by field, for rows that overlap or hours that are not halves. Then nothing is changed.
    """
    kept = _lock(session, sorted(pools))
    for pool in kept:
        require(can_edit_setting(actor, pool.setting.provider_id), "change these vacancies")
    _require_fresh(kept, pools)
    stated = {pool.id: list(_vacant(pool, pools[pool.id]["rows"], on=on)) for pool in kept}
    changed = [pool for pool in kept if sorted(stated[pool.id]) != sorted(map(_as_kept, pool.vacancies))]
    for pool in changed:
        before = pool.vacancies[:]
        pool.vacancies.clear()
        session.flush()  # old rows go before new ones come: the two may overlap
        pool.vacancies.extend(_row(vacant) for vacant in sorted(stated[pool.id]))
        pool.confirmed_at, pool.confirmed_by_id = at, actor.user_id
        audit.record(session, actor, "vacancies changed", pool, before=_told(before), after=_told(pool.vacancies))
    # A confirmation is no new version: it changes nothing that a colleague may be looking at.
    unchanged = [pool for pool in kept if pool not in changed]
    session.execute(
        update(Pool)
        .where(Pool.id.in_([pool.id for pool in unchanged]))
        .values(confirmed_at=at, confirmed_by_id=actor.user_id)
    )
    for pool in unchanged:
        audit.record(session, actor, "vacancies confirmed", pool)
    return changed


def _lock(session: Session, ids: Sequence[int]) -> Sequence[Pool]:
    """The pools, locked in the order of their ids until the transaction ends. Raises NotFound unless all are there."""
    found = session.scalars(
        select(Pool)
        .where(Pool.id.in_(ids))
        .options(selectinload(Pool.setting), selectinload(Pool.vacancies))
        .order_by(Pool.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(ids):
        raise NotFound("There is no such pool.")
    return found


def _require_fresh(kept: Iterable[Pool], pools: Mapping[int, Stated]) -> None:
    stale = [f"{pool.setting.name}, {pool.name}" for pool in kept if pool.version != pools[pool.id]["version"]]
    if stale:
        raise Stale(
            f"Nothing was saved: since you opened this page somebody else has changed {'; '.join(stale)}. "
            "What is kept now stands above your rows. Correct them, then save again."
        )


def _vacant(pool: Pool, rows: Mapping[int, Row], *, on: date) -> Iterator[Vacant]:
    """The rows that hold something, checked. Raises Invalid, by field."""
    errors: dict[str, list[str]] = {}
    found: dict[int, Vacant] = {}
    for number, row in rows.items():
        if pool.unit is Unit.HOURS and row["amount"] % Decimal("0.5"):
            errors[f"pools-{pool.id}-rows-{number}-amount"] = ["Enter hours in halves, like 12 or 12.5."]
        elif row["amount"]:
            found[number] = (row["starts_on"] or on, row["low_year"], row["high_year"], row["amount"])
    for (_, first), (number, second) in combinations(sorted(found.items()), 2):
        if first[0] == second[0] and first[1] <= second[2] and second[1] <= first[2]:
            errors[f"pools-{pool.id}-rows-{number}-low_year"] = [
                "A row above has this date and some of these year groups. Make one row of the two, or change one."
            ]
    if errors:
        raise Invalid(errors)
    return iter(found.values())


def _as_kept(row: Vacancy) -> Vacant:
    return row.starts_on, row.low_year, row.high_year, row.amount


def _row(vacant: Vacant) -> Vacancy:
    starts_on, low_year, high_year, amount = vacant
    return Vacancy(starts_on=starts_on, low_year=low_year, high_year=high_year, amount=amount)


def _told(rows: Iterable[Vacancy]) -> list[list[str | int]]:
    return [[str(row.starts_on), row.low_year, row.high_year, str(row.amount.normalize())] for row in rows]

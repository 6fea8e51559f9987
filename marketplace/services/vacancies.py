"""Vacancies: what each pool has open, and when its provider last said that this is right.

A row says that so many places (or hours a week) are free to some year groups from a date on. What placements and holds
have taken (services/capacity.py) stays taken beneath it. It must never guess: what nobody has confirmed stays as old as
it is.
"""

from collections.abc import Iterable, Mapping, Sequence
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
from marketplace.vocabulary import YEAR_GROUPS, in_words

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


Key = tuple[date, int, int]  # from, lowest and highest year group
Vacant = dict[Key, Decimal]  # what is free


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


def find_pool(session: Session, pool_id: int) -> Pool:
    """One of the pools that the actor of this transaction keeps. Raises NotFound."""
    pool = session.get(Pool, pool_id, options=[joinedload(Pool.setting), selectinload(Pool.vacancies)])
    if pool is None:
        raise NotFound("There is no such pool.")
    return pool


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
    stated = {pool.id: _vacant(pool, pools[pool.id]["rows"], on=on) for pool in kept}
    changed = [pool for pool in kept if stated[pool.id] != _free(pool)]
    for pool in changed:
        before = _told(pool)
        _restate(session, pool, stated[pool.id])
        pool.confirmed_at, pool.confirmed_by_id = at, actor.user_id
        audit.record(session, actor, "vacancies changed", pool, before=before, after=_told(pool))
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


def _vacant(pool: Pool, rows: Mapping[int, Row], *, on: date) -> Vacant:
    """The rows that hold something, checked. Raises Invalid, by field."""
    errors: dict[str, list[str]] = {}
    found: dict[int, tuple[Key, Decimal]] = {}
    for number, row in rows.items():
        if pool.unit is Unit.HOURS and row["amount"] % Decimal("0.5"):
            errors[f"pools-{pool.id}-rows-{number}-amount"] = ["Enter hours in halves, like 12 or 12.5."]
        elif row["amount"]:
            found[number] = ((row["starts_on"] or on, row["low_year"], row["high_year"]), row["amount"])
    for (_, (first, _)), (number, (second, _)) in combinations(sorted(found.items()), 2):
        if _overlap(first, second):
            errors[f"pools-{pool.id}-rows-{number}-low_year"] = [
                "A row above has this date and some of these year groups. Make one row of the two, or change one."
            ]
    for number, (key, _) in found.items():
        for kept in pool.vacancies:
            if kept.used and _key(kept) != key and _overlap(_key(kept), key):
                errors[f"pools-{pool.id}-rows-{number}-low_year"] = [_in_use(kept)]
    if errors:
        raise Invalid(errors)
    return dict(found.values())


def _overlap(first: Key, second: Key) -> bool:
    return first[0] == second[0] and first[1] <= second[2] and second[1] <= first[2]


def _in_use(row: Vacancy) -> str:
    years = " to ".join(YEAR_GROUPS[year] for year in sorted({row.low_year, row.high_year}))
    return (
        f"Of {years} from {in_words(row.starts_on)}, {row.used.normalize():f} is taken through the marketplace. "
        "For this date state those year groups, or use a later date."
    )


def _key(row: Vacancy) -> Key:
    return row.starts_on, row.low_year, row.high_year


def _free(pool: Pool) -> Vacant:
    return {_key(row): row.free for row in pool.free}


def _restate(session: Session, pool: Pool, stated: Vacant) -> None:
    """Keep what is stated as free, beside what is taken."""
    for row in pool.vacancies[:]:
        if row.used or _key(row) in stated:
            row.amount = row.used + stated.get(_key(row), Decimal(0))
        else:
            pool.vacancies.remove(row)
    session.flush()  # old rows go before new ones come: the two may overlap
    known = set(map(_key, pool.vacancies))
    pool.vacancies.extend(
        Vacancy(starts_on=key[0], low_year=key[1], high_year=key[2], amount=amount)
        for key, amount in sorted(stated.items())
        if key not in known
    )
    session.flush()  # for what is taken of the new ones: nothing


def _told(pool: Pool) -> list[list[str | int]]:
    return [[str(day), low, high, f"{free.normalize():f}"] for (day, low, high), free in sorted(_free(pool).items())]

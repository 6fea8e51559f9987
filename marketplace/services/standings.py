"""Rows in lists by where they stand, what needs doing first: counted, grouped and cut into pages.

It must never decide who sees a row: the database's row-level security does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from marketplace.models import Base

PAGE = 50
Row = TypeVar("Row", bound=Base)
Group = TypeVar("Group", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Row, Group]):
    """One page of rows in groups, how many there are in each group, and in all."""

    groups: dict[Group, list[Row]]
    counts: dict[Group, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many rows there are on all pages."""
        return sum(self.counts.values())


def count_by(session: Session, model: type[Row], standing: ColumnElement[str], groups: type[Group]) -> dict[Group, int]:
    """How many rows stand where, of those that the actor of this transaction may see; none that is empty."""
    rows = session.execute(select(standing, func.count()).select_from(model).group_by(standing)).all()
    found = {groups(group): count for group, count in rows}
    return {each: found[each] for each in groups if each in found}


def list_by(
    session: Session,
    model: type[Row],
    standing: ColumnElement[str],
    groups: type[Group],
    *,
    chosen: Collection[Group],
    page: int,
    options: Sequence[ORMOption],
    then: Sequence[Any],
) -> Listed[Row, Group]:
    """One page of the rows that the actor of this transaction may see: by group, in the order of its members, then by
    the columns of `then`. `chosen` narrows it; a page past the end is the last."""
    counts = count_by(session, model, standing, groups)
    counts = {each: count for each, count in counts.items() if not chosen or each in chosen}
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    order = case({member.value: place for place, member in enumerate(groups)}, value=standing)
    found = session.execute(
        select(model, standing)
        .where(standing.in_([each.value for each in counts]))
        .options(*options)
        .order_by(order, *then)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    listed: dict[Group, list[Row]] = {}
    for row, group in found:
        listed.setdefault(groups(group), []).append(row)
    return Listed(groups=listed, counts=counts, page=page, pages=pages)

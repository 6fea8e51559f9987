"""The caseload: an authority's needs, grouped by what needs doing, filtered, sorted, a page at a time.

It must never decide who sees a need: the database's row-level security does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from marketplace.models import AuditEvent, Band, MatchingRun, Need, NeedStatus, Recommendation

PAGE = 50
STALE_AFTER = timedelta(days=14)  # as a vacancy figure: journeys.md L18


class ToDo(StrEnum):
    """What needs doing about a need, in the order of urgency."""

    FINISH = "finish"
    UNPLACED = "unplaced"
    CHOOSE = "choose"
    WAIT = "wait"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; an empty tuple narrows nothing. A band of None is "no band"."""

    statuses: tuple[NeedStatus, ...] = ()
    year_groups: tuple[int, ...] = ()
    primary_needs: tuple[str, ...] = ()
    bands: tuple[Band | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """One page of needs in groups, how many there are in each group, and in all."""

    groups: dict[ToDo, list[Need]]
    counts: dict[ToDo, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many needs there are on all pages."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDoCounts:
    """How many needs wait: drafts, published ones for which the last run found nothing, those that no run has looked
    at, those whose proposal is stale."""

    drafts: int
    unplaced: int
    unmatched: int
    stale: int


BAND = func.coalesce(Need.band_override, Need.derived_band)
BAND_LEVEL = case({band.value: int(band.level) for band in Band}, value=BAND, else_=0)
SORTS: dict[str, ColumnElement[Any]] = {
    "priority": Need.priority.expression,
    "reference": Need.reference.expression,
    "year_group": Need.year_group.expression,
    "primary_need": Need.primary_need.expression,
    "band": BAND_LEVEL,
    "starts_on": Need.starts_on.expression,
}


def list_needs(
    session: Session, *, filters: Filters, sort: str = "priority", is_descending: bool = False, page: int = 1
) -> Caseload:
    """One page of the needs that the actor of this transaction may see: by group, then as sorted (a missing value
    last), then by start and id. `sort` is one of SORTS; a page past the end is the last."""
    to_do = _to_do()
    wanted = _narrowed(filters)
    rows = session.execute(select(to_do, func.count()).where(*wanted).group_by(to_do)).all()
    counts = {ToDo(group): count for group, count in sorted(rows, key=lambda row: list(ToDo).index(ToDo(row[0])))}
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    key = SORTS[sort].desc() if is_descending else SORTS[sort].asc()
    order = case({member.value: place for place, member in enumerate(ToDo)}, value=to_do)
    found = session.execute(
        select(Need, to_do)
        .where(*wanted)
        .order_by(order, key.nulls_last(), Need.starts_on.asc().nulls_first(), Need.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    groups: dict[ToDo, list[Need]] = {}
    for need, group in found:
        groups.setdefault(ToDo(group), []).append(need)
    return Caseload(groups=groups, counts=counts, page=page, pages=pages)


def count_to_do(session: Session, *, at: datetime) -> ToDoCounts:
    """What waits for the actor of this transaction. A proposal is stale when its run is older than 14 days, or older
    than what last happened to the need."""
    to_do = _to_do()
    by_group = {row[0]: row[1] for row in session.execute(select(to_do, func.count()).group_by(to_do))}
    unmatched = select(func.count()).where(Need.status == NeedStatus.PUBLISHED, _latest_recommendation().is_(None))
    changed_since = (
        select(AuditEvent.id)
        .where(
            AuditEvent.subject_type == Need.__tablename__,
            AuditEvent.subject_id == Need.id,
            AuditEvent.at > MatchingRun.created_at,
        )
        .exists()
    )
    stale = (
        select(func.count())
        .select_from(Need)
        .join(Recommendation, Recommendation.id == _latest_recommendation())
        .join(MatchingRun, MatchingRun.id == Recommendation.run_id)
        .where(Need.status == NeedStatus.PUBLISHED, or_(MatchingRun.created_at < at - STALE_AFTER, changed_since))
    )
    return ToDoCounts(
        drafts=by_group.get(ToDo.FINISH.value, 0),
        unplaced=by_group.get(ToDo.UNPLACED.value, 0),
        unmatched=session.scalar(unmatched) or 0,
        stale=session.scalar(stale) or 0,
    )


def _latest_recommendation() -> Any:
    """The id of the newest recommendation for a need; null when there is none."""
    return (
        select(func.max(Recommendation.id)).where(Recommendation.need_id == Need.id).correlate(Need).scalar_subquery()
    )


def _to_do() -> ColumnElement[str]:
    found_nothing = (
        select(Recommendation.id)
        .where(Recommendation.id == _latest_recommendation(), Recommendation.provision_id.is_(None))
        .correlate(Need)
        .exists()
    )
    return case(
        (Need.status == NeedStatus.DRAFT, ToDo.FINISH.value),
        (and_(Need.status == NeedStatus.PUBLISHED, found_nothing), ToDo.UNPLACED.value),
        (Need.status == NeedStatus.PUBLISHED, ToDo.CHOOSE.value),
        (Need.status.in_([NeedStatus.CONSULTING, NeedStatus.OFFERED]), ToDo.WAIT.value),
        else_=ToDo.DONE.value,
    )


def _narrowed(filters: Filters) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.statuses:
        wanted.append(Need.status.in_(filters.statuses))
    if filters.year_groups:
        wanted.append(Need.year_group.in_(filters.year_groups))
    if filters.primary_needs:
        wanted.append(Need.primary_need.in_(filters.primary_needs))
    if filters.bands:
        no_band = [BAND.is_(None)] if None in filters.bands else []
        wanted.append(or_(BAND.in_([band for band in filters.bands if band]), *no_band))
    return wanted

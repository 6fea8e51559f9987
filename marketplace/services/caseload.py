"""The caseload: an authority's needs, grouped by what needs doing, filtered, sorted, a page at a time.

It must never decide who sees a need: the database's row-level security does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from marketplace.models import (
    AdultTransfer,
    AuditEvent,
    Award,
    AwardStatus,
    Band,
    CaseDates,
    Consultation,
    ConsultationStatus,
    DestinationPlan,
    MatchingRun,
    Need,
    NeedStatus,
    Recommendation,
    london_day,
)
from marketplace.services.adult_transfers import is_overdue
from marketplace.services.adulthood import is_preparing
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.deadlines import Deadline

PAGE = 50
STALE_AFTER = timedelta(days=14)  # as a vacancy figure: journeys.md L18
SOON = timedelta(days=14)  # before a deadline in law


class ToDo(StrEnum):
    """What needs doing about a need, in the order of urgency. A need is in the first that applies."""

    OVERDUE = "overdue"  # a deadline in law has passed
    DUE = "due"  # one is near
    APPROVE = "approve"  # an award waits for a second person
    RETURNED = "returned"  # who was to approve has returned the award
    DECIDE = "decide"  # a setting has offered a place
    SILENT = "silent"  # a reply is overdue
    TRANSFER = "transfer"  # one to adult services has not been done on its day
    FINISH = "finish"
    UNPLACED = "unplaced"
    CHOOSE = "choose"
    WAIT = "wait"
    DESTINATION = "destination"  # from year 9 without a destination plan
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; an empty tuple narrows nothing. A band of None is "no band"."""

    to_do: tuple[ToDo, ...] = ()
    statuses: tuple[NeedStatus, ...] = ()
    year_groups: tuple[int, ...] = ()
    primary_needs: tuple[str, ...] = ()
    bands: tuple[Band | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """One page of needs in groups, how many there are in each group, and in all; `due`: what the LA must do next by
    law, by the id of a need, where its dates say."""

    groups: dict[ToDo, list[Need]]
    due: Mapping[int, Deadline]
    counts: dict[ToDo, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many needs there are on all pages."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDoCounts:
    """How many needs there are in each group of the list; and of the published ones, those that no run has looked at,
    and those whose proposal is stale."""

    groups: Mapping[ToDo, int]
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
    session: Session,
    *,
    on: date,
    filters: Filters,
    sort: str = "priority",
    is_descending: bool = False,
    page: int = 1,
) -> Caseload:
    """One page of the needs that the actor of this transaction may see: by group, then as sorted (a missing value
    last), then by start and id. `sort` is one of SORTS; a page past the end is the last."""
    to_do = _to_do(on)
    wanted = _narrowed(filters, to_do)
    found_in = _count_groups(session, to_do, wanted)
    counts = {group: found_in[group] for group in ToDo if group in found_in}
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    key = SORTS[sort].desc() if is_descending else SORTS[sort].asc()
    order = case({member.value: place for place, member in enumerate(ToDo)}, value=to_do)
    found = session.execute(
        select(Need, to_do, CaseDates.next_due_on, CaseDates.next_clock)
        .outerjoin(CaseDates, CaseDates.need_id == Need.id)
        .where(*wanted)
        .order_by(order, key.nulls_last(), Need.starts_on.asc().nulls_first(), Need.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    groups: dict[ToDo, list[Need]] = {}
    due: dict[int, Deadline] = {}
    for need, group, due_on, clock in found:
        groups.setdefault(ToDo(group), []).append(need)
        if due_on is not None and clock is not None:
            due[need.id] = Deadline(due_on, clock)
    return Caseload(groups=groups, counts=counts, due=due, page=page, pages=pages)


def count_to_do(session: Session, *, at: datetime) -> ToDoCounts:
    """What waits for the actor of this transaction. A proposal is stale when its run is older than 14 days, or older
    than what last happened to the need."""
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
        groups=_count_groups(session, _to_do(london_day(at))),
        unmatched=session.scalar(unmatched) or 0,
        stale=session.scalar(stale) or 0,
    )


def _count_groups(
    session: Session, to_do: ColumnElement[str], wanted: Sequence[ColumnElement[bool]] = ()
) -> dict[ToDo, int]:
    rows = session.execute(
        select(to_do, func.count())
        .select_from(Need)
        .outerjoin(CaseDates, CaseDates.need_id == Need.id)
        .where(*wanted)
        .group_by(to_do)
    )
    return {ToDo(group): count for group, count in rows}


def _latest_recommendation() -> Any:
    """The id of the newest recommendation for a need, of no scenario; null when there is none."""
    return (
        select(func.max(Recommendation.id))
        .join(MatchingRun, MatchingRun.id == Recommendation.run_id)
        .where(Recommendation.need_id == Need.id, MatchingRun.base_id.is_(None))
        .correlate(Need)
        .scalar_subquery()
    )


def _to_do(on: date) -> ColumnElement[str]:
    """The group of a need, of a query that joins what its case's dates say."""
    found_nothing = (
        select(Recommendation.id)
        .where(Recommendation.id == _latest_recommendation(), Recommendation.provision_id.is_(None))
        .correlate(Need)
        .exists()
    )
    latest_award = select(func.max(Award.id)).where(Award.need_id == Need.id).correlate(Need).scalar_subquery()
    award = select(Award.id).where(Award.need_id == Need.id).correlate(Need)
    silent = (
        select(Consultation.id)
        .where(
            Consultation.need_id == Need.id,
            Consultation.status == ConsultationStatus.SENT,
            Consultation.due_on < on,
        )
        .correlate(Need)
    )
    late = select(AdultTransfer.id).where(AdultTransfer.need_id == Need.id, is_overdue(on)).correlate(Need)
    planned = select(DestinationPlan.id).where(DestinationPlan.need_id == Need.id).correlate(Need)
    is_open = Need.status.in_(OPEN_NEEDS)
    is_alive = Need.status != NeedStatus.WITHDRAWN
    return case(
        (and_(is_alive, CaseDates.next_due_on < on), ToDo.OVERDUE.value),
        (and_(is_alive, CaseDates.next_due_on <= on + SOON), ToDo.DUE.value),
        (and_(is_open, award.where(Award.status == AwardStatus.PROPOSED).exists()), ToDo.APPROVE.value),
        (
            and_(is_open, award.where(Award.id == latest_award, Award.status == AwardStatus.RETURNED).exists()),
            ToDo.RETURNED.value,
        ),
        (Need.status == NeedStatus.OFFERED, ToDo.DECIDE.value),
        (and_(Need.status == NeedStatus.CONSULTING, silent.exists()), ToDo.SILENT.value),
        (and_(is_alive, late.exists()), ToDo.TRANSFER.value),
        (Need.status == NeedStatus.DRAFT, ToDo.FINISH.value),
        (and_(Need.status == NeedStatus.PUBLISHED, found_nothing), ToDo.UNPLACED.value),
        (Need.status == NeedStatus.PUBLISHED, ToDo.CHOOSE.value),
        (Need.status == NeedStatus.CONSULTING, ToDo.WAIT.value),
        (and_(is_preparing(on), ~planned.exists()), ToDo.DESTINATION.value),
        else_=ToDo.DONE.value,
    )


def _narrowed(filters: Filters, to_do: ColumnElement[str]) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.to_do:
        wanted.append(to_do.in_([each.value for each in filters.to_do]))
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

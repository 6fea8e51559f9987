"""The consultations of one side by what is due (overdue, within a week, later), then replied, then ended; by pages.

An LA and a provider read the same list, each of its own: the database's row-level security decides. It must never
change anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.models import OPEN_CONSULTATIONS, Consultation, ConsultationStatus

PAGE = 50
SOON = timedelta(days=7)


class Due(StrEnum):
    """What is due, in the order of urgency. A reply is overdue from the day after its last day on."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    REPLIED = "replied"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to. No status: those that are open. `is_seen` None: seen or not."""

    statuses: tuple[ConsultationStatus, ...] = ()
    is_overdue: bool = False
    is_seen: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of consultations in groups, how many there are in each group, and in all."""

    groups: dict[Due, list[Consultation]]
    counts: dict[Due, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many there are on all pages."""
        return sum(self.counts.values())


def list_consultations(session: Session, *, on: date, filters: Filters | None = None, page: int = 1) -> Listed:
    """One page of the consultations that the actor of this transaction may know of: by what is due, the earliest last
    day first, of those that have ended the last to end; a page past the end is the last."""
    due = _due(on)
    wanted = _narrowed(filters or Filters(), on)
    counts = _counts(session, due, wanted)
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    order = case({member.value: place for place, member in enumerate(Due)}, value=due)
    rows = session.execute(
        select(Consultation, due)
        .where(*wanted)
        .options(
            joinedload(Consultation.setting),
            joinedload(Consultation.authority),
            joinedload(Consultation.provision),
            joinedload(Consultation.offer),
            selectinload(Consultation.reasons),
        )
        .order_by(order, Consultation.ended_at.desc().nulls_first(), Consultation.due_on, Consultation.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    groups: dict[Due, list[Consultation]] = {}
    for row, group in rows:
        groups.setdefault(Due(group), []).append(row)
    return Listed(groups=groups, counts=counts, page=page, pages=pages)


def count_due(session: Session, *, on: date) -> dict[Due, int]:
    """How many open consultations the actor of this transaction has in each group."""
    return _counts(session, _due(on), _narrowed(Filters(), on))


def _counts(session: Session, due: ColumnElement[str], wanted: Sequence[ColumnElement[bool]]) -> dict[Due, int]:
    rows = session.execute(select(due, func.count()).where(*wanted).group_by(due)).all()
    found = {Due(group): count for group, count in rows}
    return {group: found[group] for group in Due if group in found}


def _due(on: date) -> ColumnElement[str]:
    is_asked = Consultation.status == ConsultationStatus.SENT
    return case(
        (and_(is_asked, Consultation.due_on < on), Due.OVERDUE.value),
        (and_(is_asked, Consultation.due_on <= on + SOON), Due.SOON.value),
        (is_asked, Due.LATER.value),
        (Consultation.status.in_(OPEN_CONSULTATIONS), Due.REPLIED.value),
        else_=Due.ENDED.value,
    )


def _narrowed(filters: Filters, on: date) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Consultation.status.in_(filters.statuses or OPEN_CONSULTATIONS)]
    if filters.is_overdue:
        wanted += [Consultation.status == ConsultationStatus.SENT, Consultation.due_on < on]
    if filters.is_seen is not None:
        wanted.append(Consultation.seen_at.is_not(None) if filters.is_seen else Consultation.seen_at.is_(None))
    return wanted

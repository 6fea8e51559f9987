"""Track records: what the actor's own consultations and placements tell of a provider, for whoever chooses one.

Row-level security gives an LA its own cases and a region those of its LAs, so nothing of anybody else's is counted. A
figure of 1 to 4 is told as "fewer than 5", and no other figure from which it could be found is told beside it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, cast, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.models import (
    AfterEnd,
    Consultation,
    ConsultationStatus,
    Placement,
    PlacementEvent,
    PlacementStatus,
    RefusalCode,
    RefusalReason,
    london_day,
)
from marketplace.services.deadlines import day_number
from marketplace.services.placement_corrections import ENDS
from marketplace.services.small_groups import FEWEST

YEARS_BACK = timedelta(days=3 * 365)  # older than this, a provider has other staff and other places


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """Of the last three years. Counts are None where they are 1 to 4, or leave 1 to 4 of what they are part of: too few
    to show. Parts are told only of a whole that is told.

    `asked`: consultations that were answered or whose 15 days are over; `in_time`: answered within them; `days`: within
    how many half of the replies came; `refused`: with reasons, "full" being no refusal. `ended`: placements that began
    and have ended; `endings`: by what became of the need, None where one of them is too few."""

    asked: int | None = 0
    in_time: int | None = None
    days: int | None = None
    refused: int | None = None
    ended: int | None = 0
    endings: Mapping[AfterEnd, int] | None = None


NOTHING = TrackRecord()


class _Asked(NamedTuple):
    provider_id: int
    days: int | None  # to the reply
    is_in_time: bool
    is_refused: bool


def track_records(session: Session, provider_ids: Collection[int], *, on: date) -> dict[int, TrackRecord]:
    """The record of each of these providers, as the actor's own cases have it."""
    asked: dict[int, list[_Asked]] = {each: [] for each in provider_ids}
    for row in _consultations(session, provider_ids, on=on):
        asked[row.provider_id].append(row)
    endings = _endings(session, provider_ids, on=on)
    return {each: _record(asked[each], endings.get(each, Counter())) for each in asked}


def is_counted(on: date) -> ColumnElement[bool]:
    """Whether a consultation says on a day how a provider replies: one that was answered, or whose 15 days are over.
    Not one that was ended before, or withdrawn: nobody can say that an answer was due."""
    stopped = func.coalesce(_london(Consultation.ended_at) <= Consultation.due_on, False)
    unanswered = or_(Consultation.due_on >= on, stopped, Consultation.status == ConsultationStatus.WITHDRAWN)
    return or_(Consultation.replied_at.is_not(None), not_(unanswered))


def is_in_time() -> ColumnElement[bool]:
    """Whether a consultation was answered within its 15 days, of London."""
    return func.coalesce(_london(Consultation.replied_at) <= Consultation.due_on, False)


def _london(at: InstrumentedAttribute[datetime | None]) -> ColumnElement[date]:
    return cast(func.timezone("Europe/London", at), Date)


def _consultations(session: Session, provider_ids: Collection[int], *, on: date) -> Iterable[_Asked]:
    refuses = exists().where(
        RefusalReason.consultation_id == Consultation.id, RefusalReason.code != RefusalCode.FULL
    )  # fmt: skip
    asked = (Consultation.provider_id.in_(provider_ids), Consultation.due_on >= on - YEARS_BACK, is_counted(on))
    for provider_id, sent_at, replied_at, in_time, is_refused in session.execute(
        select(Consultation.provider_id, Consultation.sent_at, Consultation.replied_at, is_in_time(), refuses)
        .where(*asked)
        .order_by(Consultation.id)
    ):
        yield _Asked(
            provider_id=provider_id,
            days=None if replied_at is None else day_number(sent_at, on=london_day(replied_at)),
            is_in_time=in_time,
            is_refused=is_refused,
        )


def _endings(session: Session, provider_ids: Collection[int], *, on: date) -> dict[int, Counter[AfterEnd]]:
    """What became of the need, by provider, of each placement that began and has ended."""
    ended: dict[int, tuple[int, AfterEnd]] = {}  # by placement, its last end: an earlier one was undone
    for placement_id, provider_id, then in session.execute(
        select(Placement.id, Placement.provider_id, PlacementEvent.after["then"].astext)
        .join(Placement.events)
        .where(
            Placement.provider_id.in_(provider_ids),
            Placement.status == PlacementStatus.ENDED,
            Placement.ends_on >= Placement.starts_on,
            Placement.ends_on >= on - YEARS_BACK,
            PlacementEvent.kind.in_(ENDS),
        )
        .order_by(Placement.id, PlacementEvent.number)
    ):
        ended[placement_id] = (provider_id, AfterEnd(then))
    found: dict[int, Counter[AfterEnd]] = {}
    for provider_id, then in ended.values():
        found.setdefault(provider_id, Counter())[then] += 1
    return found


def _record(asked: Collection[_Asked], endings: Counter[AfterEnd]) -> TrackRecord:
    days = [row.days for row in asked if row.days is not None]
    ended = endings.total()
    is_split = ended >= FEWEST and all(count >= FEWEST for count in endings.values())
    return TrackRecord(
        asked=_told(len(asked)),
        in_time=_part(sum(row.is_in_time for row in asked), len(asked)),
        days=round(median(days)) if len(days) >= FEWEST else None,
        refused=_part(sum(row.is_refused for row in asked), len(asked)),
        ended=_told(ended),
        endings=dict(sorted(endings.items())) if is_split else None,
    )


def _part(count: int, whole: int) -> int | None:
    """A part of a count that may be shown beside it.

    >>> [_part(*counts) for counts in ((0, 9), (9, 9), (2, 9), (7, 9), (5, 10), (0, 4))]
    [0, 9, None, None, 5, None]
    """
    return count if whole >= FEWEST and None not in (_told(count), _told(whole - count)) else None


def _told(count: int) -> int | None:
    """A count that may be shown.

    >>> [_told(count) for count in (0, 1, 4, 5)]
    [0, None, None, 5]
    """
    return None if 0 < count < FEWEST else count

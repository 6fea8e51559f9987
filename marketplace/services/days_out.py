"""Days out of education: how long a pupil has been without, and the sixth day by which one who is excluded is not.

Counted are the weekdays after the last day in education, to the day before a placement of the need has started, or to
today where none has. Holidays are not known here, so they count as well. It must never decide who sees a need.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from marketplace.models import CaseDates, Footing, Need, Placement, PlacementStatus
from marketplace.services.deadlines import Deadline, deadlines, next_deadline, sixth_day

DAY = timedelta(days=1)
DUE = frozenset({Footing.EXCLUDED, Footing.SUSPENDED})  # whose education is due from the sixth day
_SINCE = (
    Placement.status != PlacementStatus.AGREED,
    Placement.starts_on > Need.last_education_on,
    or_(Placement.ends_on.is_(None), Placement.ends_on >= Placement.starts_on),  # else it never began
)
MOST_DAYS = 5  # that a pupil who is excluded may be out of education


def weekdays_out(last_education_on: date, *, until: date) -> int:
    """Weekdays after the last day in education and before `until`.

    >>> friday = date(2026, 11, 13)
    >>> weekdays_out(friday, until=date(2026, 11, 23)), weekdays_out(friday, until=friday)
    (5, 0)
    """
    return max(0, int(np.busday_count(last_education_on + DAY, until)))


def days_out(session: Session, need: Need, *, on: date) -> int | None:
    """How many weekdays the pupil of a need was, or has been by a day, out of education; None where no last day is
    stated."""
    if need.last_education_on is None:
        return None
    return weekdays_out(need.last_education_on, until=educated_on(session, need) or on + DAY)


def educated_on(session: Session, need: Need) -> date | None:
    """The day on which the first placement of a need started after the last day in education."""
    return session.scalar(select(func.min(Placement.starts_on)).join(Placement.need).where(Need.id == need.id, *_SINCE))


def has_started() -> ColumnElement[bool]:
    """The condition that a placement of a need has started after the last day in education."""
    return select(Placement.id).where(Placement.need_id == Need.id, *_SINCE).correlate(Need).exists()


def is_educated(session: Session, need: Need) -> bool:
    """Whether a pupil who was out of education has been placed since."""
    return need.last_education_on is not None and educated_on(session, need) is not None


def dates_of(session: Session, need: Need) -> CaseDates | None:
    """What is known of a case, as far as the actor of this transaction may know; None where nothing was stated."""
    return session.get(CaseDates, need.id)


def clocks(session: Session, need: Need, dates: CaseDates | None) -> Iterator[Deadline]:
    """Every deadline of a case in law, by what is known: that of the sixth day first, then those of the plan."""
    if need.footing in DUE and need.last_education_on is not None:
        yield sixth_day(need.last_education_on, met_on=educated_on(session, need))
    if dates is not None:
        yield from deadlines(dates)


def keep_next_due(session: Session, need: Need, dates: CaseDates | None) -> None:
    """Keep beside the dates of a case what is due next, for lists to go by."""
    with session.no_autoflush:  # so that dates which were just stated are one version, not two
        due = next_deadline(clocks(session, need, dates))
    if dates is None and due is not None:
        dates = CaseDates(need_id=need.id, authority_id=need.authority_id)
        session.add(dates)
    if dates is not None:
        dates.next_due_on, dates.next_clock = (due.due_on, due.clock) if due else (None, None)

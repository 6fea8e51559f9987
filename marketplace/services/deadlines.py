"""Deadlines in law, by the days of London: each from the day on which its clock starts.

Sources: SEND Code of Practice (2015) 9.83; Special Educational Needs and Disability Regulations 2014, regulations 13,
18 and 20 to 22; of the sixth day Education Act 1996, section 19(3A), and Education and Inspections Act 2006, section
100. It must never count by hours: a day ends at midnight in London, whatever the season and the server's zone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np

from marketplace.models import CaseDates, Clock, ReviewOutcome, Transfer, london_day
from marketplace.vocabulary import LONDON

REPLY_DAYS = 15
REMINDER_DAYS = (7, 12, 15)  # of the 15


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """The last day on which something is in time, and the day on which it was done, where it was."""

    due_on: date
    clock: Clock
    met_on: date | None = field(default=None, compare=False)


def begin_of(day: date) -> datetime:
    """The instant at which a day begins in London.

    >>> from datetime import UTC
    >>> begin_of(date(2026, 7, 1)).astimezone(UTC)
    datetime.datetime(2026, 6, 30, 23, 0, tzinfo=datetime.timezone.utc)
    """
    return datetime.combine(day, time(), LONDON)


def reply_due(sent_at: datetime) -> date:
    """The last of the 15 calendar days that a setting has to reply; the first is the day after it was asked.

    >>> from datetime import UTC
    >>> reply_due(datetime(2027, 3, 20, 12, tzinfo=UTC))
    datetime.date(2027, 4, 4)
    """
    return london_day(sent_at) + timedelta(days=REPLY_DAYS)


def day_number(sent_at: datetime, *, on: date) -> int:
    """How many days have passed since a setting was asked: 0 on the day itself, 15 on the last day in time."""
    return (on - london_day(sent_at)).days


def deadlines(dates: CaseDates) -> Iterator[Deadline]:
    """What is due by the dates that are known, in the order of the process.

    20 weeks from the request for an assessment to the final plan; 15 days for the family on a draft; 15 February, for a
    move from school to post-16 31 March, in the year of a transfer, by a plan of the school year before the move; 4
    weeks from a review meeting to the decision; 12 to the final plan, unless it is kept as it is or ceases.
    """
    issued = dates.plan_issued_on
    if dates.requested_on:
        yield Deadline(dates.requested_on + timedelta(weeks=20), Clock.FINAL_PLAN, _since(issued, dates.requested_on))
    if dates.draft_sent_on:
        due = dates.draft_sent_on + timedelta(days=15)
        yield Deadline(due, Clock.FAMILY_REPLY, _since(issued, dates.draft_sent_on))
    if dates.transfer and dates.transfer_year:
        year_before = date(dates.transfer_year - 1, 9, 1)
        yield Deadline(transfer_due(dates.transfer, dates.transfer_year), Clock.TRANSFER, _since(issued, year_before))
    if held := dates.review_held_on:
        yield Deadline(held + timedelta(weeks=4), Clock.REVIEW_DECISION, dates.review_decided_on)
        if dates.review_outcome in (None, ReviewOutcome.AMEND):
            yield Deadline(held + timedelta(weeks=12), Clock.REVIEW_PLAN, _since(issued, held))


def next_deadline(found: Iterable[Deadline]) -> Deadline | None:
    """The first that the LA has still to meet; None where there is none. The family's own time is not the LA's."""
    return min((each for each in found if each.met_on is None and each.clock is not Clock.FAMILY_REPLY), default=None)


def sixth_day(last_education_on: date, *, met_on: date | None) -> Deadline:
    """The day by which a pupil who is excluded is educated again: the sixth weekday after the last one in education.
    Holidays are not known here, and count like school days.

    >>> sixth_day(date(2026, 11, 13), met_on=None).due_on  # a Friday
    datetime.date(2026, 11, 23)
    """
    due_on: date = np.busday_offset(last_education_on, 6, roll="backward").astype(object)
    return Deadline(due_on, Clock.SIXTH_DAY, met_on)


def _since(day: date | None, first: date) -> date | None:
    """The day, if it is not before the first."""
    return day if day is not None and day >= first else None


def transfer_due(transfer: Transfer, year: int) -> date:
    """The day by which the plan names the setting of the next phase, where the pupil moves in September of the year.

    >>> transfer_due(Transfer.SCHOOL, 2027), transfer_due(Transfer.POST_16, 2027)
    (datetime.date(2027, 2, 15), datetime.date(2027, 3, 31))
    """
    return date(year, 2, 15) if transfer is Transfer.SCHOOL else date(year, 3, 31)

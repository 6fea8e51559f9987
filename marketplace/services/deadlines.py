"""Deadlines in law, by the days of London: each from the day on which its clock starts.

Sources: SEND Code of Practice (2015) 9.83; Special Educational Needs and Disability Regulations 2014, regulations 13,
18 and 20 to 22. It must never count by hours: a day ends at midnight in London, whatever the season and the server's
zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from marketplace.models import CaseDates, Transfer
from marketplace.models.base import LONDON

REPLY_DAYS = 15
REMINDER_DAYS = (7, 12, 15)  # of the 15


class Clock(StrEnum):
    """What is due, in the order of the process."""

    FINAL_PLAN = "final_plan"
    FAMILY_REPLY = "family_reply"
    TRANSFER = "transfer"
    REVIEW_DECISION = "review_decision"
    REVIEW_PLAN = "review_plan"


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """The last day on which something is in time."""

    due_on: date
    clock: Clock


def day_of(instant: datetime) -> date:
    """The day in London of an instant.

    >>> from datetime import UTC
    >>> day_of(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)), day_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    (datetime.date(2026, 7, 1), datetime.date(2026, 12, 31))
    """
    return instant.astimezone(LONDON).date()


def reply_due(sent_at: datetime) -> date:
    """The last of the 15 calendar days that a setting has to reply; the first is the day after it was asked.

    >>> from datetime import UTC
    >>> reply_due(datetime(2027, 3, 20, 12, tzinfo=UTC))
    datetime.date(2027, 4, 4)
    """
    return day_of(sent_at) + timedelta(days=REPLY_DAYS)


def day_number(sent_at: datetime, *, on: date) -> int:
    """How many days have passed since a setting was asked: 0 on the day itself, 15 on the last day in time."""
    return (on - day_of(sent_at)).days


def deadlines(dates: CaseDates) -> Iterator[Deadline]:
    """What is due by the dates that are known.

    20 weeks from the request for an assessment to the final plan; 15 days for the family on a draft; 15 February, for a
    move from school to post-16 31 March, in the year of a transfer; 4 weeks from a review meeting to the decision, 12
    to the final plan.
    """
    if dates.requested_on:
        yield Deadline(dates.requested_on + timedelta(weeks=20), Clock.FINAL_PLAN)
    if dates.draft_sent_on:
        yield Deadline(dates.draft_sent_on + timedelta(days=15), Clock.FAMILY_REPLY)
    if dates.transfer and dates.transfer_year:
        yield Deadline(transfer_due(dates.transfer, dates.transfer_year), Clock.TRANSFER)
    if dates.review_held_on:
        yield Deadline(dates.review_held_on + timedelta(weeks=4), Clock.REVIEW_DECISION)
        yield Deadline(dates.review_held_on + timedelta(weeks=12), Clock.REVIEW_PLAN)


def transfer_due(transfer: Transfer, year: int) -> date:
    """The day by which the plan names the setting of the next phase, where the pupil moves in September of the year.

    >>> transfer_due(Transfer.SCHOOL, 2027), transfer_due(Transfer.POST_16, 2027)
    (datetime.date(2027, 2, 15), datetime.date(2027, 3, 31))
    """
    return date(year, 2, 15) if transfer is Transfer.SCHOOL else date(year, 3, 31)

"""R18: deadlines go by the days of London: leap days, both nights on which clocks change, the turn of midnight, a
server at the other end of the world, and a clock that is some minutes off."""

import os
import subprocess
import sys
import textwrap
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from marketplace.models import CaseDates, Clock, ReviewOutcome, Transfer, london_day
from marketplace.services.deadlines import (
    Deadline,
    day_number,
    deadlines,
    next_deadline,
    reply_due,
    transfer_due,
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# (an instant in UTC, its day in London, the last of 15 days): worked out by hand on a calendar, not by the code.
REPLIES = [
    # 2027 has no 29 February; 2028 has.
    ("2027-02-13T12:00:00", date(2027, 2, 13), date(2027, 2, 28)),
    ("2027-02-14T12:00:00", date(2027, 2, 14), date(2027, 3, 1)),
    ("2028-02-13T12:00:00", date(2028, 2, 13), date(2028, 2, 28)),
    ("2028-02-14T12:00:00", date(2028, 2, 14), date(2028, 2, 29)),
    ("2028-02-15T12:00:00", date(2028, 2, 15), date(2028, 3, 1)),
    ("2028-02-29T12:00:00", date(2028, 2, 29), date(2028, 3, 15)),
    ("2028-02-28T23:59:59", date(2028, 2, 28), date(2028, 3, 14)),
    ("2028-02-29T00:00:00", date(2028, 2, 29), date(2028, 3, 15)),
    ("2028-02-29T23:59:59", date(2028, 2, 29), date(2028, 3, 15)),
    ("2028-03-01T00:00:00", date(2028, 3, 1), date(2028, 3, 16)),
    # In winter London is at UTC: midnight is midnight.
    ("2026-12-31T23:59:59", date(2026, 12, 31), date(2027, 1, 15)),
    ("2027-01-01T00:00:00", date(2027, 1, 1), date(2027, 1, 16)),
    ("2026-11-30T23:59:59", date(2026, 11, 30), date(2026, 12, 15)),
    ("2026-12-01T00:00:00", date(2026, 12, 1), date(2026, 12, 16)),
    # In summer it is an hour ahead: its day turns at 23:00 UTC.
    ("2027-06-30T22:59:59", date(2027, 6, 30), date(2027, 7, 15)),
    ("2027-06-30T23:00:00", date(2027, 7, 1), date(2027, 7, 16)),
    ("2027-08-31T22:59:59", date(2027, 8, 31), date(2027, 9, 15)),
    ("2027-08-31T23:00:00", date(2027, 9, 1), date(2027, 9, 16)),
    # Clocks go forward at 01:00 UTC on 28 March 2027, and on 26 March 2028.
    ("2027-03-27T23:59:59", date(2027, 3, 27), date(2027, 4, 11)),
    ("2027-03-28T00:00:00", date(2027, 3, 28), date(2027, 4, 12)),
    ("2027-03-28T00:59:59", date(2027, 3, 28), date(2027, 4, 12)),
    ("2027-03-28T01:00:00", date(2027, 3, 28), date(2027, 4, 12)),
    ("2027-03-28T22:59:59", date(2027, 3, 28), date(2027, 4, 12)),
    ("2027-03-28T23:00:00", date(2027, 3, 29), date(2027, 4, 13)),
    ("2028-03-25T23:59:59", date(2028, 3, 25), date(2028, 4, 9)),
    ("2028-03-26T22:59:59", date(2028, 3, 26), date(2028, 4, 10)),
    ("2028-03-26T23:00:00", date(2028, 3, 27), date(2028, 4, 11)),
    # A reply that is asked before the change is due after it: 15 days, not 360 hours.
    ("2027-03-20T23:30:00", date(2027, 3, 20), date(2027, 4, 4)),
    ("2027-03-13T00:00:00", date(2027, 3, 13), date(2027, 3, 28)),
    # Clocks go back at 01:00 UTC on 25 October 2026, and on 31 October 2027.
    ("2026-10-24T22:59:59", date(2026, 10, 24), date(2026, 11, 8)),
    ("2026-10-24T23:00:00", date(2026, 10, 25), date(2026, 11, 9)),
    ("2026-10-25T00:59:59", date(2026, 10, 25), date(2026, 11, 9)),
    ("2026-10-25T01:00:00", date(2026, 10, 25), date(2026, 11, 9)),
    ("2026-10-25T23:00:00", date(2026, 10, 25), date(2026, 11, 9)),
    ("2026-10-25T23:59:59", date(2026, 10, 25), date(2026, 11, 9)),
    ("2026-10-26T00:00:00", date(2026, 10, 26), date(2026, 11, 10)),
    ("2027-10-30T22:59:59", date(2027, 10, 30), date(2027, 11, 14)),
    ("2027-10-30T23:00:00", date(2027, 10, 31), date(2027, 11, 15)),
    ("2027-10-31T23:59:59", date(2027, 10, 31), date(2027, 11, 15)),
    ("2027-11-01T00:00:00", date(2027, 11, 1), date(2027, 11, 16)),
    ("2026-10-15T22:30:00", date(2026, 10, 15), date(2026, 10, 30)),
]


@pytest.mark.parametrize(("sent", "day", "due"), REPLIES, ids=[row[0] for row in REPLIES])
def test_a_reply_is_due_at_the_end_of_the_fifteenth_day_in_london(sent: str, day: date, due: date) -> None:
    at = instant(sent)
    assert (london_day(at), reply_due(at)) == (day, due)
    assert [day_number(at, on=on) for on in (day, due, due + timedelta(days=1))] == [0, 15, 16]


# Five minutes either way move the day only across midnight in London.
SKEWED = [
    ("2027-06-30T22:57:00", (date(2027, 6, 30), date(2027, 6, 30), date(2027, 7, 1))),
    ("2027-06-30T23:02:00", (date(2027, 6, 30), date(2027, 7, 1), date(2027, 7, 1))),
    ("2027-06-30T12:00:00", (date(2027, 6, 30), date(2027, 6, 30), date(2027, 6, 30))),
    ("2026-12-31T23:58:00", (date(2026, 12, 31), date(2026, 12, 31), date(2027, 1, 1))),
    ("2027-01-01T00:03:00", (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 1))),
    ("2027-03-28T00:58:00", (date(2027, 3, 28), date(2027, 3, 28), date(2027, 3, 28))),
    ("2027-03-28T22:58:00", (date(2027, 3, 28), date(2027, 3, 28), date(2027, 3, 29))),
    ("2026-10-25T00:58:00", (date(2026, 10, 25), date(2026, 10, 25), date(2026, 10, 25))),
    ("2026-10-25T23:58:00", (date(2026, 10, 25), date(2026, 10, 25), date(2026, 10, 26))),
    ("2028-02-28T23:56:00", (date(2028, 2, 28), date(2028, 2, 28), date(2028, 2, 29))),
]


@pytest.mark.parametrize(("at", "days"), SKEWED, ids=[row[0] for row in SKEWED])
def test_a_clock_that_is_five_minutes_off_is_wrong_next_to_midnight_only(at: str, days: tuple[date, ...]) -> None:
    assert tuple(london_day(instant(at) + timedelta(minutes=minutes)) for minutes in (-5, 0, 5)) == days


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Los_Angeles"])
def test_the_zone_of_the_server_changes_nothing(zone: str) -> None:
    told = textwrap.dedent("""
        import sys
        from datetime import UTC, datetime
        from marketplace.models import london_day
        from marketplace.services.deadlines import reply_due
        for text in sys.argv[1:]:
            at = datetime.fromisoformat(text).replace(tzinfo=UTC)
            print(london_day(at), reply_due(at))
    """)
    command = [sys.executable, "-c", told, *(row[0] for row in REPLIES)]
    found = subprocess.run(command, env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == [f"{day} {due}" for _, day, due in REPLIES]


def dates(**fields: object) -> CaseDates:
    return CaseDates(**fields)


def found(**fields: object) -> list[tuple[Clock, date]]:
    return [(each.clock, each.due_on) for each in deadlines(dates(**fields))]


@pytest.mark.parametrize(
    ("requested", "due"),
    [
        (date(2026, 9, 1), date(2027, 1, 19)),
        (date(2027, 10, 12), date(2028, 2, 29)),
        (date(2027, 10, 13), date(2028, 3, 1)),
        (date(2026, 10, 13), date(2027, 3, 2)),
        (date(2027, 2, 28), date(2027, 7, 18)),
        (date(2028, 2, 29), date(2028, 7, 18)),
    ],
)
def test_the_final_plan_is_due_twenty_weeks_after_the_request(requested: date, due: date) -> None:
    assert found(requested_on=requested) == [(Clock.FINAL_PLAN, due)]
    assert due.weekday() == requested.weekday()


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (date(2027, 2, 14), date(2027, 3, 1)),
        (date(2028, 2, 14), date(2028, 2, 29)),
        (date(2026, 10, 20), date(2026, 11, 4)),
        (date(2027, 3, 20), date(2027, 4, 4)),
    ],
)
def test_the_family_has_fifteen_days_on_a_draft(sent: date, due: date) -> None:
    assert found(draft_sent_on=sent) == [(Clock.FAMILY_REPLY, due)]


@pytest.mark.parametrize("year", range(2026, 2033))
def test_a_transfer_is_due_on_15_february_or_for_a_move_to_post_16_on_31_march(year: int) -> None:
    assert transfer_due(Transfer.SCHOOL, year) == date(year, 2, 15)
    assert transfer_due(Transfer.POST_16, year) == date(year, 3, 31)
    assert transfer_due(Transfer.POST_16, year).day == monthrange(year, 3)[1]


@pytest.mark.parametrize(
    ("held", "decision", "plan"),
    [
        (date(2028, 2, 1), date(2028, 2, 29), date(2028, 4, 25)),
        (date(2027, 2, 1), date(2027, 3, 1), date(2027, 4, 26)),
        (date(2027, 3, 1), date(2027, 3, 29), date(2027, 5, 24)),
        (date(2026, 10, 5), date(2026, 11, 2), date(2026, 12, 28)),
    ],
)
def test_a_review_is_decided_within_four_weeks_and_the_plan_final_within_twelve(
    held: date, decision: date, plan: date
) -> None:
    assert found(review_held_on=held) == [(Clock.REVIEW_DECISION, decision), (Clock.REVIEW_PLAN, plan)]


@pytest.mark.parametrize("outcome", [ReviewOutcome.MAINTAIN, ReviewOutcome.CEASE])
def test_no_plan_is_due_where_a_review_changes_none(outcome: ReviewOutcome) -> None:
    held = {"review_held_on": date(2027, 2, 1), "review_decided_on": date(2027, 2, 8), "review_outcome": outcome}
    assert list(deadlines(dates(**held))) == [
        Deadline(date(2027, 3, 1), Clock.REVIEW_DECISION, met_on=date(2027, 2, 8)),
    ]
    assert next_deadline(deadlines(dates(**held))) is None


WHOLE = {
    "requested_on": date(2026, 9, 1),
    "draft_sent_on": date(2026, 11, 2),
    "transfer": Transfer.SCHOOL,
    "transfer_year": 2027,
    "review_held_on": date(2026, 12, 1),
}


def test_the_next_deadline_is_the_first_that_the_authority_has_still_to_meet() -> None:
    first = next_deadline(deadlines(dates(**WHOLE)))
    assert first == Deadline(date(2026, 12, 29), Clock.REVIEW_DECISION)  # not the family's 17 November
    decided = {"review_decided_on": date(2026, 12, 20), "review_outcome": ReviewOutcome.AMEND}
    assert next_deadline(deadlines(dates(**WHOLE, **decided))) == Deadline(date(2027, 1, 19), Clock.FINAL_PLAN)
    issued = {"plan_issued_on": date(2027, 1, 12)}  # the final plan, after the review, for the year before the move
    assert next_deadline(deadlines(dates(**WHOLE, **decided, **issued))) is None


@pytest.mark.parametrize(
    ("issued", "unmet"),
    [
        (date(2026, 8, 31), [Clock.FINAL_PLAN, Clock.FAMILY_REPLY, Clock.TRANSFER, Clock.REVIEW_PLAN]),
        (date(2026, 9, 1), [Clock.FAMILY_REPLY, Clock.REVIEW_PLAN]),
        (date(2026, 11, 2), [Clock.REVIEW_PLAN]),
        (date(2026, 12, 1), []),
    ],
)
def test_a_plan_meets_the_clocks_that_began_before_it(issued: date, unmet: list[Clock]) -> None:
    known = dates(**WHOLE, plan_issued_on=issued)
    assert [
        each.clock for each in deadlines(known) if each.met_on is None and each.clock is not Clock.REVIEW_DECISION
    ] == unmet


def test_a_plan_of_an_earlier_school_year_does_not_name_the_next_phase() -> None:
    moves = {"transfer": Transfer.POST_16, "transfer_year": 2028}
    before = dates(**moves, plan_issued_on=date(2027, 8, 31))
    assert next_deadline(deadlines(before)) == Deadline(date(2028, 3, 31), Clock.TRANSFER)
    assert next_deadline(deadlines(dates(**moves, plan_issued_on=date(2027, 9, 1)))) is None


def test_nothing_is_due_where_nothing_is_known() -> None:
    assert list(deadlines(dates())) == []
    assert next_deadline(deadlines(dates())) is None


def test_days_are_counted_one_by_one_over_two_years() -> None:
    days = [london_day(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)) for number in range(800)]
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))

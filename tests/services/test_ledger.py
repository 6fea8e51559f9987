"""Days and pence: a school year sums to its fee exactly however it is cut up, and what is charged is the days times the
fee. The sums expected here are worked out by other code, in other numbers: decimals, day by day."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.services.ledger import cuts, due, financial_year, horizon

DAY = timedelta(days=1)
FEES = st.integers(0, 50_000_000)
DAYS = st.dates(date(2026, 1, 1), date(2033, 12, 31))


def school_years(year: int) -> tuple[date, date]:
    return date(year, 9, 1), date(year + 1, 8, 31)


def by_decimals(fee: int, first: date, last: date) -> int:
    """Pence for the days of one school year, by decimals: what is due by the last day less what was due before."""
    year = first.year if first.month >= 9 else first.year - 1
    begins, ends = school_years(year)
    whole = Decimal((ends - begins).days + 1)
    with localcontext() as context:
        context.prec = 60

        def by(days: int) -> Decimal:
            return (Decimal(fee) * days / whole).quantize(Decimal(1), ROUND_HALF_UP)

        return int(by((last - begins).days + 1) - by((first - begins).days))


@pytest.mark.parametrize("year", range(2026, 2033))
@given(fee=FEES, marks=st.sets(st.integers(1, 364), max_size=12))
@example(fee=1, marks={1, 182, 364})
@example(fee=100, marks=set(range(1, 365)))
@example(fee=33_333_333, marks={212})
def test_a_school_year_sums_to_its_fee_exactly_however_it_is_cut_up(year: int, fee: int, marks: set[int]) -> None:
    begins, ends = school_years(year)
    starts = [begins, *(begins + timedelta(days=mark) for mark in sorted(marks))]
    lasts = [*(start - DAY for start in starts[1:]), ends]
    assert sum(due(fee, first, last) for first, last in zip(starts, lasts, strict=True)) == fee


@given(fee=FEES, first=DAYS, length=st.integers(0, 800))
def test_what_is_due_is_the_days_times_the_fee(fee: int, first: date, length: int) -> None:
    last = first + timedelta(days=length)
    parts = list(cuts(first, last))
    assert [due(fee, *part) for part in parts] == [by_decimals(fee, *part) for part in parts]
    days = sum((end - start).days + 1 for start, end in parts)
    assert days == length + 1
    about = Decimal(fee) * days / Decimal("365.5")
    assert abs(sum(due(fee, *part) for part in parts) - about) <= fee / 365 + len(parts)


@given(first=DAYS, length=st.integers(0, 1200))
@example(first=date(2027, 3, 31), length=1)
@example(first=date(2027, 8, 31), length=1)
@example(first=date(2028, 2, 28), length=2)
def test_days_are_cut_where_a_financial_or_a_school_year_begins_and_nowhere_else(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    parts = list(cuts(first, last))
    assert (parts[0][0], parts[-1][1]) == (first, last)
    starts = [start for start, _ in parts[1:]]
    assert [start - DAY for start in starts] == [end for _, end in parts[:-1]]
    turns = [first + timedelta(days=number) for number in range(1, length + 1)]
    assert starts == [day for day in turns if (day.month, day.day) in {(4, 1), (9, 1)}]


def test_a_financial_year_begins_on_1_april_and_the_horizon_is_the_end_of_the_next() -> None:
    assert [financial_year(day) for day in (date(2027, 3, 31), date(2027, 4, 1))] == [2026, 2027]
    assert [horizon(day) for day in (date(2027, 3, 31), date(2027, 4, 1))] == [date(2028, 3, 31), date(2029, 3, 31)]


def test_a_day_of_a_leap_year_costs_less() -> None:
    assert due(3_660_000, date(2027, 9, 1), date(2027, 9, 1)) == 10_000  # of 366 days
    assert due(3_660_000, date(2026, 9, 1), date(2026, 9, 1)) == 10_027
    assert due(3_660_000, date(2028, 2, 29), date(2028, 2, 29)) == 10_000


def test_31_august_and_1_september_lie_in_two_school_years() -> None:
    with pytest.raises(AssertionError, match="one school year"):
        due(100, date(2027, 8, 31), date(2027, 9, 1))

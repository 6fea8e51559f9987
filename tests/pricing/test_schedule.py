"""A price schedule: what its parts sum to, when it holds, and everything that keeps it from being published."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.profile import Band
from pricing.schedule import (
    BandPrice,
    Discipline,
    Part,
    PriceLine,
    PriceSchedule,
    ScheduleStatus,
    errors,
)

CORE = PriceLine(Part.CORE, 4_100_000, weeks=38)
SALT = PriceLine(Part.THERAPY, 420_000, Discipline.SALT, Decimal("1.5"), 38)
PHYSIO = replace(SALT, discipline=Discipline.PHYSIO)
SUPPORT = PriceLine(Part.ONE_TO_ONE, 650_000, hours_a_week=Decimal(10), weeks=38)
CARE = PriceLine(Part.RESIDENTIAL, 2_000_000, weeks=52)
CHAIR = PriceLine(Part.EQUIPMENT, 90_000)


def schedule(*lines: PriceLine, band: Band = Band.MODERATE) -> PriceSchedule:
    return PriceSchedule(version=1, starts_on=date(2026, 9, 1), prices=(BandPrice("river-day", band, lines),))


def found(*lines: PriceLine) -> list[str]:
    return [f"{fault.where}: {fault.what}" for fault in errors(schedule(*lines))]


def test_a_whole_schedule_has_no_errors() -> None:
    assert found(CORE, SALT, PHYSIO, SUPPORT, CARE, CHAIR) == []


def test_the_annual_fee_is_everything_but_equipment() -> None:
    price = schedule(CORE, SALT, PHYSIO, SUPPORT, CARE, CHAIR).prices[0]
    assert price.annual_fee == 4_100_000 + 420_000 + 420_000 + 650_000 + 2_000_000
    assert price.equipment == 90_000


def test_what_is_not_stated_is_none_and_a_stated_zero_is_zero() -> None:
    price = schedule(CORE, replace(SALT, amount=0)).prices[0]
    assert price.stated(Part.THERAPY) == 0
    assert price.stated(Part.ONE_TO_ONE) is None
    assert price.equipment is None


@given(st.lists(st.builds(PriceLine, st.sampled_from(Part), st.integers(0, 10**9))))
def test_no_penny_is_lost_between_the_parts_the_fee_and_the_equipment(lines: list[PriceLine]) -> None:
    price = BandPrice("river-day", Band.MODERATE, tuple(lines))
    assert price.annual_fee + (price.equipment or 0) == sum(line.amount for line in lines)
    assert sum(price.stated(part) or 0 for part in Part) == sum(line.amount for line in lines)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (replace(CARE, amount=-1), "residential: the amount is negative"),
        (replace(SALT, discipline=None), "therapy: it does not say which therapy"),
        (replace(SALT, hours_a_week=None), "therapy (speech and language therapy): it does not say how many hours"),
        (replace(SUPPORT, hours_a_week=None), "one_to_one: it does not say how many hours"),
        (replace(CARE, discipline=Discipline.SALT), "residential (speech and language therapy): only therapy has"),
        (replace(SUPPORT, hours_a_week=Decimal(0)), "one_to_one: it has a price and buys no hours"),
        (replace(CARE, amount=0, hours_a_week=Decimal(0)), "residential: it buys 0 hours"),
        (replace(SUPPORT, hours_a_week=Decimal(-1)), "one_to_one: -1 hours do not fit in a week"),
        (replace(SUPPORT, hours_a_week=Decimal("168.5")), "one_to_one: 168.5 hours do not fit in a week"),
        (replace(CARE, weeks=0), "residential: 0 weeks are not in a year"),
        (replace(CARE, weeks=53), "residential: 53 weeks are not in a year"),
        (CORE, "core: the line is there more than once"),
    ],
)
def test_one_slip_in_a_line_is_one_error_that_names_the_line(line: PriceLine, error: str) -> None:
    (only,) = found(CORE, line)
    assert only.startswith(f"river-day, moderate, {error}")


def test_the_same_therapy_twice_is_refused_and_two_therapies_are_not() -> None:
    assert found(CORE, SALT, SALT) == [
        "river-day, moderate, therapy (speech and language therapy): the line is there more than once"
    ]
    assert found(CORE, SALT, PHYSIO) == []


def test_none_of_a_therapy_and_of_support_can_be_stated() -> None:
    none = {"amount": 0, "hours_a_week": Decimal(0)}
    assert found(CORE, replace(SALT, **none), replace(SUPPORT, **none)) == []


def test_a_price_without_core_is_refused() -> None:
    assert found(SUPPORT) == ["river-day, moderate: it has no core price"]


def test_weeks_and_hours_of_core_may_be_left_unsaid() -> None:
    assert found(PriceLine(Part.CORE, 1)) == []


def test_a_band_of_a_provision_priced_twice_is_refused() -> None:
    once = schedule(CORE)
    twice = replace(once, prices=once.prices * 2)
    assert [fault.what for fault in errors(twice)] == ["it is priced more than once"]


def test_a_schedule_that_ends_before_it_starts_is_refused() -> None:
    backwards = replace(schedule(CORE), ends_on=date(2026, 8, 31))
    assert [fault.where for fault in errors(backwards)] == ["the dates"]
    assert errors(replace(backwards, ends_on=date(2026, 9, 1))) == []


def test_every_error_is_found_in_one_pass() -> None:
    assert len(found(replace(SALT, amount=-1, discipline=None, hours_a_week=None, weeks=0))) == 5


@pytest.mark.parametrize(
    ("status", "day", "holds"),
    [
        (ScheduleStatus.PUBLISHED, date(2026, 8, 31), False),
        (ScheduleStatus.PUBLISHED, date(2026, 9, 1), True),
        (ScheduleStatus.PUBLISHED, date(2027, 8, 31), True),
        (ScheduleStatus.PUBLISHED, date(2027, 9, 1), False),
        (ScheduleStatus.SUPERSEDED, date(2026, 9, 1), True),
        (ScheduleStatus.DRAFT, date(2026, 9, 1), False),
    ],
)
def test_a_schedule_holds_from_its_start_until_before_its_end_once_published(
    status: ScheduleStatus, day: date, *, holds: bool
) -> None:
    assert replace(schedule(CORE), status=status, ends_on=date(2027, 9, 1)).holds_on(day) is holds


def test_a_published_schedule_without_end_holds_on() -> None:
    assert replace(schedule(CORE), status=ScheduleStatus.PUBLISHED).holds_on(date(2099, 1, 1))


def test_a_price_is_found_by_provision_and_band() -> None:
    assert schedule(CORE).price("river-day", Band.MODERATE) == BandPrice("river-day", Band.MODERATE, (CORE,))
    assert schedule(CORE).price("river-day", Band.PROFOUND) is None
    assert schedule(CORE).price("hill-day", Band.MODERATE) is None


def test_every_part_and_discipline_has_words() -> None:
    assert all(each.words for each in (*Part, *Discipline))

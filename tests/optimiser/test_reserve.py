"""Places are kept for those who are worth more, as far as past years tell; nothing is oversold; duties never wait."""

import doctest
from dataclasses import replace

import pytest

from benchmarks.region import generate
from benchmarks.reserve import arrivals
from optimiser import Budget, Problem, Pupil, reserve
from optimiser.reserve import Arrival, first_come, hindsight, with_reserve, year_of
from tests.optimiser.problems import problem, provision, pupil

TEN_KM = 18.798  # km-equivalents of a place: 14 km, £40,000 and the transport
MARKET = problem((), (provision(),), amount=1.0)
EARLY, LATE = pupil(pupil="P1", priority=5), pupil(pupil="P2", priority=1)


def coming(*pupils: Pupil) -> list[Arrival]:
    """The pupils, a hundred days apart."""
    return [Arrival(day=100 * at, pupil=each) for at, each in enumerate(pupils)]


def test_the_examples_hold() -> None:
    assert doctest.testmod(reserve).attempted > 0
    assert doctest.testmod(reserve).failed == 0


def test_first_come_has_the_place_and_the_more_urgent_waits() -> None:
    year = first_come(MARKET, coming(EARLY, LATE))
    assert (year.placed, year.waiting, year.waiting_urgent) == (1, 1, 1)
    assert year.benefit == pytest.approx(1000 - TEN_KM)


def test_a_place_is_kept_for_one_who_came_late_in_the_years_before() -> None:
    year = with_reserve(MARKET, [coming(EARLY, LATE)], coming(EARLY, LATE))
    assert (year.placed, year.waiting, year.waiting_urgent) == (1, 1, 0)
    assert year.benefit == pytest.approx(16000 - TEN_KM)


def test_nothing_is_kept_where_nobody_came_later() -> None:
    past = [Arrival(day=50, pupil=LATE), Arrival(day=100, pupil=replace(LATE, pupil="P3"))]
    for day, placed in ((0, 0), (49, 0), (101, 1)):
        year = with_reserve(MARKET, [past], [Arrival(day=day, pupil=EARLY)])
        assert (day, year.placed) == (day, placed)


def test_a_duty_has_its_place_whatever_it_is_worth_to_others_and_whatever_the_budget_says() -> None:
    duty = replace(EARLY, request="100001")
    poor = replace(MARKET, budgets=(Budget(la="901", budget=1_000),))
    for market in (MARKET, poor):
        year = with_reserve(market, [coming(LATE, replace(LATE, pupil="P3"))], coming(duty))
        assert (year.placed, year.waiting) == (1, 0)
        assert first_come(market, coming(duty)).placed == 1


def test_a_choice_is_held_to_the_budget() -> None:
    poor = replace(MARKET, budgets=(Budget(la="901", budget=1_000),))
    assert first_come(poor, coming(LATE)).placed == 0
    assert with_reserve(poor, [coming(LATE)], coming(LATE)).placed == 0


def test_who_waits_is_not_told_of_those_who_have_not_come() -> None:
    """The answer to those who come early is the same whoever comes after them."""
    market, first = arrivals(60, 30, 1)
    _, second = arrivals(60, 30, 2)
    past = [arrivals(60, 30, -1)[1]]
    early = [row for row in first if row.day < 200]
    later = [replace(row, pupil=replace(row.pupil, pupil=f"Z{row.pupil.pupil}")) for row in second if row.day >= 200]
    alone = with_reserve(market, past, early)
    assert alone.benefit > 0
    others = with_reserve(market, past, [*early, *later])
    assert others.benefit >= alone.benefit


def test_prices_are_learnt_anew_as_what_is_left_becomes_less() -> None:
    looked: list[int] = []

    class Watched(reserve._Lessons):
        def prices(self, day: int, placement: reserve.Placement) -> reserve.Prices:
            looked.append(day)
            return super().prices(day, placement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reserve, "_Lessons", Watched)
        with_reserve(
            MARKET,
            [coming(EARLY)],
            [Arrival(day=day, pupil=replace(EARLY, pupil=str(day))) for day in range(9)],
            every=4,
        )
    assert looked == [0, 4, 8]


def test_a_reserve_needs_a_past_and_a_day() -> None:
    for past, every in (([], 14), ([coming(EARLY)], 0)):
        with pytest.raises(ValueError, match="one past year at least"):
            with_reserve(MARKET, past, coming(EARLY), every=every)


def test_hindsight_is_at_least_what_comes_one_by_one_and_at_most_what_is_proven() -> None:
    market, coming_there = arrivals(80, 30, 1)
    past = [arrivals(80, 30, -1)[1], arrivals(80, 30, -2)[1]]
    best, proven = hindsight(market, coming_there, seconds=10)
    assert best.placed + best.waiting == 80
    for year in (first_come(market, coming_there), with_reserve(market, past, coming_there)):
        assert year.placed + year.waiting == 80
        assert year.benefit <= proven + 1e-6


def test_over_years_a_reserve_gains_on_first_come() -> None:
    past = [arrivals(150, 30, -1 - at)[1] for at in range(3)]
    gained = 0.0
    for number in (1, 2, 3):
        market, coming_there = arrivals(150, 30, number)
        gained += with_reserve(market, past, coming_there).benefit - first_come(market, coming_there).benefit
    assert gained > 0


def test_another_year_is_the_same_region_with_other_pupils_of_the_same_las() -> None:
    this, other = generate(60, 30, seed=7), generate(60, 30, seed=7, year=1)
    assert replace(this, pupils=()) == replace(other, pupils=())
    assert this.pupils != other.pupils
    assert {row.la for row in other.pupils} <= {row.la for row in other.budgets}
    source: Problem = year_of(other, [Arrival(day=0, pupil=row) for row in reversed(other.pupils)])
    assert source == other.ordered()

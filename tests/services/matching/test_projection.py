"""Everybody grows a year older, nobody is made up or lost, and every number argued with has a name."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.services.matching.projection import (
    OLDEST,
    YOUNGEST,
    Assumptions,
    Cohort,
    named,
    projected,
    trend_of,
)

COHORTS = st.builds(
    Cohort,
    need=st.sampled_from(["ASD", "SEMH"]),
    level=st.sampled_from(["mild", "profound"]),
    year_group=st.integers(YOUNGEST, OLDEST),
)
COUNTS = st.dictionaries(COHORTS, st.integers(0, 50).map(float), max_size=12)


def of_year(year_group: int, need: str = "ASD") -> Cohort:
    return Cohort(need=need, level="moderate", year_group=year_group)


def totals(now: dict[Cohort, float], anew: dict[Cohort, float], assumptions: Assumptions) -> list[float]:
    rows = projected(now, anew, assumptions)
    return [math.fsum(row.pupils for row in rows if row.year == year) for year in range(assumptions.years + 1)]


@given(COUNTS, COUNTS)
def test_nobody_is_made_up_and_only_those_after_year_fourteen_leave(
    now: dict[Cohort, float], anew: dict[Cohort, float]
) -> None:
    found = totals(now, anew, Assumptions(years=1))
    leavers = sum(count for cohort, count in now.items() if cohort.year_group == OLDEST)
    assert found == [pytest.approx(sum(now.values())), pytest.approx(sum(now.values()) - leavers + sum(anew.values()))]


def test_a_pupil_goes_through_every_phase_and_leaves() -> None:
    rows = projected({of_year(11): 8.0}, {}, Assumptions(years=5))
    assert [(row.year, row.phase) for row in rows] == [
        *((0, "secondary"), (1, "post-16"), (2, "post-16"), (3, "post-16")),
    ]


def test_only_a_share_goes_on_at_the_end_of_a_phase() -> None:
    assert totals({of_year(11): 8.0, of_year(10): 4.0}, {}, Assumptions(years=2, stays={11: 0.75})) == [12.0, 10.0, 9.0]


def test_those_who_come_anew_follow_the_trend_of_their_own_need() -> None:
    anew = {of_year(0): 10.0, of_year(0, "HI"): 10.0}
    rows = projected({}, anew, Assumptions(years=2, trend={"ASD": 0.1}, trend_of_others=-0.5))
    assert [(row.year, row.need, round(row.pupils, 6)) for row in rows] == [
        *((1, "ASD", 11.0), (1, "HI", 5.0), (2, "ASD", 23.1), (2, "HI", 7.5)),
    ]


def test_a_trend_is_that_of_all_years_and_not_of_the_last() -> None:
    assert trend_of([100, 100, 100, 100]) == pytest.approx(0)
    assert 0 < trend_of([100, 100, 100, 130]) < 0.1
    assert trend_of([1, 100, 10_000]) == 1.0
    for numbers in ([100, 110], [100, 0, 90]):
        with pytest.raises(ValueError, match="three years at least"):
            trend_of(numbers)


def test_every_assumption_has_a_name_and_says_what_it_means() -> None:
    rows = named(Assumptions(trend={"SEMH": 0.08, "ASD": 0.05}, trend_of_others=0.01, stays={11: 0.9, 6: 1.0}))
    assert [(row.name, row.value) for row in rows] == [
        ("years", 3),
        ("trend.ASD", 0.05),
        ("trend.SEMH", 0.08),
        ("trend_of_others", 0.01),
        ("stays.6", 1.0),
        ("stays.11", 0.9),
    ]
    assert all(row.meaning for row in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": 0},
        {"years": 11},
        {"trend": {"ASD": 1.5}},
        {"trend_of_others": -2.0},
        {"stays": {11: 1.1}},
        {"stays": {14: 0.5}},
    ],
)
def test_an_assumption_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not from|cannot be"):
        Assumptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [-1.0, math.nan, math.inf])
def test_a_number_of_pupils_that_cannot_be_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        projected({of_year(3): count}, {}, Assumptions())
    with pytest.raises(ValueError, match="no year group 15"):
        projected({}, {of_year(15): 1.0}, Assumptions())

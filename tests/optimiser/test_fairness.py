"""Figures by group add up to the whole, whatever the groups are."""

import doctest
import math

import pytest
from hypothesis import given, settings

from optimiser import Problem, fairness, match
from optimiser.fairness import by_la, by_need, figures_by_group
from tests.optimiser.problems import problem, problems, provision, pupil


def test_the_examples_hold() -> None:
    assert doctest.testmod(fairness).attempted > 0
    assert doctest.testmod(fairness).failed == 0


@settings(max_examples=40, deadline=None)
@given(problems(pupils=9, provisions=6))
def test_the_parts_of_all_groups_add_up_to_the_answer(source: Problem) -> None:
    answer = match(source, seconds=10)
    for group_of in (by_la(source), by_need(source)):
        rows = figures_by_group(source, answer, group_of)
        assert [row.group for row in rows] == sorted(set(group_of.values()))
        assert sum(row.pupils for row in rows) == len(source.pupils)
        assert sum(row.placed for row in rows) == answer.summary.placed
        assert sum(row.cost for row in rows) == answer.summary.cost
        assert math.isclose(sum(row.objective for row in rows), answer.summary.objective, abs_tol=1e-6)


def test_a_group_of_the_callers_own_has_its_kilometres_and_its_share_without_a_place() -> None:
    children = (pupil(pupil="P1"), pupil(pupil="P2", easting=405_000), pupil(pupil="P3", primary_need="HI"))
    source = problem(children, (provision(),), amount=2.0)
    country, town = figures_by_group(source, match(source), {"P1": "town", "P2": "town", "P3": "country"})
    assert (country.group, country.child_km, country.unplaced_share) == ("country", None, 1.0)
    assert town.child_km is not None
    assert (town.child_km.mean, town.child_km.median) == (pytest.approx(10.5), pytest.approx(10.5))
    assert town.child_km.p90 == pytest.approx(7 + 0.9 * 7)
    assert town.unplaced_share == 0
    assert town.cost == sum(row.cost for row in match(source).assignments)


def test_a_pupil_of_no_group_is_not_left_out_in_silence() -> None:
    source = problem()
    with pytest.raises(ValueError, match="no group is named for the pupils P1"):
        figures_by_group(source, match(source), {})

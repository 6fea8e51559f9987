"""In the fair answer no LA is worse off than alone; it holds by the check, and its price is what it says."""

import doctest
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.region import generate
from optimiser import Budget, Pool, Problem, check, fair, match
from optimiser.clock import Clock
from optimiser.fair import fair_answer
from optimiser.fair_parts import Las, fair_parts
from optimiser.fair_rows import fair_relaxation, fair_whole
from tests.optimiser.problems import problem, problems, programme_of_choices, provision, pupil

TEN_KM = 18.798  # km-equivalents of a place: 14 km, £40,000 and the transport


def urgent_and_not() -> Problem:
    """Two LAs with two pupils each, one urgent and one not, and two places."""
    children = (
        pupil(pupil="P1", priority=1),
        pupil(pupil="P2", priority=1),
        pupil(pupil="P3", la="902", priority=5),
        pupil(pupil="P4", la="902", priority=5),
    )
    return problem(children, amount=2.0)


def test_the_examples_hold() -> None:
    assert doctest.testmod(fair).attempted > 0
    assert doctest.testmod(fair).failed == 0


def test_an_la_has_what_its_fair_part_gives_it_and_the_price_is_named() -> None:
    source = urgent_and_not()
    joint = match(source)
    assert [row.pupil for row in joint.assignments] == ["P1", "P2"]
    found = fair_answer(source, joint, seconds=20)
    urgent, other = found.parts
    assert (urgent.la, urgent.pupils, urgent.is_worse_off) == ("901", 2, False)
    assert urgent.alone == pytest.approx(16000 + TEN_KM)
    assert (other.la, other.is_worse_off) == ("902", True)
    assert (other.alone, other.joint, other.fair) == (pytest.approx(1000 + TEN_KM), 2000.0, pytest.approx(other.alone))
    assert found.objective == pytest.approx(15000)
    assert found.low <= 15000 + 1e-6 <= found.high + 2e-6
    assert (found.cost, found.placed, found.child_km) == (0, 0, 0.0)
    assert check(source, found.answer) == []


def test_a_joint_answer_that_is_fair_stays_as_it_is() -> None:
    source = replace(urgent_and_not(), pools=(Pool(pool="K1", setting="100001", unit="places", amount=4.0),))
    joint = match(source)
    found = fair_answer(source, joint, seconds=20)
    assert found.answer.assignments == joint.assignments
    assert (found.objective, found.cost, found.placed) == (0.0, 0, 0)
    assert not any(part.is_worse_off for part in found.parts)


@settings(max_examples=40, deadline=None)
@given(problems(pupils=8, provisions=6))
def test_no_la_is_worse_off_than_alone_and_the_answer_holds(source: Problem) -> None:
    joint = match(source, seconds=10)
    found = fair_answer(source, joint, seconds=10)
    assert check(source, found.answer) == []
    assert all(part.fair <= part.alone + 1e-6 for part in found.parts)
    assert found.low <= found.high + 1e-6
    assert found.objective >= joint.summary.phases[1].bound - joint.summary.phases[1].objective - 1e-6


def test_a_region_is_made_fair_where_no_solver_has_the_time_to_look_at_its_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair, "fair_relaxation", lambda *_: None)
    monkeypatch.setattr(fair, "fair_whole", lambda *_: None)
    source = generate(200, 60, seed=3)
    found = fair_answer(source, match(source, seconds=5), seconds=5)
    assert check(source, found.answer) == []
    assert all(part.fair <= part.alone + 1e-6 for part in found.parts)


def test_the_parts_of_a_pool_add_up_to_what_there_is() -> None:
    programme = programme_of_choices(generate(200, 60, seed=7).ordered())
    las = Las(names=["a", "b", "c"], of=np.arange(len(programme.members)) % 3)
    parts = fair_parts(programme, las)
    assert (parts >= 0).all()
    np.testing.assert_allclose(parts.sum(axis=0), programme.room)


def test_claims_are_met_first_where_there_is_enough_and_the_rest_goes_to_those_who_could_use_it() -> None:
    children = (pupil(pupil="P1"), pupil(pupil="P2", la="902", easting=421_000), pupil(pupil="P3", la="902", sex="F"))
    near, far = provision(), provision(provision="V2", setting="100002", easting=425_000, pool="K2", sex="M")
    programme = programme_of_choices(problem(children, (near, replace(far, sex="mixed")), amount=7.0))
    las = Las(names=["901", "902"], of=np.array([0, 1, 1]))
    # K1: P1 and P3 want it, 5 are left for one of 901 and two of 902; K2: P2 wants it, 6 are left for the same three.
    assert fair_parts(programme, las).T.tolist() == [[3.0, 4.0], [2.0, 5.0]]


def test_the_rows_weigh_an_la_that_is_held_back_and_no_other() -> None:
    programme = programme_of_choices(urgent_and_not())
    la_of, columns = np.array([0, 0, 1, 1]), np.arange(len(programme))
    limits = np.array([32000.0, 1000 + TEN_KM])
    found = fair_relaxation(programme, columns, la_of, limits, Clock(20))
    assert found is not None
    # A km of LA 902 must count as much as its pupils' places are worth to LA 901.
    assert found.weights.tolist() == pytest.approx([0.0, (16000 - TEN_KM) / (1000 - TEN_KM) - 1])
    chosen = fair_whole(programme, columns, la_of, limits, Clock(20))
    assert chosen is not None
    assert sorted(programme.pupil(chosen).tolist()) in ([0, 2], [0, 3], [1, 2], [1, 3])


def test_a_budget_is_the_las_own_alone_and_in_the_fair_answer() -> None:
    source = replace(urgent_and_not(), budgets=(Budget(la="902", budget=10_000),))
    found = fair_answer(source, match(source), seconds=20)
    assert found.parts[1].alone == 2000.0  # its part of the place is nothing that it could pay for
    assert found.objective == 0.0

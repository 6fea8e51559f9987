"""Nearest first is an honest answer: it holds by the check, keeps its order, and is never better than the proven."""

import doctest
from dataclasses import replace

import pytest
from hypothesis import given, settings

from optimiser import Budget, Pool, Problem, baseline, check, match
from optimiser.baseline import nearest_first
from tests.optimiser.problems import problem, problems, provision, pupil, reordered, seeded


def two_schools(**fields: object) -> Problem:
    """One place 5 km from both pupils, and places enough at 10 km."""
    near = provision(provision="V1", easting=405_000, pool="K1")
    far = provision(provision="V2", setting="100002", easting=410_000, pool="K2")
    pools = tuple(
        Pool(pool=name, setting=urn, unit="places", amount=amount)
        for name, urn, amount in (("K1", "100001", 1.0), ("K2", "100002", 5.0))
    )
    children = (pupil(pupil="P1"), pupil(pupil="P2", priority=2))
    return replace(problem(children, (near, far), pools=pools), **fields)  # type: ignore[arg-type]


def given_to(source: Problem, **order: tuple[str, ...]) -> dict[str, str]:
    return {row.pupil: row.provision for row in nearest_first(source, **order).assignments}


def test_the_examples_hold() -> None:
    assert doctest.testmod(baseline).attempted > 0
    assert doctest.testmod(baseline).failed == 0


@settings(max_examples=60, deadline=None)
@given(problems(pupils=8, provisions=6))
def test_it_passes_the_check_and_is_never_better_than_what_a_match_proves(source: Problem) -> None:
    answer = nearest_first(source)
    assert check(source, answer) == []
    # The duties of both have the same room; what they leave to the choices may differ.
    assert answer.summary.phases[0].objective >= match(source, seconds=10).summary.phases[0].bound - 1e-6


@settings(max_examples=20, deadline=None)
@given(problems(pupils=8, provisions=6))
def test_the_order_of_the_rows_decides_nothing(source: Problem) -> None:
    assert nearest_first(reordered(source, seeded(3))) == nearest_first(source)


def test_the_more_urgent_comes_first_then_the_reference() -> None:
    assert given_to(two_schools()) == {"P1": "V2", "P2": "V1"}
    level = replace(two_schools(), pupils=(pupil(pupil="P1"), pupil(pupil="P2")))
    assert given_to(level) == {"P1": "V1", "P2": "V2"}


def test_a_duty_comes_before_the_most_urgent_choice() -> None:
    bound = pupil(pupil="P3", priority=5, request="100001")
    source = replace(two_schools(), pupils=(pupil(pupil="P1", priority=1), bound))
    assert given_to(source) == {"P1": "V2", "P3": "V1"}


def test_an_order_of_arrival_can_be_given_and_must_name_everybody_once() -> None:
    assert given_to(two_schools(), order=("P1", "P2")) == {"P1": "V1", "P2": "V2"}
    for wrong in (("P1",), ("P1", "P1", "P2"), ("P1", "P3")):
        with pytest.raises(ValueError, match="does not name every pupil"):
            nearest_first(two_schools(), order=wrong)


def test_without_money_left_the_nearest_is_passed_over_for_one_that_can_be_paid() -> None:
    source = two_schools(pupils=(pupil(pupil="P1"),))
    dear = tuple(replace(row, price=90_000) if row.provision == "V1" else row for row in source.prices)
    source = replace(source, prices=dear, budgets=(Budget(la="901", budget=60_000),))
    assert given_to(source) == {"P1": "V2"}


def test_of_two_as_near_the_cheaper_is_taken() -> None:
    offers = (provision(), provision(provision="V2", pool="K2", kind="porous", sessions=5))
    source = problem((pupil(options=("full", "porous")),), offers)
    dear = tuple(replace(row, price=50_000) if row.provision == "V1" else row for row in source.prices)
    assert given_to(replace(source, prices=dear)) == {"P1": "V2"}


def test_a_problem_that_contradicts_itself_is_refused() -> None:
    source = two_schools()
    with pytest.raises(ValueError, match="contradicts itself"):
        nearest_first(replace(source, pupils=source.pupils * 2))

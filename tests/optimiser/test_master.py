"""The way of large programmes, tried on small ones: prices by ascent, the box around them, exchanges, parts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.region import generate
from optimiser import Problem, check, master, match, search
from optimiser.clock import Clock
from optimiser.exchange import exchange
from optimiser.highs import Relaxed, solve_relaxation
from optimiser.master import relax
from optimiser.model import Model
from optimiser.placement import Placement, rounded
from optimiser.prices import ascend
from optimiser.programme import Prices, Programme, bound
from tests.optimiser import oracle
from tests.optimiser.problems import problems, programme_of_choices, random_problem, reordered, seeded

LONG = 600.0


@pytest.fixture(scope="module")
def region() -> Programme:
    """All pupils of a fictional region as choices within its room and money."""
    return programme_of_choices(generate(600, 120, seed=7))


def left_over(programme: Programme, placement: Placement) -> tuple[np.ndarray, np.ndarray]:
    """Room and money that the chosen columns leave, counted anew."""
    chosen = placement.columns
    las = programme.la[programme.pupil(chosen)]
    room = programme.room - np.bincount(programme.pool[chosen], programme.use[chosen], minlength=len(programme.room))
    money = programme.money - np.bincount(las, programme.cost[chosen], minlength=len(programme.money)).astype(np.int64)
    return room, money


def test_prices_by_ascent_prove_nearly_the_bound_of_the_relaxation(region: Programme) -> None:
    exact = relax(region, Clock(LONG))
    assert exact.is_exact
    near = bound(region, ascend(region, Clock(LONG)))
    assert exact.bound * 0.999 < near <= exact.bound + 1e-6


@pytest.mark.usefixtures("as_if_large")
def test_the_box_around_the_prices_ends_at_the_relaxation_itself(
    region: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxed = relax(region, Clock(LONG))
    monkeypatch.setattr(master, "_SMALL", len(region))
    exact = relax(region, Clock(LONG))
    assert boxed.is_exact
    assert boxed.bound == pytest.approx(exact.bound, rel=1e-9)
    value = region.unplaced.sum() + (region.gain[boxed.columns] * boxed.shares).sum()
    assert value == pytest.approx(exact.bound, rel=1e-9)  # the fixed pupils and the model's shares are one optimum


@pytest.mark.usefixtures("as_if_large")
def test_a_box_that_is_too_wide_for_one_model_is_narrowed(region: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master, "_MOST", 400)
    monkeypatch.setattr(master, "_WIDTH", 1e6)
    start = bound(region, ascend(region, Clock(LONG)))
    assert relax(region, Clock(LONG)).bound >= start


@settings(max_examples=150)
@given(problems(pupils=40, provisions=12))
def test_the_path_of_large_programmes_answers_within_what_another_solver_proves(random_one: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "_SMALL", 0)
        patch.setattr(search, "_FEW", 0)
        answer = match(random_one, seconds=LONG)
    assert check(random_one, answer) == []
    for phase, result in zip(oracle.phases(random_one, answer), answer.summary.phases, strict=True):
        objective, least = oracle.by_milp(phase)
        assert result.bound <= objective + 1e-6 * max(1.0, objective)
        assert result.objective >= least - 1e-6 * max(1.0, least)


@settings(max_examples=60)
@given(problems(pupils=40, provisions=12))
def test_the_order_of_rows_changes_nothing_on_the_path_of_large_programmes(random_one: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "_SMALL", 0)
        patch.setattr(search, "_FEW", 0)
        first, second = (match(rows, seconds=LONG) for rows in (random_one, reordered(random_one, seeded(1))))
    assert replace(first, summary=replace(first.summary, stages=())) == replace(
        second, summary=replace(second.summary, stages=())
    )


# A pool and a budget that share one pupil, 1,000 km-equivalents from where the ascent ends; and a slope so gentle that
# the first boxes raise the bound by next to nothing.
@pytest.mark.parametrize(("seed", "pupils", "provisions"), [(2649, (1, 59), (1, 19)), (528, (30, 60), (10, 20))])
def test_prices_that_have_far_to_go_are_followed_to_the_end(
    monkeypatch: pytest.MonkeyPatch, seed: int, pupils: tuple[int, int], provisions: tuple[int, int]
) -> None:
    rnd = seeded(seed)
    valley = programme_of_choices(random_problem(rnd, rnd.randint(*pupils), rnd.randint(*provisions)))
    whole = relax(valley, Clock(LONG))
    monkeypatch.setattr(master, "_SMALL", 0)
    boxed = relax(valley, Clock(LONG))
    assert boxed.is_exact
    assert boxed.bound == pytest.approx(whole.bound, rel=1e-9)


def test_prices_that_are_near_climb_nearer(region: Programme) -> None:
    first = ascend(region, Clock(LONG))
    assert bound(region, ascend(region, Clock(LONG), first)) > bound(region, first)


@pytest.mark.usefixtures("as_if_large")
def test_where_the_box_grows_too_wide_for_one_model_the_prices_climb_on_once(
    region: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Prices | None] = []

    def climbing(programme: Programme, clock: Clock, near: Prices | None = None) -> Prices:
        begun.append(near)
        return ascend(programme, clock, near)

    monkeypatch.setattr(master, "ascend", climbing)
    monkeypatch.setattr(master, "_WIDTH", 0.001)
    monkeypatch.setattr(master, "_MOST", 300)
    relax(region, Clock(LONG))
    assert [near is None for near in begun] == [True, False]


@pytest.mark.usefixtures("as_if_large")
def test_a_large_model_is_solved_again_only_where_that_is_worth_it(
    region: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved: list[int] = []

    def counted(model: Model, prices: Prices, clock: Clock) -> Relaxed | None:
        solved.append(len(model.variables))
        return solve_relaxation(model, prices, clock)

    monkeypatch.setattr(master, "solve_relaxation", counted)
    monkeypatch.setattr(master, "_WIDTH", 0.001)
    relax(region, Clock(LONG))
    patiently = len(solved)
    monkeypatch.setattr(master, "_DEAR", -1)
    monkeypatch.setattr(master, "_ENOUGH_DEARLY", 1.0)
    relax(region, Clock(LONG))
    assert patiently > 1
    assert len(solved) == patiently + 1


def test_exchanges_improve_the_rounded_answer_and_count_what_they_leave(region: Programme) -> None:
    relaxation = relax(region, Clock(LONG))
    placement = rounded(region, relaxation.columns, relaxation.shares)
    before = region.objective(placement.columns)
    exchange(region, placement, relaxation.prices, Clock(LONG))
    assert region.objective(placement.columns) < before
    room, money = left_over(region, placement)
    assert placement.room == pytest.approx(room, abs=1e-9)
    assert placement.money[:-1].tolist() == money.tolist()
    assert room.min() >= -1e-6
    assert money.min() >= 0


@pytest.mark.usefixtures("as_if_large")
def test_parts_placed_anew_improve_on_exchanges_and_never_worsen(region: Programme) -> None:
    relaxation = relax(region, Clock(LONG))
    placement = rounded(region, relaxation.columns, relaxation.shares)
    exchange(region, placement, relaxation.prices, Clock(LONG))
    found = search.search(region, relaxation, 0.001, Clock(20))
    assert region.objective(found.placement.columns) < region.objective(placement.columns)
    assert found.bound <= region.objective(found.placement.columns)
    room, money = left_over(region, found.placement)
    assert room.min() >= -1e-6
    assert money.min() >= 0


def test_prices_of_nothing_prove_the_bound_of_everybody_served_best(region: Programme) -> None:
    best = np.minimum.reduceat(region.gain, region.start[:-1][np.diff(region.start) > 0]).sum()
    assert bound(region, Prices.none(region)) == pytest.approx(region.unplaced.sum() + best)

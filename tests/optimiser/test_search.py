"""When the search for a whole answer goes on, and when it is enough."""

from dataclasses import replace
from typing import Any, Never

import numpy as np
import pytest

from benchmarks.region import generate
from optimiser import search
from optimiser.clock import Clock
from optimiser.highs import Solved
from optimiser.master import Relaxation, relax
from optimiser.model import Model
from optimiser.parts import improve_in_parts
from optimiser.placement import UNPLACED, Placement, put
from optimiser.programme import Prices, Programme, best_reduced_costs, bound, reduced_costs
from tests.optimiser.problems import programme_of_choices

CROWDED = programme_of_choices(generate(80, 60, seed=7).ordered())


def test_within_the_gap_that_is_asked_for_nothing_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(*_: object, **__: object) -> Never:
        raise AssertionError

    monkeypatch.setattr(search, "solve_whole", searched)
    found = search.search(CROWDED, relax(CROWDED, Clock(60)), 0.5, Clock(60))
    objective = CROWDED.objective(found.placement.columns)
    assert found.bound < objective <= 1.5 * found.bound


def test_prices_that_prove_less_than_nothing_still_leave_an_answer() -> None:
    # So dear that the bound is below 0: time may run out on such prices.
    dear = Prices(pools=np.full(len(CROWDED.room), 1e6), budgets=np.zeros(len(CROWDED.money)))
    assert bound(CROWDED, dear) < 0
    nothing = np.array([], dtype=np.int64)
    early = Relaxation(columns=nothing, shares=nothing.astype(float), prices=dear, bound=-1.0, is_exact=False)
    found = search.search(CROWDED, early, 0.001, Clock(5))
    assert len(found.placement.columns) > 0
    assert found.bound <= CROWDED.objective(found.placement.columns)


def test_parts_are_placed_anew_until_none_improves(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []

    def one_turn(programme: Programme, placement: Placement, *others: Any) -> bool:
        begun.append(programme.objective(placement.columns))
        assert others[2] == pytest.approx(1.001 * lowest)
        return improve_in_parts(programme, placement, *others)

    monkeypatch.setattr(search, "_FEW", 0)
    monkeypatch.setattr(search, "improve_in_parts", one_turn)
    relaxation = relax(CROWDED, Clock(60))
    lowest = bound(CROWDED, relaxation.prices, CROWDED.whole_room)
    found = search.search(CROWDED, relaxation, 0.001, Clock(60))
    assert len(begun) >= 2
    assert sorted(set(begun), reverse=True) == begun
    assert begun[-1] == pytest.approx(CROWDED.objective(found.placement.columns))


def test_nobody_stays_unplaced_who_fits_where_parts_have_made_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A match of 100,000 had two such pupils: the last part had been placed anew, and nobody looked again."""
    made: list[int] = []

    def make_room(*arguments: Any) -> bool:
        placement: Placement = arguments[1]
        made.append(int(np.nonzero(placement.chosen != UNPLACED)[0][0]))
        put(placement, made[-1], UNPLACED)
        return True

    monkeypatch.setattr(search, "_FEW", 0)
    monkeypatch.setattr(search, "improve_in_parts", make_room)
    found = search.search(CROWDED, relax(CROWDED, Clock(60)), 0.001, Clock(60))
    assert found.placement.chosen[made[0]] != UNPLACED


class Solver:
    """Stands in for the solver: finds these columns, or none, and hears which columns it is given, and for how long."""

    def __init__(self, *answers: list[int] | None, bound: float = -np.inf) -> None:
        self.answers, self.bound = list(answers), bound
        self.given: list[list[int]] = []
        self.left: list[float] = []

    def __call__(self, model: Model, clock: Clock, **_: float) -> Solved:
        self.given.append(model.columns.tolist())
        self.left.append(clock.left())
        answer = self.answers.pop(0) if self.answers else None
        values = None if answer is None else np.isin(model.columns, answer).astype(np.float64)
        return Solved(values=values, bound=self.bound)


def test_the_core_doubles_until_all_that_can_be_better_is_searched_which_has_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solver = Solver()
    monkeypatch.setattr(search, "solve_whole", solver)
    relaxation = relax(CROWDED, Clock(60))
    found = search.search(CROWDED, relaxation, 0.0, Clock(60))
    *cores, everything = solver.given
    assert len(cores) >= 2
    for width, core, wider in zip((2, 4, 8), cores, solver.given[1:], strict=False):
        assert width * 80 <= len(core) < width * 80 + 80
        assert set(core) < set(wider)
    assert all(20 < left <= 30 for left in solver.left[:-1])
    assert 50 < solver.left[-1] <= 60
    gap = CROWDED.objective(found.placement.columns) - bound(CROWDED, relaxation.prices, CROWDED.whole_room)
    assert everything == np.nonzero(search._dearer(CROWDED, relaxation) <= gap)[0].tolist()
    assert len(everything) < len(CROWDED)


def test_a_column_is_dearer_by_what_it_costs_above_its_pupils_best_and_without_end_where_it_does_not_fit() -> None:
    relaxation = relax(CROWDED, Clock(60))
    best = np.repeat(best_reduced_costs(CROWDED, relaxation.prices), np.diff(CROWDED.start))
    dearer, fits = search._dearer(CROWDED, relaxation), CROWDED.use <= CROWDED.whole_room[CROWDED.pool] + 1e-6
    assert dearer[fits] == pytest.approx((reduced_costs(CROWDED, relaxation.prices) - best)[fits])
    assert dearer[fits].min() == pytest.approx(0.0, abs=1e-9)
    assert np.isinf(dearer[~fits]).all()


@pytest.mark.parametrize(
    ("size", "core"), [(1, [0]), (2, [0, 4, 6]), (3, [0, 4, 6]), (4, [0, 4, 6, 8]), (5, [0, 2, 4, 6, 8])]
)
def test_the_core_is_the_cheapest_columns_and_those_as_cheap_as_the_last(size: int, core: list[int]) -> None:
    dearer = np.array([0.0, 0.0, 3.0, 0.0, 1.0, 0.0, 1.0, 0.0, 2.0])
    assert search._core(np.array([0, 2, 4, 6, 8]), dearer, size).tolist() == core


def test_the_core_of_many_columns_is_as_many_as_are_asked_for() -> None:
    dearer = np.random.default_rng(20).permutation(2000).astype(np.float64)  # not sorted around the 400th by chance
    assert search._core(np.arange(2000), dearer, 400).tolist() == np.nonzero(dearer < 400)[0].tolist()


def test_what_the_solver_finds_is_improved_by_exchanges_too(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []

    def unimproved(_: Programme, placement: Placement, *__: object) -> None:
        heard.append(len(placement.columns))

    monkeypatch.setattr(search, "exchange", unimproved)
    monkeypatch.setattr(search, "solve_whole", Solver([], []))
    found = search.search(CROWDED, relax(CROWDED, Clock(60)), 0.0, Clock(60))
    rounded, *others = heard
    assert others == [0, 0]
    assert len(found.placement.columns) == rounded > 0  # and the better of all is the answer


@pytest.mark.parametrize(("of_solver", "is_proven_by_it"), [(-np.inf, False), (-1.0, True)])
def test_the_bound_of_the_last_search_counts_where_it_is_higher(
    monkeypatch: pytest.MonkeyPatch, of_solver: float, *, is_proven_by_it: bool
) -> None:
    relaxation = relax(CROWDED, Clock(60))
    first = search.search(CROWDED, relaxation, 1.0, Clock(60))
    monkeypatch.setattr(search, "solve_whole", Solver(bound=of_solver))
    found = search.search(CROWDED, relaxation, 0.0, Clock(60))
    objective = CROWDED.objective(found.placement.columns)
    assert found.bound == pytest.approx(objective if is_proven_by_it else first.bound)  # never above the objective


def test_columns_that_fit_nobody_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = Solver()
    monkeypatch.setattr(search, "solve_whole", solver)
    relaxation = relax(CROWDED, Clock(60))
    poor = replace(CROWDED, money=np.full_like(CROWDED.money, 40_000))
    search.search(poor, relaxation, 0.0, Clock(60))
    dear = np.nonzero((CROWDED.cost > 40_000) & (CROWDED.la[CROWDED.pupil(np.arange(len(CROWDED)))] >= 0))[0]
    assert len(dear)
    assert not set(solver.given[-1]) & set(dear.tolist())
    solver.given.clear()
    half = np.full_like(CROWDED.room, 0.5)
    small = replace(CROWDED, room=half, whole_room=half)
    search.search(small, relaxation, 0.0, Clock(60))
    large = np.nonzero(CROWDED.use > 0.5)[0]
    assert not set(solver.given[-1]) & set(large.tolist())
    assert set(solver.given[-1]) & set(np.nonzero(CROWDED.use <= 0.5)[0].tolist())

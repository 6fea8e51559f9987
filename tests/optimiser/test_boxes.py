"""The box around the prices: which columns it leaves open, how wide it is, and what of the programme it is given."""

from typing import Any

import numpy as np
import pytest

from benchmarks.region import generate
from optimiser import master
from optimiser.clock import Clock
from optimiser.eligibility import Floats, Ints
from optimiser.master import Relaxation, contested, relax
from optimiser.model import Box, Model, relaxation
from optimiser.prices import ascend
from optimiser.programme import Prices, Programme, best_reduced_costs, bound, reduced_costs
from tests.optimiser.problems import problem, programme_of_choices

LONG = 600.0
CROWDED = programme_of_choices(generate(80, 60, seed=7))
CENTRE = ascend(CROWDED, Clock(LONG))


def widths(by: float) -> Prices:
    random = np.random.default_rng(2)
    return Prices(pools=by * random.uniform(0.5, 1, len(CENTRE.pools)), budgets=np.full(len(CENTRE.budgets), by / 30))


def advantage(p: int, o: int, b: int, centre: Prices, width: Prices) -> float:
    """How far column o may come below column b, or below none, at the prices of the box that are best for o."""
    programme, pools, budgets = CROWDED, centre.pools.copy(), np.append(centre.budgets, 0.0)
    by = np.append(width.budgets, 0.0)
    columns, signs = ([o, b], [1, -1]) if b >= 0 else ([o], [1])
    uses, cost = np.zeros(len(pools)), 0.0
    for each, sign in zip(columns, signs, strict=True):
        uses[programme.pool[each]] += sign * programme.use[each]
        cost += sign * float(programme.cost[each]) / 1000
    pools -= width.pools * np.sign(uses)
    budgets -= by * np.sign(cost)
    gains = sum(sign * programme.gain[each] for each, sign in zip(columns, signs, strict=True))
    return float(-gains - pools @ uses - budgets[programme.la[p]] * cost)


@pytest.mark.parametrize("times", [1.0, 5.0])
@pytest.mark.parametrize("by", [0.0, 1.0, 30.0, 300.0])
def test_a_column_is_open_where_some_prices_in_the_box_put_it_before_the_pupils_best(by: float, times: float) -> None:
    width, centre = widths(by), Prices(pools=CENTRE.pools * times, budgets=CENTRE.budgets * times)
    is_open, fixed = contested(CROWDED, centre, width)
    reduced = reduced_costs(CROWDED, centre)
    for p in range(80):
        columns = np.arange(CROWDED.start[p], CROWDED.start[p + 1])
        b = int(columns[np.argmin(reduced[columns])]) if len(columns) else -1
        b = b if b >= 0 and reduced[b] < 0 else -1
        rivals = [o for o in columns.tolist() if o != b and advantage(p, o, b, centre, width) > 1e-9]
        none_wins = b >= 0 and _least_gain(p, b, centre, width) <= 1e-9
        is_contested = bool(rivals) or none_wins
        assert fixed[p] == (-1 if is_contested else b)
        found = columns[is_open[columns]].tolist()
        assert found == sorted([*rivals, *([b] if is_contested and b >= 0 else [])])


def _least_gain(p: int, b: int, centre: Prices, width: Prices) -> float:
    """What column b is better than none by, at the prices of the box that are worst for it."""
    pools, budgets = centre.pools + width.pools, np.append(centre.budgets + width.budgets, 0.0)
    cost = float(CROWDED.cost[b]) / 1000
    return float(-CROWDED.gain[b] - pools[CROWDED.pool[b]] * CROWDED.use[b] - budgets[CROWDED.la[p]] * cost)


def test_the_next_box_is_twice_as_wide_and_eight_times_where_a_side_was_met() -> None:
    centre, found = (
        Prices(pools=np.array(pools), budgets=np.array([9.0])) for pools in ([5.0, 5.0, 5.0], [6.0, 3.0, 4.9])
    )
    wider = master._next_widths(centre, found, Prices(pools=np.array([1.0, 2.0, 1.0]), budgets=np.array([0.5])))
    assert (wider.pools.tolist(), wider.budgets.tolist()) == ([8, 16, 2], [1])


def test_a_box_is_halved_until_its_columns_are_not_too_many_or_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    width = widths(1_000.0)
    wide, most = (
        np.count_nonzero(contested(CROWDED, CENTRE, Prices(pools=width.pools / by, budgets=width.budgets / by))[0])
        for by in (4, 8)
    )
    assert most < wide
    monkeypatch.setattr(master, "_MOST", most)
    narrow, is_open, fixed = master._narrowed(CROWDED, CENTRE, width, Clock(LONG))
    assert (narrow.pools * 8).tolist() == width.pools.tolist()
    assert (narrow.budgets * 8).tolist() == width.budgets.tolist()
    again, fixed_again = contested(CROWDED, CENTRE, narrow)
    assert (is_open.tolist(), fixed.tolist()) == (again.tolist(), fixed_again.tolist())
    stays, _, _ = master._narrowed(CROWDED, CENTRE, width, Clock(0))
    assert stays is width
    monkeypatch.setattr(master, "_MOST", -1)
    narrow, _, _ = master._narrowed(CROWDED, CENTRE, width, Clock(LONG))
    assert narrow.pools == pytest.approx(width.pools / 2**20)


def test_the_box_is_given_what_the_fixed_pupils_leave_and_no_price_below_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[tuple[Ints, Floats, Floats, Box]] = []

    def heard(programme: Programme, columns: Ints, room: Floats, money: Floats, box: Box) -> Model:
        given.append((columns, room, money, box))
        return relaxation(programme, columns, room, money, box)

    monkeypatch.setattr(master, "relaxation", heard)
    width = widths(20.0)
    is_open, fixed = contested(CROWDED, CENTRE, width)
    solve: Any = (CROWDED, CENTRE, width, is_open, fixed)
    found = master._solve_box(*solve, Clock(LONG))
    assert found is not None
    columns, room, money, box = given[0]
    assert columns.tolist() == np.nonzero(is_open)[0].tolist()
    left, funds = CROWDED.room.copy(), CROWDED.money / 1000
    for p in np.nonzero(fixed >= 0)[0]:
        left[CROWDED.pool[fixed[p]]] -= CROWDED.use[fixed[p]]
        if CROWDED.la[p] >= 0:
            funds[CROWDED.la[p]] -= CROWDED.cost[fixed[p]] / 1000
    assert (room, money) == (pytest.approx(left), pytest.approx(funds))
    assert len(fixed[fixed >= 0])
    for low, high, at, by in (
        (box.low.pools, box.high.pools, CENTRE.pools, width.pools),
        (box.low.budgets, box.high.budgets, CENTRE.budgets, width.budgets),
    ):
        assert low.tolist() == (at - by).clip(0).tolist()
        assert high.tolist() == (at + by).tolist()
    assert (found.shares > 1e-6).all()
    assert (np.diff(found.columns) > 0).all()
    assert set(fixed[fixed >= 0].tolist()) <= set(found.columns.tolist())
    assert master._solve_box(*solve, Clock(0)) is None
    monkeypatch.setattr(master, "_MOST", len(columns) - 1)
    assert master._solve_box(*solve, Clock(LONG)) is None


@pytest.mark.parametrize("is_large", [False, True])
def test_without_time_everybody_wants_the_best_column_at_the_prices_there_are(
    monkeypatch: pytest.MonkeyPatch, *, is_large: bool
) -> None:
    monkeypatch.setattr(master, "_SMALL", 0 if is_large else len(CROWDED))
    found = relax(CROWDED, Clock(0), CENTRE)
    prices = CENTRE if is_large else Prices.none(CROWDED)
    reduced, best = reduced_costs(CROWDED, prices), best_reduced_costs(CROWDED, prices)
    assert not found.is_exact
    assert found.prices.pools.tolist() == prices.pools.tolist()
    assert CROWDED.pupil(found.columns).tolist() == np.nonzero(best < 0)[0].tolist()
    assert reduced[found.columns] == pytest.approx(best[best < 0])
    assert found.shares.tolist() == [1] * len(found.columns)


@pytest.mark.usefixtures("as_if_large")
def test_the_first_column_of_all_can_be_the_best_too() -> None:
    lone = programme_of_choices(problem())
    assert relax(lone, Clock(0), Prices.none(lone)).columns.tolist() == [0]


@pytest.mark.usefixtures("as_if_large")
def test_prices_that_climb_on_to_worse_ones_are_not_followed_but_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[Prices | None] = []

    def solved(programme: Programme, centre: Prices, *others: Any) -> Relaxation | None:
        steps.append(centre)
        return solve_box(programme, centre, *others)

    def worse(programme: Programme, *_: object) -> Prices:
        steps.append(None)
        return Prices.none(programme)

    solve_box = master._solve_box
    monkeypatch.setattr(master, "_solve_box", solved)
    monkeypatch.setattr(master, "ascend", worse)
    monkeypatch.setattr(master, "_WIDTH", 0.001)
    monkeypatch.setattr(master, "_MOST", 60)
    relax(CROWDED, Clock(LONG), CENTRE)
    at = steps.index(None)
    assert len(steps) > at + 1
    bounds = [bound(CROWDED, centre) for centre in steps if centre is not None]
    assert min(bounds) == bounds[0] == bound(CROWDED, CENTRE)


def test_shares_of_nothing_are_left_out_and_the_rest_put_in_order() -> None:
    found = master._relaxation(CROWDED, np.array([7, 3, 5]), np.array([0.5, 1.0, 1e-9]), CENTRE, is_exact=True)
    assert (found.columns.tolist(), found.shares.tolist()) == ([3, 7], [1.0, 0.5])


@pytest.mark.usefixtures("as_if_large")
def test_what_a_round_gains_is_kept_and_an_optimum_is_known_as_one_where_prices_were_there_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = relax(CROWDED, Clock(LONG), CENTRE)
    again = relax(CROWDED, Clock(LONG), exact.prices)
    assert exact.is_exact
    assert again.is_exact
    assert again.bound == pytest.approx(exact.bound, rel=1e-12)
    monkeypatch.setattr(master, "_ROUNDS", 1)
    monkeypatch.setattr(master, "_WIDTH", 0.001)
    once = relax(CROWDED, Clock(LONG), CENTRE)
    assert not once.is_exact
    assert bound(CROWDED, CENTRE) < once.bound < exact.bound

"""The ascent, step by step: what sets its pace, soft choices and their curvature, one step, and its stages."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.region import generate
from optimiser import Problem
from optimiser.clock import Clock, Progress
from optimiser.eligibility import Floats
from optimiser.prices import Pupils, _step, ascend, climb, shares
from optimiser.programme import Prices, Programme, bound, reduced_costs
from optimiser.scale import FAST, SLOW, Scale, box_widths, scale_of
from tests.optimiser.problems import programme_of_choices

LONG = 600.0
NONE = programme_of_choices(Problem())
CROWDED = programme_of_choices(generate(80, 60, seed=7))
SMALL = Programme(  # the second pupil has no column, nobody one of the third pool; the third pupil draws on no budget
    members=np.arange(3),
    unplaced=np.full(3, 100.0),
    la=np.array([0, 1, -1]),
    start=np.array([0, 2, 2, 3]),
    option=np.arange(3, dtype=np.int32),
    pool=np.array([0, 1, 0], dtype=np.int32),
    use=np.array([0.25, 2.0, 0.5]),
    cost=np.array([3_000, 5_000, 1_000]),
    gain=np.array([-10.0, -20.0, -6.0]),
    room=np.array([1.0, 1.0, 1.0]),
    whole_room=np.array([1.0, 1.0, 1.0]),
    money=np.array([2_000, 500]),
)
DIFFERENCE = 10 / 3


def some_prices(programme: Programme) -> Prices:
    random = np.random.default_rng(1)
    return Prices(pools=random.uniform(0, 90, len(programme.room)), budgets=random.uniform(0, 9, len(programme.money)))


def smoothed(programme: Programme, prices: Prices, temperature: float) -> float:
    """D_t as the module's docstring has it."""
    weights = np.exp(-reduced_costs(programme, prices) / temperature)
    wishes = np.bincount(programme.pupil(np.arange(len(programme))), weights, minlength=len(programme.members))
    amounts = prices.pools @ programme.room + prices.budgets @ programme.money / 1000
    return float(programme.unplaced.sum() - temperature * np.log1p(wishes).sum() - amounts)


@pytest.mark.parametrize("temperature", [30.0, 100.0])
def test_what_soft_choices_use_and_spend_is_the_slope_of_the_smoothed_dual(temperature: float) -> None:
    prices = some_prices(CROWDED)
    use, _, spent, _ = shares(CROWDED, prices, temperature)

    def slope(name: str, at: int) -> float:
        one = np.where(np.arange(len(getattr(prices, name))) == at, 1e-4, 0.0)
        more, less = (replace(prices, **{name: getattr(prices, name) + by}) for by in (one, -one))
        return (smoothed(CROWDED, more, temperature) - smoothed(CROWDED, less, temperature)) / 2e-4

    for k in range(0, len(use), 5):
        assert use[k] - CROWDED.room[k] == pytest.approx(slope("pools", k), rel=0, abs=1e-4)
    for la in range(len(spent)):
        assert spent[la] - CROWDED.money[la] / 1000 == pytest.approx(slope("budgets", la), rel=0, abs=1e-4)


def test_the_curvature_is_how_what_soft_choices_use_and_spend_falls_as_the_price_rises() -> None:
    prices = Prices(pools=np.array([2.0, 3.0, 1.0]), budgets=np.array([0.5, 0.2]))
    _, bend, _, spent_bend = shares(SMALL, prices, 7.0)
    for k in range(3):
        step = np.where(np.arange(3) == k, 1e-4, 0.0)
        more, less = (shares(SMALL, replace(prices, pools=prices.pools + by), 7.0)[0][k] for by in (step, -step))
        assert bend[k] == pytest.approx((less - more) / 2e-4, rel=1e-6)
    for la in range(2):
        step = np.where(np.arange(2) == la, 1e-4, 0.0)
        more, less = (shares(SMALL, replace(prices, budgets=prices.budgets + by), 7.0)[2][la] for by in (step, -step))
        assert spent_bend[la] == pytest.approx((less - more) / 2e-4, rel=1e-6)


def test_the_scale_of_three_columns_by_hand() -> None:
    scale = scale_of(SMALL)
    assert (scale.largest, scale.gain, scale.distance, scale.columns) == (20, 36, 10, 3)
    assert (scale.use.tolist(), scale.count.tolist()) == ([0.75, 2, 0], [2, 1, 0])
    assert scale.difference == pytest.approx(DIFFERENCE)
    assert scale.usual_use.tolist() == [0.375, 2, 1]
    widths = box_widths(SMALL, 30.0)
    assert widths.pools == pytest.approx(DIFFERENCE / 100 / scale.usual_use)
    assert widths.budgets == pytest.approx(DIFFERENCE / 100 / np.array([4.0, 1.0]))


def test_columns_that_do_not_differ_count_as_if_they_did_by_a_thousandth_of_their_gain() -> None:
    alike = replace(scale_of(SMALL), distance=0.0)
    assert alike.difference == pytest.approx(0.012)


def test_where_there_are_no_columns_nothing_is_climbed() -> None:
    scale = scale_of(NONE)
    assert (scale.largest, scale.gain, scale.distance, scale.difference) == (0, 0, 0, 0)
    assert scale.temperatures(FAST) == scale.temperatures(SLOW, is_near=True) == []


def test_temperatures_fall_from_the_scale_of_the_gains_or_of_the_differences_to_the_coldest() -> None:
    scale = scale_of(SMALL)
    for stages, first, cooling in (
        (scale.temperatures(FAST), 20 / 16, 3),
        (scale.temperatures(SLOW, is_near=True), DIFFERENCE, 2),
    ):
        assert stages == pytest.approx([first / cooling**at for at in range(len(stages))])
        assert stages[-1] <= DIFFERENCE / 3000 < stages[-2]
    assert len(replace(scale, largest=1e30).temperatures(FAST)) == 24


def test_one_step_is_what_slope_and_curvature_call_for_no_longer_than_the_longest_and_never_below_nothing() -> None:
    surplus = np.array([4.0, -4.0, 400.0, -400.0, 3.0, -3.0, 0.0, -400.0, 4.0])
    bend = np.array([2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 2.0, 2.0])
    prices = np.array([50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 0.5, 0.0])
    speed = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.8])
    moved, kept = _step(prices, speed, surplus, bend, np.full(9, 10.0))
    assert moved == pytest.approx([51.8, 50.2, 54, 46, 54, 46, 46, 0, 0])
    assert kept == pytest.approx([1.8, 0.2, 4, -4, 4, -4, -4, 0, 0])


class Line:
    """A demand for two pools: of the first it uses 10 less twice the price, of the second 5 at any price."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self.asked: list[tuple[list[float], float, float]] = []

    def scale(self) -> Scale:
        return self._scale

    def sweep(self, pools: Floats, temperature: float, momentum: float) -> tuple[Floats, Floats]:
        self.asked.append((pools.tolist(), temperature, momentum))
        return np.array([10 - 2 * pools[0], 5.0]), np.array([2.0, 0.0])

    def bound(self, pools: Floats) -> float:
        return 100.0 + float(pools.sum())


@pytest.fixture
def line() -> Line:
    return Line(
        Scale(largest=1_600.0, gain=1.0, distance=600.0, columns=2, use=np.array([1.0, 2.0]), count=np.array([1, 1]))
    )


def test_prices_gain_momentum_within_a_temperature_and_none_from_one_to_the_next(line: Line) -> None:
    climb(line, np.array([4.0, 6.0]), Clock(LONG))
    prices = [pools[0] for pools, _, _ in line.asked]
    assert prices[:3] == pytest.approx([0, 1.2, 1.2 + 0.8 * 1.2 + 0.4 * 1.8])
    assert prices[21] - prices[20] == pytest.approx(0.4 * (3 - prices[20]))
    assert {pools[1] for pools, _, _ in line.asked} == {0.0}
    assert prices[-1] == pytest.approx(3.0, abs=0.1)
    assert [(heat, pace) for _, heat, pace in line.asked] == [
        (heat, 0.8) for heat in line.scale().temperatures(FAST) for _ in range(20)
    ]


def test_where_nothing_bends_a_price_moves_by_so_many_temperatures(line: Line) -> None:
    climb(line, np.array([4.0, 4.0]), Clock(LONG))
    assert line.asked[1][0][1] == pytest.approx(0.4 * 3 * 100 / 2)


def test_prices_that_are_near_climb_on_from_there_in_smaller_and_more_steps(line: Line) -> None:
    climb(line, np.array([4.0, 6.0]), Clock(LONG), np.array([2.0, 0.0]))
    assert line.asked[0][0] == [2.0, 0.0]
    assert [(heat, pace) for _, heat, pace in line.asked] == [
        (heat, 0.9) for heat in line.scale().temperatures(SLOW, is_near=True) for _ in range(40)
    ]


def test_the_bound_of_each_temperature_is_told_with_the_term_of_the_pools(line: Line) -> None:
    heard: list[Progress] = []
    clock = Clock(LONG, heard.append)
    pools = climb(line, np.array([4.0, 6.0]), clock)
    clock.report()
    assert heard[-1].bound == pytest.approx(100 + pools.sum() - pools @ [4, 6])


def test_without_time_the_prices_stay_where_they_are(line: Line) -> None:
    assert climb(line, np.array([4.0, 6.0]), Clock(0)).tolist() == [0, 0]
    prices = some_prices(CROWDED)
    stayed = ascend(CROWDED, Clock(0), prices)
    assert (stayed.pools.tolist(), stayed.budgets.tolist()) == (prices.pools.tolist(), prices.budgets.tolist())
    assert line.asked == []


def test_the_prices_of_budgets_take_the_same_steps_beside_those_of_the_pools() -> None:
    pools, pupils = np.zeros(3), Pupils(SMALL)
    longest = 3 * 7 / np.array([4.0, 1.0])
    expected, speed = np.zeros(2), np.zeros(2)
    for heat, kept in ((7.0, 0.0), (7.0, 0.8), (7.0, 0.8), (5.0, 0.0), (5.0, 0.8)):
        use, bend, spent, spent_bend = shares(SMALL, Prices(pools=pools, budgets=expected), heat)
        expected, speed = _step(expected, kept * speed, spent - [2.0, 0.5], spent_bend, longest * heat / 7)
        found = pupils.sweep(pools, heat, 0.8)
        assert [each.tolist() for each in found] == [use.tolist(), bend.tolist()]
        assert pupils.budgets == pytest.approx(expected)
    assert expected[0] > 0
    whole = bound(SMALL, Prices(pools=np.full(3, 2.0), budgets=pupils.budgets))
    assert pupils.bound(np.full(3, 2.0)) == pytest.approx(whole + 6.0)

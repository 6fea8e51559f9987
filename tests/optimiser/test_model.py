"""The models that the solver is given: within a box of prices, and of whole answers."""

import numpy as np
import pytest

from optimiser import Budget
from optimiser.clock import Clock
from optimiser.highs import Relaxed, solve_relaxation, solve_whole
from optimiser.model import Box, relaxation, whole
from optimiser.programme import Prices, Programme
from tests.optimiser.problems import problem, programme_of_choices, pupil

LOST = (16000 - 18.798, 4000 - 18.798)  # by the pupils when they are unplaced


def two(amount: float, budget: int | None = None) -> Programme:
    """Two pupils who cost £47,980 each, and a pool."""
    budgets = () if budget is None else (Budget(la="901", budget=budget),)
    return programme_of_choices(
        problem((pupil(pupil="P1", priority=1), pupil(pupil="P2")), amount=amount, budgets=budgets)
    )


def boxed(programme: Programme, pools: tuple[float, float], budgets: tuple[float, float] | None = None) -> Relaxed:
    """The relaxation with the price of the pool, and of the budget, between these."""
    low, high = (
        Prices(pools=np.array([pools[at]]), budgets=np.array([budgets[at]] if budgets else [])) for at in (0, 1)
    )
    model = relaxation(programme, np.arange(2), programme.room, programme.money / 1000, Box(low=low, high=high))
    found = solve_relaxation(model, Prices.none(programme), Clock(60))
    assert found is not None
    return found


def test_a_price_that_would_be_above_the_box_is_at_its_high_side_and_the_amount_is_exceeded() -> None:
    found = boxed(two(1.0), (0.0, 100.0))
    assert found.prices.pools == pytest.approx([100.0])
    assert found.values == pytest.approx([1.0, 1.0])
    assert found.beyond == pytest.approx(1.0)


def test_a_price_that_would_be_below_the_box_is_at_its_low_side_and_of_the_amount_some_is_left() -> None:
    found = boxed(two(1.5), (15_990.0, 16_000.0))
    assert found.prices.pools == pytest.approx([15_990.0])
    assert found.values == pytest.approx([0.0, 0.0])
    assert found.beyond == pytest.approx(1.5)


def test_a_price_within_the_box_is_that_without_one() -> None:
    found = boxed(two(1.5), (3_000.0, 5_000.0))
    assert found.prices.pools == pytest.approx([LOST[1]])
    assert found.values == pytest.approx([1.0, 0.5])
    assert found.beyond == 0


def test_what_is_left_at_no_price_binds_nothing() -> None:
    found = boxed(two(5.0), (0.0, 100.0))
    assert found.prices.pools == pytest.approx([0.0])
    assert found.beyond == 0


def test_the_price_of_a_budget_is_for_a_thousand_pounds_and_kept_in_its_box_too() -> None:
    one_and_a_half = 71_970
    found = boxed(two(5.0, one_and_a_half), (0.0, 1.0), (0.0, 1_000.0))
    assert found.prices.budgets == pytest.approx([LOST[1] / 47.98])
    assert found.beyond == 0
    found = boxed(two(5.0, one_and_a_half), (0.0, 1.0), (0.0, 10.0))
    assert found.prices.budgets == pytest.approx([10.0])
    assert found.beyond == pytest.approx(47.98 / 2)


@pytest.mark.parametrize(
    ("amount", "budget", "chosen", "objective"),
    [
        (2.0, None, [1.0, 1.0], -sum(LOST)),
        (1.0, None, [1.0, 0.0], -LOST[0]),
        (2.0, 95_960, [1.0, 1.0], -sum(LOST)),
        (2.0, 95_959, [1.0, 0.0], -LOST[0]),
        (2.0, 47_979, [0.0, 0.0], 0.0),
    ],
)
def test_the_best_whole_answer_is_within_room_and_money(
    amount: float, budget: int | None, chosen: list[float], objective: float
) -> None:
    programme = two(amount, budget)
    found = solve_whole(whole(programme, np.arange(2), programme.room, programme.money), Clock(60), gap=0.0)
    assert found.values == pytest.approx(chosen)
    assert found.bound == pytest.approx(objective)

"""What whole uses of a pool can add up to, and what columns and pupils count at given prices."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser import Pool, Problem, match
from optimiser.programme import Prices, Uses, added_up, best_reduced_costs, bound, largest_whole_uses, reduced_costs
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, programme_of_choices, provision, pupil


def largest_sum(uses: list[float], amount: float) -> float:
    """Of one pool with such columns."""
    table = Uses(np.zeros(len(uses), dtype=np.int32), np.array(uses), np.ones(len(uses), dtype=np.int32))
    return float(largest_whole_uses(added_up([table]), np.array([amount]))[0])


@pytest.mark.parametrize(
    ("uses", "amount", "most"),
    [
        ([2.0, 3.0, 5.0, 5.0], 5.5, 5.0),
        ([2.0, 3.5], 1.9, 0.0),
        ([0.3] * 12, 3.0, 3.0),
        ([0.3] * 12, 3.5, 3.3),
        ([1.0, 0.4], 3.0, 3.0),  # room for both
        ([1.0, 1.0, 1.0, 0.4], 3.0, 3.0),
        ([2.35, 2.35], 3.0, 2.35),
        ([1 / 3, 1 / 3, 1 / 3], 0.5, 0.5),  # too fine to be counted
        ([], 4.0, 4.0),
        ([1.0, 1.0, 1.0, 1.0, 3.0], 5.0, 5.0),  # two of the four beside the one
        ([3.0] * 30_000, 80_000.5, 79_998.0),  # by the common measure
    ],
)
def test_the_largest_sum_of_whole_uses(uses: list[float], amount: float, most: float) -> None:
    assert largest_sum(uses, amount) == pytest.approx(most)


@given(
    st.lists(st.sampled_from([0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 3.0]), max_size=7),
    st.integers(0, 120).map(lambda tenths: tenths / 10),
)
def test_no_whole_uses_within_the_amount_add_up_to_more(uses: list[float], amount: float) -> None:
    sums = [sum(some) for size in range(len(uses) + 1) for some in itertools.combinations(uses, size)]
    most = max(total for total in sums if total <= amount + 1e-6)
    found = largest_sum(uses, amount)
    assert most <= found + 1e-6
    assert found <= amount
    if sum(uses) > amount + 1e-6:
        assert found == pytest.approx(most)


def test_the_room_of_each_pool_is_what_its_own_whole_pupils_can_use() -> None:
    offers = (provision(), provision(provision="V2", kind="porous", sessions=4, pool="K2"))
    pools = tuple(Pool(pool=name, setting="100001", unit="places", amount=0.5) for name in ("K1", "K2", "K3"))
    pupils = tuple(pupil(pupil=f"P{i}", options=("full", "porous")) for i in range(3))
    programme = programme_of_choices(problem(pupils, offers, pools=pools).ordered())
    assert programme.whole_room == pytest.approx([0.0, 0.4, 0.5])


@settings(max_examples=40)
@given(problems(pupils=10, provisions=6), st.integers(1, 9))
def test_any_prices_prove_the_bound_of_the_formula(source: Problem, scale: int) -> None:
    source = replace(source.ordered(), pupils=tuple(replace(row, locked="", request="") for row in source.pupils))
    programme = programme_of_choices(source)
    prices = Prices(
        pools=np.arange(len(programme.room)) * 70.0 * scale, budgets=np.arange(1.0, len(programme.money) + 1) * scale
    )
    _, phase = oracle.phases(source, match(source))
    by_pool = dict(zip((row.pool for row in source.pools), prices.pools, strict=True))
    by_la = dict(zip((row.la for row in source.budgets), prices.budgets, strict=True))
    assert bound(programme, prices) == pytest.approx(oracle.bound_at(phase, by_pool, by_la))
    least = np.zeros(len(programme.members))
    np.minimum.at(least, programme.pupil(np.arange(len(programme))), reduced_costs(programme, prices))
    assert best_reduced_costs(programme, prices) == pytest.approx(least)

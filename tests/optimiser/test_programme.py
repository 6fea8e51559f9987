"""What whole uses of a pool can add up to."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.programme import Uses, added_up, largest_whole_uses


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

"""Axes start from zero, hold every value and are marked at round amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.web.charts import axis


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([6_400_000, 4_215_000], (0, 2_000_000, 4_000_000, 6_000_000, 8_000_000)),
        ([0.3, 0.9], (0, 0.25, 0.5, 0.75, 1)),
        ([-1_250_000, 870_000], (-2_000_000, -1_000_000, 0, 1_000_000)),
        ([], (0, 1)),
        ([0, 0], (0, 1)),
    ],
)
def test_marks_fall_on_round_amounts(values: list[float], marks: tuple[float, ...]) -> None:
    assert axis(values).marks == pytest.approx(marks)


amounts = st.lists(st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-6), max_size=8)


@given(amounts)
def test_every_axis_holds_zero_and_every_value_in_at_most_four_intervals(values: list[float]) -> None:
    scale = axis(values)
    assert all(0 <= scale.at(value) <= 100 for value in [0, *values])
    assert 2 <= len(scale.marks) <= 5


def test_a_bar_below_zero_runs_from_zero_to_its_value() -> None:
    scale = axis([-10, 10])
    assert scale.length(-5) == 25
    assert scale.at(-5) == 25

"""The charts of the report, worked out by hand: how long bars are, and where columns, bounds and marks stand."""

import pytest

from optimiser.report_charts import Histogram, bars, histogram


def chart(values: list[float]) -> Histogram:
    return histogram(values, exact=lambda bound: f"{bound:g} km", short=lambda bound: f"{bound:g}")


def test_the_longest_bar_is_as_wide_as_the_chart_and_its_parts_follow_each_other() -> None:
    drawn = bars([("a", (1.0, 3.0), ("x",), ("4",)), ("b", (2.0,), (), ()), ("c", (), (), ())])
    assert [(bar.label, bar.parts, bar.texts, bar.numbers) for bar in drawn] == [
        ("a", (25.0, 75.0), ("x",), ("4",)),
        ("b", (50.0,), (), ()),
        ("c", (), (), ()),
    ]


def test_a_chart_that_is_longer_than_its_bars_and_one_of_nothing() -> None:
    assert [bar.parts for bar in bars([("a", (0.5,), (), ())], at_least=1.0)] == [(50.0,)]
    assert [bar.parts for bar in bars([("a", (3.0,), (), ())], at_least=1.0)] == [(100.0,)]
    assert [bar.parts for bar in bars([("a", (0.0,), (), ())])] == [(0.0,)]
    assert [bar.parts for bar in bars([("a", (1 / 3, 2 / 3), (), ())])] == [(33.33, 66.67)]
    assert bars([]) == []


def test_columns_of_a_round_width_cover_the_values_and_the_marks_reach_their_height() -> None:
    drawn = chart([float(value) for value in reversed(range(100))])
    assert [(column.label, column.count, column.share) for column in drawn.columns] == [
        (f"{low} km to under {low + 10} km", 10, "10%") for low in range(0, 100, 10)
    ]
    first, second = drawn.columns[:2]
    assert (first.x, first.width, first.y, first.height) == (12.2, 8.4, 28.0, 200.0)
    assert second.x == 21.0
    assert [(tick.at, tick.label, tick.rank) for tick in drawn.up] == [
        (228.0, "0", 0),
        (128.0, "5", 0),
        (28.0, "10", 0),
    ]
    assert [(tick.at, tick.label) for tick in drawn.across][::10] == [(12.0, "0"), (100.0, "100")]
    assert [tick.rank for tick in drawn.across] == [0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1]


def test_a_column_is_as_high_as_its_pupils() -> None:
    low, high = chart([0.0, *[1.0] * 7]).columns[:2]
    assert (low.count, low.share, low.y, low.height) == (1, "12%", 203.0, 25.0)
    assert (high.count, high.share, high.y, high.height) == (7, "88%", 53.0, 175.0)
    assert chart([0.0, 1.0, 1.0, 1.0]).columns[0].height == 66.7


def test_few_values_far_beyond_the_others_share_an_open_column() -> None:
    drawn = chart([1.0] * 49 + [5.0] * 49 + [100.0] * 2)
    assert [column.label for column in drawn.columns[-2:]] == ["5 km to under 6 km", "6 km and over"]
    assert [column.count for column in drawn.columns] == [0, 49, 0, 0, 0, 49, 2]
    assert [tick.label for tick in drawn.across] == ["0", "1", "2", "3", "4", "5", "6+"]
    assert [tick.rank for tick in drawn.across] == [0, 1, 1, 1, 0, 1, 0]
    assert chart([1.0] * 97 + [100.0] * 3).columns[-1].label == "100 km to under 110 km"


def test_the_bound_before_an_open_column_makes_room_for_its_words() -> None:
    fewest = chart([1.0] * 49 + [6.0] * 49 + [7.0] * 2)
    assert [tick.rank for tick in fewest.across] == [0, 1, 1, 1, 0, 1, 1, 0]
    assert fewest.columns[-1].count == 2  # a value at the bound is over it
    many = chart([1.0] * 49 + [8.0] * 49 + [20.0] * 2)
    assert [tick.rank for tick in many.across] == [0, 2, 1, 2, 0, 2, 1, 2, 2, 0]


def test_a_value_at_a_bound_stands_above_it_and_one_below_zero_at_zero() -> None:
    drawn = chart([-3.0, 0.5, 1.0, 2.0])
    assert [column.count for column in drawn.columns] == [2, 1, 1]
    assert [column.share for column in drawn.columns] == ["50%", "25%", "25%"]


@pytest.mark.parametrize(
    ("most", "bound"), [(11.9, "1"), (12.0, "2"), (23.9, "2"), (24.0, "5"), (59.0, "5"), (60.0, "10"), (120.0, "20")]
)
def test_there_are_at_most_twelve_columns_before_the_open_one(most: float, bound: str) -> None:
    assert chart([0.0, most]).across[1].label == bound


@pytest.mark.parametrize(
    ("pupils", "marks"),
    [
        (1, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (5, ["0", "2", "4", "6"]),
        (24, ["0", "5", "10", "15", "20", "25"]),
        (2_500, ["0", "1,000", "2,000", "3,000"]),
    ],
)
def test_there_are_few_marks_of_round_numbers_up_to_the_highest_column(pupils: int, marks: list[str]) -> None:
    assert [tick.label for tick in chart([0.0] * pupils).up] == marks


def test_a_chart_of_nobody_has_one_empty_column() -> None:
    drawn = chart([])
    (column,) = drawn.columns
    assert (column.label, column.count, column.share) == ("0 km to under 1 km", 0, "0%")
    assert (column.x, column.width, column.y, column.height) == (12.2, 87.6, 228.0, 0.0)
    assert [tick.label for tick in drawn.across] == ["0", "1"]
    assert [tick.label for tick in drawn.up] == ["0", "1"]

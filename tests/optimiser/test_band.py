"""The band of a profile of four levels."""

import pytest

from optimiser.band import band_index
from optimiser.problem import BANDS, Levels


@pytest.mark.parametrize(
    ("levels", "band", "without"),
    [
        ((0, 0, 0, 0), "universal", "universal"),
        ((0, 1, 0, 0), "mild", "mild"),
        ((1, 1, 1, 1), "mild", "mild"),
        ((2, 1, 1, 0), "moderate", "moderate"),
        ((2, 0, 2, 0), "intensive", "moderate"),
        ((3, 2, 2, 2), "intensive", "intensive"),
        ((0, 3, 3, 3), "profound", "intensive"),
        ((4, 4, 0, 0), "exceptional", "profound"),
        ((5, 0, 0, 0), "exceptional", "exceptional"),
        ((5, 5, 5, 5), "exceptional", "exceptional"),
    ],
)
def test_the_band_is_the_highest_level_and_one_more_where_two_stand_there_from_moderate(
    levels: Levels, band: str, without: str
) -> None:
    assert BANDS[band_index(levels, co_occurrence=True)] == band
    assert BANDS[band_index(levels, co_occurrence=False)] == without

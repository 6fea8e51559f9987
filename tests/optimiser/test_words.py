"""Amounts and shadow prices in words."""

import pytest

from optimiser.words import amount, each, one_more_is_worth, pounds, some


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (14.0, "14"), (2.5, "2.5"), (0.4, "0.4"), (100.0, "100"), (1234.5678, "1,234.568")]
)
def test_a_number_has_no_needless_digits(value: float, words: str) -> None:
    assert amount(value) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "places", "0 places"),
        (0.4, "places", "0.4 of a place"),
        (1, "places", "1 place"),
        (1.5, "places", "1.5 places"),
        (2, "places", "2 places"),
        (0.5, "hours", "0.5 hours a week"),
        (1, "hours", "1 hour a week"),
        (17.5, "hours", "17.5 hours a week"),
    ],
)
def test_so_many_places_or_hours(value: float, unit: str, words: str) -> None:
    assert some(value, unit) == words


def test_a_price_is_for_its_unit() -> None:
    assert (each("places"), each("hours")) == ("a place", "an hour a week")
    assert one_more_is_worth(1234.5, "places") == "one more place is worth 1,234.500 km-equivalents"
    assert one_more_is_worth(0.25, "hours") == "one more hour a week is worth 0.250 km-equivalents"
    assert pounds(47_980) == "£47,980"


def test_a_unit_that_has_no_words_is_named_as_it_is() -> None:
    assert (each("beds"), some(1, "beds")) == ("one of beds", "1")
    assert one_more_is_worth(2.0, "beds") == "one more of beds is worth 2.000 km-equivalents"

"""Values are written the way plain British English writes them."""

from datetime import UTC, date, datetime
from enum import Enum

import pytest

from marketplace.web import formats


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("pence", "text"),
    [(4_800_000, "£48,000"), (65_360, "£653.60"), (5, "£0.05"), (0, "£0"), (-120_000, "−£1,200"), (-1, "−£0.01")],
)
def test_pounds_show_pence_only_where_there_are_any(pence: int, text: str) -> None:
    assert formats.pounds(pence) == text


@pytest.mark.parametrize(
    ("pence", "text"), [(65_360, "£654"), (50, "£1"), (49, "£0"), (-49, "£0"), (-50, "−£1"), (6_400_000, "£64,000")]
)
def test_tables_round_to_whole_pounds_half_away_from_zero(pence: int, text: str) -> None:
    assert formats.whole_pounds(pence) == text


@pytest.mark.parametrize(
    ("pence", "text"),
    [(4_800_000, "£48k"), (250_000_000, "£2.5m"), (75_000, "£750"), (0, "£0"), (-1_250_000, "−£12.5k")],
)
def test_charts_shorten_pounds_to_thousands_and_millions(pence: int, text: str) -> None:
    assert formats.short_pounds(pence) == text


def test_a_money_box_shows_what_was_typed_unchanged_and_stored_pence_as_pounds() -> None:
    assert formats.typed_pounds("forty-eight") == "forty-eight"
    assert formats.typed_pounds(4_800_050) == "48,000.50"
    assert formats.typed_pounds(None) == ""


def test_a_day_is_written_out() -> None:
    assert formats.day(date(2027, 3, 3)) == "3 March 2027"


def test_a_moment_is_told_on_the_london_clock_in_summer() -> None:
    late = datetime(2027, 6, 30, 23, 5, tzinfo=UTC)
    assert formats.moment(late) == "1 July 2027 at 12:05am"
    assert formats.day(late) == "1 July 2027"


def test_noon_is_twelve_in_the_afternoon() -> None:
    assert formats.moment(datetime(2027, 1, 4, 12, 0, tzinfo=UTC)) == "4 January 2027 at 12:00pm"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        formats.moment(datetime(2027, 1, 4, 12, 0))  # noqa: DTZ001 (what the guard is for)


@pytest.mark.parametrize(
    ("value", "text"),
    [(35, "35 minutes"), (60, "1 hour"), (65.4, "1 hour 5 minutes"), (0, "0 minutes"), (1, "1 minute")],
)
def test_lengths_of_time_are_in_words(value: float, text: str) -> None:
    assert formats.minutes(value) == text


def test_measures_and_counts_carry_their_units() -> None:
    assert formats.km(12.345) == "12.3 km"
    assert formats.number(4472) == "4,472"
    assert formats.number(0.45) == "0.45"
    assert formats.number(100.0) == "100"
    assert formats.percent(0.62) == "62%"
    assert formats.counted(1, "authority", "authorities") == "1 authority"
    assert formats.counted(1204, "place") == "1,204 places"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (Colour.RED, "red"), (True, "true"), (date(2027, 9, 1), "2027-09-01"), (7, "7")]
)
def test_a_form_control_carries_any_kind_of_value(value: object, text: str) -> None:
    assert formats.control(value) == text

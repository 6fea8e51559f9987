"""What people type into a grid of prices, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from marketplace.errors import Invalid
from marketplace.models import Band, Discipline, Part
from marketplace.schemas.base import PoundsField
from marketplace.schemas.schedules import GridSchema, HoursField, PercentField, RaiseSchema, WeeksField
from marketplace.web import forms
from marketplace.web.formats import typed_pounds


def grid(schema: type[Schema] = GridSchema, **boxes: str) -> dict[str, Any]:
    """Read a grid as a page sends it; `lines_12_…` stands for "lines-12-…"."""
    return forms.read(
        schema, {"version": "3", "starts_on": "1/9/2027", **{k.replace("__", "-"): v for k, v in boxes.items()}}
    )


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("£1,200.50", 120_050),
        ("1200", 120_000),
        ("1,200", 120_000),
        (" £ 48,000 ", 4_800_000),
        ("0", 0),
        ("1,000,000", 100_000_000),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, pence: int) -> None:
    assert PoundsField().deserialize(typed) == pence


@pytest.mark.parametrize(
    "typed",
    ["1.2k", "-5", "1,20", "abc", "1e9", "٣", "٣٠٠", "1.5", "1,200.5", "1.234", "12,00,000", "£", "1 200", "1,0000",
     "nan", "£-5", "1,000,000,000", "9999999999", "1,200\n1"],
)  # fmt: skip
def test_an_amount_that_could_be_read_in_two_ways_is_refused_with_the_way_to_write_it(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"Enter an amount in pounds, like 48,000 or 1,200\.50"):
        PoundsField().deserialize(typed)


@given(st.integers(0, 99_999_999_999))
def test_an_amount_that_a_page_shows_is_read_back_as_it_is(pence: int) -> None:
    assert PoundsField().deserialize(typed_pounds(pence)) == pence


@pytest.mark.parametrize(
    ("typed", "hours"), [("1.5", "1.5"), ("2 hours", "2"), ("0.25h", "0.25"), ("168", "168"), ("0", "0")]
)
def test_hours_are_read_as_people_type_them(typed: str, hours: str) -> None:
    assert HoursField().deserialize(typed) == Decimal(hours)


@pytest.mark.parametrize("typed", ["-1", "168.01", "169", "1.125", "٣", "1,5", "nan", "half"])
def test_hours_that_no_week_has_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="hours a week"):
        HoursField().deserialize(typed)


@pytest.mark.parametrize("typed", ["0", "53", "38.5", "٣٨", "-38", "all"])
def test_weeks_that_no_year_has_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="weeks a year, from 1 to 52"):
        WeeksField().deserialize(typed)
    assert WeeksField().deserialize("38 weeks") == 38


@pytest.mark.parametrize(
    ("typed", "percent"), [("4.5", "4.5"), ("4.5 %", "4.5"), ("-2", "-2"), ("−2", "-2"), ("+3", "3")]
)
def test_a_percentage_is_read_as_people_type_it(typed: str, percent: str) -> None:
    assert PercentField().deserialize(typed) == Decimal(percent)


@pytest.mark.parametrize("typed", ["101", "-51", "four", "4,5", "٤", "1e1"])
def test_a_percentage_beyond_reason_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="percentage from -50 to 100"):
        PercentField().deserialize(typed)


def test_a_line_is_read_from_its_boxes_and_an_empty_one_is_not_stated() -> None:
    lines = grid(**{
        "lines-12-moderate-core-amount": "£31,000",
        "lines-12-moderate-core-weeks": "",
        "lines-12-moderate-therapy-salt-amount": "4,200",
        "lines-12-moderate-therapy-salt-hours_a_week": "1.5",
        "lines-12-moderate-residential-amount": "  ",
        "lines-12-moderate-residential-weeks": "",
    })["lines"]  # fmt: skip
    common = {"provision_id": 12, "band": Band.MODERATE, "weeks": None}
    assert lines == [
        {**common, "part": Part.CORE, "discipline": None, "hours_a_week": None, "amount": 3_100_000},
        {
            **common,
            "part": Part.THERAPY,
            "discipline": Discipline.SALT,
            "hours_a_week": Decimal("1.5"),
            "amount": 420_000,
        },
    ]


def test_zero_is_an_amount_and_is_not_the_same_as_not_stated() -> None:
    (line,) = grid(**{"lines-12-mild-core-amount": "0"})["lines"]
    assert line["amount"] == 0


@pytest.mark.parametrize("typed", ["0", "0.0", "0 hours"])
def test_no_hours_are_none_at_no_charge_and_not_the_same_as_not_stated(typed: str) -> None:
    boxes = {
        "lines-12-mild-therapy-physio-hours_a_week": typed,
        "lines-12-mild-one_to_one-hours_a_week": typed,
        "lines-12-mild-one_to_one-amount": "0",
        "lines-12-mild-therapy-salt-hours_a_week": "",
    }
    found = [(line["part"], line["hours_a_week"], line["amount"]) for line in grid(**boxes)["lines"]]
    assert found == [(Part.THERAPY, 0, 0), (Part.ONE_TO_ONE, 0, 0)]


@pytest.mark.parametrize(
    ("line", "box", "words"),
    [
        ("therapy-salt", "amount", "0 hours a week are none, so nothing is charged for them."),
        ("core", "hours_a_week", "Enter more than 0 hours a week, or leave them out."),
    ],
)
def test_none_has_no_price_and_only_what_is_bought_by_the_hour_can_be_none(line: str, box: str, words: str) -> None:
    key = f"lines-12-mild-{line}"
    with pytest.raises(Invalid) as caught:
        grid(**{f"{key}-hours_a_week": "0", f"{key}-amount": "1"})
    assert caught.value.errors == {f"{key}-{box}": [words]}


def test_a_field_that_is_no_line_is_never_read() -> None:
    boxes = {"lines-12-madeup-core-amount": "1", "lines-12-mild-therapy-amount": "1", "lines-x-mild-core-amount": "1"}
    assert grid(**boxes, **{"lines-12-mild-core-salt-amount": "1", "lines": "1"})["lines"] == []


def test_every_error_of_a_grid_comes_in_one_pass_under_the_name_of_its_box() -> None:
    with pytest.raises(Invalid) as caught:
        grid(RaiseSchema, **{
            "starts_on": "31/9/2027",
            "lines-12-moderate-core-amount": "1.2k",
            "lines-12-moderate-core-weeks": "53",
            "lines-12-moderate-therapy-physio-amount": "4,200",
            "lines-12-moderate-one_to_one-hours_a_week": "15",
            "lines-13-mild-equipment-amount": "10,000,001",
            "weeks-12": "60",
        })  # fmt: skip
    assert caught.value.errors == {
        "starts_on": ["Enter a real date, like 1 September 2027."],
        "lines-12-moderate-core-amount": [
            f"{PoundsField.WORDS}, with all its digits: nobody should have to guess what was rounded."
        ],
        "lines-12-moderate-core-weeks": ["Enter weeks a year, from 1 to 52."],
        "lines-12-moderate-therapy-physio-hours_a_week": [
            "Enter the hours a week that this amount buys, or 0 for none."
        ],
        "lines-12-moderate-one_to_one-amount": [
            "Enter the amount that goes with these hours or weeks (0 if nothing is charged), or clear them."
        ],
        "lines-13-mild-equipment-amount": ["Enter at most £10,000,000."],
        "weeks-12": ["Enter weeks a year, from 1 to 52."],
        "percent": ["Enter the percentage by which to raise, like 4.5."],
    }


def test_weeks_of_a_provision_fill_its_empty_boxes_only_and_none_of_equipment() -> None:
    lines = grid(**{
        "lines-12-mild-core-amount": "1",
        "lines-12-moderate-core-amount": "1",
        "lines-12-moderate-core-weeks": "52",
        "lines-12-moderate-equipment-amount": "1",
        "lines-13-mild-core-amount": "1",
        "weeks-12": "38",
        "weeks-13": "",
    })["lines"]  # fmt: skip
    assert [line["weeks"] for line in lines] == [38, 52, None, None]


def test_what_is_wrong_in_a_line_is_told_in_one_pass_whatever_else_is_wrong_in_it() -> None:
    with pytest.raises(Invalid) as caught:
        grid(**{"lines-12-mild-therapy-salt-amount": "1.2k", "lines-12-mild-therapy-salt-weeks": "38"})
    assert set(caught.value.errors) == {
        "lines-12-mild-therapy-salt-amount",
        "lines-12-mild-therapy-salt-hours_a_week",
    }

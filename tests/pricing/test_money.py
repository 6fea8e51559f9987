"""Pence, rounding and how money is written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.money import Line, half_up, pounds, total, whole_pounds


@given(st.fractions())
def test_rounding_is_never_further_than_a_half_and_a_half_goes_up(exact: Fraction) -> None:
    error = half_up(exact) - exact
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_stays_as_it_is(number: int) -> None:
    assert half_up(number) == number
    assert whole_pounds(100 * number) == number


@pytest.mark.parametrize(("pence", "expected"), [(149, 1), (150, 2), (151, 2), (-150, -1), (-151, -2), (0, 0)])
def test_fifty_pence_goes_up(pence: int, expected: int) -> None:
    assert whole_pounds(pence) == expected


def test_money_is_written_with_commas_and_with_pence_only_when_there_are_some() -> None:
    assert [pounds(pence) for pence in (0, 100_000_050, -5)] == ["£0", "£1,000,000.50", "−£0.05"]


def test_a_line_says_what_how_much_and_why() -> None:
    line = Line("Transport", 570_000, "10 km by road")
    assert str(line) == "Transport: £5,700 (10 km by road)"
    assert total([line, line]) == 1_140_000

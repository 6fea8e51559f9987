"""Guide prices: the formulas, the steps that sum to them, and what has no guide price."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.guide import GuidePrice, Kind, NotStated, guide_price
from pricing.money import half_up
from pricing.profile import Band
from pricing.tariff import DEMONSTRATION_TARIFF, Grade, Pattern, load_tariff

TARIFF = load_tariff(DEMONSTRATION_TARIFF)
PRICED = sorted(TARIFF.band, key=lambda band: band.level)
MULTIPLIER = st.decimals(Decimal("0.5"), Decimal(10), places=3)


def guide(**changes: Any) -> GuidePrice:
    asked: dict[str, Any] = {"kind": Kind.FULL, "band": Band.MODERATE, "pattern": Pattern.DAY, "la_code": "373"}
    return guide_price(TARIFF, **asked | changes)


@pytest.mark.parametrize(
    ("pattern", "pence"),
    [(Pattern.DAY, 4_800_000), (Pattern.WEEKLY, 7_200_000), (Pattern.TERMLY, 9_120_000), (Pattern.ANNUAL, 15_360_000)],
)
def test_a_full_placement_is_band_price_times_pattern(pattern: Pattern, pence: int) -> None:
    assert guide(band=Band.INTENSIVE, pattern=pattern).amount == pence


def test_the_area_factor_is_that_of_the_setting_and_one_where_none_is_stated() -> None:
    assert guide(la_code="202").amount == 3_540_000
    assert guide(la_code="373").amount == 3_000_000
    assert guide(la_code="373").lines[-1].basis == "× 1, no factor is stated for LA 373"


def test_a_porous_week_is_its_share_and_coordination_on_top() -> None:
    week = guide(kind=Kind.POROUS, sessions=4, la_code="202")
    assert week.amount == 1_557_600
    assert [(line.label, line.basis) for line in week.lines[-2:]] == [
        ("Share of the week", "4 sessions of 10"),
        ("Coordination", "+ 10%"),
    ]


@pytest.mark.parametrize(("rate", "words"), [("0", "+ 0%"), ("1", "+ 100%"), ("0.125", "+ 12.5%"), ("0.10", "+ 10%")])
def test_the_rate_of_coordination_is_written_as_a_percentage(rate: str, words: str) -> None:
    tariff = replace(TARIFF, coordination=Decimal(rate))
    week = guide_price(tariff, kind=Kind.POROUS, band=Band.MODERATE, pattern=Pattern.DAY, la_code="373", sessions=1)
    assert week.lines[-1].basis == words


def test_outreach_is_half_days_at_the_rate_of_the_grade_for_every_band_and_area() -> None:
    for band in Band:
        package = guide(kind=Kind.OUTREACH, band=band, la_code="202", half_days=38, grade=Grade.TA)
        assert package.amount == 551_000
    one = guide(kind=Kind.OUTREACH, half_days=1, grade=Grade.SPECIALIST_TEACHER)
    assert str(one.lines[0]) == "1 half-day of a specialist teacher: £215 (£215 a half-day)"


@given(
    price=st.integers(1, 10_000_000),
    multiplier=MULTIPLIER,
    area=MULTIPLIER,
    coordination=st.decimals(0, 1, places=4),
    sessions=st.integers(1, 9),
)
def test_the_lines_sum_to_the_exact_product_rounded_once(
    price: int, multiplier: Decimal, area: Decimal, coordination: Decimal, sessions: int
) -> None:
    tariff = replace(
        TARIFF,
        band=MappingProxyType({Band.MODERATE: 100 * price}),
        pattern=MappingProxyType({Pattern.DAY: multiplier}),
        area=MappingProxyType({"202": area}),
        coordination=coordination,
    )
    exact = 100 * price * Fraction(multiplier) * Fraction(area) * Fraction(sessions, 10) * (1 + Fraction(coordination))
    found = guide_price(
        tariff, kind=Kind.POROUS, band=Band.MODERATE, pattern=Pattern.DAY, la_code="202", sessions=sessions
    )
    assert found.amount == sum(line.amount for line in found.lines) == half_up(exact)
    assert found.amount > 0


@pytest.mark.parametrize("pattern", list(Pattern))
def test_a_higher_band_never_has_a_lower_guide_price(pattern: Pattern) -> None:
    amounts = [guide(band=band, pattern=pattern, la_code="202").amount for band in PRICED]
    assert amounts == sorted(amounts)


def test_a_guide_price_says_which_tariff_and_that_it_is_illustrative() -> None:
    assert guide().is_illustrative
    assert guide().tariff == "Demonstration tariff (illustrative), version 1"


@pytest.mark.parametrize(
    ("missing", "asked", "message"),
    [
        ({}, {"band": Band.MILD}, "no price for the mild band"),
        ({"pattern": {Pattern.DAY: Decimal(1)}}, {"pattern": Pattern.ANNUAL}, "no multiplier for the pattern annual"),
        ({"coordination": None}, {"kind": Kind.POROUS, "sessions": 3}, "no rate of coordination"),
        ({}, {"kind": Kind.OUTREACH, "half_days": 3, "grade": Grade.HLTA}, "no outreach rate for a higher level"),
    ],
)
def test_what_the_tariff_does_not_state_has_no_guide_price(
    missing: dict[str, Any], asked: dict[str, Any], message: str
) -> None:
    whole = {"kind": Kind.FULL, "band": Band.MODERATE, "pattern": Pattern.DAY, "la_code": "373"} | asked
    with pytest.raises(NotStated, match=message):
        guide_price(replace(TARIFF, **missing), **whole)


@pytest.mark.parametrize(
    "asked",
    [
        {"sessions": 3},
        {"half_days": 3},
        {"grade": Grade.TA},
        {"kind": Kind.POROUS},
        {"kind": Kind.POROUS, "sessions": 0},
        {"kind": Kind.POROUS, "sessions": 10},
        {"kind": Kind.POROUS, "sessions": 3, "pattern": Pattern.WEEKLY},
        {"kind": Kind.POROUS, "sessions": 3, "grade": Grade.TA},
        {"kind": Kind.OUTREACH},
        {"kind": Kind.OUTREACH, "half_days": 3},
        {"kind": Kind.OUTREACH, "grade": Grade.TA},
        {"kind": Kind.OUTREACH, "half_days": 0, "grade": Grade.TA},
        {"kind": Kind.OUTREACH, "half_days": 3, "grade": Grade.TA, "sessions": 3},
        {"kind": Kind.OUTREACH, "half_days": 3, "grade": Grade.TA, "pattern": Pattern.TERMLY},
    ],
)
def test_quantities_that_do_not_fit_the_kind_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        guide(**asked)

"""The like-for-like price: the formula, its steps, and that what is not stated is never taken for zero."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.comparison import Comparison, compare
from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
from pricing.guide import NotStated
from pricing.money import half_up
from pricing.profile import Band
from pricing.schedule import BandPrice, Discipline, Part, PriceLine
from pricing.tariff import DEMONSTRATION_TARIFF, Pattern, load_tariff

FRAMEWORK = load_framework(DEMONSTRATION_FRAMEWORK)
TARIFF = load_tariff(DEMONSTRATION_TARIFF)
PLAIN = replace(TARIFF, area={})

CORE = PriceLine(Part.CORE, 4_000_000, weeks=38)
SALT = PriceLine(Part.THERAPY, 400_000, Discipline.SALT, Decimal(1), 38)
OT = PriceLine(Part.THERAPY, 200_000, Discipline.OCCUPATIONAL, Decimal("0.5"), 38)
PHYSIO = PriceLine(Part.THERAPY, 0, Discipline.PHYSIO, Decimal("0.25"), 38)
PSYCHOLOGY = PriceLine(Part.THERAPY, 100_000, Discipline.PSYCHOLOGY, Decimal("0.25"), 38)
SUPPORT = PriceLine(Part.ONE_TO_ONE, 330_000, hours_a_week=Decimal(5), weeks=38)
CARE = PriceLine(Part.RESIDENTIAL, 2_500_000, weeks=38)
CHAIR = PriceLine(Part.EQUIPMENT, 90_000)
WHOLE = (CORE, SALT, OT, PHYSIO, PSYCHOLOGY, SUPPORT)  # just the standard content of the intensive band


def compared(*lines: PriceLine, band: Band = Band.INTENSIVE, **changes: Any) -> Comparison:
    asked = {"pattern": Pattern.DAY, "framework": FRAMEWORK, "tariff": PLAIN, "la_code": "873"} | changes
    return compare(BandPrice("river-day", band, lines), **asked)


def test_a_price_with_just_the_standard_content_is_compared_as_it_stands() -> None:
    found = compared(*WHOLE, CHAIR)
    assert found.like_for_like == sum(line.amount for line in WHOLE)  # equipment, paid once, stands apart
    assert found.variance == Fraction(5_030_000, 4_800_000) - 1
    assert [line.amount for line in found.lines] == [4_000_000, 400_000, 200_000, 0, 100_000, 330_000, 0]


def test_each_difference_from_the_standard_is_a_line_of_its_own() -> None:
    more = replace(SALT, hours_a_week=Decimal(2))
    less = replace(SUPPORT, hours_a_week=Decimal(3))
    longer = replace(CORE, weeks=40)
    found = compared(
        longer, more, OT, PHYSIO, PSYCHOLOGY, less, CARE, pattern=Pattern.TERMLY, tariff=TARIFF, la_code="202"
    )
    assert [str(line) for line in found.lines] == [
        "Core education: £40,000 (40 weeks)",
        "In 38 weeks: −£2,000 (× 38/40, the band's standard)",
        "Therapy, speech and language therapy: £4,000 (2 h a week)",
        "Therapy, occupational therapy: £2,000 (0.5 h a week)",
        "Therapy, physiotherapy: £0 (0.25 h a week)",
        "Therapy, psychology: £1,000 (0.25 h a week)",
        "Additional one-to-one support: £3,300 (3 h a week)",
        "Residential care: £25,000 (as published)",
        "Speech and language therapy beyond standard: −£4,180 (2 h a week, standard 1; £110 an hour, 38 weeks)",
        "Additional one-to-one support short of standard: £1,307.20 (3 h a week, standard 5; £17.20 an hour, 38 weeks)",
        "Area: −£10,743.13 (÷ 1.18, factor of LA 202)",
    ]
    assert found.like_for_like == half_up(Fraction(7_042_720) / Fraction("1.18"))
    assert found.variance == Fraction(found.like_for_like, 9_120_000) - 1


@given(
    core=st.integers(1, 10**8),
    weeks=st.integers(1, 52),
    amounts=st.lists(st.integers(0, 10**8), min_size=5, max_size=5),
    hours=st.lists(st.decimals(0, 40, places=2), min_size=5, max_size=5),
    area=st.decimals(Decimal("0.5"), 2, places=4),
)
def test_the_lines_sum_to_the_formula_rounded_once(
    core: int, weeks: int, amounts: list[int], hours: list[Decimal], area: Decimal
) -> None:
    others = [replace(line, amount=a, hours_a_week=h) for line, a, h in zip(WHOLE[1:], amounts, hours, strict=True)]
    found = compared(replace(CORE, amount=core, weeks=weeks), *others, tariff=replace(TARIFF, area={"873": area}))
    standard = FRAMEWORK.content[Band.INTENSIVE].hours
    keys = [line.discipline or line.part for line in others]
    beyond = sum((h - standard[key]) * FRAMEWORK.rates[key] * 38 for h, key in zip(hours, keys, strict=True))  # type: ignore[index]
    exact = (Fraction(core * 38, weeks) + sum(amounts) - Fraction(beyond)) / Fraction(area)
    assert found.like_for_like == sum(line.amount for line in found.lines) == half_up(exact)
    assert sum(line.amount for line in found.differences) == found.like_for_like - found.guide.amount


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (WHOLE[1:], "core education: amount and weeks a year"),
        ((replace(CORE, weeks=None), *WHOLE[1:]), "core education: weeks a year"),
        ((CORE, *WHOLE[2:]), "speech and language therapy: hours a week (0 for none) and amount"),
        ((*WHOLE[:1], replace(SALT, hours_a_week=None), *WHOLE[2:]), "speech and language therapy: hours a week"),
        (WHOLE[:-1], "additional one-to-one support: hours a week (0 for none) and amount"),
        ((*WHOLE, replace(SALT, discipline=None)), "therapy: its discipline"),
    ],
)
def test_an_incomplete_price_has_no_variance_but_a_list_of_what_is_missing(
    lines: tuple[PriceLine, ...], missing: str
) -> None:
    found = compared(*lines)
    assert found.missing == (missing,)
    assert (found.like_for_like, found.variance, found.lines, found.differences) == (None, None, (), ())
    assert str(found) == f"No variance: {missing}."


def test_everything_that_is_missing_is_listed_at_once() -> None:
    others = "occupational therapy, physiotherapy, psychology and additional one-to-one support"
    assert compared(replace(SALT, hours_a_week=None), pattern=Pattern.ANNUAL).missing == (
        "core education: amount and weeks a year",
        "speech and language therapy: hours a week",
        f"{others}: hours a week (0 for none) and amount",
        "residential care: amount (0 if it is in another line)",
    )


def test_a_residential_price_says_what_the_care_costs() -> None:
    assert compared(*WHOLE, pattern=Pattern.WEEKLY).missing == (
        "residential care: amount (0 if it is in another line)",
    )
    assert compared(*WHOLE, CARE, pattern=Pattern.WEEKLY).missing == ()


def test_a_stated_nought_is_a_statement() -> None:
    none = replace(PHYSIO, hours_a_week=Decimal(0))
    found = compared(CORE, SALT, OT, none, PSYCHOLOGY, SUPPORT)
    assert found.like_for_like == 5_030_000 + 95_000  # a quarter of an hour at £100, 38 weeks
    assert [str(line) for line in found.lines if "hysio" in line.label] == [
        "Therapy, physiotherapy: £0 (none)",
        "Physiotherapy short of standard: £950 (none, standard 0.25; £100 an hour, 38 weeks)",
    ]


def test_hours_that_the_band_does_not_have_and_nobody_states_are_none() -> None:
    music = PriceLine(Part.THERAPY, 304_000, Discipline.OTHER, Decimal(1), 38)
    assert compared(*WHOLE, music).like_for_like == compared(*WHOLE).like_for_like


def test_a_framework_without_the_content_of_the_band_leaves_no_variance() -> None:
    bare = replace(FRAMEWORK, content={}, rates={})
    assert compared(*WHOLE, framework=bare).missing == (f"the standard content of the intensive band in the {bare}",)


def test_a_band_without_price_in_the_tariff_has_no_comparison() -> None:
    with pytest.raises(NotStated, match="no price for the mild band"):
        compared(*WHOLE, band=Band.MILD)


def test_the_differences_come_largest_first_and_without_noughts() -> None:
    found = compared(*WHOLE)
    assert [line.label for line in found.differences] == [
        "Core education, less the band's price",
        "Therapy, speech and language therapy",
        "Additional one-to-one support",
        "Therapy, occupational therapy",
        "Therapy, psychology",
    ]


def test_a_variance_is_said_above_below_or_at() -> None:
    at = replace(CORE, amount=CORE.amount - 230_000)
    assert "Like for like £50,300, 4.8% above £48,000" in str(compared(*WHOLE))
    assert "5.0% below" in str(compared(replace(at, amount=at.amount - 240_000), *WHOLE[1:]))
    assert "£48,000, at £48,000" in str(compared(at, *WHOLE[1:]))


def test_each_step_names_the_published_line_that_it_rests_on() -> None:
    more, less = replace(SALT, hours_a_week=Decimal(2)), replace(SUPPORT, hours_a_week=Decimal(3))
    found = compared(replace(CORE, weeks=40), more, OT, PHYSIO, PSYCHOLOGY, less)
    core, salt, support = (Part.CORE, None), (Part.THERAPY, Discipline.SALT), (Part.ONE_TO_ONE, None)
    therapies = [(Part.THERAPY, each) for each in (Discipline.OCCUPATIONAL, Discipline.PHYSIO, Discipline.PSYCHOLOGY)]
    assert [line.of for line in found.lines] == [core, core, salt, *therapies, support, salt, support, None]
    assert found.differences[0].of == core

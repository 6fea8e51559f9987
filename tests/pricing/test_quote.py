"""Quotes: marginal public cost, line by line, with the variance beside it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.framework import DEMONSTRATION_FRAMEWORK, SettingType, load_framework
from pricing.guide import GuidePrice, Kind, NotStated
from pricing.money import Line
from pricing.profile import Band
from pricing.quote import Quote, Transport, marginal_price, quote
from pricing.schedule import BandPrice, Discipline, Part, PriceLine, PriceSchedule, ScheduleStatus

FRAMEWORK = load_framework(DEMONSTRATION_FRAMEWORK)
CORE = PriceLine(Part.CORE, 3_000_000, weeks=38)
SALT = PriceLine(Part.THERAPY, 420_000, Discipline.SALT, Decimal("1.50"), 38)
CHAIR = PriceLine(Part.EQUIPMENT, 90_000)
BUS = Transport(570_000, "10 km by road, 380 journeys at £1.50 a km")
DAY = date(2026, 11, 23)
WHOLE_FEE = [SettingType.INDEPENDENT, SettingType.SECTION41]
PLACE_FUNDED = [SettingType.NMSS, SettingType.STATE_SPECIAL]
LESS = "Less place funding already paid"


def schedule(*lines: PriceLine) -> PriceSchedule:
    return PriceSchedule(
        version=3,
        starts_on=date(2026, 9, 1),
        status=ScheduleStatus.PUBLISHED,
        prices=(BandPrice("river-day", Band.MODERATE, lines),),
    )


def quoted(*lines: PriceLine, **changes: Any) -> Quote:
    asked: dict[str, Any] = {
        "provision": "river-day",
        "band": Band.MODERATE,
        "kind": Kind.FULL,
        "setting_type": SettingType.INDEPENDENT,
        "framework": FRAMEWORK,
        "transport": BUS,
        "on": DAY,
    }
    return quote(schedule(*(lines or (CORE, SALT, CHAIR))), **asked | changes)


def guide(amount: int) -> GuidePrice:
    return GuidePrice("Example tariff", is_illustrative=False, lines=(Line("Moderate band", amount, "example"),))


@pytest.mark.parametrize("setting_type", WHOLE_FEE)
def test_an_independent_school_is_paid_its_whole_fee(setting_type: SettingType) -> None:
    found = quoted(setting_type=setting_type)
    assert [line.label for line in found.lines] == ["Core education", "Therapy", "Transport"]
    assert (found.price, found.total) == (3_420_000, 3_990_000)


@pytest.mark.parametrize("setting_type", PLACE_FUNDED)
def test_where_place_funding_is_sunk_only_the_top_up_counts(setting_type: SettingType) -> None:
    found = quoted(setting_type=setting_type)
    assert (found.price, found.total) == (2_420_000, 2_990_000)
    assert found.price_lines[-1].label == LESS
    assert found.price_lines[-1].amount == -1_000_000
    assert found.price_lines[-1].basis == (
        f"{setting_type.words}, £10,000 a place whether or not it is filled;"
        " Demonstration framework (illustrative), version 2"
    )


def test_a_fee_below_place_funding_costs_nothing_more_and_never_less() -> None:
    found = quoted(replace(CORE, amount=800_000), setting_type=SettingType.NMSS)
    assert found.price == 0
    assert found.price_lines[-1].amount == -800_000
    assert found.price_lines[-1].basis.endswith("no more than the fee is taken off")


@pytest.mark.parametrize("kind", [Kind.POROUS, Kind.OUTREACH])
def test_porous_and_outreach_prices_count_as_published(kind: Kind) -> None:
    found = quoted(kind=kind, setting_type=SettingType.NMSS)
    assert LESS not in [line.label for line in found.lines]
    assert found.price == 3_420_000


def test_the_amount_of_place_funding_is_that_of_the_framework() -> None:
    dearer = replace(FRAMEWORK, place_funding={SettingType.NMSS: 1_100_000})
    assert quoted(setting_type=SettingType.NMSS, framework=dearer).price == 2_320_000
    assert quoted(setting_type=SettingType.AP, framework=dearer).price == 3_420_000


def test_equipment_is_shown_apart_and_is_in_no_annual_sum() -> None:
    found = quoted()
    assert [(line.label, line.amount) for line in found.once] == [("Equipment, once", 90_000)]
    assert found.once[0].basis == "price schedule version 3, from 1 September 2026; paid once"
    assert found.total == quoted(CORE, SALT).total


def test_each_line_says_what_its_figure_rests_on() -> None:
    found = quoted(replace(CORE, weeks=None), SALT)
    start = "price schedule version 3, from 1 September 2026; "
    assert [line.basis for line in found.lines] == [
        f"{start}weeks not stated",
        f"{start}speech and language therapy, 1.5 h a week, 38 weeks",
        BUS.basis,
    ]


@pytest.mark.parametrize(
    ("amount", "percent", "words"),
    [
        (3_000_000, "14.0", "£4,200 (14.0%) above"),
        (3_800_000, "-10.0", "£3,800 (10.0%) below"),
        (3_420_000, "0", "at"),
        (3_421_000, "0.0", "£10 (0.0%) below"),
    ],
)
def test_the_variance_from_the_guide_price_is_shown_and_caps_nothing(amount: int, percent: str, words: str) -> None:
    found = quoted(setting_type=SettingType.NMSS, guide=guide(amount))
    assert found.variance is not None
    assert found.variance.amount == 3_420_000 - amount
    assert found.variance.percent == Decimal(percent)
    assert str(found.variance).startswith(f"The fee is {words} the guide price of £")
    assert str(found.variance).endswith(" in the Example tariff.")
    assert found.total == quoted(setting_type=SettingType.NMSS).total


def test_without_a_guide_price_there_is_no_variance() -> None:
    assert quoted().variance is None


@pytest.mark.parametrize(
    "changes", [{"on": date(2026, 8, 31)}, {"band": Band.PROFOUND}, {"provision": "hill-day"}], ids=str
)
def test_a_price_that_is_not_stated_on_the_day_is_not_quoted(changes: dict[str, Any]) -> None:
    with pytest.raises(NotStated, match="Price schedule version 3 states no "):
        quoted(**changes)


def test_a_draft_is_never_quoted() -> None:
    draft = replace(schedule(CORE), status=ScheduleStatus.DRAFT)
    with pytest.raises(NotStated):
        quote(
            draft,
            provision="river-day",
            band=Band.MODERATE,
            kind=Kind.FULL,
            setting_type=SettingType.INDEPENDENT,
            framework=FRAMEWORK,
            transport=BUS,
            on=DAY,
        )


@pytest.mark.parametrize(("amount", "basis"), [(-1, "by road"), (0, " ")])
def test_transport_is_never_negative_and_never_without_a_basis(amount: int, basis: str) -> None:
    with pytest.raises(ValueError, match="Transport is 0 or more"):
        Transport(amount, basis)


@given(
    amounts=st.lists(st.integers(0, 10**8), min_size=1, max_size=8),
    transport=st.integers(0, 10**7),
    setting_type=st.sampled_from(SettingType),
    kind=st.sampled_from(Kind),
)
def test_every_penny_of_the_total_stands_in_a_line(
    amounts: list[int], transport: int, setting_type: SettingType, kind: Kind
) -> None:
    lines = [PriceLine(Part.CORE, amount) for amount in amounts]
    found = quoted(*lines, setting_type=setting_type, kind=kind, transport=Transport(transport, "by road"))
    assert found.total == sum(line.amount for line in found.lines) == found.price + transport
    assert found.price == marginal_price(sum(amounts), kind=kind, setting_type=setting_type, framework=FRAMEWORK)
    assert 0 <= found.price <= sum(amounts)
    is_sunk = kind == Kind.FULL and setting_type in PLACE_FUNDED
    assert found.price == max(0, sum(amounts) - 1_000_000 * is_sunk)

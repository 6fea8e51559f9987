"""A framework file: what it holds and what it is refused for."""

import json
import tomllib
from datetime import date
from typing import Any

import pytest

from pricing.content import HOURS
from pricing.framework import DEMONSTRATION_FRAMEWORK, Basis, SettingType, Status, load_framework
from pricing.profile import Band
from pricing.table import Invalid
from pricing.tariff_text import framework_content


def content(**changes: object) -> dict[str, Any]:
    return tomllib.loads(DEMONSTRATION_FRAMEWORK.read_text("utf-8")) | changes


def faults(**changes: object) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        load_framework(content(**changes))
    return [fault.where for fault in refusal.value.faults]


def test_the_demonstration_framework_says_that_it_is_illustrative_and_has_its_sources() -> None:
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    assert "illustrative" in framework.name
    assert "SEND Code of Practice" in framework.source
    assert (framework.status, framework.basis, framework.starts_on) == (Status.ADOPTED, Basis.LOCAL, date(2026, 4, 1))
    assert dict(framework.place_funding) == {SettingType.NMSS: 1_000_000, SettingType.STATE_SPECIAL: 1_000_000}


def test_a_framework_kept_as_json_is_the_same_framework() -> None:
    kept = json.loads(json.dumps(content(), default=str))
    assert load_framework(kept) == load_framework(DEMONSTRATION_FRAMEWORK)


def test_a_framework_may_have_an_end_after_its_start() -> None:
    assert load_framework(content(ends_on="2027-04-01")).ends_on == date(2027, 4, 1)
    assert load_framework(framework_content(load_framework(content(ends_on=date(2027, 4, 1))))).ends_on is not None
    assert load_framework(content()).ends_on is None
    assert faults(ends_on="2026-04-01") == ["ends_on"]


def test_a_framework_cannot_be_changed() -> None:
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    with pytest.raises(TypeError):
        framework.place_funding[SettingType.NMSS] = 0  # type: ignore[index]


def test_every_fault_is_reported_at_once() -> None:
    assert faults(name="", status="live", starts_on="soon", colour="red") == ["name", "status", "starts_on", "colour"]


@pytest.mark.parametrize("setting_type", ["independent", "section41"])
def test_an_independent_school_has_no_place_funding(setting_type: str) -> None:
    funding = {"nmss": 10_000, "state_special": 10_000, setting_type: 10_000}
    assert faults(place_funding=funding) == [f"[place_funding] {setting_type}"]


@pytest.mark.parametrize("setting_type", ["nmss", "state_special"])
def test_place_funding_that_is_not_stated_is_not_taken_for_none(setting_type: str) -> None:
    funding = {"nmss": 10_000, "state_special": 10_000}
    del funding[setting_type]
    assert faults(place_funding=funding) == [f"[place_funding] {setting_type}"]


def test_a_new_amount_is_a_new_file_and_no_change_of_code() -> None:
    framework = load_framework(content(place_funding={"nmss": 11_000, "state_special": 12_000, "ap": 9_000}))
    assert [framework.place_funding[each] for each in ("nmss", "state_special", "ap")] == [1100000, 1200000, 900000]  # type: ignore[index]


def test_every_setting_type_has_words() -> None:
    assert all(each.words for each in SettingType)


def test_the_demonstration_framework_states_the_content_of_every_band_that_has_a_price() -> None:
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    assert set(framework.content) == {Band.MODERATE, Band.INTENSIVE, Band.PROFOUND, Band.EXCEPTIONAL}
    assert set(framework.rates) == set(HOURS)
    for of in HOURS:
        hours = [content.hours[of] for content in framework.content.values()]
        assert hours == sorted(hours)


def test_a_framework_of_earlier_days_has_no_content_and_is_still_a_framework() -> None:
    earlier = content()
    del earlier["content"], earlier["rates"]
    framework = load_framework(earlier)
    assert (dict(framework.content), dict(framework.rates)) == ({}, {})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"weeks": 0}, "[content.moderate] weeks"),
        ({"weeks": 53}, "[content.moderate] weeks"),
        ({"salt": -1}, "[content.moderate] salt"),
        ({"one_to_one": 169}, "[content.moderate] one_to_one"),
        ({"music": 1}, "[content.moderate] music"),
    ],
)
def test_a_slip_in_the_content_of_a_band_is_named(change: dict[str, object], where: str) -> None:
    moderate = content()["content"]["moderate"]
    assert faults(content={"moderate": moderate | change}) == [where]


def test_content_that_is_not_stated_is_not_taken_for_none() -> None:
    moderate = content()["content"]["moderate"]
    del moderate["physio"]
    assert faults(content={"moderate": moderate}) == ["[content.moderate] physio"]
    assert faults(content={"modest": moderate}) == ["[content] modest"]


def test_rates_are_in_whole_pence_and_all_there_where_there_is_content() -> None:
    rates = content()["rates"]
    assert faults(rates=rates | {"salt": 110.005}) == ["[rates] salt"]
    assert faults(rates=rates | {"salt": 0}) == ["[rates] salt"]
    assert faults(rates=rates | {"music": 10}) == ["[rates] music"]
    del rates["salt"]
    assert faults(rates=rates) == ["[rates] salt"]
    with_content_only = content()
    del with_content_only["rates"]
    with pytest.raises(Invalid, match="rates: it is missing"):
        load_framework(with_content_only)

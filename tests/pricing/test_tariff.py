"""A tariff file: what it holds, what it is refused for, and which one is in force."""

import json
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing.framework import Basis, Status
from pricing.profile import Band
from pricing.table import Invalid
from pricing.tariff import DEMONSTRATION_TARIFF, Grade, Pattern, Tariff, load_tariff, tariff_on

DEMONSTRATION = load_tariff(DEMONSTRATION_TARIFF)
SHORTEST = """
name = "Example borough 2027"
basis = "local"
valid_from = 2027-04-01
[band]                     # whole £ a year, day, 38 weeks, area factor 1
moderate = 30000
[pattern]
day = 1.0
weekly = 1.5
termly = 1.9
annual = 3.2
"""


def content(**changes: object) -> dict[str, Any]:
    return tomllib.loads(SHORTEST) | changes


def faults(**changes: object) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        load_tariff(content(**changes))
    return [fault.where for fault in refusal.value.faults]


def adopted(starts: date, *, owner: str = "", **changes: Any) -> Tariff:
    tariff = load_tariff(content(valid_from=starts, status="adopted"))
    return replace(tariff, owner=owner, **changes)


def test_the_demonstration_tariff_is_the_published_one_and_says_that_it_is_illustrative() -> None:
    assert DEMONSTRATION.is_illustrative
    assert "illustrative" in str(DEMONSTRATION)
    assert DEMONSTRATION_TARIFF.read_text("utf-8").count("llustrative") >= 4
    assert dict(DEMONSTRATION.band) == {
        Band.MODERATE: 3_000_000,
        Band.INTENSIVE: 4_800_000,
        Band.PROFOUND: 6_600_000,
        Band.EXCEPTIONAL: 9_500_000,
    }
    assert [str(DEMONSTRATION.pattern[pattern]) for pattern in Pattern] == ["1.0", "1.5", "1.9", "3.2"]
    assert DEMONSTRATION.coordination == Decimal("0.1")
    assert dict(DEMONSTRATION.outreach) == {Grade.SPECIALIST_TEACHER: 21_500, Grade.TA: 14_500}
    assert max(DEMONSTRATION.area.values()) == Decimal("1.18")
    assert min(DEMONSTRATION.area.values()) >= 1


def test_the_shortest_tariff_file_is_a_tariff(tmp_path: Path) -> None:
    path = tmp_path / "tariff.toml"
    path.write_text(SHORTEST, "utf-8")
    tariff = load_tariff(path)
    assert (tariff.status, tariff.basis, tariff.valid_from) == (Status.DRAFT, Basis.LOCAL, date(2027, 4, 1))
    assert (tariff.owner, tariff.version, tariff.source, tariff.is_illustrative) == ("", "1", "", False)


def test_what_a_tariff_leaves_out_is_not_stated_and_not_zero() -> None:
    tariff = load_tariff(content())
    assert (tariff.valid_until, tariff.coordination, dict(tariff.outreach), dict(tariff.area)) == (None, None, {}, {})


def test_a_tariff_kept_as_json_is_the_same_tariff() -> None:
    kept = json.loads(json.dumps(tomllib.loads(DEMONSTRATION_TARIFF.read_text("utf-8")), default=str))
    assert load_tariff(kept) == DEMONSTRATION


def test_an_illustrative_tariff_says_so_whatever_its_name() -> None:
    tariff = load_tariff(content(is_illustrative=True))
    assert str(tariff) == "Example borough 2027 (illustrative), version 1"
    assert str(load_tariff(content())) == "Example borough 2027, version 1"


def test_a_tariff_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        DEMONSTRATION.band[Band.MODERATE] = 0  # type: ignore[index]


def test_every_fault_of_a_file_is_reported_at_once() -> None:
    assert faults(
        name=5,
        basis="guess",
        valid_from="soon",
        colour="red",
        band={"moderate": "30,000", "universal": 1},
        pattern={"day": 100},
        porous={"coordination": 10, "rate": 1},
        outreach={"teacher": 215},
        area={"Camden": 1.18},
    ) == [
        "name",
        "basis",
        "valid_from",
        "[band] moderate",
        "[band] universal",
        "[pattern] day",
        "[porous] coordination",
        "[porous] rate",
        "[outreach] teacher",
        "[area] Camden",
        "colour",
    ]


def test_a_fault_says_what_where_and_how_to_put_it_right() -> None:
    with pytest.raises(Invalid) as refusal:
        load_tariff(content(band={"moderate": 30_000, "intensive": 29_999}))
    (fault,) = refusal.value.faults
    assert (fault.where, fault.what) == ("[band] intensive", "£29,999 is below moderate, £30,000")
    assert fault.remedy == "A higher band costs at least as much as the one below it"


def test_equal_band_prices_are_allowed_and_a_falling_one_is_found_across_a_band_left_out() -> None:
    assert load_tariff(content(band={"moderate": 30_000, "intensive": 30_000}))
    assert faults(band={"exceptional": 20_000, "moderate": 30_000}) == ["[band] exceptional"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"band": {}}, "band"),
        ({"band": {"moderate": 30_000, "intensive": 0}}, "[band] intensive"),
        ({"pattern": {"weekly": 1.5}}, "[pattern] day"),
        ({"pattern": {"day": 0.4}}, "[pattern] day"),
        ({"pattern": {"day": 1, "nightly": 2}}, "[pattern] nightly"),
        ({"porous": {}}, "[porous] coordination"),
        ({"porous": {"coordination": -0.1}}, "[porous] coordination"),
        ({"outreach": {"ta": 0}}, "[outreach] ta"),
        ({"area": {"202": 118}}, "[area] 202"),
        ({"area": {"2025": 1.1}}, "[area] 2025"),
        ({"status": "live"}, "status"),
        ({"valid_until": date(2027, 4, 1)}, "valid_until"),
        ({"valid_untill": date(2028, 4, 1)}, "valid_untill"),
    ],
)
def test_one_slip_is_one_fault(changes: dict[str, object], where: str) -> None:
    assert faults(**changes) == [where]


def test_the_latest_adopted_tariff_of_the_owner_is_in_force() -> None:
    first = adopted(date(2027, 4, 1), status=Status.SUPERSEDED)
    second = adopted(date(2028, 4, 1))
    local = adopted(date(2027, 9, 1), owner="373")
    tariffs = [second, local, first]
    assert tariff_on(tariffs, date(2027, 3, 31)) is None
    assert tariff_on(tariffs, date(2027, 4, 1)) is first
    assert tariff_on(tariffs, date(2028, 3, 31)) is first
    assert tariff_on(tariffs, date(2028, 4, 1)) is second
    assert tariff_on(tariffs, date(2028, 4, 1), owner="373") is local
    assert tariff_on(tariffs, date(2028, 4, 1), owner="202") is None


@pytest.mark.parametrize("status", [Status.DRAFT, Status.IN_CONSULTATION])
def test_a_tariff_that_nobody_adopted_is_never_in_force(status: Status) -> None:
    assert tariff_on([adopted(date(2027, 4, 1), status=status)], date(2027, 5, 1)) is None


def test_a_tariff_stops_on_the_day_it_is_valid_until() -> None:
    end = date(2028, 4, 1)
    tariff = adopted(date(2027, 4, 1), valid_until=end)
    assert tariff_on([tariff], end - timedelta(days=1)) is tariff
    assert tariff_on([tariff], end) is None


def test_two_adopted_tariffs_of_one_owner_that_start_together_are_refused() -> None:
    with pytest.raises(ValueError, match="both start on 2027-04-01"):
        tariff_on([adopted(date(2027, 4, 1)), adopted(date(2027, 4, 1), version="2")], date(2027, 4, 1))


def test_every_grade_has_words() -> None:
    assert all(grade.words for grade in Grade)

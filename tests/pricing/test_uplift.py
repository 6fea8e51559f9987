"""An uplift's assessment: pence of every LA, indices by their dates, nobody else's request made out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.indices import DEMONSTRATION_INDICES, CostPart, Index, blended, index_on, load_indices
from pricing.profile import Band
from pricing.schedule import BandPrice, Part, PriceLine, PriceSchedule
from pricing.table import Invalid
from pricing.uplift import Assessment, PeerRequest, RunningPlacement, UpliftRequest, assess, raised

SHARES = {CostPart.STAFF: Decimal(80), CostPart.PREMISES: Decimal(5), CostPart.OTHER: Decimal(15)}
STARTS = date(2027, 4, 1)
INDICES = load_indices(DEMONSTRATION_INDICES)


def request(**changes: Any) -> UpliftRequest:
    fields = {"provider": "Elm Trust", "starts_on": STARTS, "shares": SHARES, "percent": Decimal(5)} | changes
    return UpliftRequest(**fields)


def running(reference: str, la: str = "873", fee: int = 5_000_000, **changes: Any) -> RunningPlacement:
    fields = {"provision": "river-day", "band": Band.INTENSIVE} | changes
    return RunningPlacement(placement=reference, la=la, fee=fee, **fields)


def assessed(*placements: RunningPlacement, others: list[PeerRequest] | None = None, **changes: Any) -> Assessment:
    return assess(request(**changes), placements=placements, indices=INDICES, others=others or [])


def index(part: CostPart, percent: str, start: date) -> Index:
    return Index(name="Example", part=part, percent=Decimal(percent), valid_from=start, source="Made up.")


@given(
    st.lists(st.tuples(st.sampled_from(["801", "802", "803"]), st.integers(0, 40_000_000)), max_size=20),
    st.decimals(-50, 100, places=3),
)
def test_every_penny_of_an_la_is_that_of_its_placements(fees: list[tuple[str, int]], percent: Decimal) -> None:
    rows = [running(f"P{number}", la, fee) for number, (la, fee) in enumerate(fees)]
    found = assessed(*rows, percent=percent)
    assert found.placements == sum(effect.placements for effect in found.las) == len(rows)
    assert found.now == sum(fee for _, fee in fees)
    assert found.asked == sum(raised(fee, percent) for _, fee in fees)
    assert found.by_index == sum(raised(fee, Decimal("3.725")) for _, fee in fees)
    for effect in found.las:
        assert sum(line.amount for line in effect.lines) == effect.asked
    assert [effect.la for effect in found.las] == sorted({la for la, _ in fees})


def test_half_a_penny_goes_up() -> None:
    assert [raised(fee, Decimal("0.5")) for fee in (99, 100, 101)] == [99, 101, 102]


def test_a_new_schedule_is_asked_for_by_provision_and_band() -> None:
    lines = (PriceLine(Part.CORE, 5_100_000, weeks=38), PriceLine(Part.EQUIPMENT, 90_000))
    schedule = PriceSchedule(version=4, starts_on=STARTS, prices=(BandPrice("river-day", Band.INTENSIVE, lines),))
    rows = [running("A"), running("B", band=Band.PROFOUND), running("C", provision="hill-day")]
    found = assessed(*rows, percent=None, schedule=schedule)
    assert found.missing == ("B", "C")
    assert found.asked - found.now == 100_000  # those without a price stay as they are, and are named


def test_the_indices_are_those_in_force_on_the_day_that_prices_would_start() -> None:
    indices = [index(CostPart.STAFF, "2", date(2025, 9, 1)), index(CostPart.STAFF, "4", date(2026, 9, 1))]
    assert index_on(indices, CostPart.STAFF, date(2025, 8, 31)) is None
    assert index_on(indices, CostPart.STAFF, date(2026, 8, 31)) is indices[0]
    assert index_on(indices, CostPart.STAFF, date(2026, 9, 1)) is indices[1]
    staff_only = {CostPart.STAFF: Decimal(100)}
    found = assess(request(shares=staff_only), placements=[running("A")], indices=indices)
    assert found.blend
    assert (found.blend.percent, found.by_index) == (4, 5_200_000)


def test_a_cost_without_an_index_leaves_no_blend_and_no_sum_by_it() -> None:
    found = assess(request(), placements=[running("A")], indices=[index(CostPart.STAFF, "4", STARTS)])
    assert (found.blend, found.by_index, found.las[0].by_index) == (None, None, None)


@pytest.mark.parametrize("shares", [{}, {CostPart.STAFF: Decimal(99)}, {CostPart.STAFF: 110, CostPart.OTHER: -10}])
def test_cost_shares_that_are_not_the_whole_are_refused(shares: dict[CostPart, Decimal]) -> None:
    with pytest.raises(ValueError, match="sum to 100%"):
        blended(INDICES, shares, STARTS)


def test_a_request_is_for_a_percentage_or_a_schedule() -> None:
    schedule = PriceSchedule(version=1, starts_on=STARTS, prices=())
    for wrong in ({"percent": None}, {"schedule": schedule}):
        with pytest.raises(ValueError, match="one of the two"):
            request(**wrong)
    with pytest.raises(ValueError, match="cannot fall by all of it"):
        request(percent=Decimal(-100))


def test_a_placement_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        assessed(running("A"), running("A"))


def test_the_change_over_all_placements_is_in_hundredths_of_a_per_cent() -> None:
    assert assessed(running("A"), running("B", "874"), percent=Decimal("6.555")).percent == Decimal("6.56")
    assert assessed().percent is None


def test_other_requests_are_shown_from_five_of_three_providers_on() -> None:
    five = [PeerRequest(f"P{number % 3}", Decimal(number)) for number in range(5)]
    shown = assessed(others=five).round_summary
    assert shown
    assert (shown.n, shown.lower_quartile, shown.median, shown.upper_quartile) == (5, 1, 2, 3)
    assert assessed(others=five[:4]).round_summary is None
    assert assessed(others=[replace(each, provider=f"P{n % 2}") for n, each in enumerate(five)]).round_summary is None
    assert assessed(others=[replace(five[0], provider="Elm Trust"), *five[1:]]).round_summary is None


def test_the_demonstration_indices_say_that_they_are_illustrative() -> None:
    assert {index.part for index in INDICES} == set(CostPart)
    assert all("llustrative" in index.name and "llustrative" in index.source for index in INDICES)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"part": "wages"}, "[index 1] part"),
        ({"percent": 400}, "[index 1] percent"),
        ({"valid_from": "soon"}, "[index 1] valid_from"),
        ({"source": ""}, "[index 1] source"),
        ({"colour": "red"}, "[index 1] colour"),
    ],
)
def test_a_slip_in_an_index_is_named(change: dict[str, object], where: str) -> None:
    whole = {"name": "Pay", "part": "staff", "percent": 4, "valid_from": "2026-09-01", "source": "Made up."}
    with pytest.raises(Invalid) as refusal:
        load_indices({"index": [whole | change]})
    assert [fault.where for fault in refusal.value.faults] == [where]


def test_two_indices_of_a_part_do_not_start_on_one_day() -> None:
    whole = {"name": "Pay", "part": "staff", "percent": 4, "valid_from": "2026-09-01", "source": "Made up."}
    with pytest.raises(Invalid, match="two of staff start on 2026-09-01"):
        load_indices({"index": [whole, whole]})
    for nothing in ({}, {"index": []}, {"index": 3}):
        with pytest.raises(Invalid, match="index"):
            load_indices(nothing)

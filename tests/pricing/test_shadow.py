"""A shadow run: every guide price as the guide says, no £ lost between totals, no step beyond the limit."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.guide import Kind, NotStated, guide_price
from pricing.money import half_up, whole_pounds
from pricing.observed import Observed, Placement, whole_pounds_of
from pricing.profile import Band
from pricing.shadow import MOST_YEARS, shadow_run
from pricing.tariff import Pattern
from tests.pricing.placements import TARIFF, any_placements, generated, placement


@given(any_placements())
def test_every_guide_price_is_the_exact_product_to_the_nearest_pound(rows: list[Placement]) -> None:
    run = shadow_run(Observed.of(rows), TARIFF)
    by_reference = {row.placement: row for row in rows}
    for reference, guide in zip(run.observed.placement, run.guide.tolist(), strict=True):
        row = by_reference[reference]
        exact = TARIFF.band[row.band] * Fraction(TARIFF.pattern[row.pattern]) * Fraction(str(row.area_factor)) / 100
        assert guide == half_up(exact)


def test_a_shadow_run_and_the_guide_price_of_a_page_agree() -> None:
    row = placement(pattern=Pattern.WEEKLY, area_factor=float(TARIFF.area["202"]))
    page = guide_price(TARIFF, kind=Kind.FULL, band=row.band, pattern=row.pattern, la_code="202")
    assert shadow_run(Observed.of([row]), TARIFF).guide.tolist() == [whole_pounds(page.amount)]


@given(st.integers(1, 10**9), st.decimals(Decimal("0.5"), 10, places=4), st.decimals(Decimal("0.5"), 10, places=12))
def test_whole_pounds_are_those_of_decimals_and_not_of_floats(pence: int, multiplier: Decimal, factor: Decimal) -> None:
    found = whole_pounds_of(np.array([float(pence)]), np.array([float(multiplier)]), np.array([float(factor)]))
    assert found.tolist() == [half_up(pence * Fraction(multiplier) * Fraction(factor) / 100)]


@pytest.mark.parametrize(
    ("pence", "multiplier", "factor", "pounds"),
    [(100_500, 1.1, 1.0, 1106), (3_333_300, 1.5, 1.0, 50_000), (100, 1.15, 10.0, 12), (100, 0.5, 1.0, 1)],
)
def test_a_half_goes_up_where_floats_would_take_it_down(
    pence: int, multiplier: float, factor: float, pounds: int
) -> None:
    assert whole_pounds_of(np.array([float(pence)]), np.array([multiplier]), np.array([factor])).tolist() == [pounds]


def test_a_missing_figure_is_never_a_price() -> None:
    with pytest.raises(ValueError, match="missing"):
        whole_pounds_of(np.array([np.nan]), np.array([1.0]), np.array([1.0]))


@given(any_placements())
def test_the_totals_by_la_provider_band_and_pattern_are_all_the_total(rows: list[Placement]) -> None:
    run = shadow_run(Observed.of(rows), TARIFF)
    assert run.total.price == sum(row.price for row in rows)
    assert run.total.guide == int(run.guide.sum())
    assert run.total.difference == int(run.difference.sum()) == run.total.guide - run.total.price
    for totals in run.by.values():
        for figure in ("n", "price", "guide", "difference", "gain", "lose"):
            assert sum(getattr(each, figure) for each in totals) == getattr(run.total, figure)


@given(any_placements(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list[Placement], random: Random) -> None:
    run = shadow_run(Observed.of(rows), TARIFF, limit=500)
    random.shuffle(rows)
    again = shadow_run(Observed.of(rows), TARIFF, limit=500)
    assert list(run.observed.placement) == list(again.observed.placement)
    assert (run.by, run.total, run.guide.tolist()) == (again.by, again.total, again.guide.tolist())


@given(any_placements(), st.integers(1, 10_000))
def test_no_price_moves_further_in_a_year_than_the_limit_nor_past_its_guide(rows: list[Placement], limit: int) -> None:
    run = shadow_run(Observed.of(rows), TARIFF, limit=limit)
    before = run.observed.price
    for paid in run.transition:
        assert (abs(paid - before) * 10_000 <= np.maximum(before * limit, 10_000)).all()
        assert (abs(run.guide - paid) <= abs(run.guide - before)).all()
        assert ((run.guide - paid) * (run.guide - before) >= 0).all()
        before = paid
    assert 1 <= len(run.transition) <= MOST_YEARS
    assert run.beyond == int((before != run.guide).sum())
    assert run.beyond == 0 or len(run.transition) == MOST_YEARS


def test_a_transition_goes_on_until_everybody_has_arrived() -> None:
    run = shadow_run(Observed.of([placement("A", price=40_000), placement("B", price=48_000)]), TARIFF, limit=500)
    assert [year.tolist() for year in run.transition] == [
        [42_000, 48_000],
        [44_100, 48_000],
        [46_305, 48_000],
        [48_000] * 2,
    ]
    assert run.beyond == 0


def test_a_way_that_is_too_long_ends_and_is_counted() -> None:
    run = shadow_run(Observed.of([placement("A", price=1_000), placement("B")]), TARIFF, limit=500)
    assert (len(run.transition), run.beyond) == (MOST_YEARS, 1)


def test_a_price_of_which_the_limit_is_less_than_a_pound_moves_by_a_pound() -> None:
    run = shadow_run(Observed.of([placement(price=10)]), TARIFF, limit=500)
    assert [int(year[0]) for year in run.transition[:3]] == [11, 12, 13]


def test_without_a_limit_there_is_no_transition() -> None:
    assert shadow_run(Observed.of([placement()]), TARIFF).transition == ()


def test_gain_and_lose_count_placements_above_and_below_today() -> None:
    rows = [placement("A", price=47_999), placement("B", price=48_000), placement("C", price=48_001, la="874")]
    run = shadow_run(Observed.of(rows), TARIFF)
    assert (run.total.n, run.total.gain, run.total.lose) == (3, 1, 1)
    assert [(each.name, each.n, each.gain, each.lose) for each in run.by["la"]] == [("873", 2, 1, 0), ("874", 1, 0, 1)]


def test_groups_come_in_the_order_of_their_names_and_bands_in_their_own() -> None:
    rows = [placement("A", la="9", band=Band.PROFOUND), placement("B", la="10", band=Band.MODERATE)]
    run = shadow_run(Observed.of(rows), TARIFF)
    assert [each.name for each in run.by["la"]] == ["10", "9"]
    assert [each.name for each in run.by["band"]] == ["moderate", "profound"]


def test_what_the_tariff_does_not_state_stops_the_run() -> None:
    with pytest.raises(NotStated, match="nothing for mild"):
        shadow_run(Observed.of([placement(band=Band.MILD)]), TARIFF)
    day_only = replace(TARIFF, pattern={Pattern.DAY: Decimal(1)})
    with pytest.raises(NotStated, match="nothing for annual"):
        shadow_run(Observed.of([placement(pattern=Pattern.ANNUAL)]), day_only)
    assert shadow_run(Observed.of([placement()]), day_only)


@pytest.mark.parametrize(
    "rows",
    [[], [placement(), placement()], [placement(price=0)], [placement(price=-1)], [placement(area_factor=0.0)]],
)
def test_columns_are_never_made_of_rows_that_say_nothing(rows: list[Placement]) -> None:
    with pytest.raises(ValueError, match=r"There is no placement|twice|above 0"):
        Observed.of(rows)


def test_many_placements_are_the_same_as_one_by_one() -> None:
    rows = generated(500, seed=3)
    run = shadow_run(Observed.of(rows), TARIFF, limit=500)
    alone = [shadow_run(Observed.of([row]), TARIFF).guide.tolist()[0] for row in rows]
    assert run.guide.tolist() == alone

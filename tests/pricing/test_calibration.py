"""Calibration: a known tariff is found again, prices rise, the cost is today's to the pound, the optimum is one.

The textbook programme, a row for each placement, is the independent judge of the dual that is solved.
"""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from pricing.calibration import MOST_ROUNDS, calibrate
from pricing.fitting import NoTariff, fit_bands
from pricing.neutral import MOST_EACH, BandPlacements, _pairs, nearest_whole, whole_prices
from pricing.observed import Observed, Placement
from pricing.profile import Band
from pricing.shadow import shadow_run
from pricing.tariff import Pattern, load_tariff
from tests.pricing.placements import PRICED, TARIFF, any_placements, generated, placement

TRUTH = {band: TARIFF.band[band] // 100 for band in PRICED}
DAY = {Pattern.DAY: Decimal(1)}


def cost_of(observed: Observed, band: dict[Band, int], pattern: dict[Pattern, Decimal]) -> int:
    """What a shadow run of the tariff costs over what is paid."""
    tariff = load_tariff({"name": "T", "basis": "local", "valid_from": "2027-04-01", "band": band, "pattern": pattern})
    return shadow_run(observed, tariff).total.difference


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_neutral", [False, True])
def test_a_known_tariff_is_found_again_within_two_per_cent(seed: int, *, is_neutral: bool) -> None:
    observed = Observed.of(generated(2_000, seed=seed, noise=0.05, outliers=0.1))
    found = calibrate(observed, multipliers=TARIFF.pattern, step=1_000, is_neutral=is_neutral)
    for band, price in TRUTH.items():
        assert abs(found.band[band] / price - 1) < 0.02
    assert list(found.band.values()) == sorted(found.band.values())


@pytest.mark.parametrize("seed", range(3))
def test_multipliers_are_found_again_too(seed: int) -> None:
    observed = Observed.of(generated(2_000, seed=seed, outliers=0.1))
    start = {pattern: Decimal(2) for pattern in Pattern} | DAY
    found = calibrate(observed, multipliers=start, step=1_000, fits_multipliers=True)
    assert found.is_settled
    assert 1 < found.rounds < MOST_ROUNDS
    assert (found.pattern[Pattern.DAY], found.fitted) == (1, (Pattern.WEEKLY, Pattern.TERMLY, Pattern.ANNUAL))
    for pattern, multiplier in TARIFF.pattern.items():
        assert abs(float(found.pattern[pattern] / multiplier) - 1) < 0.02
    for band, price in TRUTH.items():
        assert abs(found.band[band] / price - 1) < 0.02


def test_gross_prices_do_not_draw_a_band_to_them() -> None:
    rows = [placement(f"A{n}", price=48_000 + n) for n in range(-10, 11)]
    rows += [placement(f"B{n}", price=350_000) for n in range(8)]
    found = calibrate(Observed.of(rows), multipliers=DAY)
    assert abs(found.band[Band.INTENSIVE] - 48_000) <= 10


@pytest.mark.parametrize("n", [60, 500, 2_000])
@pytest.mark.parametrize("fits_multipliers", [False, True])
def test_cost_neutral_is_to_the_pound_rounded_and_unrounded(n: int, *, fits_multipliers: bool) -> None:
    observed = Observed.of(generated(n, seed=n, noise=0.2, outliers=0.1))
    found = calibrate(
        observed, multipliers=TARIFF.pattern, step=1_000, is_neutral=True, fits_multipliers=fits_multipliers
    )
    assert found.cost_difference == 0 == cost_of(observed, dict(found.band), dict(found.pattern))
    exact = sum(
        found.band[row.band] * Fraction(found.pattern[row.pattern]) * Fraction(str(row.area_factor))
        for row in generated(n, seed=n, noise=0.2, outliers=0.1)
    )
    assert abs(exact - int(observed.price.sum())) < 1


def test_where_no_whole_pounds_cost_the_same_the_nearest_are_taken_and_the_rest_is_said() -> None:
    rows = [placement(f"A{n}", price=48_000 + (n == 0)) for n in range(10)]
    found = calibrate(Observed.of(rows), multipliers=DAY, is_neutral=True)
    assert (found.band[Band.INTENSIVE], found.cost_difference) == (48_000, -1)


@settings(max_examples=60)
@given(any_placements(), st.integers(0, 20_000), st.booleans(), st.booleans())
def test_prices_rise_by_the_step_whatever_is_observed(
    rows: list[Placement], step: int, is_neutral: bool, fits: bool
) -> None:
    observed = Observed.of(rows)
    try:
        found = calibrate(observed, multipliers=TARIFF.pattern, step=step, is_neutral=is_neutral, fits_multipliers=fits)
    except NoTariff:
        assert is_neutral
        assert step > 0
        return
    assert set(found.band) == {row.band for row in rows}
    ordered = sorted(found.band.items(), key=lambda item: item[0].level)
    for (lower, less), (higher, more) in pairwise(ordered):
        assert more - less >= step * (higher.level - lower.level)
    assert all(price >= 1 for price in found.band.values())
    assert found.cost_difference == cost_of(observed, dict(found.band), dict(found.pattern))
    assert sum(fit.more - fit.less for fit in found.fit) == found.cost_difference
    assert found.rounds <= MOST_ROUNDS


@settings(max_examples=60)
@given(st.data())
def test_the_solution_is_as_good_as_the_textbook_programmes(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 25))
    band = np.unique(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), return_inverse=True)[1]
    bands = int(band.max()) + 1
    multiplier = np.array(data.draw(st.lists(st.sampled_from([1.0, 1.5, 1.9, 3.2]), min_size=n, max_size=n)))
    target = np.array(data.draw(st.lists(st.integers(1_000, 300_000), min_size=n, max_size=n)), dtype=float)
    rise = np.array([1.0] + [float(data.draw(st.sampled_from([0, 1_000, 30_000])))] * (bands - 1))
    weight = np.bincount(band, multiplier).astype(float) if data.draw(st.booleans()) else None
    judged = textbook(target, multiplier, band, rise, weight)
    if judged is None:
        with pytest.raises(NoTariff):
            fit_bands(target, multiplier, band, rise, weight, target.sum())
        return
    prices = fit_bands(target, multiplier, band, rise, weight, target.sum())
    assert np.abs(target - multiplier * prices[band]).sum() == pytest.approx(judged, rel=1e-6, abs=0.1)
    assert (np.diff(prices, prepend=0) >= rise - 1e-3).all()
    assert weight is None or weight @ prices == pytest.approx(target.sum(), abs=0.1)


def textbook(
    target: np.ndarray, multiplier: np.ndarray, band: np.ndarray, rise: np.ndarray, weight: np.ndarray | None
) -> float | None:
    """The least sum of differences, by a row for each placement; None when nothing satisfies the conditions."""
    n, bands = len(target), len(rise)
    rows = [hstack([csr_array((multiplier, (np.arange(n), band)), shape=(n, bands)), eye_array(n), -eye_array(n)])]
    equal = [target]
    if weight is not None:
        rows.append(csr_array(np.concatenate([weight, np.zeros(2 * n)])[None]))
        equal.append(np.array([target.sum()]))
    rises = np.hstack([np.eye(bands, k=-1) - np.eye(bands), np.zeros((bands, 2 * n))])
    found = linprog(
        np.concatenate([np.zeros(bands), np.ones(2 * n)]),
        A_eq=vstack(rows),
        b_eq=np.concatenate(equal),
        A_ub=rises,
        b_ub=-rise,
        bounds=[(None, None)] * bands + [(0, None)] * (2 * n),
    )
    assert found.status in (0, 2)
    return float(found.fun) if found.status == 0 else None


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = generated(300, seed=4, outliers=0.1)
    found = [
        calibrate(Observed.of(order), multipliers=TARIFF.pattern, is_neutral=True, fits_multipliers=True)
        for order in (rows, rows[::-1])
    ]
    assert found[0] == found[1]


def test_a_step_that_costs_more_than_today_is_refused_when_it_must_cost_the_same() -> None:
    rows = [placement("A", price=10_000), placement("B", price=11_000, band=Band.EXCEPTIONAL)]
    with pytest.raises(NoTariff, match="Give a smaller step"):
        calibrate(Observed.of(rows), multipliers=DAY, step=50_000, is_neutral=True)
    assert calibrate(Observed.of(rows), multipliers=DAY, step=50_000).band[Band.EXCEPTIONAL] > 100_000


def test_a_band_that_nobody_is_in_has_no_price_and_the_next_rises_by_two_steps() -> None:
    rows = [placement("A", price=30_000, band=Band.MODERATE), placement("B", price=30_000, band=Band.PROFOUND)]
    found = calibrate(Observed.of(rows), multipliers=DAY, step=5_000)
    assert found.band[Band.PROFOUND] - found.band[Band.MODERATE] == 10_000
    assert Band.INTENSIVE not in found.band


def test_without_day_placements_the_most_frequent_pattern_sets_the_scale() -> None:
    rows = [placement(f"W{n}", pattern=Pattern.WEEKLY, price=90_000) for n in range(3)]
    rows += [placement(f"T{n}", pattern=Pattern.TERMLY, price=120_000) for n in range(2)]
    found = calibrate(Observed.of(rows), multipliers=TARIFF.pattern, fits_multipliers=True)
    assert (found.pattern[Pattern.WEEKLY], found.pattern[Pattern.TERMLY]) == (Decimal("1.5"), Decimal(2))
    assert (found.fitted, found.band[Band.INTENSIVE]) == ((Pattern.TERMLY,), 60_000)


def test_the_nearest_sum_is_nearer_than_that_of_rounded_prices() -> None:
    ten = [BandPlacements(np.full(10, price), np.ones(10), np.ones(10)) for price in (30_000.5, 50_000.9)]
    found = whole_prices(ten, np.array([30_000.5, 50_000.9]), np.array([1, 1_000]), 800_014)
    assert 10 * sum(found) == 800_010  # rounded prices would cost 800,020


def test_of_combinations_that_cost_the_same_only_some_are_looked_at_so_that_memory_lasts() -> None:
    left, right = next(_pairs(np.zeros(10, dtype=np.int64), np.zeros(1_000, dtype=np.int64), 0))
    assert len(left) == len(right) == 10 * MOST_EACH


def test_a_multiplier_weighs_placements_by_what_is_at_stake() -> None:
    rows = [placement(f"D{n}", band=Band.MODERATE, price=10_000) for n in range(9)]
    rows += [placement(f"E{n}", band=Band.EXCEPTIONAL, price=100_000) for n in range(3)]
    rows += [placement(f"W{n}", band=Band.MODERATE, price=10_000, pattern=Pattern.WEEKLY) for n in range(2)]
    rows.append(placement("X", band=Band.EXCEPTIONAL, price=200_000, pattern=Pattern.WEEKLY))
    found = calibrate(Observed.of(rows), multipliers=TARIFF.pattern, fits_multipliers=True)
    assert found.pattern[Pattern.WEEKLY] == 2


def test_rounding_never_takes_a_pound_from_the_step() -> None:
    assert nearest_whole(np.array([30_000.5, 31_000.4999]), np.array([1, 1_000])) == [30_001, 31_001]


def test_multipliers_that_are_not_fitted_stay_as_given() -> None:
    found = calibrate(Observed.of(generated(100, seed=1)), multipliers=TARIFF.pattern)
    assert (dict(found.pattern), found.fitted, found.rounds) == (dict(TARIFF.pattern), (), 0)


def test_a_fitted_multiplier_stays_within_what_a_tariff_may_hold() -> None:
    rows = [placement(f"D{n}", price=10_000) for n in range(3)] + [
        placement("W", pattern=Pattern.WEEKLY, price=400_000)
    ]
    found = calibrate(Observed.of(rows), multipliers=TARIFF.pattern, fits_multipliers=True)
    assert found.pattern[Pattern.WEEKLY] == 10


def test_a_pattern_without_multiplier_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiplier"):
        calibrate(Observed.of([placement(pattern=Pattern.ANNUAL)]), multipliers=DAY)


def test_the_fit_shows_quartiles_and_what_would_be_paid_more_and_less() -> None:
    rows = [placement(f"A{n}", price=price) for n, price in enumerate((46_000, 47_500, 48_000, 48_500, 50_000))]
    (fit,) = calibrate(Observed.of(rows), multipliers=DAY).fit
    assert (fit.n, fit.price, fit.lower_quartile, fit.median, fit.upper_quartile) == (5, 48_000, -500, 0, 500)
    assert (fit.more, fit.less) == (2_500, 2_500)

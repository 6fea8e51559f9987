"""The corridor: eight in ten lie in it, its quantiles never cross, and it rests on enough observations or is none."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pricing.comparison import compare
from pricing.corridor import FEWEST, QUANTILES, Bounds, Place, TooFew, corridor, outlier
from pricing.framework import DEMONSTRATION_FRAMEWORK, SettingType, load_framework
from pricing.observed import PATTERNS, SETTING_TYPES, Observed, Placement
from pricing.profile import Band
from pricing.schedule import BandPrice, Part, PriceLine
from pricing.tariff import Pattern
from tests.pricing.placements import PRICED, TARIFF, generated, placement
from tests.pricing.test_comparison import CORE, PLAIN, WHOLE

ON = date(2026, 11, 25)


def like_for_like(row: Placement) -> int:
    return round(100 * row.price / row.area_factor)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("noise", "outliers"), [(0.15, 0.0), (0.1, 0.05)])
def test_eight_in_ten_of_the_placements_that_were_held_out_lie_within(seed: int, noise: float, outliers: float) -> None:
    rows = generated(8_000, seed=seed, noise=noise, outliers=outliers, by_type=True)
    found = corridor(Observed.of(rows[::2]), on=ON)
    places = []
    for row in rows[1::2]:
        bounds = found.at(row.band, row.pattern, row.setting_type)
        assert bounds
        places.append(bounds.place(like_for_like(row)))
    assert abs(places.count(Place.WITHIN) / len(places) - 0.8) < 0.03
    assert abs(places.count(Place.BELOW) / len(places) - 0.1) < 0.03


def test_the_median_is_that_of_the_tariff_and_of_the_type_of_setting() -> None:
    found = corridor(Observed.of(generated(8_000, seed=9, by_type=True)), on=ON)
    independent = found.at(Band.INTENSIVE, Pattern.DAY, SettingType.INDEPENDENT)
    nmss = found.at(Band.INTENSIVE, Pattern.DAY, SettingType.NMSS)
    assert independent
    assert nmss
    assert independent.median / (1.06 * 4_800_000) == pytest.approx(1, abs=0.01)
    assert nmss.median / (0.95 * 4_800_000) == pytest.approx(1, abs=0.01)


@settings(max_examples=40)
@given(st.data())
def test_quantiles_never_cross(data: st.DataObject) -> None:
    n = data.draw(st.integers(FEWEST, 60))
    rows = [
        placement(
            f"P{number}",
            band=data.draw(st.sampled_from(PRICED)),
            pattern=data.draw(st.sampled_from(PATTERNS)),
            setting_type=data.draw(st.sampled_from(SETTING_TYPES)),
            price=data.draw(st.integers(1, 400_000)),
        )
        for number in range(n)
    ]
    found = corridor(Observed.of(rows), on=ON)
    assert sum(bounds.n for bounds in found.bounds.values()) == found.n == n
    for bounds in found.bounds.values():
        assert 0 < bounds.low <= bounds.median <= bounds.high


@pytest.mark.parametrize("n", [40, 400])
def test_the_regressions_are_together_as_good_as_the_linear_programmes_of_their_definition(n: int) -> None:
    rows = generated(n, seed=n, noise=0.2, areas=False)
    found = corridor(Observed.of(rows), on=ON)
    logs = np.log([row.price for row in rows])
    marks = [
        [1.0, *(row.band.level >= b.level for b in PRICED), *(row.pattern == p for p in PATTERNS)]
        + [row.setting_type == kind for kind in SETTING_TYPES]
        for row in rows
    ]
    design = np.array(marks, dtype=float)
    columns = design.shape[1]
    best, ours = 0.0, 0.0
    for quantile, q in enumerate(QUANTILES):
        best += linprog(
            np.concatenate([np.zeros(columns), np.full(n, q), np.full(n, 1 - q)]),
            A_eq=np.hstack([design, np.eye(n), -np.eye(n)]),
            b_eq=logs,
            bounds=[(None, None)] * columns + [(0, None)] * (2 * n),
        ).fun
        bounds = [found.bounds[row.band, row.pattern, row.setting_type] for row in rows]
        off = logs - np.log([(each.low, each.median, each.high)[quantile] / 100 for each in bounds])
        ours += np.where(off > 0, q * off, (q - 1) * off).sum()
    assert ours < best * 1.0005  # put in order they may be a little better than each alone


def test_a_corridor_rests_on_thirty_observations_or_is_none() -> None:
    with pytest.raises(TooFew, match="There are 29 observations; a corridor needs at least 30"):
        corridor(Observed.of(generated(29, seed=1)), on=ON)
    found = corridor(Observed.of(generated(30, seed=1)), on=ON)
    assert (found.n, found.on) == (30, ON)


def test_how_much_is_explained_is_between_nothing_and_everything() -> None:
    found = corridor(Observed.of(generated(2_000, seed=2)), on=ON)
    assert all(r2 is not None and 0.5 < r2 < 1 for r2 in found.pseudo_r2)


def test_prices_that_do_not_vary_have_a_corridor_of_one_price_and_explain_nothing() -> None:
    found = corridor(Observed.of([placement(f"P{n}") for n in range(40)]), on=ON)
    (bounds,) = found.bounds.values()
    assert bounds == Bounds(40, 4_800_000, 4_800_000, 4_800_000)
    assert found.pseudo_r2 == (None, None, None)


def test_the_area_is_taken_out_before() -> None:
    rows = [placement(f"P{n}", area_factor=1.18, price=56_640) for n in range(40)]
    (bounds,) = corridor(Observed.of(rows), on=ON).bounds.values()
    assert bounds.median == 4_800_000


def test_what_was_not_observed_has_no_bounds() -> None:
    found = corridor(Observed.of([placement(f"P{n}") for n in range(40)]), on=ON)
    assert found.at(Band.INTENSIVE, Pattern.DAY, SettingType.NMSS) is None
    assert found.at(Band.INTENSIVE, Pattern.DAY, SettingType.INDEPENDENT)


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = generated(300, seed=5)
    assert corridor(Observed.of(rows), on=ON) == corridor(Observed.of(rows[::-1]), on=ON)


@pytest.mark.parametrize(
    ("core", "high", "place"),
    [
        (4_000_000, 5_000_000, None),  # 4.8% above its band: outside the corridor, but no outlier
        (4_490_000, 5_000_000, None),  # 15.0%: not more than 15%
        (4_490_001, 5_000_000, Place.ABOVE),
        (4_490_001, 5_600_000, None),  # within the corridor
        (3_000_000, 5_600_000, Place.BELOW),
    ],
)
def test_an_outlier_lies_outside_the_corridor_and_more_than_fifteen_per_cent_from_its_band(
    core: int, high: int, place: Place | None
) -> None:
    price = BandPrice("river-day", Band.INTENSIVE, (replace(CORE, amount=core), *WHOLE[1:]))
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    found = compare(price, pattern=Pattern.DAY, framework=framework, tariff=PLAIN, la_code="873")
    flagged = outlier(found, Bounds(50, 4_500_000, 4_800_000, high))
    assert (flagged.place if flagged else None) is place
    if flagged:
        assert sum(line.amount for line in flagged.lines) == found.like_for_like - found.guide.amount  # type: ignore[operator]


def test_a_price_without_variance_is_no_outlier() -> None:
    price = BandPrice("river-day", Band.INTENSIVE, (PriceLine(Part.CORE, 9_000_000),))
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    found = compare(price, pattern=Pattern.DAY, framework=framework, tariff=TARIFF, la_code="873")
    assert outlier(found, Bounds(50, 1, 2, 3)) is None

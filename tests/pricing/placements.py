"""Made-up placements for tests of prices: rows one by one, and many generated from a known tariff."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from pricing.framework import SettingType
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Placement
from pricing.profile import Band
from pricing.tariff import DEMONSTRATION_TARIFF, Pattern, load_tariff

TARIFF = load_tariff(DEMONSTRATION_TARIFF)
PRICED = [band for band in BANDS if band in TARIFF.band]
SHARES = (0.2, 0.4, 0.3, 0.1)  # of the four bands, and of the four patterns below
PATTERN_SHARES = (0.8, 0.08, 0.08, 0.04)
TYPES = (SettingType.NMSS, SettingType.SECTION41, SettingType.INDEPENDENT)
DEARER = {SettingType.NMSS: 0.95, SettingType.SECTION41: 1.0, SettingType.INDEPENDENT: 1.06}


def placement(reference: str = "A", **changes: Any) -> Placement:
    fields = {
        "la": "873",
        "setting": "S1",
        "provider": "Elm Trust",
        "setting_type": SettingType.INDEPENDENT,
        "pattern": Pattern.DAY,
        "band": Band.INTENSIVE,
        "price": 48_000,
    } | changes
    return Placement(placement=reference, **fields)


def generated(
    n: int, *, seed: int, noise: float = 0.05, outliers: float = 0.0, by_type: bool = False, areas: bool = True
) -> list[Placement]:
    """Placements at the demonstration tariff's prices, with noise in the logarithm; a share of them is off by a half in
    either direction; with `by_type` the types of setting differ."""
    random = np.random.default_rng(seed)
    band = random.choice(len(PRICED), n, p=SHARES)
    pattern = random.choice(len(PATTERNS), n, p=PATTERN_SHARES)
    setting = random.integers(0, max(n // 12, 1), n)
    area = np.round(random.uniform(1, 1.18, n), 3) if areas else np.ones(n)
    price = np.array([TARIFF.band[each] / 100 for each in PRICED])[band]
    price *= np.array([float(TARIFF.pattern[each]) for each in PATTERNS])[pattern] * area
    price *= np.exp(noise * random.standard_normal(n))
    price *= np.where(random.random(n) < outliers, random.choice([0.5, 1.5], n), 1)
    kinds = [TYPES[number % len(TYPES)] for number in setting.tolist()]
    if by_type:
        price *= np.array([DEARER[kind] for kind in kinds])
    return [
        Placement(
            placement=f"P{row:06}",
            la=f"{801 + setting[row] % 30}",
            setting=f"S{setting[row]}",
            provider=f"Fictional Trust {setting[row] // 3}",
            setting_type=kinds[row],
            pattern=PATTERNS[pattern[row]],
            band=PRICED[band[row]],
            area_factor=float(area[row]),
            price=max(1, round(float(price[row]))),
        )
        for row in range(n)
    ]


def any_placements(most: int = 40) -> st.SearchStrategy[list[Placement]]:
    """Placements that a file could hold, of bands that the demonstration tariff prices."""
    row = st.builds(
        Placement,
        placement=st.uuids().map(str),
        la=st.sampled_from(["801", "802", "803"]),
        setting=st.sampled_from(["S1", "S2", "S3", "S4"]),
        provider=st.sampled_from(["Elm Trust", "Oak Trust"]),
        setting_type=st.sampled_from(SETTING_TYPES),
        pattern=st.sampled_from(PATTERNS),
        band=st.sampled_from(PRICED),
        area_factor=st.integers(500, 2_000).map(lambda thousandths: thousandths / 1000),
        price=st.integers(1, 400_000),
    )
    return st.lists(row, min_size=1, max_size=most, unique_by=lambda each: each.placement)

"""Observed placements as columns: who pays what, to whom, for which band and pattern. What calibration, corridor and
shadow run all start from.

It must never hold a pupil: a placement is a reference that means nothing outside the file it came from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pricing.framework import SettingType
from pricing.money import half_up
from pricing.profile import Band
from pricing.tariff import Pattern

Ints = NDArray[np.int64]
Numbers = NDArray[np.float64]
Code = TypeVar("Code", Band, Pattern, SettingType)

BANDS, PATTERNS, SETTING_TYPES = tuple(Band), tuple(Pattern), tuple(SettingType)
NEAR_A_HALF = 1e-3  # £; far above the error of three floats multiplied, far below a half


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One placement: `price` in whole £ a year, above 0; `area_factor` of the setting's place, above 0."""

    placement: str
    la: str
    setting: str
    provider: str
    setting_type: SettingType
    pattern: Pattern
    band: Band
    area_factor: float = 1.0
    price: int


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The same, column by column, ordered by reference; types, patterns and bands by their place in the enumeration."""

    placement: Sequence[str]
    la: Sequence[str]
    setting: Sequence[str]
    provider: Sequence[str]
    setting_type: Ints
    pattern: Ints
    band: Ints
    area_factor: Numbers
    price: Ints

    def __len__(self) -> int:
        return len(self.placement)

    @classmethod
    def of(cls, placements: Iterable[Placement]) -> "Observed":
        """The columns of some rows, whatever their order. Raises ValueError for none, for a reference that is there
        twice, and for a price or area factor that is not above 0.

        >>> row = Placement(placement="B", la="873", setting="S1", provider="Elm Trust", setting_type=SettingType.NMSS,
        ...                 pattern=Pattern.DAY, band=Band.INTENSIVE, price=50_000)
        >>> import dataclasses
        >>> observed = Observed.of([row, dataclasses.replace(row, placement="A", price=45_000)])
        >>> list(observed.placement), observed.price.tolist(), BANDS[observed.band[0]]
        (['A', 'B'], [45000, 50000], <Band.INTENSIVE: 'intensive'>)
        """
        rows = sorted(placements, key=lambda row: row.placement)
        if not rows:
            raise ValueError("There is no placement.")
        if len({row.placement for row in rows}) < len(rows):
            raise ValueError("A placement stands there twice.")
        if not all(row.price > 0 and row.area_factor > 0 for row in rows):
            raise ValueError("A price and an area factor are above 0.")
        return cls(
            placement=[row.placement for row in rows],
            la=[row.la for row in rows],
            setting=[row.setting for row in rows],
            provider=[row.provider for row in rows],
            setting_type=_codes(SETTING_TYPES, [row.setting_type for row in rows]),
            pattern=_codes(PATTERNS, [row.pattern for row in rows]),
            band=_codes(BANDS, [row.band for row in rows]),
            area_factor=np.array([row.area_factor for row in rows], dtype=np.float64),
            price=np.array([row.price for row in rows], dtype=np.int64),
        )


def by_code(codes: Sequence[Code], values: Mapping[Code, float]) -> Numbers:
    """The values in the order of an enumeration; NaN where there is none."""
    return np.array([values.get(code, np.nan) for code in codes], dtype=np.float64)


def whole_pounds_of(pence: Numbers, multiplier: Numbers, factor: Numbers) -> Ints:
    """pence × multiplier × area factor in whole £, a half going up: as in decimals, not as floats would have it.

    Raises ValueError where a figure is missing (NaN).

    >>> whole_pounds_of(np.array([3_000_100.0]), np.array([1.5]), np.array([1.18])).tolist()  # £53,101.77
    [53102]
    >>> whole_pounds_of(np.array([100_500.0]), np.array([1.1]), np.array([1.0])).tolist()  # £1,105.50, in floats below
    [1106]
    """
    exact = pence * multiplier * factor / 100
    if np.isnan(exact).any():
        raise ValueError("A figure is missing.")
    whole: Ints = np.floor(exact + 0.5).astype(np.int64)
    doubtful = np.flatnonzero(np.abs(exact - whole) > 0.5 - NEAR_A_HALF)
    if len(doubtful):
        parts = [np.broadcast_to(part, exact.shape).flat[doubtful].tolist() for part in (pence, multiplier, factor)]
        keys = list(zip(*parts, strict=True))
        in_decimals = {key: half_up(prod(map(_as_written, key), start=Fraction(1, 100))) for key in set(keys)}
        whole.flat[doubtful] = [in_decimals[key] for key in keys]
    return whole


def _as_written(number: float) -> Fraction:
    return Fraction(repr(number))


def _codes(codes: Sequence[Code], values: Iterable[Code]) -> Ints:
    place = {code: number for number, code in enumerate(codes)}
    return np.array([place[value] for value in values], dtype=np.int64)

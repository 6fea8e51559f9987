"""The corridor: between which prices eight placements in ten lie, by band, pattern and setting type.

Quantiles 0.1, 0.5 and 0.9 of the logarithm of the price at area factor 1, by quantile regression on band (in steps from
the band below), pattern and setting type. It describes what is paid; it must never say what a place should cost.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from pricing.comparison import Comparison, StepLine
from pricing.framework import SettingType
from pricing.money import half_up
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Ints, Numbers, Observed
from pricing.profile import Band
from pricing.tariff import Pattern

QUANTILES = (0.1, 0.5, 0.9)
FEWEST = 30  # observations; fewer make no corridor
OUTLYING = Fraction(15, 100)  # of the band's price: a variance within it is no outlier, wherever it lies

Cell = tuple[Band, Pattern, SettingType]


class Place(StrEnum):
    """Where a price lies."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


class Stretch(StrEnum):
    """Which stretch of the scale a price lies on, that the lines of a corridor divide."""

    BELOW = "below it"
    LOWER = "in it, below its middle"
    UPPER = "in it, at its middle or above"
    ABOVE = "above it"


class TooFew(ValueError):
    """There are too few observations for a corridor; the message says how many there are."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The corridor of one band, pattern and setting type, at area factor 1, in pence a year; `n` were observed."""

    n: int
    low: int
    median: int
    high: int

    def place(self, amount: int) -> Place:
        """Where a like-for-like price of so many pence lies; the bounds themselves are within.

        >>> bounds = Bounds(40, 4_200_000, 4_800_000, 5_600_000)
        >>> [bounds.place(amount).value for amount in (4_199_999, 4_200_000, 5_600_001)]
        ['below', 'within', 'above']
        """
        return Place.BELOW if amount < self.low else Place.ABOVE if amount > self.high else Place.WITHIN

    def stretch(self, amount: int) -> Stretch:
        """On which stretch a like-for-like price of so many pence lies; the lines at the ends are within.

        >>> bounds = Bounds(40, 4_200_000, 4_800_000, 5_600_000)
        >>> [bounds.stretch(100 * amount).name for amount in (41_999, 42_000, 47_999, 48_000, 56_000, 56_001)]
        ['BELOW', 'LOWER', 'LOWER', 'UPPER', 'UPPER', 'ABOVE']
        """
        if self.place(amount) is Place.BELOW:
            return Stretch.BELOW
        if self.place(amount) is Place.ABOVE:
            return Stretch.ABOVE
        return Stretch.LOWER if amount < self.median else Stretch.UPPER


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """A corridor with what it rests on: a day, `n` observations, and by quantile the pseudo-R² of Koenker and Machado
    (1999), None where prices do not vary."""

    on: date
    n: int
    pseudo_r2: tuple[float | None, ...]
    bounds: Mapping[Cell, Bounds]

    def at(self, band: Band, pattern: Pattern, setting_type: SettingType) -> Bounds | None:
        """The bounds of a band, pattern and type; None when nothing of the kind was observed."""
        return self.bounds.get((band, pattern, setting_type))


@dataclass(frozen=True, slots=True)
class Outlier:
    """A price outside the corridor and more than 15% from its band's, with the lines that make the difference."""

    place: Place
    variance: Fraction
    lines: tuple[StepLine, ...]


def corridor(observed: Observed, *, on: date) -> Corridor:
    """The corridor of the observed placements, for the bands, patterns and types that are there together.

    Quantiles that cross are put in order (Chernozhukov, Fernández-Val and Galichon 2010), which never makes them worse.
    Raises TooFew below 30 observations.

    >>> from pricing.observed import Placement
    >>> observed = Observed.of(
    ...     Placement(placement=f"P{n}", la="873", setting="S1", provider="Elm Trust", setting_type=SettingType.NMSS,
    ...               band=Band.MODERATE, pattern=Pattern.DAY, price=30_000 + 100 * n) for n in range(101))
    >>> found = corridor(observed, on=date(2026, 11, 25))
    >>> bounds = found.at(Band.MODERATE, Pattern.DAY, SettingType.NMSS)
    >>> bounds.n, round(bounds.low, -4), round(bounds.median, -4), round(bounds.high, -4)
    (101, 3100000, 3500000, 3900000)
    """
    n = len(observed)
    if n < FEWEST:
        raise TooFew(f"There are {n} observations; a corridor needs at least {FEWEST}.")
    codes = np.column_stack([observed.band, observed.pattern, observed.setting_type])
    cells, inverse, count = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    design = _design(cells)
    logs = np.log(observed.price / observed.area_factor)
    fits = [_fitted(logs, design[inverse.ravel()], quantile) for quantile in QUANTILES]
    levels = np.sort([design @ parameters for parameters, _ in fits], axis=0)
    pence = [[half_up(Fraction(100 * price)) for price in row] for row in np.exp(levels).T.tolist()]
    return Corridor(
        on=on,
        n=n,
        pseudo_r2=tuple(r2 for _, r2 in fits),
        bounds={
            (BANDS[band], PATTERNS[pattern], SETTING_TYPES[kind]): Bounds(number, *amounts)
            for (band, pattern, kind), number, amounts in zip(cells.tolist(), count.tolist(), pence, strict=True)
        },
    )


def outlier(comparison: Comparison, bounds: Bounds) -> Outlier | None:
    """What is outlying in a price, None when nothing is: it lies outside the corridor and its variance is above 15%."""
    amount, variance = comparison.like_for_like, comparison.variance
    if amount is None or variance is None or abs(variance) <= OUTLYING:
        return None
    place = bounds.place(amount)
    return None if place is Place.WITHIN else Outlier(place, variance, comparison.differences)


def _design(cells: Ints) -> Numbers:
    """A row for each cell: 1, a step for each band above the lowest, a mark for each pattern and type but the first."""
    bands, patterns, types = (np.unique(column) for column in cells.T)
    columns = [np.ones(len(cells))]
    columns += [cells[:, 0] >= band for band in bands[1:]]
    columns += [cells[:, 1] == pattern for pattern in patterns[1:]]
    columns += [cells[:, 2] == kind for kind in types[1:]]
    return np.column_stack(columns).astype(np.float64)


def _fitted(logs: Numbers, design: Numbers, quantile: float) -> tuple[Numbers, float | None]:
    """The parameters of one quantile, and its pseudo-R²."""
    from statsmodels.regression.quantile_regression import QuantReg  # noqa: PLC0415 - takes a second, and only here

    with warnings.catch_warnings():  # of its standard errors, which are not used
        warnings.simplefilter("ignore")
        result: Any = QuantReg(logs, design).fit(q=quantile)
        r2 = float(result.prsquared) if np.ptp(logs) > 0 else None
    parameters: Numbers = np.asarray(result.params, dtype=np.float64)
    return parameters, r2

"""A tariff that fits observed prices: rising with the band, and, when asked, costing what is paid today to the pound.

Absolute differences are minimised, not squares, so that a few gross prices do not draw a band to them. What comes out
is a proposal with its fit; it must never be adopted without a shadow run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from pricing.fitting import fit_bands
from pricing.neutral import BandPlacements, nearest_whole, whole_prices
from pricing.observed import BANDS, PATTERNS, Ints, Numbers, Observed, by_code, whole_pounds_of
from pricing.profile import Band
from pricing.tariff import MULTIPLIERS, Pattern

MOST_ROUNDS = 20
THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class BandFit:
    """How well a band is met, in whole £ a year: quartiles of price − guide, and what would be paid more and less."""

    band: Band
    n: int
    price: int
    lower_quartile: int
    median: int
    upper_quartile: int
    more: int
    less: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Band prices in whole £ a year and multipliers, with their fit.

    `cost_difference`: Σ guide − Σ price over the placements, in £; 0 = cost-neutral to the pound. `rounds` counts how
    often multipliers were fitted; `is_settled`: they had stopped moving. `fitted` are the patterns that were.
    """

    band: Mapping[Band, int]
    pattern: Mapping[Pattern, Decimal]
    fitted: tuple[Pattern, ...]
    rounds: int
    is_settled: bool
    n: int
    cost_difference: int
    fit: tuple[BandFit, ...]


def calibrate(
    observed: Observed,
    *,
    multipliers: Mapping[Pattern, Decimal],
    step: int = 0,
    is_neutral: bool = False,
    fits_multipliers: bool = False,
) -> Calibration:
    """The band prices that minimise Σ |price / area − band price × multiplier|, for the bands that are observed.

    Prices rise by at least `step` £ a band (by twice as much over a band that nobody is in). `is_neutral`: the guide
    prices, each to the nearest £, sum to what is paid today. `fits_multipliers`: prices and multipliers are fitted in
    turn, starting from those given, until the multipliers, in thousandths, stay the same, at most MOST_ROUNDS times;
    that of a day, or without day placements of the most frequent pattern, stays as given, since it sets the scale.

    Raises NoTariff when nothing rises and costs as asked; ValueError when the multiplier of a pattern is missing.

    >>> from pricing.framework import SettingType
    >>> from pricing.observed import Placement
    >>> def placement(number: int, band: Band, price: int) -> Placement:
    ...     return Placement(placement=f"P{number}", la="873", setting="S1", provider="Elm Trust", band=band,
    ...                      setting_type=SettingType.NMSS, pattern=Pattern.DAY, price=price)
    >>> observed = Observed.of([placement(n, Band.MODERATE, 30_000 + n) for n in range(5)]
    ...                        + [placement(9, Band.INTENSIVE, 99_000), placement(8, Band.INTENSIVE, 48_000),
    ...                           placement(7, Band.INTENSIVE, 47_000)])
    >>> found = calibrate(observed, multipliers={Pattern.DAY: Decimal(1)}, step=1_000)
    >>> found.band[Band.MODERATE], found.band[Band.INTENSIVE], found.cost_difference
    (30002, 48000, -50000)
    >>> neutral = calibrate(observed, multipliers={Pattern.DAY: Decimal(1)}, step=1_000, is_neutral=True)
    >>> neutral.cost_difference, neutral.fit[0].n
    (0, 5)
    """
    problem = _Problem(observed, step, is_neutral=is_neutral)
    factors = dict(multipliers)
    fitted = _fitted(observed) if fits_multipliers else ()
    rounds, is_settled = 0, True
    prices = problem.prices(factors)
    while fitted and rounds < MOST_ROUNDS:
        rounds += 1
        before, factors = factors, factors | {pattern: problem.multiplier(pattern, prices) for pattern in fitted}
        if is_settled := factors == before:
            break
        prices = problem.prices(factors)
    whole = problem.whole(prices, factors)
    guide = whole_pounds_of(100.0 * np.array(whole)[problem.band], problem.each(factors), observed.area_factor)
    return Calibration(
        band=dict(zip(problem.bands, whole, strict=True)),
        pattern=factors,
        fitted=fitted,
        rounds=rounds,
        is_settled=is_settled,
        n=len(observed),
        cost_difference=int(guide.sum() - observed.price.sum()),
        fit=tuple(
            _fit(band, price, observed.price[problem.band == number], guide[problem.band == number])
            for number, (band, price) in enumerate(zip(problem.bands, whole, strict=True))
        ),
    )


class _Problem:
    """The observed placements as the programme wants them: bands numbered from 0, prices at area factor 1."""

    def __init__(self, observed: Observed, step: int, *, is_neutral: bool) -> None:
        levels, self.band = np.unique(observed.band, return_inverse=True)
        self.observed, self.is_neutral = observed, is_neutral
        self.bands = [BANDS[level] for level in levels]
        self.target: Numbers = observed.price / observed.area_factor
        self.rise: Ints = np.concatenate([[1], step * np.diff(levels)]).astype(np.int64)
        self.cost = int(observed.price.sum())

    def each(self, multipliers: Mapping[Pattern, Decimal]) -> Numbers:
        """The multiplier of each placement."""
        by_pattern = by_code(PATTERNS, {pattern: float(number) for pattern, number in multipliers.items()})
        found: Numbers = by_pattern[self.observed.pattern]
        if np.isnan(found).any():
            raise ValueError("A pattern that is there has no multiplier.")
        return found

    def prices(self, multipliers: Mapping[Pattern, Decimal]) -> Numbers:
        """The best band prices at some multipliers, not rounded."""
        each = self.each(multipliers)
        weight = None
        if self.is_neutral:
            weight = np.bincount(self.band, each * self.observed.area_factor).astype(np.float64)
        return fit_bands(self.target, each, self.band, self.rise.astype(float), weight, float(self.cost))

    def multiplier(self, pattern: Pattern, prices: Numbers) -> Decimal:
        """The best multiplier at some band prices, in thousandths: a median of price / band price, weighted by it."""
        is_there = self.observed.pattern == PATTERNS.index(pattern)
        weight = prices[self.band[is_there]]
        ratio = self.target[is_there] / weight
        order = np.argsort(ratio, kind="stable")
        passed = np.cumsum(weight[order])
        best = float(ratio[order][np.searchsorted(passed, passed[-1] / 2)])
        low, high = map(Decimal, MULTIPLIERS)
        return min(max(Decimal(best).quantize(THOUSANDTH), low), high)

    def whole(self, prices: Numbers, multipliers: Mapping[Pattern, Decimal]) -> list[int]:
        """The band prices in whole £."""
        if not self.is_neutral:
            return nearest_whole(prices, self.rise)
        each = self.each(multipliers)
        masks = [self.band == number for number in range(len(self.bands))]
        rows = [BandPlacements(self.target[mask], each[mask], self.observed.area_factor[mask]) for mask in masks]
        return whole_prices(rows, prices, self.rise, self.cost)


def _fitted(observed: Observed) -> tuple[Pattern, ...]:
    """The patterns to fit: those observed, but for the one that sets the scale."""
    count = np.bincount(observed.pattern, minlength=len(PATTERNS))
    day = PATTERNS.index(Pattern.DAY)
    scale = day if count[day] else int(count.argmax())
    return tuple(pattern for number, pattern in enumerate(PATTERNS) if count[number] and number != scale)


def _fit(band: Band, price: int, paid: Ints, guide: Ints) -> BandFit:
    lower, median, upper = (int(np.floor(each + 0.5)) for each in np.percentile(paid - guide, (25, 50, 75)))
    change = guide - paid
    return BandFit(
        band=band,
        n=len(paid),
        price=price,
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        more=int(change[change > 0].sum()),
        less=int(-change[change < 0].sum()),
    )

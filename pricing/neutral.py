"""Band prices in whole £ that cost what is paid today, to the pound: a search around prices that are not whole.

Rounding alone would miss the sum: a pound on a band moves it by a pound for every placement in the band. So the prices
nearby are tried, and of those whose guide prices, each to the nearest £, sum to today's, the best fit is taken. It must
never take prices that rise by less than they have to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.observed import Ints, Numbers, whole_pounds_of

SEARCHED = 100_000  # combinations of prices of half of the bands
WIDEST = 512  # £ to either side
MOST_EACH = 16  # partners of a combination that are looked at, of those that cost the same

EXACT = (0, False)
Found = tuple[int, bool, float, tuple[int, ...]]  # £ off, whether the unrounded sum is £1 off or more, loss, prices


@dataclass(frozen=True, slots=True, eq=False)
class BandPlacements:
    """The placements of one band: their price at area factor 1 (£), multiplier and area factor."""

    target: Numbers
    multiplier: Numbers
    factor: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Choices:
    """Combinations of prices (a column each), with what they cost: `cost` each guide price to the nearest £, `exact`
    not rounded; and how badly they fit, `loss`."""

    prices: Ints
    cost: Ints
    exact: Numbers
    loss: Numbers


def whole_prices(bands: Sequence[BandPlacements], prices: Numbers, rise: Ints, cost: int) -> list[int]:
    """Whole £ near `prices` that rise by at least `rise` (the first entry is the least price) and cost `cost`.

    The search widens until prices are found whose guide prices sum to the cost both rounded and, within £1, unrounded.
    Failing that, the sum of the rounded ones is exact; failing that, as near as whole £ allow.

    >>> three = BandPlacements(np.array([30_000.0, 31_000.0, 40_000.0]), np.ones(3), np.ones(3))
    >>> two = BandPlacements(np.array([50_000.0, 52_001.0]), np.ones(2), np.ones(2))
    >>> whole_prices([three, two], np.array([30_999.6, 55_001.1]), np.array([1, 1_000]), 203_001)
    [31001, 54999]
    """
    reach = 1
    half = (len(bands) + 1) // 2
    best: Found | None = None
    while (best is None or best[:2] != EXACT) and reach < WIDEST and (4 * reach + 1) ** half <= SEARCHED:
        reach *= 2
        tables = [_choices_of(band, price, reach) for band, price in zip(bands, prices.tolist(), strict=True)]
        low, high = _joined(tables[:half], rise[:half]), _joined(tables[half:], rise[half:])
        found = _best(low, high, int(rise[half]) if half < len(rise) else 0, cost)
        best = min((each for each in (best, found) if each), default=None)
    return list(best[-1]) if best else nearest_whole(prices, rise)


def nearest_whole(prices: Numbers, rise: Ints) -> list[int]:
    """Each to the nearest £, and no less above the one before than it has to be.

    >>> nearest_whole(np.array([30_000.4999, 30_999.5]), np.array([1, 1_000]))
    [30000, 31000]
    """
    whole: list[int] = []
    for price, least in zip(np.floor(prices + 0.5).astype(int).tolist(), rise.tolist(), strict=True):
        whole.append(max(price, least + (whole[-1] if whole else 0)))
    return whole


def _choices_of(band: BandPlacements, best: float, reach: int) -> _Choices:
    """The whole £ around a price. Placements alike in multiplier and area factor are costed once."""
    middle = round(best)
    prices = np.arange(max(1, middle - reach), middle + reach + 1)
    _, first, count = np.unique(band.multiplier + 1j * band.factor, return_index=True, return_counts=True)
    multiplier, factor = band.multiplier[first], band.factor[first]
    guides = whole_pounds_of((100 * prices[:, None]).astype(np.float64), multiplier[None, :], factor[None, :])
    loss = [float(np.abs(band.target - band.multiplier * price).sum()) for price in prices]
    exact = prices.astype(np.float64) * (count * multiplier * factor).sum()
    return _Choices(prices[None, :], guides @ count, exact, np.array(loss))


def _joined(tables: Sequence[_Choices], rise: Ints) -> _Choices:
    """All combinations of the tables that rise as they have to."""
    if not tables:
        return _Choices(np.empty((0, 1), dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1))
    joined = tables[0]
    for table, least in zip(tables[1:], rise[1:].tolist(), strict=True):
        left, right = (index.ravel() for index in np.indices((len(joined.cost), len(table.cost))))
        rises = table.prices[0, right] - joined.prices[-1, left] >= least
        left, right = left[rises], right[rises]
        joined = _Choices(
            np.vstack([joined.prices[:, left], table.prices[:, right]]),
            joined.cost[left] + table.cost[right],
            joined.exact[left] + table.exact[right],
            joined.loss[left] + table.loss[right],
        )
    return joined


def _best(low: _Choices, high: _Choices, least: int, cost: int) -> Found | None:
    """The best pair of a combination of the lower bands and one of the upper, None when no pair rises as it has to."""
    order = np.argsort(high.cost, kind="stable")
    best: Found | None = None
    for lower, place in _pairs(low.cost, high.cost[order], cost):
        upper = order[place]
        rises = np.ones(len(lower), dtype=bool)
        if len(high.prices):
            rises = high.prices[0, upper] - low.prices[-1, lower] >= least
        if rises.any():
            found = _first(low, high, lower[rises], upper[rises], cost)
            best = found if best is None else min(best, found)
    return best


def _first(low: _Choices, high: _Choices, lower: Ints, upper: Ints, cost: int) -> Found:
    """The best of some pairs."""
    off = np.abs(low.cost[lower] + high.cost[upper] - cost)
    is_off = np.abs(low.exact[lower] + high.exact[upper] - cost) >= 1
    loss = low.loss[lower] + high.loss[upper]
    at = np.lexsort((loss, is_off, off))[0]
    prices = np.concatenate([low.prices[:, lower[at]], high.prices[:, upper[at]]]).tolist()
    return int(off[at]), bool(is_off[at]), float(loss[at]), tuple(prices)


def _pairs(low: Ints, high: Ints, cost: int) -> Iterator[tuple[Ints, Ints]]:
    """Pairs whose costs sum to the cost, then those next to it on either side; `high` is in order."""
    start, end = np.searchsorted(high, cost - low, "left"), np.searchsorted(high, cost - low, "right")
    hits = np.minimum(end - start, MOST_EACH)
    left = np.repeat(np.arange(len(low)), hits)
    yield left, np.arange(hits.sum()) - np.repeat(np.cumsum(hits) - hits - start, hits)
    for near in (start - 1, end):
        is_there = (near >= 0) & (near < len(high))
        yield np.flatnonzero(is_there), near[is_there]

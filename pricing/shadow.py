"""A shadow run: a tariff over today's placements. Who would gain, who would lose, and how the way there would be.

Nothing is changed by it; it shows. Whole £ a year throughout, as in the file of placements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pricing.guide import NotStated
from pricing.observed import BANDS, PATTERNS, Ints, Observed, by_code, whole_pounds_of
from pricing.tariff import Tariff

MOST_YEARS = 30  # a transition that takes longer is none
ONE = 10_000  # hundredths of a per cent in a whole


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of one LA, provider, band or pattern; `gain` and `lose` count placements whose guide is above and below
    today's price."""

    name: str
    n: int
    price: int
    guide: int
    difference: int
    gain: int
    lose: int


@dataclass(frozen=True, slots=True, eq=False)
class ShadowRun:
    """By placement, in the order of the columns: `guide`, and what is paid in each year of a transition."""

    tariff: str
    observed: Observed
    guide: Ints
    transition: tuple[Ints, ...]
    by: Mapping[str, tuple[Total, ...]]
    total: Total

    @property
    def difference(self) -> Ints:
        """guide − price, by placement."""
        return self.guide - self.observed.price

    @property
    def beyond(self) -> int:
        """How many placements have not reached their guide price by the last year of the transition."""
        return int((self.transition[-1] != self.guide).sum()) if self.transition else 0


def shadow_run(observed: Observed, tariff: Tariff, *, limit: int | None = None) -> ShadowRun:
    """The guide price of each placement (band × pattern × its area factor, to the nearest £) beside today's, with
    totals by la, provider, band and pattern, each in the order of its names.

    `limit` is how far a price may move in a year, in hundredths of a per cent of what was paid the year before; with it
    the transition lists the years until all have arrived, at least one and at most MOST_YEARS. A step is never larger
    than the limit, but at least £1.

    Raises NotStated when the tariff has no price for a band or no multiplier for a pattern that is there.

    >>> from pricing.framework import SettingType
    >>> from pricing.observed import Placement
    >>> from pricing.profile import Band
    >>> from pricing.tariff import DEMONSTRATION_TARIFF, Pattern, load_tariff
    >>> def placement(reference: str, la: str, price: int) -> Placement:
    ...     return Placement(placement=reference, la=la, setting="S1", provider="Elm Trust", price=price,
    ...                      setting_type=SettingType.NMSS, pattern=Pattern.DAY, band=Band.INTENSIVE)
    >>> observed = Observed.of([placement("A", "873", 52_000), placement("B", "874", 47_000)])
    >>> run = shadow_run(observed, load_tariff(DEMONSTRATION_TARIFF), limit=500)
    >>> run.difference.tolist(), [year.tolist() for year in run.transition]
    ([-4000, 1000], [[49400, 48000], [48000, 48000]])
    >>> [(total.name, total.difference) for total in run.by["la"]], run.total.difference
    ([('873', -4000), ('874', 1000)], -3000)
    """
    guide = guide_prices(observed, tariff)
    bands, patterns = [str(band) for band in BANDS], [str(pattern) for pattern in PATTERNS]
    return ShadowRun(
        tariff=str(tariff),
        observed=observed,
        guide=guide,
        transition=tuple(_transition(observed.price, guide, limit)) if limit is not None else (),
        by={
            "la": _totals(*_numbered(observed.la), observed.price, guide),
            "provider": _totals(*_numbered(observed.provider), observed.price, guide),
            "band": _totals(bands, observed.band, observed.price, guide),
            "pattern": _totals(patterns, observed.pattern, observed.price, guide),
        },
        total=_totals(["all"], np.zeros(len(observed), dtype=np.int64), observed.price, guide)[0],
    )


def totals_by(run: ShadowRun, names: Sequence[str]) -> tuple[Total, ...]:
    """The totals by any other name of each placement, such as its setting, in the order of the names."""
    return _totals(*_numbered(names), run.observed.price, run.guide)


def guide_prices(observed: Observed, tariff: Tariff) -> Ints:
    """The guide price of each placement in whole £. Raises NotStated where the tariff says nothing."""
    band = by_code(BANDS, {band: float(pence) for band, pence in tariff.band.items()})
    pattern = by_code(PATTERNS, {pattern: float(multiplier) for pattern, multiplier in tariff.pattern.items()})
    for codes, values, used in ((BANDS, band, observed.band), (PATTERNS, pattern, observed.pattern)):
        for number in np.flatnonzero(np.isnan(values) & (np.bincount(used, minlength=len(codes)) > 0)):
            raise NotStated(f"{tariff} states nothing for {codes[number]}, which is among the placements.")
    return whole_pounds_of(band[observed.band], pattern[observed.pattern], observed.area_factor)


def _transition(price: Ints, guide: Ints, limit: int) -> list[Ints]:
    years: list[Ints] = []
    paid = price
    while not years or ((paid != guide).any() and len(years) < MOST_YEARS):
        step = np.maximum(paid * limit // ONE, 1)
        paid = paid + np.clip(guide - paid, -step, step)
        years.append(paid)
    return years


def _numbered(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The different names in order, and for each row the number of its own."""
    known = sorted(set(names))
    number = dict(zip(known, range(len(known)), strict=True))
    return known, np.fromiter(map(number.__getitem__, names), dtype=np.int64, count=len(names))


def _totals(names: Sequence[str], group: Ints, price: Ints, guide: Ints) -> tuple[Total, ...]:
    n = np.bincount(group, minlength=len(names))
    sums = [_sums(group, values, len(names)) for values in (price, guide, guide > price, guide < price)]
    rows = zip(names, n.tolist(), *sums, strict=True)
    return tuple(Total(name, n, paid, due, due - paid, gain, lose) for name, n, paid, due, gain, lose in rows if n)


def _sums(group: Ints, values: NDArray[np.int64 | np.bool_], size: int) -> list[int]:
    """Sums by group; exact, since whole £ of any file stay far below 2⁵³."""
    return [int(value) for value in np.bincount(group, weights=values, minlength=size)]

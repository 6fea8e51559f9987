"""What sets the pace of the ascent of `optimiser.prices`, and the size of the box around its prices: how large gains,
differences, uses and costs usually are in a programme. It must move no price.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimiser.eligibility import Floats, Ints
from optimiser.programme import POUNDS, Numbers, Prices, Programme

_MOST_STAGES = 24
_HOTTEST = 1 / 16  # of the largest gain
_COLDEST = 1 / 3000  # of the usual difference between a pupil's options
_LEAST = 1 / 1000  # of the mean gain: what the usual difference is at least


class Pace(NamedTuple):
    """How many sweeps at each temperature, how far the next is cooler, and how much of a step goes on."""

    sweeps: int
    cooling: float
    momentum: float


FAST = Pace(20, 1 / 3, 0.8)
SLOW = Pace(40, 1 / 2, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What sets the pace of the ascent; scales of several groups of pupils add up.

    `largest` is the largest gain of a column over none, `gain` the sum over `columns`, `distance` that of how far each
    is from the mean of its pupil's, in km-equivalents; `use` and `count` are, by pool, the sum of the uses and the
    number of columns.
    """

    largest: float
    gain: float
    distance: float
    columns: int
    use: Floats
    count: Ints

    @property
    def difference(self) -> float:
        """The usual difference between a pupil's options; at least a small part of the usual gain, since pupils with
        one column or equal ones differ in what their places are worth."""
        return max(self.distance, self.gain * _LEAST) / self.columns if self.columns else 0.0

    @property
    def usual_use(self) -> Floats:
        """The mean use of each pool, 1 where there is none."""
        return _means(self.use, self.count)

    @property
    def coldest(self) -> float:
        """The last temperature: a small part of the usual difference."""
        return self.difference * _COLDEST

    def temperatures(self, pace: Pace, *, is_near: bool = False) -> list[float]:
        """Down to the coldest from the scale of the gains, or where prices are near already from the usual
        difference."""
        stages = [self.difference if is_near else self.largest * _HOTTEST] if self.columns else []
        while stages and stages[-1] > self.coldest and len(stages) < _MOST_STAGES:
            stages.append(stages[-1] * pace.cooling)
        return stages


def scale_of(programme: Programme) -> Scale:
    """The scale of one programme."""
    counts = np.diff(programme.start)
    some = counts > 0
    distance = 0.0
    if len(programme):
        means = np.add.reduceat(programme.gain, programme.start[:-1][some]) / counts[some]
        distance = float(np.abs(programme.gain - np.repeat(means, counts[some])).sum())
    size = len(programme.room)
    return Scale(
        largest=float(-programme.gain.min(initial=0.0)),
        gain=float(-programme.gain.sum()),
        distance=distance,
        columns=len(programme),
        use=_sums(programme.pool, programme.use, size),
        count=np.bincount(programme.pool, minlength=size),
    )


def box_widths(programme: Programme, temperatures: float) -> Prices:
    """By how much prices may move so that a usual option moves by so many of the coldest temperatures."""
    scale = scale_of(programme)
    width = temperatures * scale.coldest
    return Prices(pools=width / scale.usual_use, budgets=width / usual_costs(programme))


def usual_costs(programme: Programme) -> Floats:
    """The mean cost (£1,000) to each budget of the columns that draw on it, 1 where there is none."""
    las = np.repeat(programme.la, np.diff(programme.start))
    cost, las, size = programme.cost[las >= 0] / POUNDS, las[las >= 0], len(programme.money)
    return _means(_sums(las, cost, size), np.bincount(las, minlength=size))


def _sums(keys: Ints | Numbers, values: Floats, size: int) -> Floats:
    return np.bincount(keys, values, minlength=size).astype(np.float64)  # of nothing it counts whole numbers


def _means(sums: Floats, counts: Ints) -> Floats:
    return np.where(sums > 0, sums, 1.0) / np.where(sums > 0, counts, 1)

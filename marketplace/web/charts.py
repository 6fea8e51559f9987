"""Where the marks of a chart fall, as percentages of its width or height; macros/charts.html draws them.

Never draws, and never starts an axis above zero: a bar whose foot is cut off misleads.
"""

from dataclasses import dataclass
from math import ceil, floor, log10

STEPS = (1, 2, 2.5, 5, 10, 20)
MOST_INTERVALS = 4


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` in the data's own unit, labelled at each of `marks`; low <= 0 <= high."""

    low: float
    high: float
    marks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where `value` falls, in percent of the axis, to two decimal places."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    def length(self, value: float) -> float:
        """How long a bar from zero to `value` is, in percent of the axis, without regard to its direction."""
        return round(abs(self.at(value) - self.at(0)), 2)


def axis(values: list[float | int]) -> Axis:
    """The shortest axis of at most four equal intervals, each 1, 2, 2.5 or 5 times a power of ten, that holds zero and
    every value. Where every value is zero, or there is none, it runs from 0 to 1.
    """
    least, most = min([0, *values]), max([0, *values])
    if least == most:
        return Axis(0, 1, (0, 1))
    power = 10 ** floor(log10((most - least) / MOST_INTERVALS))
    for step in (size * power for size in STEPS):
        first, last = floor(least / step), ceil(most / step)
        if last - first <= MOST_INTERVALS:
            break
    return Axis(first * step, last * step, tuple(round(n * step, 10) for n in range(first, last + 1)))

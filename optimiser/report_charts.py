"""The charts of the report, as shapes: bars beside the rows of a table, and histograms with axes from zero.

Widths and places across are percentages, so that a chart fills any screen while its letters keep their size.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

MOST_COLUMNS = 12
FEW_COLUMNS = 8  # each bound has room for its words on a wide screen
USUAL_SHARE = 0.98  # of the values, which the columns cover; beyond them the last column is open
MOST_TICKS = 5
LEFT, TOP, HEIGHT = 12.0, 28.0, 200.0  # of the plot: per cent, px, px


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart and of its table: `parts` in per cent of the chart's width, one after the other."""

    label: str
    parts: tuple[float, ...]
    texts: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a histogram and the row of its table."""

    label: str
    count: int
    share: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis; the words of `rank` 0 are shown on any screen, those of 1 where there is room, 2 has none."""

    at: float
    label: str
    rank: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many pupils fall between which bounds."""

    columns: tuple[Column, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


Row = tuple[str, tuple[float, ...], tuple[str, ...], tuple[str, ...]]  # of a Bar, with lengths in the chart's unit


def bars(rows: Iterable[Row], *, at_least: float = 0.0) -> list[Bar]:
    """Bars from zero, the longest as wide as the chart, which is `at_least` so long."""
    rows = list(rows)
    longest = max([at_least, *(sum(parts) for _, parts, _, _ in rows)]) or 1.0
    return [
        Bar(label, tuple(round(100 * part / longest, 2) for part in parts), texts, numbers)
        for label, parts, texts, numbers in rows
    ]


def histogram(values: Sequence[float], *, exact: Callable[[float], str], short: Callable[[float], str]) -> Histogram:
    """Columns of equal width from zero; `exact` writes a bound in the table, `short` on the axis."""
    ordered = sorted(max(0.0, value) for value in values)
    usual = ordered[math.ceil(USUAL_SHARE * len(ordered)) - 1] if ordered else 0.0
    step = _step(usual, MOST_COLUMNS)
    bounds = [step * i for i in range(int(usual / step) + 2)]
    is_open = bool(ordered) and ordered[-1] >= bounds[-1]
    columns = len(bounds) - 1 + is_open
    counts = Counter(min(bisect_right(bounds, value) - 1, columns - 1) for value in ordered)
    unit = _step(max(counts.values(), default=1), MOST_TICKS)
    top = unit * math.ceil(max(counts.values(), default=1) / unit)
    wide = (100 - LEFT) / columns

    def column(i: int) -> Column:
        label = f"{exact(bounds[i])} and over" if i + 1 == len(bounds) else _between(bounds[i], bounds[i + 1], exact)
        height = round(HEIGHT * counts[i] / top, 1)
        share = f"{counts[i] / len(ordered):.0%}" if ordered else "0%"
        return Column(
            label,
            counts[i],
            share,
            round(LEFT + i * wide + 0.2, 2),
            round(wide - 0.4, 2),
            TOP + HEIGHT - height,
            height,
        )

    across = [Tick(round(LEFT + i * wide, 2), short(bound), _rank(i, columns)) for i, bound in enumerate(bounds)]
    if is_open:
        last = Tick(across[-1].at, f"{short(bounds[-1])}+", 0)
        across[-2:] = [replace(across[-2], rank=1 if columns <= FEW_COLUMNS else 2), last]
    up = [Tick(TOP + HEIGHT * (1 - unit * i / top), f"{unit * i:,.0f}", 0) for i in range(round(top / unit) + 1)]
    return Histogram(tuple(column(i) for i in range(columns)), tuple(across), tuple(up))


def _between(low: float, high: float, exact: Callable[[float], str]) -> str:
    return f"{exact(low)} to under {exact(high)}"


def _rank(place: int, columns: int) -> int:
    if place % 4 == 0:
        return 0
    return 1 if place % 2 == 0 or columns <= FEW_COLUMNS else 2


def _step(most: float, steps: int) -> float:
    """The smallest of 1, 2, 5, 10, 20 … of which so many steps reach beyond `most`."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if step * factor * steps > most:
                return step * factor
        step *= 10

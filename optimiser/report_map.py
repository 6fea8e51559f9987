"""The map of the report: settings as circles, unplaced pupils as numbers on a grid, outlines of LAs where given.

Everything is drawn on the plane of the National Grid. It must never draw a home, nor a number under five: either can
tell who a child is. So the frame, too, follows the settings and the areas drawn, never a home.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.answer import Answer, PoolResult
from optimiser.boundaries import Outline
from optimiser.problem import Problem

SMALLEST_CELL = 5  # pupils: a smaller number can tell who they are
CELL_SIZES = (5_000, 10_000, 20_000, 50_000, 100_000)  # metres; see _grid
MAX_CELLS = 30  # across the map
DRAWN_SHARE = 0.75  # of the pupils, for a grid to be fine enough and not too fine
WIDTH = 600.0  # units of the drawing
MARGIN = 0.04  # of the longer side, around what is drawn
LARGEST, EMPTY = 15.0, 2.5  # radius of the circle of most pupils, and of a setting without any
ROOM_FOR_A_NUMBER = 20.0  # units, the side of an area that its number fits into
STEP = 0.5  # units: an outline is drawn no finer
SCALE_BARS = (1, 2, 5, 10, 20, 50, 100, 200)  # km


@dataclass(frozen=True, slots=True)
class Circle:
    """A setting on the map. `pupils` placed there is None where they are one to four."""

    x: float
    y: float
    radius: float
    setting: str
    easting: int
    northing: int
    pupils: int | None
    is_full: bool


@dataclass(frozen=True, slots=True)
class Area:
    """A square with its unplaced pupils, five or more; `easting` and `northing` of its south-west corner."""

    x: float
    y: float
    side: float
    easting: int
    northing: int
    pupils: int
    shade: float


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing. `cell_km`: the width of an area; `hidden`: unplaced pupils in areas too small to draw;
    `bar` and `bar_km`: the scale bar's units and km."""

    width: float
    height: float
    outlines: tuple[str, ...]
    areas: tuple[Area, ...]
    circles: tuple[Circle, ...]
    cell_km: int
    has_numbers: bool
    hidden: int
    bar: float
    bar_km: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """The rectangle that is drawn, in metres, and how many units a metre is."""

    west: float
    north: float
    width: float
    height: float
    scale: float

    def place(self, easting: float, northing: float) -> tuple[float, float]:
        return round((easting - self.west) * self.scale, 1), round((self.north - northing) * self.scale, 1)


def draw_map(problem: Problem, answer: Answer, outlines: Sequence[Outline]) -> Map | None:
    """The map; None where there is neither a setting nor an area to draw."""
    settings = {row.setting: (row.easting, row.northing) for row in problem.provisions}
    homes = _unplaced_homes(problem, answer)
    points = [*settings.values(), *homes]
    extent = max((max(axis) - min(axis) for axis in zip(*points, strict=True)), default=0)
    size, cells = _grid(homes, extent)
    corners = [(x * size + dx, y * size + dy) for x, y in cells for dx in (0, size) for dy in (0, size)]
    if not settings and not corners:
        return None
    frame = _frame([*settings.values(), *corners])
    areas = _areas(cells, size, frame)
    bar_km = max((km for km in SCALE_BARS if km * 1000 <= frame.width / 3), default=SCALE_BARS[0])
    return Map(
        width=round(frame.width * frame.scale, 1),
        height=round(frame.height * frame.scale, 1),
        outlines=_paths(outlines, frame),
        areas=areas,
        circles=_circles(settings, answer, frame),
        cell_km=size // 1000,
        has_numbers=size * frame.scale >= ROOM_FOR_A_NUMBER,
        hidden=len(homes) - sum(cells.values()),
        bar=round(bar_km * 1000 * frame.scale, 1),
        bar_km=bar_km,
    )


def _unplaced_homes(problem: Problem, answer: Answer) -> list[tuple[int, int]]:
    """Where those live who need provision and have none."""
    lacking = {row.pupil for row in answer.unplaced if row.reason != "universal"}
    return [(row.easting, row.northing) for row in problem.pupils if row.pupil in lacking]


def _grid(homes: Sequence[tuple[int, int]], extent: int) -> tuple[int, dict[tuple[int, int], int]]:
    """The finest grid that still shows most pupils: its size in metres, and the pupils of each cell drawn."""
    drawn: dict[tuple[int, int], int] = {}
    for size in CELL_SIZES:
        counts = Counter((easting // size, northing // size) for easting, northing in homes)
        drawn = {cell: count for cell, count in sorted(counts.items()) if count >= SMALLEST_CELL}
        if extent <= size * MAX_CELLS and sum(drawn.values()) >= DRAWN_SHARE * len(homes):
            break
    return size, drawn


def _frame(points: Sequence[tuple[int, int]]) -> _Frame:
    eastings, northings = zip(*points, strict=True)
    longest = max(max(eastings) - min(eastings), max(northings) - min(northings), CELL_SIZES[0])
    margin = longest * MARGIN
    width = max(eastings) - min(eastings) + 2 * margin
    height = max(northings) - min(northings) + 2 * margin
    west, north = min(eastings) - margin, max(northings) + margin
    if width < longest / 2:  # a strip would leave no room for the scale bar
        west, width = west - (longest / 2 - width) / 2, longest / 2
    if height < longest / 2:
        north, height = north + (longest / 2 - height) / 2, longest / 2
    return _Frame(west, north, width, height, WIDTH / max(width, height))


def _areas(cells: Mapping[tuple[int, int], int], size: int, frame: _Frame) -> tuple[Area, ...]:
    most = max(cells.values(), default=1)
    side = round(size * frame.scale, 1)
    return tuple(
        Area(
            *frame.place(column * size, (row + 1) * size),
            side,
            column * size,
            row * size,
            count,
            round(0.15 + 0.6 * count / most, 2),
        )
        for (column, row), count in cells.items()
    )


def _circles(settings: Mapping[str, tuple[int, int]], answer: Answer, frame: _Frame) -> tuple[Circle, ...]:
    """The largest first, so that none hides another. One to four pupils are drawn alike."""
    placed = Counter(row.setting for row in answer.assignments)
    full = _full(answer.pools)
    most = max(*placed.values(), SMALLEST_CELL) if placed else SMALLEST_CELL
    circles = []
    for setting, (easting, northing) in sorted(settings.items()):
        count = placed[setting]
        radius = LARGEST * math.sqrt(max(count, SMALLEST_CELL - 1) / most) if count else EMPTY
        circles.append(
            Circle(
                *frame.place(easting, northing),
                round(max(radius, EMPTY), 1),
                setting,
                easting,
                northing,
                None if 0 < count < SMALLEST_CELL else count,
                setting in full,
            )
        )
    return tuple(sorted(circles, key=lambda circle: -circle.radius))


def _full(pools: Sequence[PoolResult]) -> set[str]:
    """The settings with less than one place left, or, where they have hours only, less than one hour."""
    left: dict[str, dict[str, float]] = {}
    for pool in pools:
        units = left.setdefault(pool.setting, {})
        units[pool.unit] = max(units.get(pool.unit, 0.0), pool.amount - pool.used)
    return {setting for setting, units in left.items() if units.get("places", units.get("hours", 0.0)) < 1 - 1e-6}


def _paths(outlines: Sequence[Outline], frame: _Frame) -> tuple[str, ...]:
    """The outlines that reach into the frame, no finer than can be seen; islets that would be a dot are left out."""
    size = np.array([frame.width, frame.height]) * frame.scale
    paths = []
    for outline in outlines:
        drawn = (outline - (frame.west, frame.north)) * (frame.scale, -frame.scale)
        low, high = drawn.min(axis=0), drawn.max(axis=0)
        if (high < 0).any() or (low > size).any() or (high - low).max() < 2 * STEP:
            continue
        steps = np.round(np.clip(drawn, -size, 2 * size) / STEP)  # far outside it is cut, where nobody sees it
        is_new = np.append(True, (np.diff(steps, axis=0) != 0).any(axis=1))
        words = " ".join(f"{x:g},{y:g}" for x, y in (steps[is_new] * STEP).tolist())
        paths.append(f"M{words}Z")
    return tuple(paths)

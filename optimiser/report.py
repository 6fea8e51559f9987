"""report.html: one self-contained page that shows a run to people. No network, no script, no child's home on the map.

Figures come from the answer; the only things made here are the shapes of the charts and the areas of the map, in
which no number under five is drawn.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from optimiser.answer import Answer, PoolResult
from optimiser.problem import KINDS, Problem

SMALLEST_CELL = 5  # pupils: a smaller number can tell who they are
CELL_SIZES = (5_000, 10_000, 20_000, 50_000, 100_000)  # metres; see _grid
MAX_CELLS = 30  # across the map
DRAWN_SHARE = 0.75  # of the pupils, for a grid to be fine enough and not too fine
MAP_WIDTH = 600  # units of the drawing
DEAREST = 10  # pools listed as the dearest shortages
DISTANCE_STEPS = (2, 5, 10, 15, 20, 30, 40)  # km, upper ends of the bars

REASONS = {
    "universal": "needs met by ordinarily available provision",
    "no_option": "no provision is suitable",
    "capacity": "every suitable provision is full",
    "budget": "the budget does not reach: somebody must act",
    "request_full": "the setting that the parent requests is full",
}
KIND_NAMES = {"full": "Full placement", "porous": "Porous placement", "outreach": "Outreach package"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart and of its table: `share` of the longest bar, 0 to 1, and the cells beside it."""

    label: str
    share: float
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A setting on the map. `has_shortage`: one more place there would improve the answer."""

    x: float
    y: float
    setting: str
    has_shortage: bool


@dataclass(frozen=True, slots=True)
class Area:
    """A square of the map with its pupils, five or more; `easting` and `northing` of its south-west corner."""

    x: float
    y: float
    side: float
    easting: int
    northing: int
    pupils: int
    shade: float


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing's size, its dots and areas, and how many km an area is wide."""

    width: float
    height: float
    dots: tuple[Dot, ...]
    areas: tuple[Area, ...]
    cell_km: int


def report_html(problem: Problem, answer: Answer, *, version: str) -> str:
    """The page, complete in itself."""
    return _template().render(
        figures=answer.summary,
        version=version,
        policy=problem.policy,
        kinds=_kind_bars(answer),
        reasons=_reason_bars(answer),
        budgets=_budget_bars(answer),
        distances=_distance_bars(answer),
        shortages=_shortage_bars(answer.pools),
        pools=answer.pools,
        map=_map(problem, answer.pools),
        smallest=SMALLEST_CELL,
        has_travel=bool(problem.travel),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("optimiser", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pounds"] = pounds
    return environment.get_template("report.html.jinja")


def pounds(amount: float) -> str:
    """Whole £ with commas; a minus sign stands before the £."""
    return f"{'−' if amount < 0 else ''}£{abs(amount):,.0f}"


def dearest(pools: Iterable[PoolResult]) -> list[PoolResult]:
    """The pools of which one more place or hour is worth most, dearest first."""
    short = (pool for pool in pools if pool.shadow_price > 0)
    return sorted(short, key=lambda pool: (-pool.shadow_price, pool.pool))[:DEAREST]


def _kind_bars(answer: Answer) -> list[Bar]:
    totals = {total.kind: total for total in answer.summary.kinds}
    rows = [(KIND_NAMES[kind], totals[kind]) for kind in KINDS if kind in totals]
    return _bars((name, total.fte, (f"{total.pupils:,}", f"{total.fte:,.1f}")) for name, total in rows)


def _reason_bars(answer: Answer) -> list[Bar]:
    counts = answer.summary.unplaced_by_reason
    return _bars(
        (REASONS[reason], counts[reason], (f"{counts[reason]:,}",)) for reason in REASONS if counts.get(reason)
    )


def _budget_bars(answer: Answer) -> list[Bar]:
    """Bars show the share of its budget that each LA spends."""
    rows = []
    for row in answer.budgets:
        spent = row.duties + row.choices
        share = spent / row.budget if row.budget else float(spent > 0)
        cells = (pounds(row.budget), pounds(row.duties), pounds(row.choices), pounds(row.left), f"{share:.0%}")
        rows.append((row.la, share, cells))
    return _bars(rows)


def _distance_bars(answer: Answer) -> list[Bar]:
    """How many pupils travel how far; the first bar holds those who stay where they are."""
    edges = (*DISTANCE_STEPS, float("inf"))
    names = [f"{low} to {high} km" for low, high in zip((0, *edges), DISTANCE_STEPS, strict=False)]
    counts = Counter(next(i for i, edge in enumerate(edges) if row.child_km <= edge) for row in answer.assignments)
    rows = [(name, counts[i], (f"{counts[i]:,}",)) for i, name in enumerate([*names, f"over {DISTANCE_STEPS[-1]} km"])]
    return _bars(rows)


def _shortage_bars(pools: Sequence[PoolResult]) -> list[Bar]:
    return _bars(
        (
            pool.pool,
            pool.shadow_price,
            (pool.setting, pool.unit, f"{pool.used:,.1f} of {pool.amount:,.1f}", f"{pool.shadow_price:,.1f}"),
        )
        for pool in dearest(pools)
    )


def _bars(rows: Iterable[tuple[str, float, tuple[str, ...]]]) -> list[Bar]:
    rows = list(rows)
    longest = max((length for _, length, _ in rows), default=0.0) or 1.0
    return [Bar(label, round(length / longest, 4), cells) for label, length, cells in rows]


def _map(problem: Problem, pools: Sequence[PoolResult]) -> Map | None:
    """Settings as dots, pupils as numbers on a grid; None where there is nothing to draw."""
    short = {pool.setting for pool in pools if pool.shadow_price > 0}
    settings = {row.setting: (row.easting, row.northing) for row in problem.provisions}
    homes = [(row.easting, row.northing) for row in problem.pupils]
    points = [*settings.values(), *homes]
    if not points:
        return None
    eastings, northings = zip(*points, strict=True)
    extent = max(max(eastings) - min(eastings), max(northings) - min(northings))
    size, drawn = _grid(homes, extent)
    west, south = min(eastings) // size, min(northings) // size
    across, up = max(eastings) // size - west + 1, max(northings) // size - south + 1
    side = MAP_WIDTH / max(across, up)

    def place(easting: float, northing: float) -> tuple[float, float]:
        return round((easting / size - west) * side, 1), round((up - northing / size + south) * side, 1)

    most = max(drawn.values(), default=1)
    areas = []
    for (column, row), count in drawn.items():
        x, y = place(column * size, (row + 1) * size)
        shade = round(0.15 + 0.6 * count / most, 2)
        areas.append(Area(x, y, round(side, 1), column * size, row * size, count, shade))
    dots = tuple(Dot(*place(*at), setting, setting in short) for setting, at in sorted(settings.items()))
    return Map(round(across * side, 1), round(up * side, 1), dots, tuple(areas), size // 1000)


def _grid(homes: Sequence[tuple[int, int]], extent: int) -> tuple[int, dict[tuple[int, int], int]]:
    """The finest grid that still shows most pupils: its size in metres, and the pupils of each cell drawn."""
    drawn: dict[tuple[int, int], int] = {}
    for size in CELL_SIZES:
        counts = Counter((easting // size, northing // size) for easting, northing in homes)
        drawn = {cell: count for cell, count in sorted(counts.items()) if count >= SMALLEST_CELL}
        if extent <= size * MAX_CELLS and sum(drawn.values()) >= DRAWN_SHARE * len(homes):
            break
    return size, drawn

"""A base and its scenarios side by side, as their pages show them: figures with the difference from the base in words,
and the charts of the same figures. Not a noun."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marketplace import vocabulary
from marketplace.models import Kind, MatchingRun
from marketplace.services.matching.runs import policy_of
from marketplace.services.matching.scenario_figures import Totals
from marketplace.services.matching.scenario_files import WEIGHTS
from marketplace.web.formats import exact, km, number, whole_pounds

SHORT_KINDS = {Kind.FULL: "Full", Kind.POROUS: "Porous", Kind.OUTREACH: "Outreach"}
AS_BASE = "as base"
KM = {"mean": "On average", "median": "Half travel less than", "p90": "Nine in ten less than"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it is shown, and how it differs from the base's: "+2", "as base"; "" for the base itself."""

    text: str
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One run: the base, or a scenario."""

    run: MatchingRun
    label: str
    cells: Sequence[Cell]

    @property
    def is_base(self) -> bool:
        """Whether it is what the others are compared with."""
        return self.run.base_id is None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of runs: its heading, its columns, a row for each run."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]


Figure = tuple[
    str, Callable[[Totals], float | None], Callable[[float], str]
]  # heading, of a run's totals, how it is shown


def tables(runs: Sequence[MatchingRun], totals: Mapping[int, Totals]) -> list[Table]:
    """The tables of these runs, the base first; a run without totals is left out."""
    shown = [run for run in runs if run.id in totals]
    reasons = [reason for reason in vocabulary.UNPLACED if any(totals[run.id].unplaced.get(reason) for run in shown)]
    figures: dict[str, list[Figure]] = {
        "Placed, moved and cost a year": [
            ("Placed", lambda row: row.placed, _count),
            ("Cost a year", lambda row: row.cost, _pounds),
        ],
        "Full-time equivalent placed, by kind": [(SHORT_KINDS[kind], partial(_fte, kind), number) for kind in Kind],
        "How far the placed pupils travel, one way": [(words, partial(_km, name), km) for name, words in KM.items()],
        "Not placed": [(vocabulary.UNPLACED[reason], partial(_unplaced, reason), _count) for reason in reasons],
    }
    found = [_table(title, of, shown, totals) for title, of in figures.items() if of]
    found[0] = _with_moved(found[0], totals)
    return [*found, _weights(runs)]


def _table(title: str, figures: Sequence[Figure], runs: Sequence[MatchingRun], totals: Mapping[int, Totals]) -> Table:
    base = totals[runs[0].id] if runs else None
    rows = [Row(run, called(run), [_cell(figure, totals[run.id], base) for figure in figures]) for run in runs]
    return Table(title, [heading for heading, _, _ in figures], rows)


def _cell(figure: Figure, row: Totals, base: Totals | None) -> Cell:
    _, of, show = figure
    value, before = of(row), of(base) if base else None
    if value is None:
        return Cell("–")
    return Cell(show(value), "" if row is base or before is None else difference(value - before, show))


def difference(value: float, show: Callable[[float], str]) -> str:
    """How much more or less, or that it is the same as it is shown: "+2", "−£3,000", "as base"."""
    text = show(abs(value))
    return AS_BASE if text == show(0) else f"{'+' if value > 0 else '−'}{text}"


def _fte(kind: Kind, row: Totals) -> float:
    return round(row.fte[kind], 1)


def _km(name: str, row: Totals) -> float | None:
    return float(getattr(row.km, name)) if row.km else None


def _unplaced(reason: str, row: Totals) -> float:
    return row.unplaced.get(reason, 0)


def _count(value: float) -> str:
    return number(int(value))


def _pounds(value: float) -> str:
    return whole_pounds(int(value))


def _with_moved(table: Table, totals: Mapping[int, Totals]) -> Table:
    """With how many pupils are elsewhere than in the base, after how many are placed."""
    rows = []
    for row in table.rows:
        moved = Cell("–" if row.is_base else number(totals[row.run.id].moved))
        rows.append(Row(row.run, row.label, [row.cells[0], moved, *row.cells[1:]]))
    return Table(table.title, [table.columns[0], "Elsewhere than in the base", *table.columns[1:]], rows)


def _weights(runs: Sequence[MatchingRun]) -> Table:
    """What each run goes by, also one that has not ended."""
    policies = [policy_of(run) for run in runs]
    rows = []
    for run, policy in zip(runs, policies, strict=True):
        cells = []
        for name in WEIGHTS:
            value, before = getattr(policy, name), getattr(policies[0], name)
            is_same = run is runs[0] or value == before
            cells.append(
                Cell(f"{exact(value)} {vocabulary.POLICY[name][2]}", "" if is_same else f"base {exact(before)}")
            )
        rows.append(Row(run, called(run), cells))
    return Table("What each run goes by", [vocabulary.POLICY[name][0] for name in WEIGHTS], rows)


def called(run: MatchingRun) -> str:
    """A scenario by its name; the base as such."""
    return run.name or f"Base (run {run.id})"


def charts(runs: Sequence[MatchingRun], totals: Mapping[int, Totals]) -> list[dict[str, Any]]:
    """The figures that are drawn: bars of the base (marked) and each scenario."""
    shown = [(run, totals[run.id]) for run in runs if run.id in totals]
    of: tuple[tuple[str, str, str, Callable[[Totals], float]], ...] = (
        ("Pupils placed", "Pupils", "number", lambda row: row.placed),
        ("Cost a year", "Price and transport a year, £", "pounds", lambda row: row.cost),
        (
            "How far placed pupils travel",
            "Mean one way, km",
            "km",
            lambda row: round(row.km.mean, 1) if row.km else 0.0,
        ),
    )
    return [
        {
            "title": title,
            "axis_label": axis_label,
            "unit": unit,
            "rows": [{"label": called(run), "value": value(row), "marked": run.base_id is None} for run, row in shown],
        }
        for title, axis_label, unit, value in of
    ]

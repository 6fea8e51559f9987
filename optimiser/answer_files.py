"""An answer as files: CSV tables, summary.json, report.html and, on request, one workbook of the same tables.

Same problem, same policy, same version: the CSV files are the same to the byte. Nothing is decided or computed here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from optimiser.answer import Answer, PhaseResult, Summary
from optimiser.boundaries import Outline
from optimiser.cells import neutralised
from optimiser.errors import FileError
from optimiser.files import csv_text, json_text, problem_sha256, write_text
from optimiser.problem import Problem
from optimiser.report import report_html
from optimiser.result_folder import ERRORS_FILE, whole_folder
from optimiser.workbook import write_workbook

COLUMNS: dict[str, tuple[str, ...]] = {
    "assignments": (
        *("pupil", "la", "phase", "provision", "setting", "kind", "pattern", "band"),
        *("fte", "road_km", "child_km", "price", "transport", "cost", "wish"),
    ),
    "unplaced": ("pupil", "la", "phase", "reason", "detail"),
    "pools": ("pool", "setting", "unit", "amount", "used", "shadow_price"),
    "budgets": ("la", "budget", "duties", "choices", "left", "shadow_price"),
}
DECIMALS = {"fte": 4, "road_km": 3, "child_km": 3, "amount": 4, "used": 4, "shadow_price": 4}
ERROR_COLUMNS = ("file", "row", "column", "value", "problem", "remedy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the problem was read, as it was given: what `marketplace explain` reads again."""

    problem: Path
    policy: Path | None


def write_answer(
    problem: Problem,
    answer: Answer,
    out: Path,
    *,
    version: str,
    source: Source | None = None,
    with_workbook: bool = False,
    outlines: Sequence[Outline] = (),
) -> None:
    """Write the result folder `out`, whole or not at all; `outlines` of LAs are drawn on the report's map.

    Raises FolderTakenError when something is there already, OSError when the place cannot be written.
    """
    tables = {name: [columns, *_values(getattr(answer, name), columns)] for name, columns in COLUMNS.items()}
    with whole_folder(out) as folder:
        for name, (header, *rows) in tables.items():
            write_text(folder / f"{name}.csv", csv_text(header, (_texts(header, row) for row in rows)))
        write_text(folder / "summary.json", json_text(summary(problem, answer.summary, version) | _source(source)))
        write_text(folder / "report.html", report_html(problem, answer, version=version, outlines=outlines))
        if with_workbook:
            write_workbook(folder / "answer.xlsx", tables)


def write_errors(errors: Iterable[FileError], out: Path) -> None:
    """Write the error list as the one file of the folder `out`, which a later success may replace."""
    with whole_folder(out) as folder:
        write_text(folder / ERRORS_FILE, errors_text(errors))


def errors_text(errors: Iterable[FileError]) -> str:
    """The error list as the text of a CSV file."""
    lines = [[neutralised(str(_blank(getattr(error, name)))) for name in ERROR_COLUMNS] for error in errors]
    return csv_text(ERROR_COLUMNS, lines)


def summary(problem: Problem, figures: Summary, version: str) -> dict[str, Any]:
    """The content of summary.json: the figures, what proves them, and on which inputs and policy they rest."""
    return {
        "status": figures.status,
        "objective": figures.objective,
        "bound": figures.bound,
        "gap": figures.gap,
        "phases": {phase.phase: _phase(phase) for phase in figures.phases},
        "pupils": figures.placed + figures.unplaced,
        "placed": figures.placed,
        "unplaced": figures.unplaced,
        "unplaced_by_reason": dict(figures.unplaced_by_reason),
        "kinds": {kind.kind: {"pupils": kind.pupils, "fte": round(kind.fte, 4)} for kind in figures.kinds},
        "cost": figures.cost,
        "overspent": dict(figures.overspent),
        "child_km": asdict(figures.child_km) if figures.child_km else None,
        "stages": [asdict(stage) for stage in figures.stages],
        "sha256": problem_sha256(problem),
        "policy": asdict(problem.policy),
        "version": version,
    }


def _source(source: Source | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {"problem": {"path": str(source.problem), "policy": str(source.policy) if source.policy else None}}


def _phase(phase: PhaseResult) -> dict[str, Any]:
    """Prices that are nil are left out; the others let anybody recompute the relaxation's bound."""
    return {
        "pupils": phase.pupils,
        "options": phase.options,
        "placed": phase.placed,
        "objective": phase.objective,
        "relaxation": phase.relaxation,
        "bound": phase.bound,
        "gap": phase.gap,
        "pool_prices": {pool: price for pool, price in phase.pool_prices.items() if price},
        "budget_prices": {la: price for la, price in phase.budget_prices.items() if price},
    }


def _values(rows: Iterable[object], columns: Sequence[str]) -> Iterator[list[Any]]:
    """The cells of each row; numbers that are not whole are rounded to the decimals of their column."""
    for row in rows:
        values = (getattr(row, column) for column in columns)
        yield [round(v, DECIMALS[c]) + 0.0 if c in DECIMALS else v for c, v in zip(columns, values, strict=True)]


def _texts(columns: Sequence[str], row: Sequence[Any]) -> Iterator[str]:
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, str):
            yield neutralised(value)
        else:
            yield f"{value:.{DECIMALS[column]}f}" if column in DECIMALS else str(value)


def _blank(value: object) -> object:
    return "" if value is None else value

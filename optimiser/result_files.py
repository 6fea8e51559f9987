"""A result folder read back: what explanations rest on, and the problem that it answers. It must decide nothing."""

import csv
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimiser.answer import PHASES
from optimiser.cells import revealed
from optimiser.errors import UnreadableFile
from optimiser.files import csv_lines
from optimiser.standing import PhasePrices, Standing

_FILES = ("summary.json", "assignments.csv", "unplaced.csv")


class NoResultError(Exception):
    """The folder holds no result of a match; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result folder: its standing, and the problem that it answers, by SHA-256 and by the paths that were given."""

    standing: Standing
    sha256: str
    problem: Path | None
    policy: Path | None


def read_result(folder: Path) -> Result:
    """What the result folder says. Raises NoResultError."""
    if missing := next((name for name in _FILES if not (folder / name).is_file()), None):
        raise NoResultError(f"{folder} is no result of marketplace match: it holds no {missing}.")
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        source = summary.get("problem", {})
        return Result(
            standing=Standing(
                chosen=_column(folder / "assignments.csv", "provision"),
                unplaced=_column(folder / "unplaced.csv", "detail"),
                prices={phase: _prices(summary["phases"][phase]) for phase in PHASES},
            ),
            sha256=str(summary["sha256"]),
            problem=Path(source["path"]) if source.get("path") else None,
            policy=Path(source["policy"]) if source.get("policy") else None,
        )
    except (LookupError, TypeError, ValueError, AttributeError, OSError, RecursionError, csv.Error, UnreadableFile):
        raise NoResultError(f"{folder} is no result of marketplace match: its files cannot be read as one.") from None


def _column(path: Path, name: str) -> dict[str, str]:
    """A column of texts, by pupil."""
    lines = csv_lines(path)
    header = list(next(lines, []))
    pupil, column = header.index("pupil"), header.index(name)
    return {_text(line[pupil]): _text(line[column]) for line in lines}


def _text(cell: Any) -> str:
    return revealed(cell)


def _prices(phase: Any) -> PhasePrices:
    return PhasePrices(
        pools=_numbers(phase["pool_prices"].items(), lambda price: price >= 0),
        budgets=_numbers(phase["budget_prices"].items(), lambda price: price >= 0),
        gap=_numbers([("gap", phase["gap"])], lambda _: True)["gap"],
    )


def _numbers(items: Any, is_right: Callable[[float], bool]) -> dict[str, float]:
    numbers = {str(name): float(value) for name, value in items}
    if not all(math.isfinite(number) and is_right(number) for number in numbers.values()):
        raise ValueError("not a number that can stand here")
    return numbers

"""Scenarios as files for people: who moved and why, as CSV and in a workbook beside what each run comes to.

They hold what the actor may see and nothing else. Texts stay texts: no cell is ever a formula. Money is pounds.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from marketplace import vocabulary
from marketplace.models import Kind, MatchingRun, Recommendation
from marketplace.services.csv_files import csv_of
from marketplace.services.matching.figures import cost
from marketplace.services.matching.runs import policy_of
from marketplace.services.matching.scenario_figures import Move, Totals
from optimiser.answer import UNPLACED_REASONS
from optimiser.workbook import write_workbook

OF_ONE = ("outcome", "setting", "URN", "provision", "kind", "road km", "total £ a year")
COLUMNS = (
    *("reference", "LA", "year group"),
    *(f"base: {column}" for column in OF_ONE),
    *(f"scenario: {column}" for column in OF_ONE),
    *("difference £ a year", "why moved", "why not placed in the scenario"),
)
WEIGHTS = ("max_km", "cost_weight", "preference_weight", "least_restrictive_weight")


def moves_csv(moves: Sequence[Move]) -> bytes:
    """Who moved, a line a pupil, in their order."""
    return csv_of(COLUMNS, map(_cells, moves))


def scenario_workbook(runs: Sequence[MatchingRun], totals: Mapping[int, Totals], moves: Sequence[Move]) -> bytes:
    """The .xlsx of a base and its scenario: what each comes to and went by, and who moved."""
    tables = {
        "side by side": [["", *(_called(run) for run in runs)], *_side_by_side(runs, totals)],
        "moved": [list(COLUMNS), *map(_cells, moves)],
    }
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "scenario.xlsx"
        write_workbook(path, tables)
        return path.read_bytes()


def _called(run: MatchingRun) -> str:
    return run.name or f"Base: run {run.id}"


def _side_by_side(runs: Sequence[MatchingRun], totals: Mapping[int, Totals]) -> Iterable[list[Any]]:
    found = [totals[run.id] for run in runs]
    yield ["pupils", *(row.needs for row in found)]
    yield ["placed", *(row.placed for row in found)]
    yield ["elsewhere than in the base", *(row.moved for row in found)]
    for kind in Kind:
        yield [f"FTE: {vocabulary.KINDS[kind]}", *(row.fte[kind] for row in found)]
    yield ["cost £ a year", *(row.cost / 100 for row in found)]
    for name, words in (("mean", "mean"), ("median", "median"), ("p90", "90th percentile")):
        yield [f"child's km, {words}", *(getattr(row.km, name) if row.km else "" for row in found)]
    for reason in UNPLACED_REASONS:
        yield [f"not placed: {vocabulary.UNPLACED[reason]}", *(row.unplaced.get(reason, 0) for row in found)]
    for name in WEIGHTS:
        label, _, unit = vocabulary.POLICY[name]
        yield [f"{label}, {unit}", *(getattr(policy_of(run), name) for run in runs)]


def _cells(move: Move) -> list[Any]:
    before, after = move.before, move.after
    about = [after.need.reference, after.need.authority.name, after.need.year_group]
    difference = (cost(after) - cost(before)) / 100
    detail = after.detail or "" if after.provision is None else ""
    return [*about, *_of_one(before), *_of_one(after), difference, after.moved_because or "", detail]


def _of_one(row: Recommendation) -> list[Any]:
    provision = row.provision
    if provision is None:
        return [vocabulary.UNPLACED[row.reason or ""], *[""] * 5, 0]
    setting = provision.setting
    kind = vocabulary.KINDS[provision.kind]
    return ["Placed", setting.name, setting.urn, provision.name, kind, float(row.road_km or 0), cost(row) / 100]

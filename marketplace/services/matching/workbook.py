"""A run's recommendations as a workbook for people: their own references and the names of settings, a row a pupil.

It holds what the actor may see and nothing else. Texts stay texts: no cell is ever a formula.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marketplace import vocabulary
from marketplace.models import Recommendation
from marketplace.services.matching.figures import cost
from optimiser.workbook import write_workbook

COLUMNS = (
    *("reference", "LA", "year group", "band", "phase", "outcome", "setting", "URN", "provision", "kind", "FTE"),
    *("road km", "price £ a year", "transport £ a year", "total £ a year", "why not placed"),
)


def recommendations_workbook(rows: Sequence[Recommendation]) -> bytes:
    """The .xlsx of these recommendations, in their order."""
    tables = {"recommendations": [COLUMNS, *map(_cells, rows)]}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "recommendations.xlsx"
        write_workbook(path, tables)
        return path.read_bytes()


def _cells(row: Recommendation) -> list[Any]:
    need, provision = row.need, row.provision
    about = [need.reference, need.authority.name, need.year_group, row.band or "", row.phase.value]
    if provision is None:
        assert row.reason is not None
        return [*about, vocabulary.UNPLACED[row.reason], *[""] * 9, row.detail or ""]
    return [
        *about,
        "Consult this setting",
        provision.setting.name,
        provision.setting.urn,
        provision.name,
        vocabulary.KINDS[provision.kind],
        float(row.fte or 0),
        float(row.road_km or 0),
        *(pence / 100 for pence in (row.price or 0, row.transport or 0, cost(row))),
        "",
    ]

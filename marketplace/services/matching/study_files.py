"""A study's places as a file for people. Texts stay texts: no cell is ever a formula. Money is pounds."""

from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.models import Study
from marketplace.services.csv_files import csv_of

COLUMNS = (
    *("setting", "URN", "places for", "pool", "unit", "shadow price km-equivalents"),
    *("relaxation: saving km-equivalents", "confirmed: saving km-equivalents", "at least", "at most", "proven"),
    *("more pupils placed", "more km one way in all", "more £ a year"),
)


def places_csv(study: Study, names: Mapping[str, Mapping[str, str]]) -> bytes:
    """The dearest pools, those first where one more helps most; at the end one more in each of them together."""
    return csv_of(COLUMNS, _rows(study.figures or {}, names))


def _rows(figures: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Iterator[list[object]]:
    for row in [*figures["places"], *([figures["together"]] if figures["together"] else [])]:
        pool, found = row.get("pool", ""), row["confirmed"]
        yield [
            names["setting"].get(row.get("setting", ""), "") if pool else "one more in each of these",
            *(row.get("setting", ""), names["pool"].get(pool, ""), pool, row.get("unit", "")),
            *(row.get("shadow_price", ""), row["predicted"]["saving"], found["saving"], row["low"], row["high"]),
            "yes" if row["is_proven"] else "no",
            *(found["placed"], round(found["child_km"], 1), round(found["cost"] / 100, 2)),
        ]

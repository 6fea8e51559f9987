"""A study's places as a file for people. Texts stay texts: no cell is ever a formula. Money is pounds."""

import csv
from collections.abc import Mapping
from io import StringIO

from marketplace.models import Study
from optimiser.cells import neutralised

COLUMNS = (
    *("setting", "URN", "places for", "pool", "unit", "shadow price km-equivalents"),
    *("relaxation: saving km-equivalents", "confirmed: saving km-equivalents", "at least", "at most", "proven"),
    *("more pupils placed", "more km one way in all", "more £ a year"),
)


def places_csv(study: Study, names: Mapping[str, Mapping[str, str]]) -> bytes:
    """The dearest pools, those first where one more helps most; at the end one more in each of them together."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    figures = study.figures or {}
    for row in [*figures["places"], *([figures["together"]] if figures["together"] else [])]:
        pool, found = row.get("pool", ""), row["confirmed"]
        cells = [
            names["setting"].get(row.get("setting", ""), "") if pool else "one more in each of these",
            *(row.get("setting", ""), names["pool"].get(pool, ""), pool, row.get("unit", "")),
            *(row.get("shadow_price", ""), row["predicted"]["saving"], found["saving"], row["low"], row["high"]),
            "yes" if row["is_proven"] else "no",
            *(found["placed"], round(found["child_km"], 1), round(found["cost"] / 100, 2)),
        ]
        writer.writerow([neutralised(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")

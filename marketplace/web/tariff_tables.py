"""Guide prices as a table and as the boxes of a form: a row for each band, a column for each pattern.

It must never show what a tariff does not state as a zero.
"""

from typing import Any

import pricing.tariff
from marketplace.models import Band, Pattern, Tariff
from marketplace.services.tariffs import loaded
from marketplace.web.formats import exact
from pricing.guide import standard_price

# Where a fault of the file's content is shown on the form; other places go by their name, "[band] mild" to band-mild.
BOXES = {
    "version": "edition",
    "valid_from": "starts_on",
    "valid_until": "ends_on",
    "[porous] coordination": "coordination",
}


def guides(tariff: pricing.tariff.Tariff) -> list[tuple[Band, dict[Pattern, int]]]:
    """The guide price in pence a year of each band for each pattern, at area factor 1."""
    return [
        (band, {pattern: standard_price(tariff, band=band, pattern=pattern).amount for pattern in tariff.pattern})
        for band in tariff.band
    ]


def boxes(row: Tariff) -> dict[str, Any]:
    """What the boxes of a draft hold as it was last saved."""
    tariff = loaded(row)
    share = tariff.coordination
    return {
        "name": tariff.name,
        "edition": tariff.version,
        "basis": tariff.basis,
        "starts_on": tariff.valid_from,
        "ends_on": tariff.valid_until,
        "source": tariff.source,
        "is_illustrative": ["true"] if tariff.is_illustrative else [],
        "coordination": "" if share is None else exact(float(100 * share)),
        "area": "\n".join(f"{code} = {factor}" for code, factor in tariff.area.items()),
        **{f"band-{band}": f"{pence // 100:,}" for band, pence in tariff.band.items()},
        **{f"pattern-{pattern}": str(multiplier) for pattern, multiplier in tariff.pattern.items()},
        **{f"outreach-{grade}": f"{pence // 100:,}" for grade, pence in tariff.outreach.items()},
    }


def box_of(place: str) -> str:
    """The box in which a place of the file is typed.

    >>> [box_of(place) for place in ("[band] mild", "valid_from", "[area] 20", "name")]
    ['band-mild', 'starts_on', 'area', 'name']
    """
    if place.startswith("[area]"):
        return "area"
    return BOXES.get(place, place.replace("[", "").replace("] ", "-"))

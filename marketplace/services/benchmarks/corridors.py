"""The corridor of a survey: fitted over its prices, kept as plain data, read again as `pricing` knows it.

statsmodels takes a second to load: only whoever makes a survey, a worker or a command, ever does.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pricing.corridor
from marketplace.models import Band, Pattern, SettingType, Survey
from pricing.corridor import Bounds, Corridor
from pricing.money import whole_pounds
from pricing.observed import Observed, Placement


def fit(prices: Sequence[Mapping[str, Any]], *, on: date) -> dict[str, Any] | None:
    """The corridor of like-for-like prices, which stand at area factor 1 already; None below 30 of them. One of less
    than a pound, which only a slip of hours makes, has no logarithm and is no observation."""
    placements = [
        Placement(
            placement=f"{row['provision_id']}-{row['band']}",
            la=str(row["authority_id"]),
            setting=str(row["setting_id"]),
            provider=str(row["provider_id"]),
            setting_type=row["setting_type"],
            pattern=row["pattern"],
            band=row["band"],
            price=whole_pounds(row["amount"]),
        )
        for row in prices
        if whole_pounds(row["amount"]) > 0
    ]
    if len(placements) < pricing.corridor.FEWEST:
        return None
    found = pricing.corridor.corridor(Observed.of(placements), on=on)
    bounds = [
        [band.value, pattern.value, kind.value, each.n, each.low, each.median, each.high]
        for (band, pattern, kind), each in found.bounds.items()
    ]
    return {"n": found.n, "pseudo_r2": list(found.pseudo_r2), "bounds": bounds}


def corridor_of(survey: Survey) -> Corridor | None:
    """The corridor that a survey keeps."""
    if survey.corridor is None:
        return None
    return Corridor(
        on=survey.on,
        n=survey.corridor["n"],
        pseudo_r2=tuple(survey.corridor["pseudo_r2"]),
        bounds={
            (Band(band), Pattern(pattern), SettingType(kind)): Bounds(*figures)
            for band, pattern, kind, *figures in survey.corridor["bounds"]
        },
    )

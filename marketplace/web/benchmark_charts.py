"""What the charts of benchmarks draw, as macros/charts.html and the templates read it. It must never name a rival to a
provider: it draws what its services hand over, and nothing is looked up here."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol, TypeVar

from marketplace import vocabulary
from marketplace.models import Band, Provision
from marketplace.services.benchmarks.figures import Figures, Group
from marketplace.services.benchmarks.places import Standpoint
from marketplace.services.benchmarks.told import Quarter, Told
from pricing.corridor import Place

MOST_DOTS = 60  # of one price's peers: more would be a smear, and the quartiles say it


class _Placed(Protocol):
    @property
    def provision(self) -> Provision: ...
    @property
    def band(self) -> Band: ...


P = TypeVar("P", bound=_Placed)


def rows(figures: Figures, shown: Sequence[Group]) -> list[dict[str, Any]]:
    """A box for each group with figures, or a bar for each setting and provider."""
    found = []
    for group in shown:
        spread = group.spread
        if spread is None:
            continue
        row: dict[str, Any] = {"label": group.label, "marked": group.is_own}
        if figures.by.is_named:
            found.append({**row, "value": spread.median})
        else:
            quartiles = {"lower": spread.lower_quartile, "median": spread.median, "upper": spread.upper_quartile}
            found.append(
                {**row, **quartiles, "minimum": spread.lowest, "maximum": spread.highest, "n": spread.settings}
            )
    return found


def by_provision(points: Sequence[P]) -> list[tuple[Provision, list[P]]]:
    """The prices of each provision."""
    return [
        (found[0].provision, found)
        for _, group in groupby(points, lambda point: point.provision.id)
        if (found := list(group))
    ]


def of_standpoints(points: Sequence[Standpoint]) -> dict[int, list[dict[str, Any]]]:
    """By provision, a row for each band: this price, its peers, the corridor, and the reader's own settings."""
    return {
        provision.id: [
            {
                **_row(point.band, point.amount),
                **_three("quartiles", point.peers, "lower_quartile", "median", "upper_quartile"),
                **_three("corridor", point.bounds, "low", "median", "high"),
                "dots": [
                    price.amount
                    for price in point.near
                    if price.setting_id not in {row.setting_id for row in point.own}
                ]
                if len(point.near) <= MOST_DOTS
                else [],
                "own": [price.amount for price in point.own],
            }
            for point in found
        ]
        for provision, found in by_provision(points)
    }


def of_told(points: Sequence[Told]) -> dict[int, list[dict[str, Any]]]:
    """By provision, a row for each band: the provider's own price, and what it is told."""
    return {
        provision.id: [
            {
                **_row(point.band, point.variance.fee),
                **_three("quartiles", point.standing, "lower", "median", "upper"),
                **_three("corridor", point.standing, "low", "middle", "high"),
                "dots": [],
                "own": [],
            }
            for point in found
        ]
        for provision, found in by_provision(points)
    }


def summary(points: Sequence[Told]) -> dict[str, Any]:
    """How many of a provider's prices lie in each quarter of their peers, and outside the corridor."""
    quarters = [point.quarter for point in points if point.quarter]
    places = [point.place for point in points]
    counts = {f"in the {quarter.value} of their peers": quarters.count(quarter) for quarter in reversed(Quarter)}
    return {
        "told": len(quarters),
        "places": {words: count for words, count in counts.items() if count},
        "above": places.count(Place.ABOVE),
        "below": places.count(Place.BELOW),
    }


def _row(band: Band, amount: int) -> dict[str, Any]:
    return {"label": vocabulary.BANDS[band], "value": amount}


def _three(name: str, source: object, *fields: str) -> dict[str, Any]:
    """Three figures as a list; None where there are none."""
    figures = [getattr(source, field) for field in fields] if source is not None else [None]
    return {name: None if None in figures else figures}

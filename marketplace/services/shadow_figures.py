"""What a shadow run shows: totals by LA, provider, band and pattern with small groups taken together, who gains and
loses most, and the same as a workbook that may be published.

It must never show a group that `small_groups` would not.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from marketplace import vocabulary
from marketplace.errors import Conflict
from marketplace.models import ShadowRun
from marketplace.services.small_groups import FEWEST, Groups, settings_to_name, taken_together
from optimiser.workbook import write_workbook
from pricing.shadow import Total

NOUNS = ("la", "provider", "band", "pattern")
COLUMNS = ("placements", "paid today £", "guide £", "difference £", "placements gain", "placements lose")
WORDS: Mapping[str, Mapping[str, str]] = {"band": vocabulary.BANDS, "pattern": vocabulary.PATTERNS}


@dataclass(frozen=True)
class Figures:
    """The figures of a done run, whole £ a year."""

    total: Total
    summary: Mapping[str, Any]
    by: Mapping[str, tuple[Total, ...]]  # as computed; for the owner's totals only
    settings: tuple[Mapping[str, Any], ...]

    @cached_property
    def groups(self) -> dict[str, Groups]:
        """By noun, with small groups taken together."""
        found = {noun: taken_together(noun, totals) for noun, totals in self.by.items()}
        return {**found, "setting": settings_to_name(found["provider"], self.settings)}

    @property
    def years(self) -> list[int]:
        """What is paid today and in each year of the transition."""
        return [self.total.price, *self.summary["transition"]]


def figures_of(run: ShadowRun) -> Figures:
    """The figures of a run that is done."""
    kept = run.figures
    assert kept is not None
    return Figures(
        total=Total(**kept["total"]),
        summary=kept["summary"],
        by={noun: tuple(_in_words(noun, Total(**row)) for row in kept["by"][noun]) for noun in NOUNS},
        settings=tuple(kept["settings"]),
    )


def publication(run: ShadowRun) -> bytes:
    """The workbook that may be published: no provider and no setting by name, small groups together, every sheet
    summing to the total. Raises Conflict where all placements are fewer than FEWEST."""
    found = figures_of(run)
    if found.total.n < FEWEST:
        raise Conflict(f"There are fewer than {FEWEST} placements, so nothing of this run can be published.")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "publication.xlsx"
        write_workbook(path, _sheets(run, found))
        return path.read_bytes()


def _sheets(run: ShadowRun, found: Figures) -> dict[str, list[tuple[Any, ...]]]:
    tables = {
        f"by {noun}": [(noun, *COLUMNS), *map(astuple, found.groups[noun].rows), ("all", *astuple(found.total)[1:])]
        for noun in ("la", "band", "pattern")
    }
    changes = [row.difference for row in found.by["provider"]]
    providers = {
        "providers": len(changes),
        "providers whose guide prices are above today's": sum(change > 0 for change in changes),
        "providers whose guide prices are below today's": sum(change < 0 for change in changes),
    }
    illustrative = "Illustrative tariff. " if run.content.get("is_illustrative") else ""
    about: list[tuple[Any, ...]] = [
        ("what", "value"),
        ("tariff", found.summary["tariff"]),
        ("placements from", run.placement_set.starts_on.isoformat()),
        ("placements to", run.placement_set.ends_on.isoformat()),
        ("prices", vocabulary.PRICE_BASES[run.placement_set.basis]),
        ("most that a price moves in a year, %", float(run.per_cent)),
        *(zip(COLUMNS, astuple(found.total)[1:], strict=True)),
        *(providers.items() if len(changes) >= FEWEST else ()),
        ("to read this", f"{illustrative}Groups of fewer than {FEWEST} placements are taken together with others."),
    ]
    years = [("year", "paid £"), *((at or "today", paid) for at, paid in enumerate(found.years))]
    return {"summary": about, **tables, "transition": years}


def _in_words(noun: str, row: Total) -> Total:
    return Total(WORDS[noun][row.name], *astuple(row)[1:]) if noun in WORDS else row

"""Indices of costs as published: read from a file, kept once, never edited; a revised figure starts on its own day.

`pricing` reads the file and says what is wrong with it. It must never say how much a price may rise.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import pricing.indices
from marketplace.errors import Fault
from marketplace.models import PriceIndex
from marketplace.services.register import Changes
from pricing.indices import Index
from pricing.table import Invalid

LONGEST = {"name": 120, "source": 400, "url": 400}
SUPERSEDE = (
    "What was published is never edited: give the revised figure the day from which it is known, as another index."
)


def read_indices(path: Path, faults: list[Fault]) -> Sequence[Index] | None:
    """The indices of a TOML file; None, and every fault, when they cannot be used."""
    try:
        indices = pricing.indices.load_indices(path)
    except Invalid as error:
        faults += (Fault(path.name, None, fault.where, "", f"{fault.what}. {fault.remedy}.") for fault in error.faults)
        return None
    too_long = [
        Fault(path.name, None, f"[index {number}] {key}", getattr(index, key), f"is longer than {most} characters.")
        for number, index in enumerate(indices, 1)
        for key, most in LONGEST.items()
        if len(getattr(index, key)) > most
    ]
    faults += too_long
    return None if too_long else indices


def keep_indices(session: Session, indices: Sequence[Index], file: str, faults: list[Fault]) -> Changes:
    """Keep the indices that are not here yet. Another figure for a part and a day that is here adds to `faults`."""
    kept = {(row.part, row.starts_on): row for row in session.scalars(select(PriceIndex))}
    changes = Changes()
    for number, index in enumerate(indices, 1):
        row = kept.get((index.part, index.valid_from))
        if row is None:
            session.add(
                PriceIndex(
                    part=index.part,
                    name=index.name,
                    percent=index.percent,
                    starts_on=index.valid_from,
                    source=index.source,
                    url=index.url or None,
                )
            )
            changes.created += 1
        elif as_pricing(row) == index:
            changes.unchanged += 1
        else:
            here = f"{row.name}, {row.percent}%, is here for {row.part} from that day"
            words = f"differs from what is kept: {here}. {SUPERSEDE}"
            faults.append(Fault(file, None, f"[index {number}] percent", str(index.percent), words))
    session.flush()
    return changes


def all_indices(session: Session) -> list[Index]:
    """Every index, as `pricing` blends them, by part and start."""
    rows = session.scalars(select(PriceIndex).order_by(PriceIndex.part, PriceIndex.starts_on, PriceIndex.id))
    return [as_pricing(row) for row in rows]


def as_pricing(row: PriceIndex) -> Index:
    """A kept index as `pricing` has it."""
    return Index(
        name=row.name,
        part=row.part,
        percent=row.percent,
        valid_from=row.starts_on,
        source=row.source,
        url=row.url or "",
    )

"""Placement sets: placements with their prices, checked whole, kept as one canonical file and never edited.

A reference in it is no pupil's. It must never be seen by anybody but its owner.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, NotFound
from marketplace.models import PlacementSet, PriceBasis
from marketplace.permissions import Actor, can_prepare_prices, require
from marketplace.services.observed_file import observed_text
from marketplace.services.small_groups import FEWEST
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Ints, Observed


def add_set(
    session: Session,
    actor: Actor,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    basis: PriceBasis,
    observed: Observed,
    owner_id: int | None = None,
) -> PlacementSet:
    """Keep placements of a period, for the actor's own LA or region. Raises Invalid for a period that ends before it
    starts, and for a name that another set of the owner has."""
    owner_id = actor.organisation_id if owner_id is None else owner_id
    require(owner_id is not None and can_prepare_prices(actor, owner_id), "add placements with prices")
    assert owner_id is not None
    if ends_on < starts_on:
        raise Invalid({"ends_on": ["Enter a last day that is not before the first."]})
    row = set_of(observed, owner_id=owner_id, name=name, starts_on=starts_on, ends_on=ends_on, basis=basis)
    row.added_by_id = actor.user_id
    session.add(row)
    audit.record(session, actor, "placement set added", row, placements=len(observed), sha256=row.sha256)
    return row


def set_of(observed: Observed, **about: Any) -> PlacementSet:
    """The placements as a set, not yet kept, with what is said about it."""
    file = observed_text(observed).encode()
    return PlacementSet(
        placements=len(observed),
        price=100 * int(observed.price.sum()),
        contents=_contents(observed),
        file=file,
        sha256=hashlib.sha256(file).hexdigest(),
        **about,
    )


def list_sets(session: Session) -> Sequence[PlacementSet]:
    """The sets that the actor may see, newest first."""
    people = (joinedload(PlacementSet.owner), joinedload(PlacementSet.added_by))
    return session.scalars(select(PlacementSet).options(*people).order_by(PlacementSet.id.desc()).limit(200)).all()


def get_set(session: Session, placement_set_id: int) -> PlacementSet:
    """One set. Raises NotFound when there is none that the actor may know of."""
    row = session.get(PlacementSet, placement_set_id)
    if row is None:
        raise NotFound(f"There is no placement set {placement_set_id}.")
    return row


def shown_counts(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Counts of placements for a page; None for fewer than FEWEST."""
    return {word: n if n >= FEWEST else None for word, n in counts.items()}


def _contents(observed: Observed) -> dict[str, Any]:
    """How many LAs, providers and settings there are, and how many placements of each band, pattern and type."""
    codes = ((BANDS, observed.band), (PATTERNS, observed.pattern), (SETTING_TYPES, observed.setting_type))
    band, pattern, setting_type = (_counts([str(code) for code in names], column) for names, column in codes)
    names = {"las": observed.la, "providers": observed.provider, "settings": observed.setting}
    counts = {noun: len(set(column)) for noun, column in names.items()}
    return {**counts, "band": band, "pattern": pattern, "setting_type": setting_type}


def _counts(names: Sequence[str], column: Ints) -> dict[str, int]:
    count = np.bincount(column, minlength=len(names)).tolist()
    return {name: n for name, n in zip(names, count, strict=True) if n}

"""Removing a placement set with all that was computed on it; never one on which an adopted tariff rests."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict
from marketplace.models import UNDER_WAY, Calibration, Corridor, PlacementSet, PriceRun, ShadowRun
from marketplace.permissions import Actor
from marketplace.services.price_runs import own_set
from marketplace.services.shadow_runs import is_counted

KINDS: tuple[type[PriceRun], ...] = (Calibration, ShadowRun, Corridor)


def set_to_remove(session: Session, actor: Actor, placement_set_id: int) -> PlacementSet:
    """A set that the actor may remove where nothing stands on it. Raises NotFound, NotPermitted."""
    return own_set(session, actor, placement_set_id, "remove placements")


def what_stands_on(session: Session, row: PlacementSet) -> list[str]:
    """What keeps a set from being removed, two sentences each: a shadow run over it that an adopted tariff counts, and
    a run that is under way."""
    found = []
    for kind in KINDS:
        runs = session.scalars(select(kind).where(kind.placement_set_id == row.id).order_by(kind.id)).all()
        for run in runs:
            if run.status in UNDER_WAY:
                found.append(f"{run.NOUN.capitalize()} {run.id} is under way. Wait until it has ended.")
            elif isinstance(run, ShadowRun) and is_counted(run):
                found.append(f"{run.tariff} was adopted on shadow run {run.id} over this set. What it rests on stays.")
    return found


def remove_set(session: Session, actor: Actor, *, placement_set_id: int) -> None:
    """Remove a set and what was computed on it. Raises NotFound, NotPermitted, and Conflict where something stands on
    it."""
    row = set_to_remove(session, actor, placement_set_id)
    if found := what_stands_on(session, row):
        raise Conflict(" ".join(found))
    audit.record(session, actor, "placement set removed", row, placements=row.placements, sha256=row.sha256)
    for kind in KINDS:
        session.execute(delete(kind).where(kind.placement_set_id == row.id))
    session.execute(delete(PlacementSet).where(PlacementSet.id == row.id))

"""Placements in lists: those of an LA, of a region's LAs, or of a provider, by what needs doing, a page at a time.

It must never decide who sees a placement: the database's row-level security does.
"""

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Need, Placement, PlacementStatus
from marketplace.services.standings import Listed, count_by, list_by


class Standing(StrEnum):
    """Where a placement stands on a day, what needs doing first."""

    CONFIRM = "confirm"  # its first day has come: has the pupil started?
    SUSPENDED = "suspended"
    ENDING = "ending"  # notice was given
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


def list_placements(
    session: Session, *, on: date, standings: Collection[Standing] = (), page: int = 1
) -> Listed[Placement, Standing]:
    """One page of the placements that the actor of this transaction may see: by group, then by the day that comes next
    (the last day of what is ending, the first of what is starting; of what has ended the latest first), then by id.
    `standings` narrows it; a page past the end is the last."""
    ended = Placement.status == PlacementStatus.ENDED
    sides = (Placement.setting, Placement.provision, Placement.authority, Placement.provider)
    return list_by(
        session,
        Placement,
        _standing(on),
        Standing,
        chosen=standings,
        page=page,
        options=[joinedload(side) for side in sides],
        then=[
            case((ended, None), else_=func.coalesce(Placement.ends_on, Placement.starts_on)),
            Placement.ends_on.desc(),
            Placement.id,
        ],
    )


def count_placements(session: Session, *, on: date) -> dict[Standing, int]:
    """How many placements stand where, of those that the actor of this transaction may see; none that is empty."""
    return count_by(session, Placement, _standing(on), Standing)


def placements_of(session: Session, need: Need) -> Sequence[Placement]:
    """The placements of a need, the newest first, as far as the actor of this transaction may know of them."""
    return session.scalars(
        select(Placement)
        .where(Placement.need_id == need.id)
        .options(joinedload(Placement.setting), joinedload(Placement.provision))
        .order_by(Placement.id.desc())
    ).all()


def standing_of(placement: Placement, *, on: date) -> Standing:
    """Where one placement stands on a day, by the same rule as the lists."""
    if placement.status is PlacementStatus.ENDED:
        return Standing.ENDED
    if placement.status is PlacementStatus.AGREED:
        return Standing.CONFIRM if placement.starts_on <= on else Standing.STARTING
    if placement.ends_on is not None:
        return Standing.ENDING
    return Standing.SUSPENDED if placement.status is PlacementStatus.SUSPENDED else Standing.RUNNING


def _standing(on: date) -> ColumnElement[str]:
    return case(
        (Placement.status == PlacementStatus.ENDED, Standing.ENDED.value),
        ((Placement.status == PlacementStatus.AGREED) & (Placement.starts_on <= on), Standing.CONFIRM.value),
        (Placement.status == PlacementStatus.AGREED, Standing.STARTING.value),
        (Placement.ends_on.is_not(None), Standing.ENDING.value),
        (Placement.status == PlacementStatus.SUSPENDED, Standing.SUSPENDED.value),
        else_=Standing.RUNNING.value,
    )

"""Placements in lists: those of an LA, of a region's LAs, or of a provider, by what needs doing, a page at a time.

It must never decide who sees a placement: the database's row-level security does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Need, Placement, PlacementStatus

PAGE = 50


class Standing(StrEnum):
    """Where a placement stands on a day, what needs doing first."""

    CONFIRM = "confirm"  # its first day has come: has the pupil started?
    SUSPENDED = "suspended"
    ENDING = "ending"  # notice was given
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placements:
    """One page of placements in groups, how many there are in each group, and in all."""

    groups: dict[Standing, list[Placement]]
    counts: dict[Standing, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many placements there are on all pages."""
        return sum(self.counts.values())


def list_placements(session: Session, *, on: date, standings: Collection[Standing] = (), page: int = 1) -> Placements:
    """One page of the placements that the actor of this transaction may see: by group, then by the day that comes next
    (the last day of what is ending, the first of what is starting; of what has ended the latest first), then by id.
    `standings` narrows it; a page past the end is the last."""
    standing = _standing(on)
    counts = count_placements(session, on=on)
    counts = {each: count for each, count in counts.items() if not standings or each in standings}
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    order = case({member.value: place for place, member in enumerate(Standing)}, value=standing)
    ended = Placement.status == PlacementStatus.ENDED
    found = session.execute(
        select(Placement, standing)
        .where(standing.in_([each.value for each in counts]))
        .options(
            joinedload(Placement.setting),
            joinedload(Placement.provision),
            joinedload(Placement.authority),
            joinedload(Placement.provider),
        )
        .order_by(
            order,
            case((ended, None), else_=func.coalesce(Placement.ends_on, Placement.starts_on)),
            Placement.ends_on.desc(),
            Placement.id,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    groups: dict[Standing, list[Placement]] = {}
    for placement, group in found:
        groups.setdefault(Standing(group), []).append(placement)
    return Placements(groups=groups, counts=counts, page=page, pages=pages)


def count_placements(session: Session, *, on: date) -> dict[Standing, int]:
    """How many placements stand where, of those that the actor of this transaction may see; none that is empty."""
    standing = _standing(on)
    rows = session.execute(select(standing, func.count()).select_from(Placement).group_by(standing)).all()
    found = {Standing(group): count for group, count in rows}
    return {each: found[each] for each in Standing if each in found}


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

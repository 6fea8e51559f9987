"""Who has placements at a setting on a day: those that run in the marketplace, and those beyond it that the provider
has stated and each LA corrected.

What runs here is counted here. Of what was stated it is a part, however it has been varied since: an LA is counted with
as many as were stated, or with as many as run, whichever is more.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marketplace.models import Band, Placement, PlacementStatus, PriceSchedule

Cell = tuple[int, int, Band]  # LA, provision, band


def running_at(session: Session, base: PriceSchedule, *, on: date) -> Counter[Cell]:
    """How many placements at the setting of a schedule run on a day, by LA, provision and band, as far as the actor of
    this transaction may know of them and the schedule prices them: others keep their price whatever becomes of it."""
    rows = session.execute(
        select(Placement.authority_id, Placement.provision_id, Placement.band, func.count())
        .where(
            Placement.setting_id == base.setting_id,
            Placement.status != PlacementStatus.ENDED,
            Placement.starts_on <= on,
            or_(Placement.ends_on.is_(None), Placement.ends_on >= on),
        )
        .group_by(Placement.authority_id, Placement.provision_id, Placement.band)
    )
    priced = {(line.provision_id, line.band) for line in base.lines}
    return Counter({(la, provision, band): n for la, provision, band, n in rows if (provision, band) in priced})


def combined(stated: Mapping[Cell, int], running: Mapping[Cell, int]) -> dict[Cell, int]:
    """How many there are in each cell, by LA, provision and band. Where an LA's placements have moved between cells
    since they were stated, those that moved are taken out of what is stated beyond what runs, the last cell first.

    >>> combined({(1, 7, Band.INTENSIVE): 3}, {(1, 7, Band.PROFOUND): 1})
    {(1, 7, <Band.INTENSIVE: 'intensive'>): 2, (1, 7, <Band.PROFOUND: 'profound'>): 1}
    """
    found = {cell: max(stated.get(cell, 0), running.get(cell, 0)) for cell in {**stated, **running}}
    for la in {cell[0] for cell in running}:
        mine = sorted((cell for cell in found if cell[0] == la), key=_place)
        most = max(sum(stated.get(cell, 0) for cell in mine), sum(running.get(cell, 0) for cell in mine))
        over = sum(found[cell] for cell in mine) - most
        for cell in reversed(mine):
            taken = min(over, found[cell] - running.get(cell, 0))
            found[cell] -= taken
            over -= taken
    return {cell: found[cell] for cell in sorted(found, key=_place)}


def _place(cell: Cell) -> tuple[int, int, int]:
    return cell[0], cell[1], list(Band).index(cell[2])

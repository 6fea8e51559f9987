"""Which settings are a buyer's own, so that charts can mark them, and why each is.

That is what an LA has said here: the settings in its area, those in its newest placement set, those at which a pupil
of its own is placed through the marketplace, and those at which an order fixes a place. A setting is marked once,
however many ties bind it.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Need,
    NeedStatus,
    OrganisationKind,
    Placement,
    PlacementSet,
    PlacementStatus,
    Provision,
    Setting,
)
from marketplace.permissions import Actor

URN_DIGITS = 6


class Tie(StrEnum):
    """Why a setting is one's own."""

    AREA = "area"
    PLACEMENT = "placement"  # in a placement set
    PLACED = "placed"  # through the marketplace
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Own:
    """A buyer's own settings with what ties each to it; and its own LAs and region, which are marked as a whole."""

    authorities: frozenset[int] = frozenset()
    region_id: int | None = None
    ties: dict[int, frozenset[Tie]] = field(default_factory=dict)

    def settings(self, *ties: Tie) -> frozenset[int]:
        """The settings that one of these ties, or any, binds."""
        return frozenset(at for at, bound in self.ties.items() if not ties or bound & set(ties))

    @property
    def counts(self) -> dict[str, int]:
        """How many settings each tie binds."""
        return {tie.value: len(self.settings(tie)) for tie in Tie}


def own_settings(session: Session, actor: Actor) -> Own:
    """The settings that pages mark for this person: those of its LA, or of its region's LAs; the operator has none."""
    if actor.kind is OrganisationKind.LA:
        mine = Authority.id == actor.organisation_id
    elif actor.kind is OrganisationKind.REGION:
        mine = Authority.region_id == actor.organisation_id
    else:
        return Own()
    las = {row.id: row.region_id for row in session.execute(select(Authority.id, Authority.region_id).where(mine))}
    ties: dict[int, frozenset[Tie]] = {}
    ordered = (
        select(Provision.setting_id)
        .join(Need, Need.locked_id == Provision.id)
        .where(Need.authority_id.in_(las), Need.status != NeedStatus.WITHDRAWN)
    )
    placed = select(Placement.setting_id).where(
        Placement.authority_id.in_(las), Placement.status != PlacementStatus.ENDED
    )
    for tie, found in (
        (Tie.AREA, session.scalars(select(Setting.id).where(Setting.authority_id.in_(las)))),
        (Tie.PLACEMENT, _placed_at(session, actor)),
        (Tie.PLACED, session.scalars(placed.distinct())),
        (Tie.ORDER, session.scalars(ordered)),
    ):
        for setting_id in found:
            ties[setting_id] = ties.get(setting_id, frozenset()) | {tie}
    return Own(frozenset(las), next(iter(las.values()), None), ties)


def _placed_at(session: Session, actor: Actor) -> list[int]:
    """The settings that stand in the organisation's newest placement set, by URN, or by a name that one setting has."""
    file = session.scalar(
        select(PlacementSet.file)
        .where(PlacementSet.owner_id == actor.organisation_id)
        .order_by(PlacementSet.ends_on.desc(), PlacementSet.id.desc())
        .limit(1)
    )
    named = {row["setting"] for row in csv.DictReader(io.StringIO(file.decode()))} if file else set()
    urns = {int(name) for name in named if name.isascii() and name.isdigit() and len(name) == URN_DIGITS}
    rows = session.execute(
        select(Setting.id, Setting.urn, Setting.name)
        .where(or_(Setting.urn.in_(urns), Setting.name.in_(named)))
        .order_by(Setting.id)
    ).all()
    of_name = Counter(row.name for row in rows)
    return [row.id for row in rows if row.urn in urns or of_name[row.name] == 1]

"""What the operator sees of all regions: sums of each, none of them of few, and nobody's case.

The operator reads no need, consultation or account; the sums are worked out as the system and rounded or withheld
before anybody has them. It must never tell a figure of one to four pupils, nor one from which it could be found.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.db import as_system
from marketplace.models import (
    Authority,
    Consultation,
    LedgerTotal,
    Need,
    NeedStatus,
    Region,
    Uplift,
    UpliftStatus,
)
from marketplace.permissions import Actor, can_oversee, require
from marketplace.services.ledger import financial_year
from marketplace.services.market import Supply, offering, priced_settings, supply_of
from marketplace.services.small_groups import in_fives, is_few
from marketplace.services.track_records import YEARS_BACK, is_counted, is_in_time

WAITING = (NeedStatus.PUBLISHED, NeedStatus.CONSULTING, NeedStatus.OFFERED)
ROUNDED = 1_000_000  # pence: money is told to the nearest £10,000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRow:
    """One region. Capacity as published; `waiting` pupils, and `asked` consultations whose time is over, to the nearest
    five; `in_time` their share that was answered in the 15 days, None where either part is few; `committed` pence of
    this financial year to the nearest £10,000, None where one LA alone has an account; `negotiations`: uplifts under
    way."""

    region: Region
    authorities: int
    supply: Supply
    waiting: int
    asked: int
    in_time: float | None
    committed: int | None
    negotiations: int


def overseen(session: Session, actor: Actor, *, on: date) -> Sequence[RegionRow]:
    """Every region that has an LA, by name. Raises NotPermitted."""
    require(can_oversee(actor), "see all regions")
    regions = session.scalars(
        select(Region).where(Region.id.in_(select(Authority.region_id))).order_by(Region.name, Region.id)
    ).all()
    with as_system(session, actor):
        priced = priced_settings(session, on)
        return [_row(session, region, priced, on) for region in regions]


def _row(session: Session, region: Region, priced: Container[int], on: date) -> RegionRow:
    las = select(Authority.id).where(Authority.region_id == region.id)
    waiting = session.scalar(
        select(func.count()).select_from(Need).where(Need.authority_id.in_(las), Need.status.in_(WAITING))
    )
    asked, in_time = session.execute(
        select(func.count(), func.count().filter(is_in_time())).where(
            Consultation.authority_id.in_(las), Consultation.due_on >= on - YEARS_BACK, is_counted(on)
        )
    ).one()
    accounts = session.scalars(
        select(LedgerTotal.amount).where(LedgerTotal.authority_id.in_(las), LedgerTotal.year == financial_year(on))
    ).all()
    link = (Uplift.link_id.in_(las), Uplift.status == UpliftStatus.NEGOTIATING)
    return RegionRow(
        region=region,
        authorities=session.scalar(select(func.count()).select_from(las.subquery())) or 0,
        supply=supply_of(offering(session, region), priced, on),
        waiting=in_fives(waiting or 0),
        asked=in_fives(asked),
        in_time=None if not asked or is_few(in_time) or is_few(asked - in_time) else in_time / asked,
        committed=round(sum(accounts) / ROUNDED) * ROUNDED if len(accounts) > 1 else None,
        negotiations=session.scalar(select(func.count()).select_from(Uplift).where(*link)) or 0,
    )

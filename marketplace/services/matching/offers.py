"""What is offered on a day, as the database has it: provisions with their settings, what is free, and annual fees.

Columns, not objects: a market of thousands is read for every need that somebody looks at. It must know no optimiser.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from marketplace.models import (
    Band,
    Kind,
    Part,
    Pattern,
    Pool,
    PriceLine,
    PriceSchedule,
    Provision,
    Setting,
    SettingStatus,
    SettingType,
    Sex,
    Unit,
    Vacancy,
)
from marketplace.services.schedules import in_force
from pricing.schedule import ANNUAL

OPEN = (SettingStatus.OPEN, SettingStatus.CLOSING)  # GIAS: "Open" and "Open, but proposed to close"

Years = tuple[int, int]


class Offer(NamedTuple):
    """The columns of a provision, then those of its setting and its pool, that matching asks for."""

    id: int
    setting_id: int
    pool_id: int
    kind: Kind
    pattern: Pattern
    low_year: int
    high_year: int
    sex: Sex
    needs: list[str]
    max_ci: int
    max_cl: int
    max_semh: int
    max_sp: int
    facilities: list[str]
    las: list[str]
    sessions: int | None
    shares: int | None
    radius_km: Decimal | None
    is_offered: bool
    urn: int
    type: SettingType
    status: SettingStatus
    provider_id: int | None
    easting: int
    northing: int
    unit: Unit

    @property
    def is_open(self) -> bool:
        """Whether its setting may take anybody."""
        return self.status in OPEN


_TABLES = (Provision.__table__, Setting.__table__, Pool.__table__)
_COLUMNS = [next(table.c[name] for table in _TABLES if name in table.c) for name in Offer._fields]


class Fee(NamedTuple):
    """What a provision asks for a band: pence a year, and the hours a week of its core line."""

    band: Band
    amount: int
    hours: float | None


def read_offers(session: Session, *, on: date, locked: set[int], named: set[int]) -> list[Offer]:
    """The offered provisions of open settings that have prices on the day; and of the settings `named` and the
    provisions `locked`, whatever their state. By id."""
    priced = select(PriceSchedule.setting_id).where(*in_force(on))
    offered = and_(Provision.is_offered, Setting.status.in_(OPEN), Provision.setting_id.in_(priced))
    return _read(session, or_(offered, Provision.id.in_(locked), Provision.setting_id.in_(named)))


def read_these(session: Session, provision_ids: Collection[int]) -> list[Offer]:
    """These provisions, whatever their state. By id."""
    return _read(session, Provision.id.in_(provision_ids))


def _read(session: Session, wanted: ColumnElement[bool]) -> list[Offer]:
    rows = session.execute(
        select(*_COLUMNS).join(Provision.setting).join(Provision.pool).where(wanted).order_by(Provision.id)
    )
    return list(map(Offer._make, rows))


def free_by_years(session: Session, *, on: date) -> Mapping[int, dict[Years, Decimal]]:
    """What each pool has free on the day by its groups of years, in order of years; those that open later have 0."""
    started = func.coalesce(func.sum(Vacancy.amount - Vacancy.used).filter(Vacancy.starts_on <= on), 0)
    years = (Vacancy.low_year, Vacancy.high_year)
    found: dict[int, dict[Years, Decimal]] = defaultdict(dict)
    for pool_id, low, high, amount in session.execute(
        select(Vacancy.pool_id, *years, started).group_by(Vacancy.pool_id, *years).order_by(*years)
    ):
        found[pool_id][low, high] = amount
    return found


def annual_fees(session: Session, *, on: date, bands: set[Band]) -> Mapping[int, list[Fee]]:
    """The fees of each provision for those of the bands that have a core line on the day."""
    found: dict[int, list[Fee]] = defaultdict(list)
    if not bands:
        return found
    is_core = PriceLine.part == Part.CORE
    of_band = (PriceLine.provision_id, PriceLine.band)
    for provision_id, band, fee, hours in session.execute(
        select(
            *of_band,
            func.sum(PriceLine.amount).filter(PriceLine.part.in_(ANNUAL)),
            func.max(PriceLine.hours_a_week).filter(is_core),
        )
        .join(PriceLine.schedule)
        .where(PriceLine.band.in_(bands), *in_force(on))
        .group_by(*of_band)
        .having(func.bool_or(is_core))
        .order_by(*of_band)
    ):
        found[provision_id].append(Fee(band, int(fee), None if hours is None else float(hours)))
    return found

"""What the market offers on a day, as the rows of a matching problem: provisions, pools, prices.

It reads published facts only: offered provisions of open settings, prices in force, vacancies that have started. It
must never decide who may have them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

import optimiser
import pricing.framework
from marketplace.models import (
    Band,
    Kind,
    Need,
    Part,
    Pool,
    PriceLine,
    PriceSchedule,
    Provision,
    Setting,
    SettingStatus,
    Unit,
)
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.schedules import in_force, priced_line
from optimiser.problem import PRIMARY_NEEDS
from pricing.money import whole_pounds
from pricing.quote import marginal_price
from pricing.schedule import BandPrice

OPEN = (SettingStatus.OPEN, SettingStatus.CLOSING)  # GIAS: "Open" and "Open, but proposed to close"
NOBODY = (0, 0, 0, 0)  # highest levels met by a provision that takes nobody new: every pupil to place is above them

Years = tuple[int, int]
Lines = Mapping[int, list[PriceLine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The market of a day. `rows`: by the database's id of a provision, its row for each vacancy group.
    `urns`: URN by the database's id of each setting that has a row."""

    provisions: tuple[optimiser.Provision, ...]
    pools: tuple[optimiser.Pool, ...]
    prices: tuple[optimiser.Price, ...]
    rows: Mapping[int, tuple[optimiser.Provision, ...]]
    urns: Mapping[int, str]


def database_id(row_id: str) -> int:
    """The database's id of the provision or pool behind a row's id, which begins with it: "12.7-11" is of 12."""
    return int(row_id.partition(".")[0])


def supply(session: Session, *, on: date, needs: Sequence[Need] = ()) -> Supply:
    """Every offered provision of an open setting that has a price schedule in force on the day.

    Vacancies of a pool are grouped by their year groups; a group holds what has opened by `on`, and is one pool of the
    problem. A provision has one row for each group that it overlaps, open to the years they share; row and pool are
    called by their id and the group's years: "12.7-11". A provision that no group reaches draws on an empty one of its
    own years.

    What `needs` name is there too, so that it is refused in so many words and not passed over: a setting that is
    requested or wished for, with what it does not offer unpriced, or one row that offers nothing; and a provision that
    is locked, which takes nobody else when it is no longer offered.

    Raises Conflict when no framework is in force: it says which place funding is sunk.
    """
    locked = {need.locked_id for need in needs if need.locked_id is not None}
    named = {at for need in needs for at in (need.request_id, *need.wishes) if at is not None}
    found = _provisions(session, on=on, locked=locked, named=named)
    lines = _lines(session, on=on, settings={row.setting_id for row in found})
    framework = rule(framework_in_force(session, on=on))
    pools: dict[str, optimiser.Pool] = {}
    rows: dict[int, tuple[optimiser.Provision, ...]] = {}
    prices: list[optimiser.Price] = []
    for provision in found:
        groups = _groups(provision, on=on)
        for years, amount in groups.items():
            pool = _pool(provision.pool, provision.setting, years, amount)
            pools.setdefault(pool.pool, pool)
        is_for_sale = _is_open(provision) and (provision.is_offered or provision.id in locked)
        rows[provision.id] = tuple(_row(provision, years) for years in groups)
        if is_for_sale:
            prices += (
                optimiser.Price(provision=row.provision, band=band, price=price, hours=hours)
                for band, price, hours in _prices(provision, lines[provision.id], framework)
                for row in rows[provision.id]
            )
    absent = _absent(session, named - {row.setting_id for row in found})
    empty = [_nothing(setting) for setting in absent]
    return Supply(
        provisions=tuple(row for group in rows.values() for row in group) + tuple(row for row, _ in empty),
        pools=tuple(pools.values()) + tuple(pool for _, pool in empty),
        prices=tuple(prices),
        rows=rows,
        urns={row.setting_id: str(row.setting.urn) for row in found} | {row.id: str(row.urn) for row in absent},
    )


def _provisions(session: Session, *, on: date, locked: set[int], named: set[int]) -> Sequence[Provision]:
    priced = select(PriceSchedule.setting_id).where(*in_force(on))
    offered = and_(Provision.is_offered, Setting.status.in_(OPEN), Provision.setting_id.in_(priced))
    return session.scalars(
        select(Provision)
        .join(Provision.setting)
        .where(or_(offered, Provision.id.in_(locked), Provision.setting_id.in_(named)))
        .options(contains_eager(Provision.setting), selectinload(Provision.pool).selectinload(Pool.vacancies))
        .order_by(Provision.id)
    ).all()


def _lines(session: Session, *, on: date, settings: Iterable[int]) -> Lines:
    found: dict[int, list[PriceLine]] = defaultdict(list)
    rows = session.scalars(
        select(PriceLine)
        .join(PriceLine.schedule)
        .where(PriceSchedule.setting_id.in_(settings), *in_force(on))
        .order_by(PriceLine.id)
    )
    for line in rows:
        found[line.provision_id].append(line)
    return found


def _absent(session: Session, ids: Iterable[int]) -> Sequence[Setting]:
    return session.scalars(select(Setting).where(Setting.id.in_(ids)).order_by(Setting.id)).all()


def _is_open(provision: Provision) -> bool:
    return provision.setting.status in OPEN


def _groups(provision: Provision, *, on: date) -> dict[Years, Decimal]:
    """What is free by year groups, for the groups that the provision overlaps, in order of years."""
    groups: dict[Years, Decimal] = {}
    for row in provision.pool.vacancies:
        if row.low_year <= provision.high_year and provision.low_year <= row.high_year:
            years = row.low_year, row.high_year
            groups[years] = groups.get(years, Decimal(0)) + (row.amount if row.starts_on <= on else 0)
    return dict(sorted(groups.items())) or {(provision.low_year, provision.high_year): Decimal(0)}


def _pool(pool: Pool, setting: Setting, years: Years, amount: Decimal) -> optimiser.Pool:
    # A part of a place is a split week's: a full placement needs a whole one, four sessions need 0.4.
    return optimiser.Pool(
        pool=_id(pool.id, years), setting=str(setting.urn), unit=pool.unit.value, amount=float(amount)
    )


def _id(row_id: int, years: Years) -> str:
    return f"{row_id}.{years[0]}-{years[1]}"


def _row(provision: Provision, years: Years) -> optimiser.Provision:
    setting = provision.setting
    levels = (provision.max_ci, provision.max_cl, provision.max_semh, provision.max_sp)
    return optimiser.Provision(
        provision=_id(provision.id, years),
        setting=str(setting.urn),
        provider=str(setting.provider_id or "not stated"),
        setting_type=setting.type.value,
        kind=provision.kind.value,
        pattern=provision.pattern.value,
        easting=setting.easting,
        northing=setting.northing,
        low_year=max(provision.low_year, years[0]),
        high_year=min(provision.high_year, years[1]),
        sex=provision.sex.value,
        needs=_once(provision.needs),
        max_levels=levels if provision.is_offered else NOBODY,
        facilities=_once(provision.facilities),
        las=_once(provision.las),
        pool=_id(provision.pool_id, years),
        sessions=provision.sessions,
        radius_km=None if provision.radius_km is None else float(provision.radius_km),
    )


def _nothing(setting: Setting) -> tuple[optimiser.Provision, optimiser.Pool]:
    """A setting that offers nothing, as a row that says where and what it is; without a price nobody can have it."""
    row_id, urn = f"urn{setting.urn}", str(setting.urn)
    provision = optimiser.Provision(
        provision=row_id,
        setting=urn,
        provider=str(setting.provider_id or "not stated"),
        setting_type=setting.type.value,
        kind=Kind.FULL.value,
        easting=setting.easting,
        northing=setting.northing,
        low_year=-1,
        high_year=14,
        needs=PRIMARY_NEEDS,
        max_levels=(5, 5, 5, 5),
        pool=row_id,
    )
    return provision, optimiser.Pool(pool=row_id, setting=urn, unit=Unit.PLACES.value, amount=0.0)


def _prices(
    provision: Provision, lines: Iterable[PriceLine], framework: pricing.framework.Framework
) -> Iterator[tuple[str, int, float | None]]:
    """Band, marginal price in whole £ and, for outreach, hours a week. A band without a core line has no price, nor has
    outreach that does not say how many hours it buys."""
    by_band: dict[Band, list[PriceLine]] = defaultdict(list)
    for line in lines:
        by_band[line.band].append(line)
    for band, parts in by_band.items():
        core = next((line for line in parts if line.part is Part.CORE), None)
        hours = core.hours_a_week if core is not None and provision.kind is Kind.OUTREACH else None
        if core is None or (provision.kind is Kind.OUTREACH and hours is None):
            continue
        pence = marginal_price(
            BandPrice(str(provision.id), band, tuple(map(priced_line, parts))),
            kind=provision.kind,
            setting_type=provision.setting.type,
            framework=framework,
        )
        yield band.value, whole_pounds(pence), None if hours is None else float(hours)


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))

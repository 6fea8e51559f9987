"""What the market offers on a day, as the rows of a matching problem: provisions, pools, prices.

It reads published facts only: offered provisions of open settings, prices in force, vacancies that have started. It
must never decide who may have them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

import optimiser
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
    Vacancy,
)
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.schedules import in_force
from optimiser.problem import PRIMARY_NEEDS
from pricing.money import whole_pounds
from pricing.quote import marginal_price
from pricing.schedule import ANNUAL

OPEN = (SettingStatus.OPEN, SettingStatus.CLOSING)  # GIAS: "Open" and "Open, but proposed to close"
NOBODY = (0, 0, 0, 0)  # highest levels met by a provision that takes nobody new: every pupil to place is above them

Years = tuple[int, int]
Offer = Row[Any]  # the columns of a provision, and of its setting and pool what matching asks for


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
    """Every offered provision of an open setting that has a price schedule in force on the day, priced for the bands of
    the needs: without needs there is no price.

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
    vacant = _vacant(session, on=on)
    pools: dict[str, optimiser.Pool] = {}
    rows: dict[int, tuple[optimiser.Provision, ...]] = {}
    urns: dict[int, str] = {}
    for_sale: list[Offer] = []
    for offer in _offers(session, on=on, locked=locked, named=named):
        groups = _groups(offer, vacant[offer.pool_id])
        pools.update((pool.pool, pool) for pool in (_pool(offer, years, groups[years]) for years in groups))
        rows[offer.id] = _rows(offer, groups)
        urns[offer.setting_id] = str(offer.urn)
        if offer.status in OPEN and (offer.is_offered or offer.id in locked):
            for_sale.append(offer)
    absent = _absent(session, named - urns.keys())
    empty = [_nothing(setting) for setting in absent]
    return Supply(
        provisions=tuple(row for group in rows.values() for row in group) + tuple(row for row, _ in empty),
        pools=tuple(pools.values()) + tuple(pool for _, pool in empty),
        prices=_prices(session, for_sale, rows, on=on, bands={need.band for need in needs if need.band}),
        rows=rows,
        urns=urns | {row.id: str(row.urn) for row in absent},
    )


def _offers(session: Session, *, on: date, locked: set[int], named: set[int]) -> Sequence[Offer]:
    # Columns, not objects: a market of thousands is read for every need that somebody looks at.
    priced = select(PriceSchedule.setting_id).where(*in_force(on))
    offered = and_(Provision.is_offered, Setting.status.in_(OPEN), Provision.setting_id.in_(priced))
    of_setting = (Setting.urn, Setting.type, Setting.status, Setting.provider_id, Setting.easting, Setting.northing)
    return session.execute(
        select(Provision.__table__, *of_setting, Pool.unit)
        .join(Provision.setting)
        .join(Provision.pool)
        .where(or_(offered, Provision.id.in_(locked), Provision.setting_id.in_(named)))
        .order_by(Provision.id)
    ).all()


def _vacant(session: Session, *, on: date) -> Mapping[int, dict[Years, Decimal]]:
    """What each pool has free on the day by its groups of years, in order of years; those that open later have 0."""
    started = func.coalesce(func.sum(Vacancy.amount).filter(Vacancy.starts_on <= on), 0)
    years = (Vacancy.low_year, Vacancy.high_year)
    found: dict[int, dict[Years, Decimal]] = defaultdict(dict)
    for pool_id, low, high, amount in session.execute(
        select(Vacancy.pool_id, *years, started).group_by(Vacancy.pool_id, *years).order_by(*years)
    ):
        found[pool_id][low, high] = amount
    return found


def _groups(offer: Offer, vacant: Mapping[Years, Decimal]) -> dict[Years, Decimal]:
    """The groups of its pool that the provision overlaps."""
    low, high = offer.low_year, offer.high_year
    return {years: amount for years, amount in vacant.items() if years[0] <= high and low <= years[1]} or {
        (low, high): Decimal(0)
    }


def _absent(session: Session, ids: Collection[int]) -> Sequence[Setting]:
    if not ids:
        return ()
    return session.scalars(select(Setting).where(Setting.id.in_(ids)).order_by(Setting.id)).all()


def _pool(offer: Offer, years: Years, amount: Decimal) -> optimiser.Pool:
    # A part of a place is a split week's: a full placement needs a whole one, four sessions need 0.4.
    return optimiser.Pool(
        pool=_id(offer.pool_id, years), setting=str(offer.urn), unit=offer.unit.value, amount=float(amount)
    )


def _id(row_id: int, years: Years) -> str:
    return f"{row_id}.{years[0]}-{years[1]}"


def _rows(offer: Offer, groups: Iterable[Years]) -> tuple[optimiser.Provision, ...]:
    levels = (offer.max_ci, offer.max_cl, offer.max_semh, offer.max_sp)
    common = {
        "setting": str(offer.urn),
        "provider": str(offer.provider_id or "not stated"),
        "setting_type": offer.type.value,
        "kind": offer.kind.value,
        "pattern": offer.pattern.value,
        "easting": offer.easting,
        "northing": offer.northing,
        "sex": offer.sex.value,
        "needs": _once(offer.needs),
        "max_levels": levels if offer.is_offered else NOBODY,
        "facilities": _once(offer.facilities),
        "las": _once(offer.las),
        "sessions": offer.sessions,
        "radius_km": None if offer.radius_km is None else float(offer.radius_km),
    }
    return tuple(
        optimiser.Provision(
            provision=_id(offer.id, years),
            low_year=max(offer.low_year, years[0]),
            high_year=min(offer.high_year, years[1]),
            pool=_id(offer.pool_id, years),
            **common,
        )
        for years in groups
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
    session: Session,
    offers: Iterable[Offer],
    rows: Mapping[int, tuple[optimiser.Provision, ...]],
    *,
    on: date,
    bands: set[Band],
) -> tuple[optimiser.Price, ...]:
    """Each row's marginal price in whole £ and, for outreach, hours a week. A band without a core line has no price,
    nor has outreach that does not say how many hours it buys."""
    framework = rule(framework_in_force(session, on=on))
    fees = _fees(session, on=on, bands=bands)
    return tuple(
        optimiser.Price(
            provision=row.provision,
            band=band.value,
            price=whole_pounds(marginal_price(fee, kind=offer.kind, setting_type=offer.type, framework=framework)),
            hours=hours if offer.kind is Kind.OUTREACH else None,
        )
        for offer in offers
        for band, fee, hours in fees[offer.id]
        if offer.kind is not Kind.OUTREACH or hours is not None
        for row in rows[offer.id]
    )


def _fees(session: Session, *, on: date, bands: set[Band]) -> Mapping[int, list[tuple[Band, int, float | None]]]:
    """By provision the bands that have a core line: the annual fee in pence, and the hours a week of that line."""
    found: dict[int, list[tuple[Band, int, float | None]]] = defaultdict(list)
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
        found[provision_id].append((band, int(fee), None if hours is None else float(hours)))
    return found


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))

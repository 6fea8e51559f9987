"""What the market offers on a day, as the rows of a matching problem: provisions, pools, prices.

It reads published facts only: offered provisions of open settings, prices in force, vacancies that have started. It
must never decide who may have them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import optimiser
import pricing.framework
from marketplace.models import Kind, Need, Setting, Unit
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.matching.offers import Fee, Offer, Years, annual_fees, free_by_years, read_offers, read_these
from optimiser.problem import PRIMARY_NEEDS
from pricing.money import whole_pounds
from pricing.quote import marginal_price

NOBODY = (0, 0, 0, 0)  # highest levels met by a provision that takes nobody new: every pupil to place is above them


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
    framework = rule(framework_in_force(session, on=on))
    free = free_by_years(session, on=on)
    fees = annual_fees(session, on=on, bands={need.band for need in needs if need.band})
    pools: dict[str, optimiser.Pool] = {}
    rows: dict[int, tuple[optimiser.Provision, ...]] = {}
    prices: list[optimiser.Price] = []
    urns: dict[int, str] = {}
    for offer in read_offers(session, on=on, locked=locked, named=named):
        groups = _groups(offer, free.get(offer.pool_id, {}))
        pools.update(_pools(offer, groups))
        rows[offer.id] = tuple(_rows(offer, groups))
        urns[offer.setting_id] = str(offer.urn)
        if offer.is_open and (offer.is_offered or offer.id in locked):
            prices += _prices(offer, rows[offer.id], fees.get(offer.id, ()), framework)
    absent = _absent(session, named - urns.keys())
    empty = [_nothing(setting) for setting in absent]
    return Supply(
        provisions=tuple(row for group in rows.values() for row in group) + tuple(row for row, _ in empty),
        pools=tuple(pools.values()) + tuple(pool for _, pool in empty),
        prices=tuple(prices),
        rows=rows,
        urns=urns | {row.id: str(row.urn) for row in absent},
    )


def places(session: Session, provision_ids: Collection[int]) -> Supply:
    """These provisions alone, whatever their state, as places to go to: nothing of them is vacant or priced."""
    offers = read_these(session, provision_ids)
    groups = {offer.id: _groups(offer, {}) for offer in offers}
    rows = {offer.id: tuple(_rows(offer, groups[offer.id])) for offer in offers}
    return Supply(
        provisions=tuple(row for group in rows.values() for row in group),
        pools=tuple({name: pool for offer in offers for name, pool in _pools(offer, groups[offer.id])}.values()),
        prices=(),
        rows=rows,
        urns={offer.setting_id: str(offer.urn) for offer in offers},
    )


def _groups(offer: Offer, free: Mapping[Years, Decimal]) -> dict[Years, Decimal]:
    """What is free in the groups of its pool that the provision overlaps."""
    low, high = offer.low_year, offer.high_year
    groups = {years: amount for years, amount in free.items() if years[0] <= high and low <= years[1]}
    return groups or {(low, high): Decimal(0)}


def _absent(session: Session, ids: Collection[int]) -> Sequence[Setting]:
    if not ids:
        return ()
    return session.scalars(select(Setting).where(Setting.id.in_(ids)).order_by(Setting.id)).all()


def _pools(offer: Offer, groups: Mapping[Years, Decimal]) -> Iterator[tuple[str, optimiser.Pool]]:
    # A part of a place is a split week's: a full placement needs a whole one, four sessions need 0.4.
    for years, amount in groups.items():
        name = _id(offer.pool_id, years)
        yield name, optimiser.Pool(pool=name, setting=str(offer.urn), unit=offer.unit.value, amount=float(amount))


def _id(row_id: int, years: Years) -> str:
    return f"{row_id}.{years[0]}-{years[1]}"


def _rows(offer: Offer, groups: Iterable[Years]) -> Iterator[optimiser.Provision]:
    levels = (offer.max_ci, offer.max_cl, offer.max_semh, offer.max_sp)
    common: dict[str, Any] = {
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
        "shares": offer.shares,
        "radius_km": None if offer.radius_km is None else float(offer.radius_km),
    }
    for years in groups:
        yield optimiser.Provision(
            provision=_id(offer.id, years),
            low_year=max(offer.low_year, years[0]),
            high_year=min(offer.high_year, years[1]),
            pool=_id(offer.pool_id, years),
            **common,
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
    offer: Offer, rows: Sequence[optimiser.Provision], fees: Iterable[Fee], framework: pricing.framework.Framework
) -> Iterator[optimiser.Price]:
    """Marginal price in whole £ and, for outreach, hours a week. Outreach that does not say how many hours it buys has
    no price."""
    is_outreach = offer.kind is Kind.OUTREACH
    for band, fee, hours in fees:
        if is_outreach and hours is None:
            continue
        pounds = whole_pounds(marginal_price(fee, kind=offer.kind, setting_type=offer.type, framework=framework))
        for row in rows:
            yield optimiser.Price(
                provision=row.provision, band=band.value, price=pounds, hours=hours if is_outreach else None
            )


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))

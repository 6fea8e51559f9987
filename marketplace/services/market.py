"""The market of a region, provider by provider: what is free, how lately that was said, prices in force, and how its
consultations go.

What is published everybody who commissions may read; how consultations go is told of the actor's own cases alone, which
for a region are those of its LAs (row-level security), and no figure of few cases.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from marketplace.db import as_system
from marketplace.models import (
    Authority,
    Consultation,
    Pool,
    PriceSchedule,
    Provision,
    RefusalCode,
    RefusalReason,
    Region,
    Setting,
    SettingStatus,
    Unit,
    Uplift,
    UpliftStatus,
)
from marketplace.permissions import Actor
from marketplace.services.schedules import in_force
from marketplace.services.small_groups import discreet
from marketplace.services.track_records import NOTHING, YEARS_BACK, TrackRecord, track_records
from marketplace.services.vacancies import FRESH_DAYS

STALE_DAYS = 30  # L18: nine of ten pools are to be confirmed within FRESH_DAYS, 98 of 100 within this
NOBODY = "No provider"  # of maintained schools


@dataclass(frozen=True, slots=True)
class Offering:
    """A setting that offers something, and the pools on which that draws."""

    setting: Setting
    pools: Sequence[Pool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What is on offer: `places` and `hours` (a week) free on the day, of `pools`; how many of these were confirmed in
    the last 14 and 30 days; `priced` of `settings` that have a price in force."""

    settings: int
    pools: int
    places: Decimal
    hours: Decimal
    fresh: int
    aged: int
    priced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider in the region."""

    name: str
    provider_id: int | None
    supply: Supply
    record: TrackRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The region's providers by name, all of it together, and why settings refused: by code, None where too few.
    `negotiations`: which of its LAs is the link in how many uplifts under way."""

    region: Region
    providers: Sequence[ProviderRow]
    whole: Supply
    refusals: Mapping[RefusalCode, int | None]
    negotiations: Sequence[tuple[str, int]]


def market_of(session: Session, actor: Actor, *, on: date) -> Market:
    """The market of the actor's region on a day: that of the settings which lie in it."""
    region = region_of(session, actor)
    settings = offering(session, region)
    priced = priced_settings(session, on)
    grouped: dict[tuple[str, int | None], list[Offering]] = defaultdict(list)
    for row in settings:
        provider = row.setting.provider
        grouped[(provider.name, provider.id) if provider else (NOBODY, None)].append(row)
    records = track_records(session, [at for _, at in grouped if at is not None], on=on)
    rows = [
        ProviderRow(
            name=name,
            provider_id=at,
            supply=supply_of(of, priced, on),
            record=records.get(at, NOTHING) if at is not None else NOTHING,
        )
        for (name, at), of in grouped.items()
    ]
    return Market(
        region=region,
        providers=sorted(rows, key=lambda row: (row.provider_id is None, row.name, row.provider_id or 0)),
        whole=supply_of(settings, priced, on),
        refusals=_refusals(session, on),
        negotiations=_negotiations(session, actor, region),
    )


def region_of(session: Session, actor: Actor) -> Region:
    """The region that the actor is, or whose LA the actor is."""
    assert actor.organisation_id is not None
    authority = session.get(Authority, actor.organisation_id)
    return authority.region if authority is not None else session.get_one(Region, actor.organisation_id)


def offering(session: Session, region: Region) -> Sequence[Offering]:
    """The settings that lie in the region and offer something, with the pools on which that draws."""
    pools = session.scalars(
        select(Pool)
        .join(Pool.setting)
        .join(Authority, Authority.id == Setting.authority_id)
        .where(
            Authority.region_id == region.id,
            Setting.status == SettingStatus.OPEN,
            Pool.id.in_(select(Provision.pool_id).where(Provision.is_offered)),
        )
        .options(contains_eager(Pool.setting).joinedload(Setting.provider), selectinload(Pool.vacancies))
        .order_by(Pool.setting_id, Pool.id)
    )
    return [Offering(setting, list(drawn)) for setting, drawn in groupby(pools, key=attrgetter("setting"))]


def priced_settings(session: Session, on: date) -> set[int]:
    """The settings with a published schedule that holds on the day."""
    return set(session.scalars(select(PriceSchedule.setting_id).where(*in_force(on))))


def supply_of(settings: Sequence[Offering], priced: Container[int], on: date) -> Supply:
    """What these settings offer on a day; `priced`: the ids of those with a price in force."""
    drawn = [pool for row in settings for pool in row.pools]
    ages = [pool.days_since_confirmed(on) for pool in drawn]
    return Supply(
        settings=len(settings),
        pools=len(drawn),
        places=sum((pool.open_on(on) for pool in drawn if pool.unit is Unit.PLACES), Decimal(0)),
        hours=sum((pool.open_on(on) for pool in drawn if pool.unit is Unit.HOURS), Decimal(0)),
        fresh=sum(age is not None and age <= FRESH_DAYS for age in ages),
        aged=sum(age is not None and age <= STALE_DAYS for age in ages),
        priced=sum(row.setting.id in priced for row in settings),
    )


def _negotiations(session: Session, actor: Actor, region: Region) -> Sequence[tuple[str, int]]:
    """Which LA negotiates how many uplifts for all who pay. What is asked, and by whom, is told to those LAs alone."""
    query = (
        select(Authority.name, func.count())
        .join(Uplift, Uplift.link_id == Authority.id)
        .where(Authority.region_id == region.id, Uplift.status == UpliftStatus.NEGOTIATING)
        .group_by(Authority.id, Authority.name)
        .order_by(Authority.name, Authority.id)
    )
    with as_system(session, actor):
        return [(name, count) for name, count in session.execute(query)]


def _refusals(session: Session, on: date) -> Mapping[RefusalCode, int | None]:
    """How often each reason was given in the last three years, as often as it may be told; "full" is none in law."""
    counts = Counter(
        session.scalars(
            select(RefusalReason.code)
            .join(Consultation, Consultation.id == RefusalReason.consultation_id)
            .where(Consultation.due_on >= on - YEARS_BACK)
        )
    )
    return discreet({code: counts[code] for code in RefusalCode})

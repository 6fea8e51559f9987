"""The market of a region, provider by provider: what is free, how lately that was said, prices in force, and how its
consultations go.

What is published everybody who commissions may read; how consultations go is told of the actor's own cases alone, which
for a region are those of its LAs (row-level security), and no figure of few cases.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

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
    ScheduleStatus,
    Setting,
    SettingStatus,
    Unit,
    Uplift,
    UpliftStatus,
)
from marketplace.permissions import Actor
from marketplace.services.small_groups import discreet
from marketplace.services.track_records import NOTHING, YEARS_BACK, TrackRecord, track_records

FRESH, STALE = 14, 30  # days since the vacancies were confirmed: what nine and what 98 of 100 pools are to keep
NOBODY = "No provider"  # of maintained schools


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
    grouped: dict[tuple[str, int | None], list[Setting]] = defaultdict(list)
    for setting in session.scalars(
        select(Setting)
        .join(Authority, Authority.id == Setting.authority_id)
        .where(Authority.region_id == region.id, Setting.status == SettingStatus.OPEN)
        .options(joinedload(Setting.provider))
        .order_by(Setting.id)
    ):
        who = (setting.provider.name, setting.provider.id) if setting.provider else (NOBODY, None)
        grouped[who].append(setting)
    pools, priced = _offered(session, region), _priced(session, on)
    records = track_records(session, [at for _, at in grouped if at is not None], on=on)
    rows = [
        ProviderRow(
            name=name,
            provider_id=at,
            supply=_supply(settings, pools, priced, on),
            record=records.get(at, NOTHING) if at is not None else NOTHING,
        )
        for (name, at), settings in grouped.items()
        if any(pools.get(setting.id) for setting in settings)
    ]
    everything = [setting for settings in grouped.values() for setting in settings]
    return Market(
        region=region,
        providers=sorted(rows, key=lambda row: (row.provider_id is None, row.name, row.provider_id or 0)),
        whole=_supply(everything, pools, priced, on),
        refusals=_refusals(session, on),
        negotiations=_negotiations(session, actor, region),
    )


def region_of(session: Session, actor: Actor) -> Region:
    """The region that the actor is, or whose LA the actor is."""
    assert actor.organisation_id is not None
    authority = session.get(Authority, actor.organisation_id)
    return authority.region if authority is not None else session.get_one(Region, actor.organisation_id)


def _offered(session: Session, region: Region) -> dict[int, list[Pool]]:
    """The pools on which something on offer draws, by setting."""
    offered = select(Provision.pool_id).where(Provision.is_offered)
    query = (
        select(Pool)
        .join(Pool.setting)
        .join(Authority, Authority.id == Setting.authority_id)
        .where(Authority.region_id == region.id, Setting.status == SettingStatus.OPEN, Pool.id.in_(offered))
        .options(selectinload(Pool.vacancies))
    )
    found: dict[int, list[Pool]] = defaultdict(list)
    for pool in session.scalars(query.order_by(Pool.id)):
        found[pool.setting_id].append(pool)
    return found


def _priced(session: Session, on: date) -> set[int]:
    """The settings with a published schedule that holds on the day."""
    holds = (PriceSchedule.starts_on <= on, func.coalesce(PriceSchedule.ends_on > on, True))
    query = select(PriceSchedule.setting_id).where(PriceSchedule.status != ScheduleStatus.DRAFT, *holds)
    return set(session.scalars(query))


def _supply(settings: Sequence[Setting], pools: Mapping[int, list[Pool]], priced: set[int], on: date) -> Supply:
    offering = [setting.id for setting in settings if pools.get(setting.id)]
    drawn = [pool for at in offering for pool in pools[at]]
    ages = [pool.days_since_confirmed(on) for pool in drawn]
    return Supply(
        settings=len(offering),
        pools=len(drawn),
        places=sum((pool.open_on(on) for pool in drawn if pool.unit is Unit.PLACES), Decimal(0)),
        hours=sum((pool.open_on(on) for pool in drawn if pool.unit is Unit.HOURS), Decimal(0)),
        fresh=sum(age is not None and age <= FRESH for age in ages),
        aged=sum(age is not None and age <= STALE for age in ages),
        priced=sum(at in priced for at in offering),
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

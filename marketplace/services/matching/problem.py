"""Needs and the market as one matching problem, in the optimiser's rows: what a run, or one need's ranking, is asked.

A pupil goes by the need's id, never by the LA's reference. It must never judge who is eligible for what.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

import optimiser
from marketplace.models import FIRST_UNREGISTERED, Authority, Budget, Need, NeedStatus
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.matching.supply import Supply, supply
from marketplace.services.matching.versions import Versions, read_versions
from marketplace.services.registration import most_sessions
from optimiser.band import band_index
from optimiser.problem import BANDS

GATE = "priced-"  # begins the essential facility that keeps a pupil to an edition of the market


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The need behind a pupil: its id, its LA's, the band that holds, None where the levels are universal, and its
    version, None in a scenario, on which nobody acts."""

    need_id: int
    authority_id: int
    band: str | None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A run's problem as it stood at one moment, the needs behind it by the id of the pupil, and the versions of the
    market that it was made of: None of a scenario, and of files."""

    problem: optimiser.Problem
    needs: dict[str, Behind]
    versions: Versions | None = None


def freeze(session: Session, actor: Actor, *, scope_id: int, on: date, policy: optimiser.Policy) -> Frozen:
    """The published needs of an LA, or of every LA of a region, with the market of the day and the LAs' budgets.

    Budgets are whole £, the pence dropped. Only the worker freezes, since it must see each LA's rows.
    """
    require(actor == SYSTEM, "freeze a matching problem")
    needs = published_needs(session, scope_id=scope_id)
    rows = session.scalars(
        select(Budget).join(Budget.authority).where(in_scope(scope_id)).options(joinedload(Budget.authority))
    )
    budgets = [optimiser.Budget(la=row.authority.code, budget=row.amount // 100) for row in rows]
    versions = read_versions(session, on=on)  # before the market: see there
    market = supply(session, on=on, needs=needs)
    return Frozen(
        problem=problem_of(market, needs, budgets=budgets, policy=policy),
        needs={str(need.id): _behind(need) for need in needs},
        versions=versions,
    )


def _behind(need: Need) -> Behind:
    band = need.band.value if need.band else None
    return Behind(need_id=need.id, authority_id=need.authority_id, band=band, version=need.version)


def in_scope(scope_id: int) -> ColumnElement[bool]:
    """The condition that an LA is the scope, or lies in it."""
    return or_(Authority.id == scope_id, Authority.region_id == scope_id)


def published_needs(session: Session, *, scope_id: int) -> Sequence[Need]:
    """The needs of the scope that look for a provision, as far as row-level security shows them."""
    return session.scalars(
        select(Need)
        .join(Need.authority)
        .where(Need.status == NeedStatus.PUBLISHED, in_scope(scope_id))
        .options(joinedload(Need.authority), joinedload(Need.request))
        .order_by(Need.id)
    ).all()


def problem_of(
    market: Supply,
    needs: Sequence[Need],
    *,
    budgets: Iterable[optimiser.Budget] = (),
    policy: optimiser.Policy | None = None,
) -> optimiser.Problem:
    """One problem of these needs, whose supply was asked for with the same needs.

    The optimiser derives a band from the levels; the band that holds may be another, because a person decided it or
    another framework derived it. Then the market has an edition for it: the same provisions and pools, each band at the
    price of the band that holds. Where a problem has several editions, an essential facility, GATE, keeps each
    pupil to the right one, and the ids of an edition's provisions end in its band: "12.7-11.profound".
    """
    policy = policy or optimiser.Policy()
    derived = {need.id: BANDS[band_index(need.levels, co_occurrence=policy.co_occurrence)] for need in needs}
    decided = {need.id: _decided_band(need, derived[need.id]) for need in needs}
    editions = {band: {derived[at] for at in decided if decided[at] == band} for band in sorted(decided.values())}
    locks = _locks(needs, market)
    unregistered = [row for row in market.provisions if int(row.setting) >= FIRST_UNREGISTERED]
    pupils = tuple(_pupil(need, market, unregistered, locked=locks.get(need.id, "")) for need in needs)
    provisions = market.provisions
    is_only = len(editions) < 2
    if not is_only:
        pupils = tuple(_of_edition(pupil, decided[need.id]) for pupil, need in zip(pupils, needs, strict=True))
        provisions = tuple(_edition(row, band) for band in editions for row in market.provisions)
    return optimiser.Problem(
        pupils=pupils,
        provisions=provisions,
        pools=market.pools,
        prices=tuple(
            price
            for band, priced_as in editions.items()
            for price in _priced(market.prices, band, priced_as, mark="" if is_only else band)
        ),
        budgets=tuple(budgets),
        policy=policy,
    ).ordered()


def is_too_much(row: optimiser.Provision, need: Need) -> bool:
    """Whether a row is of a setting that is not registered as a school, and takes more of the week than it may."""
    return int(row.setting) >= FIRST_UNREGISTERED and (row.sessions or 0) > most_sessions(need.footing)


def _pupil(need: Need, market: Supply, unregistered: Iterable[optimiser.Provision], *, locked: str) -> optimiser.Pupil:
    """A published need as the optimiser's pupil. A setting or provision that has no row in the market is left out."""
    ruled_out = [row for at in dict.fromkeys(need.forbidden) for row in market.rows.get(at, ())]
    ruled_out += [row for row in unregistered if is_too_much(row, need)]
    assert need.year_group is not None
    assert need.easting is not None
    assert need.northing is not None
    assert need.primary_need is not None
    assert need.pattern is not None
    assert need.priority is not None
    return optimiser.Pupil(
        pupil=str(need.id),
        la=need.authority.code,
        easting=need.easting,
        northing=need.northing,
        year_group=need.year_group,
        levels=need.levels,
        primary_need=need.primary_need,
        sex=need.sex or "",
        secondary_needs=tuple(dict.fromkeys(need.secondary_needs)),
        requirements=tuple(dict.fromkeys(need.requirements)),
        options=tuple(dict.fromkeys(need.kinds)) or ("full",),
        pattern=need.pattern.value,
        priority=need.priority,
        max_km=None if need.max_km is None else float(need.max_km),
        transport=need.is_transport_entitled,
        request=market.urns.get(need.request_id, "") if need.request_id else "",
        ground=need.ground.value if need.ground else "",
        wishes=tuple(dict.fromkeys(market.urns[at] for at in need.wishes if at in market.urns)),
        locked=locked,
        forbidden=tuple(dict.fromkeys(row.provision for row in ruled_out)),
    )


def _locks(needs: Sequence[Need], market: Supply) -> dict[int, str]:
    """The row that each lock is on, by need; a lock is on one vacancy group, of those of the pupil's year or, where
    none takes it, of the nearest.

    Locks are shared out over the groups before anybody else is placed: pupils with the least choice first, each to the
    group with most free for each pupil locked to it. So of pupils of one year, each with the same share of a place,
    none is refused while another group of the provision has room.
    """
    free = {pool.pool: pool.amount for pool in market.pools}
    choices = {need.id: _choices(market.rows.get(need.locked_id, ()), need) for need in needs if need.locked_id}
    held: Counter[str] = Counter()
    locks: dict[int, str] = {}
    for need_id, rows in sorted(choices.items(), key=lambda each: (len(each[1]), each[0])):
        if rows:
            row = min(rows, key=lambda row: (-free[row.pool] / (held[row.pool] + 1), row.provision))
            held[row.pool] += 1
            locks[need_id] = row.provision
    return locks


def _choices(rows: Sequence[optimiser.Provision], need: Need) -> list[optimiser.Provision]:
    assert need.year_group is not None
    return nearest(rows, need.year_group)


def nearest(rows: Sequence[optimiser.Provision], year_group: int) -> list[optimiser.Provision]:
    """The rows that take the pupil's year, or else those whose years are nearest to it."""
    away = [max(row.low_year - year_group, year_group - row.high_year, 0) for row in rows]
    return [row for row, years in zip(rows, away, strict=True) if years == min(away)]


def _decided_band(need: Need, derived: str) -> str:
    """The band that holds, where the optimiser would derive another; else blank. A pupil whose every level is
    universal needs no provision, whatever band was decided."""
    return "" if derived == "universal" or need.band is None or need.band.value == derived else need.band.value


def _of_edition(pupil: optimiser.Pupil, band: str) -> optimiser.Pupil:
    return replace(
        pupil,
        requirements=(*pupil.requirements, _gate(band)),
        locked=_named(pupil.locked, band) if pupil.locked else "",
        forbidden=tuple(_named(row_id, band) for row_id in pupil.forbidden),
    )


def _edition(row: optimiser.Provision, band: str) -> optimiser.Provision:
    return replace(row, provision=_named(row.provision, band), facilities=(*row.facilities, _gate(band)))


def _priced(
    prices: Sequence[optimiser.Price], band: str, priced_as: Collection[str], *, mark: str
) -> Iterable[optimiser.Price]:
    """An edition's prices: those of its band, at the bands that the optimiser derives for its pupils."""
    if not band:
        return prices
    return (
        replace(price, provision=_named(price.provision, mark), band=derived)
        for price in prices
        if price.band == band
        for derived in priced_as
    )


def _named(row_id: str, band: str) -> str:
    return f"{row_id}.{band}" if band else row_id


def _gate(band: str) -> str:
    return f"{GATE}{band or 'as-derived'}"

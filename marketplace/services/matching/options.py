"""The ranked options of one need: every provision of the market, either with what it would cost or why it is none.

What the optimiser would weigh for this pupil, without capacity and budget. It must never hide a provision, nor write.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.errors import Conflict
from marketplace.models import Kind, Need, NeedStatus, Provision, Setting
from marketplace.permissions import Actor, can_rank_options, require
from marketplace.services.law import test_of
from marketplace.services.matching.problem import is_too_much, problem_of
from marketplace.services.matching.supply import database_id, supply
from optimiser import REASONS, Option, Policy, Pupil, Refused, options_for

UNREGISTERED = "unregistered"  # a reason of the marketplace's own, where the optimiser knows it as ruled out
NOTHING_OFFERED = "urn"  # how the row of a setting that offers nothing begins


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOption:
    """A provision that would suit, and its marginal public cost. Money in pence a year; `vacant` and `use`, what the
    pupil would take of it, in places or hours a week, `fte` as a share of full time; `objective` in km-equivalents: the
    optimiser's measure, the smaller the better. Kind, pattern and type are the values of their enumerations."""

    provision_id: int
    setting_urn: int
    setting_type: str
    kind: str
    pattern: str
    road_km: float
    price: int
    transport: int
    vacant: float
    use: float
    fte: float
    wish: int | None  # 1 = first wish; None = not among the wishes
    is_requested: bool
    objective: float

    @property
    def total(self) -> int:
        """Price and transport, pence a year."""
        return self.price + self.transport

    def transport_basis(self, policy: Policy) -> str:
        """What the estimate of transport rests on."""
        if self.kind == Kind.OUTREACH:
            return "the staff travel, not the pupil"
        if not self.transport:
            return "near enough to walk, and no entitlement whatever the distance"
        trips = policy.journeys[self.pattern] * self.use
        return f"{self.road_km:.1f} km by road, {trips:g} journeys a year at £{policy.transport_rate:.2f} a km, shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedProvision:
    """A provision that is no option, with the first reason; `setting` alone is named where it offers nothing."""

    provision_id: int | None
    setting_urn: int
    kind: str
    road_km: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOptions:
    """All provisions for one need on a day: options by objective, refused ones by distance, ties by id."""

    on: date
    policy: Policy
    options: tuple[RankedOption, ...]
    refused: tuple[RefusedProvision, ...]
    binding: Setting | None  # the setting whose request binds

    @property
    def refusals(self) -> dict[str, int]:
        """How many provisions each reason refuses, in the order in which the reasons are tested."""
        return _counted(self.refused)

    def refusals_of(self, kind: str) -> dict[str, int]:
        """The same for the provisions of one kind."""
        return _counted(row for row in self.refused if row.kind == kind)


SORTS: dict[str, Callable[[RankedOption], float]] = {
    "suitability": lambda option: option.objective,
    "distance": lambda option: option.road_km,
    "total": lambda option: option.total,
}


def rank_options(session: Session, actor: Actor, *, need: Need, on: date) -> RankedOptions:
    """Every provision for a published need, with the vacancies and prices of the day.

    A provision with several vacancy groups counts once: an option when one of its groups takes the pupil, with what
    those that do have free. Raises Conflict for a need that is not published, and when no framework is in force.
    """
    require(can_rank_options(actor), "see ranked options")
    if need.status in (NeedStatus.DRAFT, NeedStatus.WITHDRAWN):
        raise Conflict(f"This need is {need.status}, so it has no options. Publish it first.")
    market = supply(session, on=on, needs=[need])
    problem = problem_of(market, [need])
    pupil = problem.pupils[0]
    ranking = options_for(problem, pupil)
    grouped: dict[int, list[Option]] = {}
    for option in ranking.options:
        grouped.setdefault(database_id(option.provision), []).append(option)
    too_much = {database_id(row.provision) for rows in market.rows.values() for row in rows if is_too_much(row, need)}
    types = {row.setting: row.setting_type for row in market.provisions}
    free = {pool.pool: pool.amount for pool in market.pools}
    return RankedOptions(
        on=on,
        policy=problem.policy,
        options=tuple(
            _ranked(at, rows[0], pupil, types[rows[0].setting], vacant=sum(free[row.pool] for row in rows))
            for at, rows in grouped.items()
        ),
        refused=_refused(ranking.refused, grouped.keys(), too_much - set(need.forbidden)),
        binding=_binding(need),
    )


def day_of(need: Need, *, on: date) -> date:
    """The day whose vacancies and prices count: when the placement is needed, or today (`on`) if that has come."""
    return max(on, need.starts_on or on)


def narrow_options(ranked: RankedOptions, asked: Mapping[str, Any]) -> list[RankedOption]:
    """The options of these kinds and setting types, within so many km, with room where `vacant`; `sort`ed by one of
    SORTS in this `order`, ties by id. `asked` is as schemas.needs.OptionsSchema loads it."""
    found = [
        option
        for option in ranked.options
        if (not asked["kind"] or option.kind in asked["kind"])
        and (not asked["type"] or option.setting_type in asked["type"])
        and (asked["within"] is None or option.road_km <= asked["within"])
        and (not asked["vacant"] or option.vacant >= option.use)
    ]
    sign = -1 if asked["order"] == "descending" else 1
    key = SORTS[asked["sort"]]
    return sorted(found, key=lambda option: (sign * key(option), option.provision_id))


def provisions_by_id(session: Session, ids: Iterable[int]) -> dict[int, Provision]:
    """Provisions with their settings, authorities and pools, in one query."""
    rows = session.scalars(
        select(Provision)
        .where(Provision.id.in_(ids))
        .options(joinedload(Provision.setting).joinedload(Setting.authority), joinedload(Provision.pool))
    )
    return {row.id: row for row in rows}


def _ranked(provision_id: int, option: Option, pupil: Pupil, setting_type: str, *, vacant: float) -> RankedOption:
    return RankedOption(
        provision_id=provision_id,
        setting_urn=int(option.setting),
        setting_type=setting_type,
        kind=option.kind,
        pattern=option.pattern,
        road_km=option.road_km,
        price=option.price * 100,
        transport=option.transport * 100,
        vacant=vacant,
        use=option.use,
        fte=option.fte,
        wish=pupil.wishes.index(option.setting) + 1 if option.setting in pupil.wishes else None,
        is_requested=option.setting == pupil.request,
        objective=option.objective,
    )


def _refused(
    refused: Iterable[Refused], options: Iterable[int], too_much: Collection[int]
) -> tuple[RefusedProvision, ...]:
    """One row for each provision that no vacancy group makes an option, with the reason that is tested last:
    another group of years is not why the group of the pupil's own year refuses. Those in `too_much` the authority has
    not ruled out: its setting is not registered as a school."""
    optional = set(options)
    kept: dict[int | str, RefusedProvision] = {}
    for row in refused:
        at = None if row.provision.startswith(NOTHING_OFFERED) else database_id(row.provision)
        key = row.setting if at is None else at
        if at in optional or (key in kept and REASONS.index(kept[key].reason) >= REASONS.index(row.reason)):
            continue
        kept[key] = RefusedProvision(
            provision_id=at, setting_urn=int(row.setting), kind=row.kind, road_km=row.road_km, reason=row.reason
        )
    for key in kept.keys() & set(too_much):
        if kept[key].reason == "forbidden":
            kept[key] = replace(kept[key], reason=UNREGISTERED)
    return tuple(sorted(kept.values(), key=lambda row: (row.road_km, row.provision_id or 0, row.setting_urn)))


def _counted(refused: Iterable[RefusedProvision]) -> dict[str, int]:
    counts = dict.fromkeys((*REASONS, UNREGISTERED), 0)
    for row in refused:
        counts[row.reason] += 1
    return {reason: count for reason, count in counts.items() if count}


def _binding(need: Need) -> Setting | None:
    if need.request is None or need.ground is not None or need.locked_id is not None:
        return None
    return need.request if test_of(need.request.type).is_binding else None

"""What if: a frozen problem with one thing or several made otherwise. Pure; the base is never changed.

A change that names what the problem does not hold is refused, so that no scenario says "with two more places" and has
none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marketplace.errors import Invalid
from marketplace.models import Band, Kind, Pattern, SettingType
from marketplace.services.matching.supply import NOBODY
from optimiser import Budget, Pool, Price, Problem, Provision, Pupil
from optimiser.problem import BANDS, KINDS
from pricing.framework import Framework
from pricing.guide import NotStated, guide_price
from pricing.money import whole_pounds
from pricing.quote import marginal_price
from pricing.tariff import Tariff

MOST_PERCENT = 300  # of a budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A tariff in place of published prices: the rule of the framework, and the LA in whose area each setting (URN)
    lies."""

    tariff: Tariff
    framework: Framework
    la_codes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What is made otherwise; what is left out stays.

    `budgets`: per cent of the base's, by LA code. `places`: places or hours more (fewer: below 0), by pool. `closed`:
    URNs of settings that take nobody. `guide`: prices by a tariff; outreach, of which a tariff states rates only, keeps
    its published price. `policy`: numbers as fields of the policy, a cap on distance and all weights among them.
    `kinds`: those allowed. `locked`, `forbidden`: provisions, by pupil, beside the base's.
    """

    budgets: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, float] = field(default_factory=dict)
    closed: Collection[str] = ()
    guide: Guide | None = None
    policy: Mapping[str, Any] = field(default_factory=dict)
    kinds: Collection[str] = KINDS
    locked: Mapping[str, str] = field(default_factory=dict)
    forbidden: Mapping[str, Collection[str]] = field(default_factory=dict)


def applied(problem: Problem, what_if: WhatIf) -> Problem:
    """The problem as it would be. Raises Invalid, by field, for what it does not hold or what cannot be."""
    if errors := dict(_faults(problem, what_if)):
        raise Invalid(errors)
    return replace(
        problem,
        pupils=tuple(_pupil(row, what_if) for row in problem.pupils),
        provisions=tuple(_provision(row, what_if) for row in problem.provisions),
        pools=tuple(_pool(row, what_if) for row in problem.pools),
        prices=tuple(_prices(problem, what_if.guide)),
        budgets=tuple(_budget(row, what_if) for row in problem.budgets),
        policy=replace(problem.policy, **what_if.policy),
    ).ordered()


def _faults(problem: Problem, what_if: WhatIf) -> Iterator[tuple[str, list[str]]]:
    pools = {row.pool: row.amount for row in problem.pools}
    provisions, pupils = {row.provision for row in problem.provisions}, {row.pupil for row in problem.pupils}
    named = {
        "budgets": (what_if.budgets, {row.la for row in problem.budgets}, "No budget is set for {}."),
        "places": (what_if.places, set(pools), "There is no pool {}."),
        "closed": (what_if.closed, {row.setting for row in problem.provisions}, "No setting has the URN {}."),
        "kinds": (what_if.kinds, set(KINDS), "There is no kind {}."),
        "locked": (what_if.locked, pupils, "There is no pupil {}."),
        "forbidden": (what_if.forbidden, pupils, "There is no pupil {}."),
    }
    for name, (given, known, words) in named.items():
        if unknown := sorted(set(given) - known):
            yield name, [words.format(unknown[0])]
    ruled = {row for rows in what_if.forbidden.values() for row in rows} | set(what_if.locked.values())
    if unknown := sorted(ruled - provisions):
        yield "provision", [f"There is no provision {unknown[0]}."]
    if any(not 0 <= percent <= MOST_PERCENT for percent in what_if.budgets.values()):
        yield "budgets", [f"Enter a percentage from 0 to {MOST_PERCENT} of each budget."]
    short = sorted(pool for pool, more in what_if.places.items() if pool in pools and pools[pool] + more < 0)
    if short:
        yield "places", [f"Pool {short[0]} has {pools[short[0]]:g} free, so no more can be taken away."]
    if not what_if.kinds:
        yield "kinds", ["Allow one kind of provision at least."]
    if replace(problem.policy, **what_if.policy).leaves_full_unplaced:
        yield "least_restrictive_weight", ["By this weight no full place would be better than none. Lower it."]


def _pupil(row: Pupil, what_if: WhatIf) -> Pupil:
    ruled_out = (*row.forbidden, *what_if.forbidden.get(row.pupil, ()))
    return replace(row, locked=what_if.locked.get(row.pupil, row.locked), forbidden=tuple(dict.fromkeys(ruled_out)))


def _provision(row: Provision, what_if: WhatIf) -> Provision:
    # As of a provision that is not offered: who is locked to it stays, and nobody else is eligible.
    is_out = row.setting in what_if.closed or row.kind not in what_if.kinds
    return replace(row, max_levels=NOBODY) if is_out else row


def _pool(row: Pool, what_if: WhatIf) -> Pool:
    amount = 0.0 if row.setting in what_if.closed else row.amount + what_if.places.get(row.pool, 0)
    return replace(row, amount=round(amount, 6))


def _budget(row: Budget, what_if: WhatIf) -> Budget:
    percent = what_if.budgets.get(row.la, 100)
    return replace(row, budget=(row.budget * percent + 50) // 100)


def _prices(problem: Problem, guide: Guide | None) -> Iterator[Price]:
    provisions = {row.provision: row for row in problem.provisions}
    for price in problem.prices:
        guided = _guided(provisions[price.provision], price, guide) if guide else None
        yield price if guided is None else replace(price, price=guided)


def _guided(row: Provision, price: Price, guide: Guide) -> int | None:
    """Whole £ by the tariff, less place funding that is paid anyway; None where it states nothing, or rates only."""
    kind = Kind(row.kind)
    if kind is Kind.OUTREACH:
        return None
    edition = row.provision.rpartition(".")[2]  # the band that a person decided, where the market has an edition of it
    try:
        found = guide_price(
            guide.tariff, kind=kind, band=Band(edition if edition in BANDS else price.band),
            pattern=Pattern(row.pattern), la_code=guide.la_codes.get(row.setting, ""), sessions=row.sessions,
        )  # fmt: skip
    except NotStated:
        return None
    fee = marginal_price(found.amount, kind=kind, setting_type=SettingType(row.setting_type), framework=guide.framework)
    return whole_pounds(fee)

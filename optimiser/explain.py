"""Why a pupil is unplaced, in one word and one sentence, true of the answer as it stands.

    universal     the highest level of need is universal: ordinarily available provision meets it
    no_option     the pupil is eligible for no provision; or every option is worth less than leaving the pupil
                  unplaced at the policy's weights
    budget        an option has room in its pool, and what its LA's budget has left cannot pay for it (phase choices)
    request_full  every provision of the bindingly requested setting that the pupil is eligible for is full
    capacity      every option draws on a pool without room for it

Room and money are what the finished answer leaves. It must decide nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.answer import PhaseName, PoolResult, Unplaced, UnplacedReason
from optimiser.eligibility import REASONS, Catalogue
from optimiser.options import Options
from optimiser.problem import Problem, Pupil
from optimiser.programme import TOLERANCE
from optimiser.words import best_is_full, cheapest_with_room


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """The pools as the answer leaves them, by id, the £ left to each LA that has a budget, and the pools' prices in the
    phase that leaves the pupil out."""

    pools: Mapping[str, PoolResult]
    money: Mapping[str, int]
    prices: Mapping[str, float]


def explain(
    problem: Problem, catalogue: Catalogue, options: Options, place: int, phase: PhaseName, leftover: Leftover
) -> Unplaced:
    """The reason for one pupil of an ordered problem, with what a person needs to act on it."""
    pupil = problem.pupils[place]
    rows = range(options.start[place], options.start[place + 1])
    if not rows:
        return _without_option(pupil, phase, catalogue)
    weight = problem.policy.unplaced[pupil.priority - 1]
    worthwhile = [at for at in rows if options.objective[at] < weight]
    if not worthwhile:
        count = "1 option" if len(rows) == 1 else f"{len(rows)} options"
        detail = f"{count}, none better than leaving the pupil unplaced at the policy's weights"
        return Unplaced(pupil=pupil.pupil, la=pupil.la, phase=phase, reason="no_option", detail=detail)
    pools = {at: leftover.pools[catalogue.provisions[options.provision[at]].pool] for at in worthwhile}
    roomy = [at for at, pool in pools.items() if options.use[at] <= pool.amount - pool.used + TOLERANCE]
    if roomy:
        cheapest = min(roomy, key=lambda at: (options.cost[at], at))
        return _beyond_budget(pupil, phase, catalogue, options, cheapest, leftover.money[pupil.la])
    best = min(worthwhile, key=lambda at: (options.objective[at], at))
    reason: UnplacedReason = "request_full" if catalogue.is_binding(pupil) and not pupil.locked else "capacity"
    return _full(pupil, phase, reason, catalogue, options, best, leftover)


def _without_option(pupil: Pupil, phase: PhaseName, catalogue: Catalogue) -> Unplaced:
    if catalogue.band(pupil) == 0:
        detail = "ordinarily available provision meets the need: every level is universal"
        return Unplaced(pupil=pupil.pupil, la=pupil.la, phase=phase, reason="universal", detail=detail)
    codes, counts = np.unique(catalogue.refusals([pupil])[0], return_counts=True)
    refusals = {REASONS[code - 1]: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)}
    detail = "refused by " + ", ".join(f"{reason} {count}" for reason, count in refusals.items())
    return Unplaced(
        pupil=pupil.pupil,
        la=pupil.la,
        phase=phase,
        reason="no_option",
        detail=detail if refusals else "there is no provision",
        refusals=refusals,
    )


def _beyond_budget(
    pupil: Pupil, phase: PhaseName, catalogue: Catalogue, options: Options, at: int, left: int
) -> Unplaced:
    provision = catalogue.provisions[options.provision[at]].provision
    cost = int(options.cost[at])
    return Unplaced(
        pupil=pupil.pupil,
        la=pupil.la,
        phase=phase,
        reason="budget",
        detail=cheapest_with_room(provision, cost, cost - left),
        provision=provision,
        cost=cost,
        missing=cost - left,
    )


def _full(
    pupil: Pupil,
    phase: PhaseName,
    reason: UnplacedReason,
    catalogue: Catalogue,
    options: Options,
    at: int,
    leftover: Leftover,
) -> Unplaced:
    offer = catalogue.provisions[options.provision[at]]
    pool, price = leftover.pools[offer.pool], leftover.prices[offer.pool]
    room = pool.amount - pool.used
    return Unplaced(
        pupil=pupil.pupil,
        la=pupil.la,
        phase=phase,
        reason=reason,
        detail=best_is_full(
            offer.provision, pool.pool, float(options.use[at]), room if room > TOLERANCE else 0.0, pool.unit, price
        ),
        provision=offer.provision,
        pool=pool.pool,
        shadow_price=price,
    )

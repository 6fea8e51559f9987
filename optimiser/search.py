"""The best whole answer of one phase that the time allows, and what is proven of it.

The relaxation is rounded, and improved by exchanges. Until its gap is small enough it goes on in one of two ways.

Exactly: a column whose reduced cost is further above its pupil's best than objective - bound cannot be in a better
answer, nor can one that does not fit even alone. Where the others are few they are searched exactly, but first only
their core, the columns with the least reduced costs: a few a pupil hold an answer near the best, found far sooner.

In parts: else the pupils around each pool, those who lose most first, are placed anew all at once, everybody else as
they are, by a small programme of their columns near the best; until no part improves the answer, or a turn is over.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.clock import Clock
from optimiser.eligibility import Floats, Ints
from optimiser.exchange import exchange
from optimiser.highs import solve_whole
from optimiser.master import Relaxation
from optimiser.model import whole
from optimiser.parts import improve_in_parts
from optimiser.placement import Placement, placed, rounded
from optimiser.programme import TOLERANCE, Programme, best_reduced_costs, bound, reduced_costs

_FEW = 40_000  # columns that are searched exactly
_CORE_WIDTH = 2  # columns a pupil in the first exact search; doubled until all are in
_CORE_TIME = 0.5  # of the time left, for a search that is not yet over all


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer and the proven bound of the phase's objective."""

    placement: Placement
    bound: float


def search(programme: Programme, relaxation: Relaxation, bound_gap: float, clock: Clock) -> Found:
    """The best whole answer found, until it is proven within `bound_gap` of its bound or the time is over."""
    lowest = proven = bound(programme, relaxation.prices, programme.whole_room)
    target = bound_gap * max(0.0, proven)  # prices that time ran out on may prove less than nothing
    placement = rounded(programme, relaxation.columns, relaxation.shares)
    exchange(programme, placement, relaxation.prices, clock)
    dearer = _dearer(programme, relaxation)
    width, goes_on = _CORE_WIDTH, len(programme) > 0
    while goes_on and (objective := programme.objective(placement.columns)) > proven + target and not clock.is_over():
        clock.note(objective=objective, bound=proven)
        possible = np.nonzero(dearer <= objective - lowest + TOLERANCE)[0]
        if len(possible) > _FEW:
            improve_in_parts(programme, placement, relaxation.prices, dearer, proven + target, clock)
            exchange(programme, placement, relaxation.prices, clock)  # parts may have made room for others
            goes_on = programme.objective(placement.columns) < objective - TOLERANCE
            continue
        columns = _core(possible, dearer, width * len(programme.members))
        if not clock.has_time_for(len(columns)):
            break
        goes_on, width = len(columns) < len(possible), 2 * width
        with clock.until(_CORE_TIME if goes_on else 1.0):
            solved = solve_whole(
                whole(programme, columns, programme.whole_room, programme.money),
                clock,
                gap=target,
                enough=proven + target - float(programme.unplaced.sum()),
            )
        if solved.values is not None:
            found = placed(programme, columns[solved.values > 0.5])
            exchange(programme, found, relaxation.prices, clock)
            placement = min(placement, found, key=lambda each: programme.objective(each.columns))
        if not goes_on:
            proven = max(proven, float(programme.unplaced.sum()) + solved.bound)
    return Found(placement=placement, bound=min(proven, programme.objective(placement.columns)))


def _dearer(programme: Programme, relaxation: Relaxation) -> Floats:
    """How far each column's reduced cost is above its pupil's best choice; infinite where it does not fit alone."""
    counts = np.diff(programme.start)
    dearer = reduced_costs(programme, relaxation.prices)
    dearer -= np.repeat(best_reduced_costs(programme, relaxation.prices), counts)
    money = np.append(programme.money.astype(np.float64), np.inf)[programme.la]
    dearer[programme.use > programme.whole_room[programme.pool] + TOLERANCE] = np.inf
    dearer[programme.cost > np.repeat(money, counts)] = np.inf
    return dearer


def _core(possible: Ints, dearer: Floats, size: int) -> Ints:
    """The columns with the least of these costs, `size` of them and those as cheap; all where there are no more."""
    if len(possible) <= size:
        return possible
    dearest = np.partition(dearer[possible], size - 1)[size - 1]
    return np.asarray(possible[dearer[possible] <= dearest])

"""The relaxation of one phase, exactly: a small programme around prices that are already near.

In a box around the prices most pupils have the same best option whatever the prices in the box; they are fixed to it.
With b the pupil's best column at the centre and h_k, h_l the box's half-widths, another column o can win only where

    r_o - r_b <= h_k(o) a_o + h_k(b) a_b + h_l |c_o - c_b|          (h_k |a_o - a_b| where both draw on one pool)

The others with the columns that can win make the model of `optimiser.model`, whose duals maximise D over the box. Where
no side of the box keeps an amount from being met the maximum over the box is that over all prices, and with the fixed
pupils the values are an optimum of the whole relaxation; else the box moves there, wider where a side was met. Where
the box comes to leave very much open the prices were not near enough, and climb on first, in smaller steps. A programme
that is small enough needs no box: all its columns are the model.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.clock import Clock
from optimiser.compiled import compiled
from optimiser.eligibility import Bools, Floats, Ints
from optimiser.highs import solve_relaxation
from optimiser.model import Box, relaxation
from optimiser.prices import ascend
from optimiser.programme import POUNDS, TOLERANCE, Numbers, Prices, Programme, bound
from optimiser.scale import box_widths

_SMALL = 20_000  # columns that are all given to the solver at once
_MOST = 60_000  # columns of one model: a box that grows wider has its prices climb on, once; else it is narrowed
_DEAR = 50_000  # columns of one model
_HALVINGS = 20  # of a box that is too wide
_ROUNDS = 24
_ENOUGH = 1e-12  # of the bound: a round that raises it by less is the last
_ENOUGH_DEARLY = 5e-6  # where the model is so large, or would be and was narrowed
_WIDTH = 20.0  # coldest temperatures
_WIDER, _WIDEST = 2.0, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """An optimum of the relaxation, or near it: `shares` of `columns`, all others 0, and the prices with their bound.

    Where it is not `is_exact` the shares may exceed amounts a little.
    """

    columns: Ints
    shares: Floats
    prices: Prices
    bound: float
    is_exact: bool


def relax(programme: Programme, clock: Clock, near: Prices | None = None) -> Relaxation:
    """The relaxation, or as near to it as the time allows; its prices prove its bound in any case.

    A large programme needs prices that are `near` already; where none are given they are found by ascent.
    """
    if len(programme) <= _SMALL:
        return _solve_all(programme, clock)
    best = _unsolved(programme, near or ascend(programme, clock))
    centre, width, has_climbed_on = best.prices, box_widths(programme, _WIDTH), False
    for number in range(_ROUNDS):
        if clock.is_over():
            break
        narrow, is_open, fixed = _narrowed(programme, centre, width, clock)
        if number > 0 and not has_climbed_on and narrow is not width:
            best = max(best, _unsolved(programme, ascend(programme, clock, best.prices)), key=lambda each: each.bound)
            centre, width, has_climbed_on = best.prices, box_widths(programme, _WIDTH), True
            continue
        found = _solve_box(programme, centre, narrow, is_open, fixed, clock)
        if found is None:
            break
        rise = found.bound - best.bound
        if rise > 0 or found.is_exact:
            best = found
        clock.note(bound=best.bound)
        is_dear = narrow is not width or np.count_nonzero(is_open) > _DEAR
        enough = _ENOUGH_DEARLY if is_dear else _ENOUGH
        if found.is_exact or rise <= enough * abs(best.bound):
            break
        centre, width = found.prices, _next_widths(centre, found.prices, narrow)
    return best


def _solve_all(programme: Programme, clock: Clock) -> Relaxation:
    none = Prices.none(programme)
    columns = np.arange(len(programme))
    model = relaxation(programme, columns, programme.room, programme.money / POUNDS)
    relaxed = solve_relaxation(model, none, clock)
    if relaxed is None:
        return _unsolved(programme, none)
    return _relaxation(programme, columns, relaxed.values, relaxed.prices, is_exact=True)


def _unsolved(programme: Programme, prices: Prices) -> Relaxation:
    """What prices alone tell: each pupil wants the best column."""
    _, fixed = contested(programme, prices, Prices.none(programme))
    columns = fixed[fixed >= 0]
    return _relaxation(programme, columns, np.ones(len(columns)), prices, is_exact=False)


def _narrowed(programme: Programme, centre: Prices, widths: Prices, clock: Clock) -> tuple[Prices, Bools, Ints]:
    """The widths, halved until what they leave open is a model of a size to solve, and what that is."""
    is_open, fixed = contested(programme, centre, widths)
    for _ in range(_HALVINGS):
        if np.count_nonzero(is_open) <= _MOST or clock.is_over():
            break
        clock.tick()
        widths = Prices(pools=widths.pools / 2, budgets=widths.budgets / 2)
        is_open, fixed = contested(programme, centre, widths)
    return widths, is_open, fixed


def _solve_box(
    programme: Programme, centre: Prices, widths: Prices, is_open: Bools, fixed: Ints, clock: Clock
) -> Relaxation | None:
    """The maximum of D over the box, None when there is none in time."""
    columns = np.nonzero(is_open)[0]
    if len(columns) > _MOST or not clock.has_time_for(len(columns)):  # no box tells equals apart
        return None
    fixed = fixed[fixed >= 0]
    las = programme.la[programme.pupil(fixed)]
    used = np.bincount(programme.pool[fixed], programme.use[fixed], minlength=len(programme.room))
    spent = np.bincount(las[las >= 0], programme.cost[fixed][las >= 0], minlength=len(programme.money))
    box = Box(
        low=Prices(
            pools=np.maximum(0.0, centre.pools - widths.pools), budgets=np.maximum(0.0, centre.budgets - widths.budgets)
        ),
        high=Prices(pools=centre.pools + widths.pools, budgets=centre.budgets + widths.budgets),
    )
    model = relaxation(programme, columns, programme.room - used, (programme.money - spent) / POUNDS, box)
    relaxed = solve_relaxation(model, centre, clock)
    if relaxed is None:
        return None
    columns, shares = np.append(fixed, columns), np.append(np.ones(len(fixed)), relaxed.values)
    is_exact = relaxed.beyond <= TOLERANCE
    return _relaxation(programme, columns, shares, relaxed.prices, is_exact=is_exact)


def _relaxation(programme: Programme, columns: Ints, shares: Floats, prices: Prices, *, is_exact: bool) -> Relaxation:
    some = shares > TOLERANCE
    order = np.argsort(columns[some], kind="stable")
    return Relaxation(
        columns=columns[some][order],
        shares=shares[some][order],
        prices=prices,
        bound=bound(programme, prices),
        is_exact=is_exact,
    )


def _next_widths(centre: Prices, found: Prices, widths: Prices) -> Prices:
    """Wider, and most where a side was met: the other prices of a group that moves together must be free to follow."""

    def wider(before: Floats, after: Floats, width: Floats) -> Floats:
        return np.where(np.abs(after - before) >= width * (1 - TOLERANCE), width * _WIDEST, width * _WIDER)

    return Prices(
        pools=wider(centre.pools, found.pools, widths.pools),
        budgets=wider(centre.budgets, found.budgets, widths.budgets),
    )


def contested(programme: Programme, centre: Prices, widths: Prices) -> tuple[Bools, Ints]:
    """Which columns can be a pupil's best somewhere in the box, where another can be too; and of every other pupil the
    one best column, -1 for none. The pupils with such columns have -1 as well."""
    p = programme
    is_open, fixed = np.zeros(len(p), dtype=np.bool_), np.full(len(p.members), -1)
    _contest(
        p.start, p.pool, p.use, p.cost, p.gain, centre.pools, centre.by_la(p), widths.pools, widths.by_la(p),
        is_open, fixed,
    )  # fmt: skip
    return is_open, fixed


@compiled
def _contest(
    start: Ints,
    pool: Numbers,
    use: Floats,
    cost: Ints,
    gain: Floats,
    pools: Floats,
    pound: Floats,
    pools_width: Floats,
    pound_width: Floats,
    is_open: Bools,
    fixed: Ints,
) -> None:
    for p in range(len(start) - 1):
        best, b = 0.0, -1
        for o in range(start[p], start[p + 1]):
            reduced = gain[o] + pools[pool[o]] * use[o] + pound[p] * cost[o]
            if reduced < best:
                best, b = reduced, o
        own_pool, own_use, own_cost = (pool[b], use[b], cost[b]) if b >= 0 else (-1, 0.0, 0)
        own = pools_width[own_pool] * own_use
        has_rival = b >= 0 and -best <= own + pound_width[p] * own_cost  # to have none is as good
        for o in range(start[p], start[p + 1]):
            reach = pound_width[p] * abs(cost[o] - own_cost)
            if pool[o] == own_pool:
                reach += pools_width[own_pool] * abs(use[o] - own_use)
            else:
                reach += pools_width[pool[o]] * use[o] + own
            reduced = gain[o] + pools[pool[o]] * use[o] + pound[p] * cost[o]
            is_open[o] = o != b and reduced - best < reach
            has_rival |= is_open[o]
        if not has_rival:
            fixed[p] = b
        elif b >= 0:
            is_open[b] = True

"""Prices of the pools and budgets, found by ascent on the smoothed dual of one phase's programme.

The only coupling between pupils is by pools and budgets. At given prices each pupil's best option is one look along
the pupil's own columns, so the prices are what has to be found: those that maximise D(y, z) of `optimiser.programme`.
D has corners; with the temperature t each pupil chooses softly instead,

    D_t(y, z) = sum_p u_p - t sum_p log(1 + sum_{o in O(p)} exp(-r_o / t)) - sum_k y_k A_k - sum_l z_l B_l
    share     q_o = exp(-r_o / t) / (1 + sum_{o' in O(p)} exp(-r_o' / t))
    gradient  dD_t/dy_k = sum_{o in O(k)} a_o q_o - A_k                  (use beyond the amount raises the price)
    curvature -d2D_t/dy_k2 = sum_{o in O(k)} a_o^2 q_o (1 - q_o) / t     (and likewise for z_l with the pupils' costs)

and D_t -> D as t -> 0. Each sweep takes half the step that gradient and curvature of one price alone call for, plus
momentum, and never below 0; t falls in stages from the scale of the unplaced weights to a small part of the
differences between a pupil's options. Whatever prices come out prove a bound; they need not be the best.
"""

import numpy as np

from optimiser.clock import Clock
from optimiser.compiled import compiled
from optimiser.eligibility import Floats, Ints
from optimiser.programme import POUNDS, Numbers, Prices, Programme, bound

_SWEEPS = 20  # at each temperature
_MOST_STAGES = 24
_COOLING = 1 / 3
_HOTTEST = 1 / 16  # of the largest gain
_COLDEST = 1 / 3000  # of the usual difference between a pupil's options
_LEAST = 1 / 1000  # of the mean gain: what the usual difference is at least
_STEP = 0.4
_MOMENTUM = 0.8
_LONGEST = 3.0  # a step may change a usual option's reduced cost by so many temperatures
_FAR = 25.0  # temperatures from the pupil's best: what is further has no share worth counting


def ascend(programme: Programme, clock: Clock) -> Prices:
    """Prices near those of the relaxation; as far as the time allows."""
    pools, budgets = np.zeros(len(programme.room)), np.zeros(len(programme.money))
    if not len(programme):
        return Prices(pools=pools, budgets=budgets)
    money = programme.money / POUNDS
    usual_use, usual_cost = usual_uses(programme)
    for temperature in temperatures(programme):
        pool_speed, budget_speed = np.zeros_like(pools), np.zeros_like(budgets)
        for _ in range(_SWEEPS):
            if clock.is_over():
                return Prices(pools=pools, budgets=budgets)
            prices = Prices(pools=pools, budgets=budgets)
            use, bend, spent, spent_bend = shares(programme, prices, temperature)
            longest = _LONGEST * temperature
            pools, pool_speed = _step(pools, pool_speed, use - programme.room, bend, longest / usual_use)
            budgets, budget_speed = _step(budgets, budget_speed, spent - money, spent_bend, longest / usual_cost)
            clock.tick()
        clock.note(bound=bound(programme, Prices(pools=pools, budgets=budgets)))
    return Prices(pools=pools, budgets=budgets)


def temperatures(programme: Programme) -> list[float]:
    """From the scale of the unplaced weights down to a small part of the usual difference between a pupil's columns."""
    coldest = usual_difference(programme) * _COLDEST
    stages = [float(-programme.gain.min()) * _HOTTEST]
    while stages[-1] > coldest and len(stages) < _MOST_STAGES:
        stages.append(stages[-1] * _COOLING)
    return stages


def usual_difference(programme: Programme) -> float:
    """The mean distance of a column's objective from the mean of its pupil's columns, in km-equivalents; at least a
    small part of the usual gain, since pupils with one column or equal ones differ in what their places are worth."""
    counts = np.diff(programme.start)
    some = counts > 0
    means = np.add.reduceat(programme.gain, programme.start[:-1][some]) / counts[some]
    difference = np.abs(programme.gain - np.repeat(means, counts[some])).mean()
    return float(max(difference, -programme.gain.mean() * _LEAST))


def _step(prices: Floats, speed: Floats, surplus: Floats, bend: Floats, longest: Floats) -> tuple[Floats, Floats]:
    """The next prices and the momentum kept; `bend` is the curvature of each price, `longest` its longest step."""
    call = np.where(surplus > 0, longest, -longest)  # where nothing bends there is no telling how far
    np.divide(surplus, bend, out=call, where=bend > 0)
    speed = _MOMENTUM * speed + _STEP * np.clip(call, -longest, longest)
    moved = np.maximum(0.0, prices + speed)
    return moved, np.where(moved == 0, np.maximum(speed, 0.0), speed)


def usual_uses(programme: Programme) -> tuple[Floats, Floats]:
    """The mean use of each pool and the mean cost (£1,000) to each budget of the columns that draw on it, or 1."""
    las = np.repeat(programme.la, np.diff(programme.start))
    return (
        _means(programme.pool, programme.use, len(programme.room)),
        _means(las[las >= 0], programme.cost[las >= 0] / POUNDS, len(programme.money)),
    )


def _means(keys: Ints | Numbers, values: Floats, size: int) -> Floats:
    sums, counts = np.bincount(keys, values, minlength=size), np.bincount(keys, minlength=size)
    return np.where(sums > 0, sums, 1.0) / np.where(sums > 0, counts, 1)


def shares(programme: Programme, prices: Prices, temperature: float) -> tuple[Floats, Floats, Floats, Floats]:
    """What soft choices use of each pool and spend of each budget (£1,000), each with its curvature."""
    p = programme
    use, bend = np.zeros(len(p.room)), np.zeros(len(p.room))
    spent, spent_bend = np.zeros(len(p.money) + 1), np.zeros(len(p.money) + 1)
    _sweep(
        p.start, p.pool, p.use, p.cost, p.gain, p.la, prices.pools, prices.by_la(p), temperature,
        use, bend, spent, spent_bend,
    )  # fmt: skip
    return use, bend / temperature, spent[:-1] / POUNDS, spent_bend[:-1] / (POUNDS * POUNDS * temperature)


@compiled
def _sweep(
    start: Ints,
    pool: Numbers,
    use: Floats,
    cost: Ints,
    gain: Floats,
    la: Ints,
    pools: Floats,
    pound: Floats,
    temperature: float,
    used: Floats,
    bend: Floats,
    spent: Floats,
    spent_bend: Floats,
) -> None:
    reduced = np.empty(np.max(start[1:] - start[:-1]))
    for p in range(len(start) - 1):
        first, size = start[p], start[p + 1] - start[p]
        best = 0.0
        for i in range(size):
            o = first + i
            reduced[i] = gain[o] + pools[pool[o]] * use[o] + pound[p] * cost[o]
            if reduced[i] < best:
                best = reduced[i]
        total = np.exp(best / temperature)  # the share of having none, before all are divided by their total
        far = best + _FAR * temperature
        for i in range(size):
            if reduced[i] < far:
                total += np.exp((best - reduced[i]) / temperature)
        mean, square = 0.0, 0.0
        for i in range(size):
            if reduced[i] < far:
                o = first + i
                q = np.exp((best - reduced[i]) / temperature) / total
                used[pool[o]] += q * use[o]
                bend[pool[o]] += q * (1 - q) * use[o] * use[o]
                mean += q * cost[o]
                square += q * cost[o] * cost[o]
        spent[la[p]] += mean  # la = -1 is the last: no budget
        spent_bend[la[p]] += square - mean * mean

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

What climbs needs of the pupils only what they use of each pool at these prices, so several groups of them can choose
apart, each with the prices of its own budgets (`optimiser.regions`).
"""

from typing import Protocol

import numpy as np

from optimiser.clock import Clock
from optimiser.compiled import compiled
from optimiser.eligibility import Floats, Ints
from optimiser.programme import POUNDS, Numbers, Prices, Programme, bound
from optimiser.scale import FAST, SLOW, Scale, scale_of, usual_costs

_STEP = 0.4
_LONGEST = 3.0  # a step may change a usual option's reduced cost by so many temperatures
_FAR = 25.0  # temperatures from the pupil's best: what is further has no share worth counting


class Demand(Protocol):
    """Groups of pupils who choose at the prices of the pools. The prices of their budgets are theirs alone."""

    def scale(self) -> Scale:
        """What sets the pace."""

    def sweep(self, pools: Floats, temperature: float, momentum: float) -> tuple[Floats, Floats]:
        """What soft choices use of each pool, and its curvature; then the budgets' prices take their own step."""

    def bound(self, pools: Floats) -> float:
        """D(y, z) without the term of the pools' amounts."""


class Pupils:
    """The demand of one programme; `budgets` are the prices that its budgets have come to."""

    def __init__(self, programme: Programme, budgets: Floats | None = None) -> None:
        self.programme = programme
        self.budgets = np.zeros(len(programme.money)) if budgets is None else budgets
        self._usual_cost = usual_costs(programme)
        self._speed = np.zeros_like(self.budgets)
        self._temperature = 0.0

    def scale(self) -> Scale:
        """What sets the pace."""
        return scale_of(self.programme)

    def sweep(self, pools: Floats, temperature: float, momentum: float) -> tuple[Floats, Floats]:
        """What soft choices use of each pool, and its curvature; then the budgets' prices take their own step."""
        if temperature != self._temperature:
            self._temperature, self._speed = temperature, np.zeros_like(self.budgets)
        p, prices = self.programme, Prices(pools=pools, budgets=self.budgets)
        use, bend, spent, spent_bend = shares(p, prices, temperature)
        longest = _LONGEST * temperature / self._usual_cost
        self.budgets, self._speed = _step(
            self.budgets, self._speed * momentum, spent - p.money / POUNDS, spent_bend, longest
        )
        return use, bend

    def bound(self, pools: Floats) -> float:
        """D(y, z) without the term of the pools' amounts."""
        return bound(self.programme, Prices(pools=pools, budgets=self.budgets), np.zeros(len(pools)))


def ascend(programme: Programme, clock: Clock, near: Prices | None = None) -> Prices:
    """Prices near those of the programme's relaxation; as far as the time allows.

    Where some are `near` already it starts from these, and takes smaller and more steps.
    """
    pupils = Pupils(programme, near.budgets if near else None)
    pools = climb(pupils, programme.room, clock, near.pools if near else None)
    return Prices(pools=pools, budgets=pupils.budgets)


def climb(demand: Demand, room: Floats, clock: Clock, near: Floats | None = None) -> Floats:
    """Prices of the pools at which the demand nearly fits the room; as far as the time allows."""
    pools, pace = (np.zeros(len(room)), FAST) if near is None else (near, SLOW)
    scale = demand.scale()
    for temperature in scale.temperatures(pace, is_near=near is not None):
        speed = np.zeros_like(pools)
        longest = _LONGEST * temperature / scale.usual_use
        for _ in range(pace.sweeps):
            if clock.is_over():
                return pools
            use, bend = demand.sweep(pools, temperature, pace.momentum)
            pools, speed = _step(pools, speed * pace.momentum, use - room, bend, longest)
            clock.tick()
        clock.note(bound=demand.bound(pools) - float((pools * room).sum()))
    return pools


def _step(prices: Floats, speed: Floats, surplus: Floats, bend: Floats, longest: Floats) -> tuple[Floats, Floats]:
    """The next prices and their speed, from what is kept of the speed before; `bend` is the curvature of each price,
    `longest` its longest step."""
    call = np.where(surplus > 0, longest, -longest)  # where nothing bends there is no telling how far
    np.divide(surplus, bend, out=call, where=bend > 0)
    speed = speed + _STEP * np.clip(call, -longest, longest)
    moved = np.maximum(0.0, prices + speed)
    return moved, np.where(moved == 0, np.maximum(speed, 0.0), speed)


def shares(programme: Programme, prices: Prices, temperature: float) -> tuple[Floats, Floats, Floats, Floats]:
    """What soft choices use of each pool and spend of each budget (£1,000), each with its curvature."""
    p = programme
    use, bend = np.zeros(len(p.room)), np.zeros(len(p.room))
    spent, spent_bend = np.zeros(len(p.money) + 1), np.zeros(len(p.money) + 1)
    most = np.diff(p.start).max(initial=0)
    _sweep(
        p.start, p.pool, p.use, p.cost, p.gain, p.la, prices.pools, prices.by_la(p), temperature, np.empty(most),
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
    reduced: Floats,
    used: Floats,
    bend: Floats,
    spent: Floats,
    spent_bend: Floats,
) -> None:
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

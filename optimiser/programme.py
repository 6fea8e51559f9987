"""The linear programme of one phase: its mathematics, its columns, and the model that PuLP makes of them.

Sets
    P           pupils of the phase
    O(p)        options of pupil p (`optimiser.options`); O is their union
    K           pools;  O(k) the options that draw on pool k
    L           LAs with a budget;  O(l) the options of the pupils of LA l
Parameters
    w_o         objective of option o: child's km + cost_weight x cost / 1000 + preference_weight x wish
                + least_restrictive_weight x steps to a fuller kind (outreach 0, porous 1, full 2)
    u_p         weight of leaving pupil p unplaced
    a_o         use of its pool by option o (places, place-shares or hours a week)
    c_o         cost of option o, £1,000 a year
    A_k         amount of pool k;  B_l budget of LA l, £1,000 a year
Variables
    x_o         1 where option o is chosen, else 0; between 0 and 1 in the relaxation
Objective
    minimise    sum_{p in P} u_p + sum_{p in P} sum_{o in O(p)} (w_o - u_p) x_o
Constraints
    (1) pupil   sum_{o in O(p)} x_o <= 1                 for each p in P
    (2) pool    sum_{o in O(k)} a_o x_o <= A_k           for each k in K
    (3) budget  sum_{o in O(l)} c_o x_o <= B_l           for each l in L   (phase choices only)
    (4) whole   x_o in {0, 1}                            (the relaxation: x_o >= 0)

Phases. *Duties* (locked, or a binding request) has P = those pupils, A = the pools' amounts and no (3). *Choices* has
everybody else, A = what the duties leave, B_l = max(0, budget - cost of the duties of l).

Bound. For any prices y_k >= 0 of the pools and z_l >= 0 of the budgets, weak duality gives the lower bound

    D(y, z) = sum_p u_p + sum_p min(0, min_{o in O(p)} r_o) - sum_k y_k A_k - sum_l z_l B_l,
    r_o     = w_o - u_p + y_k(o) a_o + z_l(p) c_o        (the reduced cost of o before its pupil's own price)

It is computed here from prices alone, so it stands even where a solver errs. The duals of the relaxation make it
tightest; they are the shadow prices. An option with w_o >= u_p is no better than none and has no column.

Whole uses. What whole pupils use of a pool is a sum of their a_o, so (2) may say A'_k, the largest such sum that is at
most A_k, wherever only whole answers count: 5.5 hours are 5 where packages take 2, 3 and 5. At the same prices that
raises the bound by sum_k y_k (A_k - A'_k).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimiser.answer import PhaseName
from optimiser.compiled import compiled
from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.options import Options
from optimiser.problem import Problem

POUNDS = 1000  # budgets and costs stand in the programme in £1,000, so that their numbers are like those of places
TOLERANCE = 1e-6  # of a place or an hour: sums of tenths are not exact, and no real amount is so small
_GRAINS = 1000  # of a place or an hour, in which uses are counted to be added up exactly
_BLOCK = 200_000  # columns
_MOST_SUMS = 20_000  # up to which a pool's sums are listed; larger pools round to their uses' common measure

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One phase as arrays: pupils in order of id, the columns of pupil p at `start[p]:start[p + 1]`, best gain first.

    `members` are the places of the phase's pupils in the problem, `option` those of the columns in Options; `pool` is a
    place in `room`. `la[p]` is a place in `money`, -1 where no budget limits the pupil. `gain` is w_o - u_p < 0. Money
    is whole £. `whole_room` is A', `room` A.
    """

    members: Ints
    unplaced: Floats
    la: Ints
    start: Ints
    option: Numbers
    pool: Numbers
    use: Floats
    cost: Ints
    gain: Floats
    room: Floats
    whole_room: Floats
    money: Ints

    def __len__(self) -> int:
        return len(self.option)

    def pupil(self, columns: Ints) -> Ints:
        """The pupil of each of these columns, a place in `members`."""
        return np.asarray(np.searchsorted(self.start, columns, side="right") - 1)

    def objective(self, chosen: Ints) -> float:
        """The phase's objective where these columns are chosen."""
        return float(self.unplaced.sum() + self.gain[chosen].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices of the pools per unit and of the budgets per £1,000, in km-equivalents, never below 0."""

    pools: Floats
    budgets: Floats

    @classmethod
    def none(cls, programme: Programme) -> "Prices":
        """All prices 0."""
        return cls(pools=np.zeros(len(programme.room)), budgets=np.zeros(len(programme.money)))

    def by_la(self, programme: Programme) -> Floats:
        """The price of £1 for each pupil, 0 where no budget limits the pupil."""
        return np.asarray(np.append(self.budgets, 0.0)[programme.la] / POUNDS)


def phase_programme(
    problem: Problem,
    catalogue: Catalogue,
    options: Options,
    phase: PhaseName,
    room: Floats,
    money: dict[str, int],
) -> Programme:
    """The programme of a phase of an ordered problem; the money of the LAs limits choices only."""
    is_duty = np.array([catalogue.is_duty(pupil) for pupil in problem.pupils], dtype=bool)
    if phase == "duties":
        return programme_of(problem, catalogue, options, np.nonzero(is_duty)[0], room, {})
    return programme_of(problem, catalogue, options, np.nonzero(~is_duty)[0], room, money)


def programme_of(
    problem: Problem, catalogue: Catalogue, options: Options, members: Ints, room: Floats, money: dict[str, int]
) -> Programme:
    """The programme of some pupils of an ordered problem, within the `room` of the pools and the `money` of the LAs."""
    weights = np.array([problem.policy.unplaced[p.priority - 1] for p in problem.pupils], dtype=np.float64)
    counts = np.diff(options.start)
    is_member = np.zeros(len(problem.pupils), dtype=bool)
    is_member[members] = True
    gain = options.objective - np.repeat(weights, counts)
    option = np.nonzero(np.repeat(is_member, counts) & (gain < 0))[0]
    start = np.searchsorted(option, options.start)
    pools = {row.pool: k for k, row in enumerate(problem.pools)}
    pool = np.array([pools[row.pool] for row in catalogue.provisions], dtype=np.int32)
    las = {la: i for i, la in enumerate(money)}
    programme = Programme(
        members=members,
        unplaced=weights[members],
        la=np.array([las.get(problem.pupils[p].la, -1) for p in members.tolist()], dtype=np.int64),
        start=np.append(start[members], len(option)),
        option=option.astype(np.int32),
        pool=pool[options.provision[option]],
        use=options.use[option],
        cost=options.cost[option],
        gain=gain[option],
        room=room,
        whole_room=room,
        money=np.array(list(money.values()), dtype=np.int64),
    )
    return replace(programme, whole_room=largest_whole_uses(uses_of(programme), room))


class Uses(NamedTuple):
    """How many columns use how much of which pool, by pool and use, each pair once; tables of the same pools add up."""

    pool: Numbers
    use: Floats
    times: Numbers


def uses_of(programme: Programme) -> Uses:
    """What the columns of a programme use, counted block by block so that little memory is taken."""
    tables = []
    for at in range(0, max(1, len(programme)), _BLOCK):
        pool, use = programme.pool[at : at + _BLOCK], programme.use[at : at + _BLOCK]
        tables.append(added_up([Uses(pool, use, np.ones(len(use), dtype=np.int32))]))
    return added_up(tables)


def added_up(tables: Sequence[Uses]) -> Uses:
    """One table of several."""
    pool, use, times = (np.concatenate(column) for column in zip(*tables, strict=True))
    order = np.lexsort((use, pool))
    pool, use, times = pool[order], use[order], times[order]
    is_first = np.append(True, (np.diff(pool) != 0) | (np.diff(use) != 0))[: len(pool)]
    firsts = np.nonzero(is_first)[0]
    return Uses(pool[firsts], use[firsts], np.add.reduceat(times, firsts) if len(firsts) else times)


def largest_whole_uses(uses: Uses, room: Floats) -> Floats:
    """A'_k of every pool: the largest sum of uses of whole options that is at most A_k."""
    edges = np.searchsorted(uses.pool, np.arange(len(room) + 1))
    return np.array(
        [
            _largest_sum(uses.use[low:high], uses.times[low:high], amount)
            for low, high, amount in zip(edges[:-1], edges[1:], room.tolist(), strict=True)
        ]
    )


def _largest_sum(uses: Floats, counts: Numbers, amount: float) -> float:
    grains = np.round(uses * _GRAINS).astype(np.int64)
    if not len(grains) or not grains.min() or np.abs(uses * _GRAINS - grains).max() > TOLERANCE:
        return amount  # uses too fine to be counted in grains, or none at all
    if (uses * counts).sum() <= amount + TOLERANCE:
        return amount  # room for everybody
    grain = gcd(*grains.tolist())
    most = int((amount + TOLERANCE) * _GRAINS) // grain
    if most > _MOST_SUMS:
        return min(amount, most * grain / _GRAINS)
    sums, within = 1, (1 << (most + 1)) - 1  # bit s is set where s grains can be used
    for value, count in zip((grains // grain).tolist(), counts.tolist(), strict=True):
        times, left = 1, min(count, most // value)
        while left > 0:
            sums |= (sums << (value * min(times, left))) & within
            left -= times
            times *= 2
    return min(amount, (sums.bit_length() - 1) * grain / _GRAINS)


def reduced_costs(programme: Programme, prices: Prices) -> Floats:
    """r_o of every column at these prices."""
    money = np.repeat(prices.by_la(programme), np.diff(programme.start))
    return np.asarray(programme.gain + prices.pools[programme.pool] * programme.use + money * programme.cost)


def best_reduced_costs(programme: Programme, prices: Prices) -> Floats:
    """For each pupil min(0, min_o r_o)."""
    p = programme
    return _best(p.start, p.pool, p.use, p.cost, p.gain, prices.pools, prices.by_la(p))


@compiled
def _best(start: Ints, pool: Numbers, use: Floats, cost: Ints, gain: Floats, pools: Floats, pound: Floats) -> Floats:
    best = np.zeros(len(start) - 1)
    for p in range(len(best)):
        for o in range(start[p], start[p + 1]):
            best[p] = min(best[p], gain[o] + pools[pool[o]] * use[o] + pound[p] * cost[o])
    return best


def bound(programme: Programme, prices: Prices, room: Floats | None = None) -> float:
    """D(y, z), the proven lower bound of the phase's objective at these prices; of whole answers with A' as `room`."""
    best = best_reduced_costs(programme, prices).sum()
    paid = (prices.pools * (programme.room if room is None else room)).sum()
    paid += (prices.budgets * (programme.money / POUNDS)).sum()
    return float(programme.unplaced.sum() + best - paid)

"""The linear programme of one phase: its mathematics, its columns, and the model that PuLP makes of them.

Sets
    P           pupils of the phase
    O(p)        options of pupil p (`optimiser.options`); O is their union
    K           pools;  O(k) the options that draw on pool k
    L           LAs with a budget;  O(l) the options of the pupils of LA l
Parameters
    w_o         objective of option o: child's km + cost_weight x cost / 1000 + preference_weight x wish
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

    sum_p u_p + sum_p min(0, min_{o in O(p)} r_o) - sum_k y_k A_k - sum_l z_l B_l,
    r_o = w_o - u_p + y_k(o) a_o + z_l(p) c_o            (the reduced cost of o before its pupil's own price)

It is computed here from prices alone, so it stands even where a solver errs. The duals of the relaxation make it
tightest; they are the shadow prices. An option with w_o >= u_p is no better than none and has no column.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pulp

from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.options import Options
from optimiser.problem import Problem

POUNDS = 1000  # budgets and costs stand in the programme in £1,000, so that their numbers are like those of places


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One phase as arrays. Columns are sorted by pupil; `pool` is a place in `room`, `la` one in `money`.

    `members` are the places of the phase's pupils in the problem, `option` those of the columns in Options; `pupil`
    is a place in `members`. `gain` is w_o - u_p < 0. `la` is -1 where no budget limits the pupil. Money is whole £.
    """

    members: Ints
    unplaced: Floats
    option: Ints
    pupil: Ints
    pool: Ints
    la: Ints
    use: Floats
    cost: Ints
    gain: Floats
    room: Floats
    money: Ints

    def __len__(self) -> int:
        return len(self.option)

    def objective(self, chosen: Iterable[int]) -> float:
        """The phase's objective where these columns are chosen."""
        return float(self.unplaced.sum() + self.gain[np.fromiter(chosen, dtype=np.int64)].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices of the pools per unit and of the budgets per £1,000, in km-equivalents, never below 0."""

    pools: Floats
    budgets: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A programme, or some of its columns, as PuLP holds it; `columns[i]` is the column of `variables[i]`."""

    problem: pulp.LpProblem
    columns: Ints
    variables: list[pulp.LpVariable]
    pools: dict[int, pulp.LpConstraint]
    budgets: dict[int, pulp.LpConstraint]


def programme_of(
    problem: Problem, catalogue: Catalogue, options: Options, members: Ints, room: Floats, money: dict[str, int]
) -> Programme:
    """The programme of some pupils of an ordered problem, within the `room` of the pools and the `money` of the LAs."""
    weights = np.array([problem.policy.unplaced[p.priority - 1] for p in problem.pupils], dtype=np.float64)
    place = np.full(len(problem.pupils), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    gain = options.objective - weights[options.pupil]
    option = np.nonzero((place[options.pupil] >= 0) & (gain < 0))[0]
    pools = {row.pool: k for k, row in enumerate(problem.pools)}
    pool = np.array([pools[row.pool] for row in catalogue.provisions], dtype=np.int64)
    las = {la: i for i, la in enumerate(money)}
    la = np.array([las.get(p.la, -1) for p in problem.pupils], dtype=np.int64)
    return Programme(
        members=members,
        unplaced=weights[members],
        option=option,
        pupil=place[options.pupil[option]],
        pool=pool[options.provision[option]],
        la=la[options.pupil[option]],
        use=options.use[option],
        cost=options.cost[option],
        gain=gain[option],
        room=room,
        money=np.array(list(money.values()), dtype=np.int64),
    )


def reduced_costs(programme: Programme, prices: Prices) -> Floats:
    """r_o of every column at these prices."""
    budgets = np.append(prices.budgets, 0.0)  # la = -1 reads the last: no budget, no price
    priced = prices.pools[programme.pool] * programme.use + budgets[programme.la] * (programme.cost / POUNDS)
    return np.asarray(programme.gain + priced)


def best_reduced_costs(programme: Programme, reduced: Floats) -> Floats:
    """For each pupil min(0, min_o r_o)."""
    best = np.zeros(len(programme.members))
    np.minimum.at(best, programme.pupil, reduced)
    return best


def bound(programme: Programme, prices: Prices) -> float:
    """The proven lower bound of the phase's objective at these prices; see the formula above."""
    best = best_reduced_costs(programme, reduced_costs(programme, prices)).sum()
    paid = (prices.pools * programme.room).sum() + (prices.budgets * (programme.money / POUNDS)).sum()
    return float(programme.unplaced.sum() + best - paid)


def formulate(programme: Programme, columns: Ints, *, whole: bool) -> Model:
    """The programme of these columns for PuLP: built from lists of terms, since adding products up is slow."""
    problem = pulp.LpProblem("match", pulp.LpMinimize)
    category = pulp.LpInteger if whole else pulp.LpContinuous
    # PuLP sorts variables by name; padded numbers keep the canonical order.
    variables = [problem.add_variable(f"x{at:09d}", 0, 1 if whole else None, category) for at in columns.tolist()]
    pupils: dict[int, list[tuple[pulp.LpVariable, float]]] = {}
    pools: dict[int, list[tuple[pulp.LpVariable, float]]] = {}
    budgets: dict[int, list[tuple[pulp.LpVariable, float]]] = {}
    cost = programme.cost[columns] / POUNDS
    keys = (programme.pupil[columns], programme.pool[columns], programme.la[columns], programme.use[columns], cost)
    for x, p, k, la, use, thousands in zip(variables, *(key.tolist() for key in keys), strict=True):
        pupils.setdefault(p, []).append((x, 1.0))
        pools.setdefault(k, []).append((x, use))
        if la >= 0:
            budgets.setdefault(la, []).append((x, thousands))
    problem += pulp.LpAffineExpression(zip(variables, programme.gain[columns].tolist(), strict=True))
    _limit(problem, "pupil", pupils, np.ones(len(programme.members)))
    return Model(
        problem=problem,
        columns=columns,
        variables=variables,
        pools=_limit(problem, "pool", pools, programme.room),
        budgets=_limit(problem, "budget", budgets, programme.money / POUNDS),
    )


def _limit(
    problem: pulp.LpProblem, name: str, terms: dict[int, list[tuple[pulp.LpVariable, float]]], amounts: Floats
) -> dict[int, pulp.LpConstraint]:
    """Constraints (1), (2) or (3): the sum of each list of terms is at most its amount."""
    rows = {
        at: pulp.LpConstraint(
            pulp.LpAffineExpression(terms[at]), pulp.LpConstraintLE, f"{name}{at}", float(amounts[at])
        )
        for at in sorted(terms)
    }
    for row in rows.values():
        problem.addConstraint(row)
    return rows

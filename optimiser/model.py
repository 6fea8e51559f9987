"""Some columns of a programme as PuLP holds them: constraints (1) to (4) of `optimiser.programme`, or a box of prices.

With a box low <= (y, z) <= high the maximum of D(y, z) over the box is, in x, the relaxation in which each amount may
be exceeded at the high price, and what is left of it earns the low one:

    minimise    sum_o (w_o - u_p) x_o + sum_k (high_k over_k - low_k under_k) + the same of the budgets
    (1) pupil   sum_{o in O(p)} x_o <= 1
    (2) pool    sum_{o in O(k)} a_o x_o - over_k + under_k = A_k
    (3) budget  sum_{o in O(l)} c_o x_o - over_l + under_l = B_l

Without a box high is infinite and low 0, which leaves the usual constraints. PuLP is given lists of terms, since adding
products up is slow.
"""

from dataclasses import dataclass

import numpy as np
import pulp

from optimiser.eligibility import Floats, Ints
from optimiser.programme import POUNDS, Prices, Programme

Terms = list[tuple[pulp.LpVariable, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`columns[i]` is the programme's column of `variables[i]`; the rows are by place in `room` and in `money`."""

    problem: pulp.LpProblem
    columns: Ints
    variables: list[pulp.LpVariable]
    pools: dict[int, pulp.LpConstraint]
    budgets: dict[int, pulp.LpConstraint]
    slacks: list[pulp.LpVariable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Prices between which those of a model may lie."""

    low: Prices
    high: Prices


def relaxation(programme: Programme, columns: Ints, room: Floats, money: Floats, box: Box | None = None) -> Model:
    """The relaxation of these columns within this room and money (£1,000), and within a box of prices."""
    problem, variables, pupils, pools, budgets = _terms(programme, columns, pulp.LpContinuous)
    objective: Terms = list(zip(variables, programme.gain[columns].tolist(), strict=True))
    slacks: list[pulp.LpVariable] = []
    if box is not None:
        for name, terms, low, high in (
            ("pool", pools, box.low.pools, box.high.pools),
            ("budget", budgets, box.low.budgets, box.high.budgets),
        ):
            for at, (least, most) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
                over = problem.add_variable(f"over_{name}{at:06d}", 0)
                under = problem.add_variable(f"under_{name}{at:06d}", 0)
                terms.setdefault(at, []).extend([(over, -1.0), (under, 1.0)])
                objective += [(over, most), (under, -least)]
                slacks += [over] if least == 0 else [over, under]
    problem += pulp.LpAffineExpression(objective)
    sense = pulp.LpConstraintLE if box is None else pulp.LpConstraintEQ
    _limit(problem, "pupil", pupils, np.ones(len(programme.members)), pulp.LpConstraintLE)
    return Model(
        problem=problem,
        columns=columns,
        variables=variables,
        pools=_limit(problem, "pool", pools, room, sense),
        budgets=_limit(problem, "budget", budgets, money, sense),
        slacks=slacks,
    )


def whole(programme: Programme, columns: Ints, room: Floats, money: Ints) -> Model:
    """The programme (1) to (4) of these columns within this room and money (£)."""
    problem, variables, pupils, pools, budgets = _terms(programme, columns, pulp.LpInteger)
    problem += pulp.LpAffineExpression(zip(variables, programme.gain[columns].tolist(), strict=True))
    _limit(problem, "pupil", pupils, np.ones(len(programme.members)), pulp.LpConstraintLE)
    return Model(
        problem=problem,
        columns=columns,
        variables=variables,
        pools=_limit(problem, "pool", pools, room, pulp.LpConstraintLE),
        budgets=_limit(problem, "budget", budgets, money / POUNDS, pulp.LpConstraintLE),
        slacks=[],
    )


def _terms(
    programme: Programme, columns: Ints, category: str
) -> tuple[pulp.LpProblem, list[pulp.LpVariable], dict[int, Terms], dict[int, Terms], dict[int, Terms]]:
    """A variable for each column, and the terms of each pupil's, pool's and budget's sum."""
    problem = pulp.LpProblem("match", pulp.LpMinimize)
    most = 1 if category == pulp.LpInteger else None
    # PuLP sorts variables by name; padded numbers keep the canonical order.
    variables = [problem.add_variable(f"x{at:09d}", 0, most, category) for at in columns.tolist()]
    pupil = programme.pupil(columns)
    keys = (pupil, programme.pool[columns], programme.la[pupil], programme.use[columns])
    pupils: dict[int, Terms] = {}
    pools: dict[int, Terms] = {}
    budgets: dict[int, Terms] = {}
    cost = (programme.cost[columns] / POUNDS).tolist()
    for x, p, k, la, use, thousands in zip(variables, *(key.tolist() for key in keys), cost, strict=True):
        pupils.setdefault(p, []).append((x, 1.0))
        pools.setdefault(k, []).append((x, use))
        if la >= 0:
            budgets.setdefault(la, []).append((x, thousands))
    return problem, variables, pupils, pools, budgets


def _limit(
    problem: pulp.LpProblem, name: str, terms: dict[int, Terms], amounts: Floats, sense: int
) -> dict[int, pulp.LpConstraint]:
    """Constraints (1), (2) or (3): each list of terms against its amount."""
    rows = {
        at: pulp.LpConstraint(pulp.LpAffineExpression(terms[at]), sense, f"{name}{at}", float(amounts[at]))
        for at in sorted(terms)
    }
    for row in rows.values():
        problem.addConstraint(row)
    return rows

"""HiGHS, called through PuLP: the only place that talks to a solver. It must know nothing of pupils.

One thread, a fixed seed and an explicit choice of algorithm, so that the same model gives the same answer.
"""

from dataclasses import dataclass

import highspy
import numpy as np
import pulp

from optimiser.eligibility import Floats
from optimiser.programme import Model, Prices

_ALWAYS = {"output_flag": False, "threads": 1, "random_seed": 0}


class SolverError(RuntimeError):
    """The solver refused a setting, or calls a programme unsolvable for which choosing nothing is always an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """`values` by variable, None when time ran out before there were any; `bound` is that of the model's objective."""

    values: Floats | None
    bound: float


class _Quiet(highspy.Highs):
    """Without this HiGHS prints its banner on standard output while it is being made, before any option can be set."""

    def enableCallbacks(self) -> None:  # noqa: N802  (HiGHS's name)
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class _Highs(pulp.HiGHS):  # type: ignore[misc]
    """PuLP's HiGHS with every setting passed on and checked.

    No whole answer is given to start from: HiGHS 1.16 loses better ones that it finds after one (its presolve and
    `setSolution` do not go together).
    """

    def __init__(self, settings: dict[str, object]) -> None:
        super().__init__()
        self.settings = settings

    def createAndConfigureSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802  (PuLP's name)
        lp.solverModel = _Quiet()  # type: ignore[no-untyped-call]
        for name, value in {**_ALWAYS, **self.settings}.items():
            if lp.solverModel.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise SolverError(f"HiGHS does not accept {name} = {value}")


def solve_relaxation(model: Model, pools: int, budgets: int, *, seconds: float) -> tuple[Floats | None, Prices]:
    """The optimum of a relaxation by interior point with crossover, and its duals as prices of all pools and budgets.

    When time runs out there are no values and all prices are 0, which still prove a bound.
    """
    prices = Prices(pools=np.zeros(pools), budgets=np.zeros(budgets))
    model.problem.solve(_Highs({"solver": "ipx", "run_crossover": "on", "time_limit": seconds}))
    if model.problem.sol_status != pulp.LpSolutionOptimal:
        return None, prices
    for amounts, rows in ((prices.pools, model.pools), (prices.budgets, model.budgets)):
        for at, row in rows.items():
            amounts[at] = max(0.0, -row.pi)  # a dual of the wrong sign is rounding: a price is never below 0
    return _values(model), prices


def solve_whole(model: Model, *, seconds: float, gap: float, enough: float) -> Solved:
    """The best whole answer found until it is at most `enough`, proven within `gap`, or time is over.

    `gap` and `enough` are absolute, in the model's objective.
    """
    settings: dict[str, object] = {
        "time_limit": seconds,
        "mip_abs_gap": gap,
        "mip_rel_gap": 0.0,
        "objective_target": enough,
        "mip_heuristic_effort": 0.3,  # six times the default: bounds are near already, good whole answers are not
    }
    model.problem.solve(_Highs(settings))
    found = model.problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    if not found and model.problem.status != pulp.LpStatusNotSolved:
        raise SolverError(f"HiGHS calls the programme {pulp.LpStatus[model.problem.status]}")
    return Solved(
        values=_values(model) if found else None, bound=float(model.problem.solverModel.getInfo().mip_dual_bound)
    )


def _values(model: Model) -> Floats:
    return np.array([x.varValue for x in model.variables], dtype=np.float64)

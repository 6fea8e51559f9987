"""HiGHS, called through PuLP: the only place that talks to a solver. It must know nothing of pupils.

One thread, a fixed seed and an explicit choice of algorithm, so that the same model gives the same answer.
"""

from dataclasses import dataclass

import highspy
import numpy as np
import pulp

from optimiser.clock import Clock
from optimiser.eligibility import Floats
from optimiser.model import Model
from optimiser.programme import Prices

_ALWAYS = {"output_flag": False, "threads": 1, "random_seed": 0}
_UNLIMITED = 2**31 - 1  # nodes


class SolverError(RuntimeError):
    """The solver refused a setting, or calls a programme unsolvable for which choosing nothing is always an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """`values` by variable, None when time ran out before there were any; `bound` is that of the model's objective."""

    values: Floats | None
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """`values` by variable; `beyond` is the most by which a side of the box keeps an amount from being met, 0 for none.

    Where it is 0 the sides bind nothing: the values and the prices are those of the relaxation without a box.
    """

    values: Floats
    prices: Prices
    beyond: float


class _Quiet(highspy.Highs):
    """Without this HiGHS prints its banner on standard output while it is being made, before any option can be set."""

    def enableCallbacks(self) -> None:  # noqa: N802  (HiGHS's name)
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class _Highs(pulp.HiGHS):  # type: ignore[misc]
    """PuLP's HiGHS with every setting passed on and checked, which stops when the clock says so and lets it tick.

    No whole answer is given to start from: HiGHS 1.16 loses better ones that it finds after one (its presolve and
    `setSolution` do not go together).
    """

    def __init__(self, settings: dict[str, float | str | bool], clock: Clock) -> None:
        super().__init__()
        self.settings = {**_ALWAYS, "time_limit": clock.left(), **settings}
        self.clock = clock

    def createAndConfigureSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802  (PuLP's name)
        self.clock.tick()
        lp.solverModel = highs = _Quiet()  # type: ignore[no-untyped-call]
        for name, value in self.settings.items():
            if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise SolverError(f"HiGHS does not accept {name} = {value}")
        for callback in (highs.cbSimplexInterrupt, highs.cbIpmInterrupt, highs.cbMipInterrupt):
            callback.subscribe(self._heed)

    def findSolutionValues(self, lp: pulp.LpProblem) -> tuple[int, int]:  # noqa: N802  (PuLP's name)
        self.clock.tick()
        try:
            status, solution = super().findSolutionValues(lp)
        except (
            KeyError
        ):  # PuLP knows no name for what HiGHS says when the nodes are used up; the values are set by then
            status, solution = pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible
        has_values = lp.solverModel.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if status == pulp.LpStatusOptimal and not has_values:  # so PuLP calls also what was stopped before it had any
            return pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound
        return status, solution

    def _heed(self, event: highspy.HighsCallbackEvent) -> None:
        self.clock.tick()
        if self.clock.is_over():
            event.interrupt()


def solve_relaxation(model: Model, prices: Prices, clock: Clock) -> Relaxed | None:
    """The optimum of a relaxation by interior point with crossover; None when time runs out first.

    Its duals are the prices; pools and budgets that have no row keep those of `prices`.
    """
    model.problem.solve(_Highs({"solver": "ipx", "run_crossover": "on"}, clock))
    if model.problem.sol_status != pulp.LpSolutionOptimal:
        return None
    found = Prices(pools=prices.pools.copy(), budgets=prices.budgets.copy())
    for amounts, rows in ((found.pools, model.pools), (found.budgets, model.budgets)):
        for at, row in rows.items():
            amounts[at] = max(0.0, -row.pi)  # a dual of the wrong sign is rounding: a price is never below 0
    beyond = max((x.varValue for x in model.slacks), default=0.0)
    return Relaxed(values=_values(model), prices=found, beyond=beyond)


def solve_whole(model: Model, clock: Clock, *, gap: float, enough: float = -np.inf, nodes: int = _UNLIMITED) -> Solved:
    """The best whole answer found until it is at most `enough`, proven within `gap`, or time or nodes are used up.

    `gap` and `enough` are absolute, in the model's objective.
    """
    settings: dict[str, float | str | bool] = {
        "mip_abs_gap": gap,
        "mip_rel_gap": 0.0,
        "mip_max_nodes": nodes,
        "objective_target": enough,
        "mip_heuristic_effort": 0.3,  # six times the default: bounds are near already, good whole answers are not
    }
    model.problem.solve(_Highs(settings, clock))
    found = model.problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    if not found and model.problem.status != pulp.LpStatusNotSolved:
        raise SolverError(f"HiGHS calls the programme {pulp.LpStatus[model.problem.status]}")
    return Solved(
        values=_values(model) if found else None, bound=float(model.problem.solverModel.getInfo().mip_dual_bound)
    )


def _values(model: Model) -> Floats:
    return np.array([x.varValue for x in model.variables], dtype=np.float64)

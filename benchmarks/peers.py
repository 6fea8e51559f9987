"""General solvers given what ours is given: the options of all pupils as arrays, one thread, in the same run.

The programme is that of `optimiser.programme`, with a row for each pupil, pool and budget. A peer that is not installed
is left out of the page.
"""

import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
from scipy.sparse import csc_array

from benchmarks.region import generate
from optimiser.eligibility import Catalogue
from optimiser.held import peak_mb
from optimiser.options import find_options
from optimiser.programme import POUNDS, Programme, programme_of

SEED = 7
HIGHS = "HiGHS, arrays passed, `ipx`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What a general solver did: `objective` is None where it had no answer in the time, `bound` what it proved."""

    seconds: float
    objective: float | None
    bound: float
    peak_mb: float


def programme(pupils: int, provisions: int) -> tuple[Programme, float]:
    """All pupils of the fictional region as choices, and the seconds that their options took."""
    problem = generate(pupils, provisions, seed=SEED).ordered()
    started = time.perf_counter()
    catalogue = Catalogue(problem)
    options = find_options(problem, catalogue)
    seconds = time.perf_counter() - started
    room = np.array([row.amount for row in problem.pools])
    money = {row.la: row.budget for row in problem.budgets}
    return programme_of(problem, catalogue, options, np.arange(pupils), room, money), seconds


def relaxations() -> dict[str, Callable[[int, int, float], Peer]]:
    """The peers for the relaxation that are installed."""
    found: dict[str, Callable[[int, int, float], Peer]] = {HIGHS: by_highs}
    if importlib.util.find_spec("ortools"):
        found["OR-Tools PDLP to 1e-4"] = by_pdlp
    return found


def by_highs(pupils: int, provisions: int, limit: float) -> Peer:
    """HiGHS's interior point, without crossover."""
    highs, base = _highs(pupils, provisions)
    highs.setOptionValue("solver", "ipx")
    highs.setOptionValue("run_crossover", "off")
    return _run(highs, base, limit)


def by_highs_whole(pupils: int, provisions: int, limit: float, gap: float) -> Peer:
    """HiGHS's own search for whole answers, on all options, until its gap is proven."""
    highs, base = _highs(pupils, provisions)
    columns = np.arange(highs.getNumCol(), dtype=np.int32)
    highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), highspy.HighsVarType.kInteger))
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", gap)
    return _run(highs, base, limit)


def by_pdlp(pupils: int, provisions: int, limit: float) -> Peer:
    """OR-Tools' first-order method, from the same model in the MPS format, read before the clock runs."""
    from ortools.linear_solver.python import model_builder  # noqa: PLC0415 - a peer need not be installed

    highs, base = _highs(pupils, provisions)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "relaxation.mps")
        highs.writeModel(path)
        del highs
        model = model_builder.Model()
        model.import_from_mps_file(path)
    solver = model_builder.Solver("pdlp")
    solver.set_time_limit_in_seconds(limit)
    solver.set_solver_specific_parameters(
        "termination_criteria { simple_optimality_criteria { eps_optimal_absolute: 1e-4 eps_optimal_relative: 1e-4 } }"
    )
    started = time.perf_counter()
    status = solver.solve(model)
    seconds = time.perf_counter() - started
    objective = base + solver.objective_value if status == model_builder.SolveStatus.OPTIMAL else None
    return Peer(seconds=seconds, objective=objective, bound=-np.inf, peak_mb=peak_mb())


def _run(highs: highspy.Highs, base: float, limit: float) -> Peer:
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", limit)
    started = time.perf_counter()
    highs.run()
    seconds = time.perf_counter() - started
    info = highs.getInfo()
    is_solved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    has_answer = is_solved or (info.mip_node_count >= 0 and info.primal_solution_status == 2)  # 2: feasible
    return Peer(
        seconds=seconds,
        objective=base + info.objective_function_value if has_answer else None,
        bound=base + info.mip_dual_bound,
        peak_mb=peak_mb(),
    )


def _highs(pupils: int, provisions: int) -> tuple[highspy.Highs, float]:
    """The programme in HiGHS, and the sum of the unplaced weights, which its objective leaves out."""
    p, _ = programme(pupils, provisions)
    size, rows = len(p), len(p.members) + len(p.room) + len(p.money)
    owner = p.pupil(np.arange(size))
    row = np.concatenate([owner, len(p.members) + p.pool, len(p.members) + len(p.room) + p.la[owner]])
    value = np.concatenate([np.ones(size), p.use, p.cost / POUNDS])
    matrix = csc_array((value, (row, np.tile(np.arange(size), 3))), shape=(rows, size))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = size, rows
    model.col_cost_ = p.gain
    model.col_lower_, model.col_upper_ = np.zeros(size), np.full(size, highspy.kHighsInf)
    model.row_lower_ = np.full(rows, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([np.ones(len(p.members)), p.room, p.money / POUNDS])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.silent()
    highs.passModel(model)
    return highs, float(p.unplaced.sum())

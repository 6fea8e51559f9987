"""Times the optimiser from 10,000 to 500,000 pupils beside general solvers: `python -m benchmarks.scale`.

The regions are fictional (`benchmarks/region.py`): homes and settings clustered, nearly all pools and budgets binding,
harder than life. Each measurement runs in a process of its own, so that its peak memory is its own; peers get the same
options as arrays, one thread, in the same run: read the ratios, not the seconds. It must never decide how the optimiser
works.
"""

import importlib.util
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import click
import highspy
import numpy as np
from scipy.sparse import csc_array

from benchmarks.page import machine, write_section
from benchmarks.region import generate
from optimiser import check, match
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue
from optimiser.master import relax
from optimiser.options import find_options
from optimiser.prices import ascend
from optimiser.programme import POUNDS, Programme, programme_of

SEED = 7
NEAR = 1e-4  # of the relaxation: how near the prices must prove it
PEER_SECONDS = 900.0
DAY = 86_400.0
T = TypeVar("T")
SIZES = {10_000: 300, 100_000: 2_500, 500_000: 2_500}  # pupils: provisions
TEXT = """Written by `python -m benchmarks.scale` (seed {seed}, one thread). {machine}, {versions}.

`relaxation to 0.01%` is the time until prices prove the optimum of the relaxation to within 0.01%, from options as
arrays; `exact` until it is solved. `whole answer` is `match()` from rows in memory to the explained answer, options
included, stopping at a proven gap of 0.1%.

| pupils | provisions | options | options s | relaxation to 0.01% s | exact s | whole answer s | gap | peak MB |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|
{ours}

| peer, relaxation alone | pupils | s | reached | times ours to 0.01% | peak MB |
|:--|--:|--:|:--|--:|--:|
{peers}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds and megabytes of one size; `objective` is that of the choices' relaxation."""

    options: int
    options_seconds: float
    near_seconds: float | None
    exact_seconds: float | None
    objective: float
    answer_seconds: float
    gap: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What a general solver did with the relaxation."""

    seconds: float
    objective: float | None
    peak_mb: float


class _Watch(Clock):
    """Notes when the bound first reaches a target."""

    def __init__(self, target: float) -> None:
        super().__init__(DAY)
        self.target = target
        self.reached: float | None = None

    def note(self, *, objective: float | None = None, bound: float | None = None) -> None:
        super().note(objective=objective, bound=bound)
        if self.reached is None and bound is not None and bound >= self.target:
            self.reached = time.monotonic() - self.started


@click.command()
@click.option("--most", type=int, default=max(SIZES), show_default=True, help="The largest number of pupils.")
@click.option("--peers-most", type=int, default=100_000, show_default=True, help="The largest number for the peers.")
def main(most: int, peers_most: int) -> None:
    """Measure every size, ours and the peers', and write the section of docs/performance.md."""
    ours: list[str] = []
    peers: list[str] = []
    for pupils, provisions in SIZES.items():
        if pupils > most:
            continue
        measured = _alone(measure, pupils, provisions)
        ours.append(_row(pupils, provisions, measured))
        print(ours[-1], flush=True)
        for name, solve in solvers().items():
            if pupils <= peers_most:
                peers.append(_peer_row(name, pupils, measured, _alone(solve, pupils, provisions)))
                print(peers[-1], flush=True)
    versions = ", ".join(f"{name} {version(name)}" for name in ("pulp", "highspy", "numpy", "numba"))
    text = TEXT.format(seed=SEED, machine=machine(), versions=versions, ours="\n".join(ours), peers="\n".join(peers))
    write_section("From 10,000 to 500,000 pupils", text)


def measure(pupils: int, provisions: int) -> Measured:
    """Our own algorithm: the whole, then its parts, once everything is compiled."""
    warm, _ = programme(3_000, 300)
    relax(warm, Clock(DAY))
    match(generate(300, 300, seed=SEED), seconds=5)
    problem = generate(pupils, provisions, seed=SEED)
    started = time.perf_counter()
    answer = match(problem, seconds=DAY)
    answer_seconds = time.perf_counter() - started
    peak, gap = _peak_mb(), answer.summary.gap
    if faults := check(problem, answer):
        raise AssertionError(faults[:10])
    del answer, problem
    choices, options_seconds = programme(pupils, provisions)
    started = time.perf_counter()
    exact = relax(choices, Clock(DAY))
    exact_seconds = time.perf_counter() - started
    watch = _Watch(exact.bound - NEAR * abs(exact.bound))
    ascend(choices, watch)
    return Measured(
        options=len(choices),
        options_seconds=options_seconds,
        near_seconds=watch.reached,
        exact_seconds=exact_seconds if exact.is_exact else None,
        objective=exact.bound,
        answer_seconds=answer_seconds,
        gap=gap,
        peak_mb=peak,
    )


def programme(pupils: int, provisions: int) -> tuple[Programme, float]:
    """All pupils as choices, and the seconds that their options took."""
    problem = generate(pupils, provisions, seed=SEED).ordered()
    started = time.perf_counter()
    catalogue = Catalogue(problem)
    options = find_options(problem, catalogue)
    seconds = time.perf_counter() - started
    room = np.array([row.amount for row in problem.pools])
    money = {row.la: row.budget for row in problem.budgets}
    return programme_of(problem, catalogue, options, np.arange(pupils), room, money), seconds


def solvers() -> dict[str, Callable[[int, int], Peer]]:
    """The peers that are installed."""
    found: dict[str, Callable[[int, int], Peer]] = {"HiGHS, arrays passed, `ipx`": by_highs}
    if importlib.util.find_spec("ortools"):
        found["OR-Tools PDLP to 1e-4"] = by_pdlp
    return found


def by_highs(pupils: int, provisions: int) -> Peer:
    """HiGHS's interior point, without crossover, on the arrays."""
    highs, base = _highs(pupils, provisions)
    highs.setOptionValue("solver", "ipx")
    highs.setOptionValue("run_crossover", "off")
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", PEER_SECONDS)
    started = time.perf_counter()
    highs.run()
    seconds = time.perf_counter() - started
    is_solved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    objective = base + highs.getInfo().objective_function_value if is_solved else None
    return Peer(seconds=seconds, objective=objective, peak_mb=_peak_mb())


def by_pdlp(pupils: int, provisions: int) -> Peer:
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
    solver.set_time_limit_in_seconds(PEER_SECONDS)
    solver.set_solver_specific_parameters(
        "termination_criteria { simple_optimality_criteria { eps_optimal_absolute: 1e-4 eps_optimal_relative: 1e-4 } }"
    )
    started = time.perf_counter()
    status = solver.solve(model)
    seconds = time.perf_counter() - started
    objective = base + solver.objective_value if status == model_builder.SolveStatus.OPTIMAL else None
    return Peer(seconds=seconds, objective=objective, peak_mb=_peak_mb())


def _highs(pupils: int, provisions: int) -> tuple[highspy.Highs, float]:
    """The relaxation of the programme in HiGHS, and the sum of the unplaced weights, which its objective leaves out."""
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


def _alone(work: Callable[[int, int], T], pupils: int, provisions: int) -> T:
    """The result of the work, done in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (pupils, provisions))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _row(pupils: int, provisions: int, measured: Measured) -> str:
    near = "not reached" if measured.near_seconds is None else f"{measured.near_seconds:.1f}"
    exact = "not reached" if measured.exact_seconds is None else f"{measured.exact_seconds:.1f}"
    return (
        f"| {pupils:,} | {provisions:,} | {measured.options:,} | {measured.options_seconds:.1f} | {near} | {exact} "
        f"| {measured.answer_seconds:.1f} | {measured.gap:.3%} | {measured.peak_mb:,.0f} |"
    )


def _peer_row(name: str, pupils: int, measured: Measured, peer: Peer) -> str:
    off = "nothing in the time" if peer.objective is None else f"{abs(peer.objective / measured.objective - 1):.5%} off"
    times = f"{peer.seconds / measured.near_seconds:.0f}" if measured.near_seconds else "–"
    at_least = "at least " if peer.objective is None else ""
    return f"| {name} | {pupils:,} | {peer.seconds:.1f} | {off} | {at_least}{times} | {peer.peak_mb:,.0f} |"


if __name__ == "__main__":
    main()

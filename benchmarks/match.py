"""Times the optimiser on fictional regions and writes docs/performance.md: `python -m benchmarks.match`.

The peers, in the same run on the same machine, are the same programme written for PuLP in the usual way and solved by
the CBC that comes with it, and for small regions that are not proven good enough HiGHS's own search over all options in
ten times the time: read the ratios, not the seconds. It must never decide how the optimiser works.
"""

import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pulp

from benchmarks.alone import alone
from benchmarks.page import machine, write_section
from benchmarks.peers import SEED, Peer, by_highs_whole
from benchmarks.region import generate
from benchmarks.scale import warm_up
from optimiser import Answer, Problem, check, match
from optimiser.answer import relative_gap
from optimiser.eligibility import Catalogue
from optimiser.options import find_options

PROVISIONS = 300
SECONDS = {300: 30.0, 600: 30.0, 1_000: 30.0, 1_500: 60.0, 3_000: 120.0}  # by number of pupils
SMALL = 1_500  # up to which a region is proven, or HiGHS could not prove it either
TIMES = 10  # the time that HiGHS has for it
PEER_PUPILS = 3_000
INTRODUCTION = """Written by `make bench` (`python -m benchmarks.match`): fictional regions of {provisions} provisions
(`benchmarks/region.py`, seed {seed}), at most {limits} seconds, stopping at a proven gap of 0.1%, one thread.
{machine}, {versions}.

The gap is what is proven of the whole answer; the next column is what the relaxation alone proves of it. Small regions
are the hard ones: where a pool has a place or two the relaxation shares them out perfectly, and whole pupils cannot.
Where 0.1% was not proven the last column is what HiGHS proved, and of which answer, from all options as arrays in ten
times the time.
"""
COMPARISON = """
The usual way (PuLP with `lpSum`, CBC, one thread, the same gap, at most {limit:.0f} s) took {build:.1f} s to build and
{solve:.1f} s to solve {pupils:,} pupils: {ratio:.1f} times as long as ours from problem to explained answer,
with an objective {worse}.
"""


@dataclass(frozen=True, slots=True)
class Usual:
    """What the usual way reached: seconds to build and to solve, and the objective of its answer."""

    build: float
    solve: float
    objective: float


def main() -> None:
    """Solve every size, print the table, write the page."""
    rows = [
        "| pupils | options | options s | relaxation s | whole answer s | all s | gap | relaxation's gap | HiGHS |",
        "|--:" * 8 + "|:--|",
    ]
    peer = ""
    warm_up()
    for pupils, limit in SECONDS.items():
        problem = generate(pupils, PROVISIONS, seed=SEED)
        answer, seconds = timed(problem, limit)
        told = "–"
        if pupils <= SMALL and answer.summary.status != "optimal":
            target = problem.policy.bound_gap * answer.summary.objective
            told = highs_told(answer, alone(by_highs_whole, pupils, PROVISIONS, TIMES * limit, target))
        rows.append(row(pupils, answer, seconds, told))
        print(rows[-1], flush=True)
        if pupils == PEER_PUPILS:
            peer = comparison(answer, seconds, usual_way(problem, answer.summary.objective))
            print(peer, flush=True)
    write_section("Matching", "\n".join([introduction(), *rows, peer]))


def timed(problem: Problem, limit: float) -> tuple[Answer, float]:
    """The answer and the seconds that it took; it must hold."""
    started = time.perf_counter()
    answer = match(problem, seconds=limit)
    seconds = time.perf_counter() - started
    faults = check(problem, answer)
    if faults:
        raise AssertionError(faults)
    return answer, seconds


def highs_told(answer: Answer, peer: Peer) -> str:
    """What HiGHS reached, beside ours."""
    if peer.objective is None:
        return f"no answer in {peer.seconds:.0f} s"
    gap = relative_gap(peer.objective, peer.bound)
    return f"gap {gap:.3%} in {peer.seconds:.0f} s, objective {beside(peer.objective, answer)} than ours"


def beside(objective: float, answer: Answer) -> str:
    """How far a peer's objective is from ours."""
    worse = objective / answer.summary.objective - 1
    return f"{abs(worse):.3%} {'higher' if worse > 0 else 'lower'}"


def row(pupils: int, answer: Answer, seconds: float, highs: str) -> str:
    """One line of the table."""
    summary = answer.summary
    spent = {stage.name: stage.seconds for stage in summary.stages}
    relaxation = sum(value for name, value in spent.items() if name.endswith("relaxation"))
    whole = sum(value for name, value in spent.items() if name.endswith("whole answer"))
    relaxed = 1 - sum(phase.relaxation for phase in summary.phases) / summary.objective
    options = sum(phase.options for phase in summary.phases)
    return (
        f"| {pupils:,} | {options:,} | {spent['options']:.2f} | {relaxation:.1f} | {whole:.1f} | {seconds:.1f} "
        f"| {summary.gap:.3%} | {relaxed:.3%} | {highs} |"
    )


def usual_way(problem: Problem, objective: float) -> Usual:
    """The whole programme as tutorials write it, a variable an option and `lpSum` of products, solved by CBC.

    It may stop at the same gap as ours, given as the absolute one of this objective.
    """
    problem = problem.ordered()
    catalogue = Catalogue(problem)
    options = find_options(problem, catalogue)
    started = time.perf_counter()
    weight = [problem.policy.unplaced[p.priority - 1] for p in problem.pupils]
    pool = [catalogue.provisions[v].pool for v in options.provision]
    every = range(len(options))
    owner = np.repeat(np.arange(len(problem.pupils)), np.diff(options.start)).tolist()
    la = [problem.pupils[p].la for p in owner]
    model = pulp.LpProblem("usual", pulp.LpMinimize)
    x = model.add_variable_dicts("x", every, 0, 1, pulp.LpInteger)
    model += pulp.lpSum((options.objective[o] - weight[owner[o]]) * x[o] for o in every) + sum(weight)
    for p in range(len(problem.pupils)):
        model += pulp.lpSum(x[o] for o in range(options.start[p], options.start[p + 1])) <= 1
    for k in problem.pools:
        model += pulp.lpSum(float(options.use[o]) * x[o] for o in every if pool[o] == k.pool) <= k.amount
    for budget in problem.budgets:
        model += pulp.lpSum(int(options.cost[o]) * x[o] for o in every if la[o] == budget.la) <= budget.budget
    built = time.perf_counter()
    gap = problem.policy.bound_gap * objective
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the bundled CBC leaves PuLP with version 4
        solver = pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=SECONDS[PEER_PUPILS], gapRel=0.0, gapAbs=gap)
    model.solve(solver)
    chosen = [o for o in every if (x[o].value() or 0) > 0.5]
    reached = sum(weight) + sum(float(options.objective[o]) - weight[owner[o]] for o in chosen)
    return Usual(built - started, time.perf_counter() - built, reached)


def comparison(answer: Answer, seconds: float, peer: Usual) -> str:
    """The peer in words, as ratios."""
    return COMPARISON.format(
        pupils=PEER_PUPILS,
        limit=SECONDS[PEER_PUPILS],
        build=peer.build,
        solve=peer.solve,
        ratio=(peer.build + peer.solve) / seconds,
        worse=beside(peer.objective, answer),
    )


def introduction() -> str:
    """What was measured, on what."""
    return INTRODUCTION.format(
        provisions=PROVISIONS,
        seed=SEED,
        limits=", ".join(f"{limit:.0f}" for limit in SECONDS.values()),
        machine=machine(),
        versions=", ".join(f"{name} {version(name)}" for name in ("pulp", "highspy", "numpy")),
    )


if __name__ == "__main__":
    main()

"""Times the optimiser from 10,000 to 500,000 pupils beside general solvers: `python -m benchmarks.scale`.

The regions are fictional (`benchmarks/region.py`): homes and settings clustered, nearly all pools and budgets binding,
harder than life. Each measurement runs in a process of its own; read the ratios, not the seconds. It must never decide
how the optimiser works.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks.alone import alone
from benchmarks.bar import Measured, Sizes, bar
from benchmarks.page import machine, write_section
from benchmarks.peers import SEED, Peer, programme, relaxations
from benchmarks.region import generate, side_by_side
from optimiser import Progress, check, match, match_regions
from optimiser.answer import relative_gap
from optimiser.clock import Clock
from optimiser.files import write_problem
from optimiser.held import peak_mb
from optimiser.master import relax
from optimiser.prices import ascend

NEAR = 1e-4  # of the relaxation: how near the prices must prove it
DAY = 86_400.0
PEER_SECONDS = 900.0
FILES_PUPILS = 10_000
REGIONS, REGIONS_PUPILS, REGIONS_PROVISIONS = 8, 100_000, 2_400
WORKERS = (1, 2)
PROVISIONS = {10_000: 300, 100_000: 2_500, 500_000: 2_500}  # by number of pupils
TEXT = """Written by `python -m benchmarks.scale` (seed {seed}, one thread). {machine}, {versions}.

`relaxation to 0.01%` is the time until prices prove the optimum of the relaxation to within 0.01%, from options as
arrays; `exact` until it is solved. `whole answer` is `match()` from rows in memory to the explained answer, options
included, stopping at a proven gap of 0.1%; `0.3%` and `0.15%` when it was first seen to be proven as near, by the
report of progress, once a second. All are seconds.

| pupils | provisions | options | options | relaxation to 0.01% | exact | 0.3% | 0.15% | whole answer | gap | peak MB |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
{ours}

| peer, relaxation alone | pupils | s | reached | times ours to 0.01% | peak MB |
|:--|--:|--:|:--|--:|--:|
{peers}

{files}

{regions}

The bar:

| measure | at least | measured |
|:--|:--|:--|
{bar}
"""


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
@click.option("--most", type=int, default=max(PROVISIONS), show_default=True, help="The largest number of pupils.")
@click.option("--peers-most", type=int, default=100_000, show_default=True, help="The largest number for the peers.")
def main(most: int, peers_most: int) -> None:
    """Measure every size, ours and the peers', and write the section of docs/performance.md."""
    ours: dict[int, Measured] = {}
    peers: dict[tuple[str, int], Peer] = {}
    for pupils, provisions in PROVISIONS.items():
        if pupils <= most:
            ours[pupils] = alone(measure, pupils, provisions)
            print(row(provisions, ours[pupils]), flush=True)
        for name, solve in relaxations().items():
            if pupils <= min(most, peers_most):
                peers[name, pupils] = alone(solve, pupils, provisions, PEER_SECONDS)
                print(peer_row(name, ours[pupils], peers[name, pupils]), flush=True)
    files = from_files_to_files()
    regions = {workers: alone(in_regions, workers) for workers in WORKERS}
    sizes = Sizes(ours=ours, peers=peers, files=files, regions={w: seconds for w, (seconds, _) in regions.items()})
    versions = ", ".join(f"{name} {version(name)}" for name in ("pulp", "highspy", "numpy", "numba"))
    text = TEXT.format(
        seed=SEED,
        machine=machine(),
        versions=versions,
        ours="\n".join(row(PROVISIONS[pupils], measured) for pupils, measured in ours.items()),
        peers="\n".join(peer_row(name, ours[pupils], peer) for (name, pupils), peer in peers.items()),
        files=f"`marketplace match` of {FILES_PUPILS:,} pupils from files to files took {files[0]:.1f} s, of which the"
        f" solve {files[1]:.1f} s.",
        regions=regions_told(regions),
        bar="\n".join(bar(sizes)),
    )
    write_section("From 10,000 to 500,000 pupils", text)


def measure(pupils: int, provisions: int) -> Measured:
    """Our own algorithm: the whole, then its parts, once everything is compiled."""
    warm_up()
    problem = generate(pupils, provisions, seed=SEED)
    gaps: dict[float, float | None] = {0.003: None, 0.0015: None}

    def hear(progress: Progress) -> None:
        if progress.objective and progress.bound is not None:
            for gap, reached in gaps.items():
                if reached is None and relative_gap(progress.objective, progress.bound) <= gap:
                    gaps[gap] = progress.seconds

    started = time.perf_counter()
    answer = match(problem, seconds=DAY, progress=hear)
    answer_seconds = time.perf_counter() - started
    peak, gap = peak_mb(), answer.summary.gap
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
        pupils=pupils,
        options=len(choices),
        options_seconds=options_seconds,
        near_seconds=watch.reached,
        exact_seconds=exact_seconds if exact.is_exact else None,
        relaxation=exact.bound,
        gaps=gaps,
        answer_seconds=answer_seconds,
        gap=gap,
        peak_mb=peak,
    )


def warm_up() -> None:
    """Everything compiled, on both paths."""
    warm, _ = programme(3_000, 300)
    relax(warm, Clock(DAY))
    match(generate(300, 300, seed=SEED), seconds=5)


def from_files_to_files() -> tuple[float, float]:
    """Seconds of the command, from a folder of CSV files to a folder of results, and of its stages in all."""
    with tempfile.TemporaryDirectory() as folder:
        problem, out = Path(folder) / "problem", Path(folder) / "result"
        problem.mkdir()
        write_problem(generate(FILES_PUPILS, PROVISIONS[FILES_PUPILS], seed=SEED), problem)
        started = time.perf_counter()
        command = [sys.executable, "-m", "marketplace", "match", str(problem), "--out", str(out), "--seconds", "600"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        whole = time.perf_counter() - started
    return whole, float(said.rpartition(" in ")[2].split()[0])


def in_regions(workers: int) -> tuple[float, float]:
    """Seconds of match_regions() with so many processes, and the proven gap."""
    warm_up()
    problem, region_of = side_by_side(REGIONS, REGIONS_PUPILS, REGIONS_PROVISIONS, seed=SEED)
    problem = replace(problem, policy=replace(problem.policy, bound_gap=0.003))
    started = time.perf_counter()
    answer = match_regions(problem, region_of, workers=workers, seconds=DAY)
    seconds = time.perf_counter() - started
    if faults := check(problem, answer):
        raise AssertionError(faults[:10])
    return seconds, answer.summary.gap


def regions_told(regions: dict[int, tuple[float, float]]) -> str:
    """The regional runs in a sentence."""
    took = ", ".join(
        f"with {workers} worker{'s' if workers > 1 else ''} {seconds:.1f} s (gap {gap:.3%})"
        for workers, (seconds, gap) in regions.items()
    )
    return (
        f"`match_regions()` of {REGIONS} regions side by side, {REGIONS_PUPILS:,} pupils and {REGIONS_PROVISIONS:,}"
        f" provisions in all, each region stopping at 0.3%, took {took}."
    )


def row(provisions: int, measured: Measured) -> str:
    """One line of the first table."""
    seconds = [measured.near_seconds, measured.exact_seconds, *measured.gaps.values()]
    told = " | ".join("not reached" if each is None else f"{each:.1f}" for each in seconds)
    return (
        f"| {measured.pupils:,} | {provisions:,} | {measured.options:,} | {measured.options_seconds:.1f} | {told} "
        f"| {measured.answer_seconds:.1f} | {measured.gap:.3%} | {measured.peak_mb:,.0f} |"
    )


def peer_row(name: str, measured: Measured, peer: Peer) -> str:
    """One line of the second table."""
    off = (
        "nothing in the time" if peer.objective is None else f"{abs(peer.objective / measured.relaxation - 1):.5%} off"
    )
    times = f"{peer.seconds / measured.near_seconds:.0f}" if measured.near_seconds else "–"
    at_least = "at least " if peer.objective is None else ""
    return f"| {name} | {measured.pupils:,} | {peer.seconds:.1f} | {off} | {at_least}{times} | {peer.peak_mb:,.0f} |"


if __name__ == "__main__":
    main()

"""What would take more memory than allowed is refused, with the estimate, before it is begun."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.region import generate
from optimiser import TooLittleMemoryError, match, match_regions, memory
from optimiser.eligibility import Catalogue
from optimiser.memory import estimate
from optimiser.options import find_options
from tests.optimiser.problems import problem, provision, pupil

PEAK_BESIDE_ESTIMATE = """
from benchmarks.region import generate
from optimiser import match
from optimiser.eligibility import Catalogue
from optimiser.memory import estimate
match(generate(300, 120, seed=1), seconds=5)
problem = generate(20_000, 600, seed=7).ordered()
_, needed = estimate(problem, Catalogue(problem))
print(needed, match(problem, seconds=120).summary.stages[-1].peak_mb / 1e3)
"""


def test_the_options_are_estimated_from_a_sample_of_pupils() -> None:
    source = generate(6_000, 300, seed=7).ordered()
    catalogue = Catalogue(source)
    options, _ = estimate(source, catalogue)
    assert options == pytest.approx(len(find_options(source, catalogue)), rel=0.05)


def test_the_estimate_is_what_is_held_and_so_much_for_each_option_and_each_column_of_the_largest_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every other pupil has two options, the others none: as long as all are asked, these are counted."""
    rows = tuple(pupil(pupil=f"P{at}", levels=(3, 1, 0, 0) if at % 2 == 0 else (0, 0, 0, 0)) for at in range(7))
    source = problem(rows, (provision(), provision(provision="V2"))).ordered()
    assert estimate(source, Catalogue(source))[0] == 8
    monkeypatch.setattr(memory, "_SAMPLE", 3)
    monkeypatch.setattr(memory.psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=2_000_000_000))
    assert estimate(source, Catalogue(source)) == (14, pytest.approx(2 + 14 * (1_200 + 130) / 1e9, abs=1e-12))
    several = 4 * 2 + (3 * 14 * 1_200 + 14 * 130) / 1e9
    assert estimate(source, Catalogue(source), processes=3) == (14, pytest.approx(several, abs=1e-12))
    monkeypatch.setattr(memory, "_COLUMNS", 5)
    assert estimate(source, Catalogue(source)) == (14, pytest.approx(2 + (5 * 1_200 + 14 * 130) / 1e9, abs=1e-12))
    nobody, one = problem(()).ordered(), problem().ordered()
    assert estimate(one, Catalogue(one))[0] == 1
    assert estimate(nobody, Catalogue(nobody)) == (0, 2.0)


def test_the_estimate_is_near_what_a_match_comes_to_hold(tmp_path: Path) -> None:
    """What compiling takes is no part of the estimate, so the first run that has nothing left to compile counts. The
    cache is its own: other processes that compile at the same time would write into a shared one. It ends at its gap,
    long before its time: a search that is cut short holds what a slower machine had not yet narrowed."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    before = -1
    while before != (kept := len(list(tmp_path.rglob("*.nbc")))):
        before = kept
        command = [sys.executable, "-c", PEAK_BESIDE_ESTIMATE]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    needed, peak = map(float, run.stdout.split())
    assert peak * 0.7 < needed < peak * 1.6  # how much a search holds differs from run to run


def test_too_much_is_refused_before_it_is_begun() -> None:
    heard: list[str] = []
    with pytest.raises(TooLittleMemoryError, match=r"about [\d.]+ GB of memory .* more than the 0\.001 GB allowed"):
        match(problem(), memory_gb=0.001, progress=lambda progress: heard.append(progress.stage))
    assert set(heard) == {"options"}


def test_too_much_of_several_regions_is_refused_before_a_process_is_begun() -> None:
    source = problem((pupil(la="901"), pupil(pupil="P2", la="902")))
    one = estimate(source, Catalogue(source))[1]
    assert match_regions(source, {"901": "R1", "902": "R2"}, memory_gb=2 * one).summary.placed == 1
    with pytest.raises(TooLittleMemoryError):
        match_regions(source, {"901": "R1", "902": "R2"}, workers=2, memory_gb=2 * one)
    assert not multiprocessing.active_children()


def test_enough_is_enough() -> None:
    assert match(problem(), memory_gb=64).summary.placed == 1

"""What would take more memory than allowed is refused, with the estimate, before it is begun."""

import subprocess
import sys

import pytest

from benchmarks.region import generate
from optimiser import TooLittleMemoryError, match
from optimiser.eligibility import Catalogue
from optimiser.memory import estimate
from optimiser.options import find_options
from tests.optimiser.problems import problem

PEAK_BESIDE_ESTIMATE = """
from benchmarks.region import generate
from optimiser import match
from optimiser.eligibility import Catalogue
from optimiser.memory import estimate
match(generate(300, 120, seed=1), seconds=5)
problem = generate(20_000, 600, seed=7).ordered()
_, needed = estimate(problem, Catalogue(problem))
print(needed, match(problem, seconds=10).summary.stages[-1].peak_mb / 1e3)
"""


def test_the_options_are_estimated_from_a_sample_of_pupils() -> None:
    source = generate(6_000, 300, seed=7).ordered()
    catalogue = Catalogue(source)
    options, _ = estimate(source, catalogue)
    assert options == pytest.approx(len(find_options(source, catalogue)), rel=0.05)


def test_the_estimate_is_near_what_a_match_comes_to_hold() -> None:
    run = subprocess.run([sys.executable, "-c", PEAK_BESIDE_ESTIMATE], capture_output=True, text=True, check=True)
    needed, peak = map(float, run.stdout.split())
    assert peak * 0.9 < needed < peak * 1.35


def test_too_much_is_refused_before_it_is_begun() -> None:
    heard: list[str] = []
    with pytest.raises(TooLittleMemoryError, match=r"about 0\.\d+ GB of memory .* more than the 0\.001 GB allowed"):
        match(problem(), memory_gb=0.001, progress=lambda progress: heard.append(progress.stage))
    assert set(heard) == {"options"}


def test_enough_is_enough() -> None:
    assert match(problem(), memory_gb=64).summary.placed == 1

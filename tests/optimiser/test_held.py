"""The most memory that a process has held is its own."""

import subprocess
import sys

SAY = "from optimiser.held import peak_mb; print(peak_mb())"
HOLD = """
from optimiser.held import peak_mb
before = peak_mb()
held = bytearray(b"x") * 300_000_000
del held
print(peak_mb() - before)
"""


def said(script: str) -> float:
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(run.stdout)


def test_what_was_held_counts_also_when_it_is_held_no_more() -> None:
    assert 250 < said(HOLD) < 350


def test_what_the_process_that_started_it_held_does_not_count() -> None:
    held = bytearray(b"x") * 400_000_000
    assert 5 < said(SAY) < 300
    del held

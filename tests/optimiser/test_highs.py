"""The solver stops when it is told to, long before it would."""

import time

import numpy as np

from benchmarks.region import generate
from optimiser.clock import Clock
from optimiser.highs import solve_whole
from optimiser.model import whole
from tests.optimiser.problems import programme_of_choices


class Impatient(Clock):
    """Over once it has been asked some times, though its seconds are not."""

    asked = 0

    def is_over(self) -> bool:
        self.asked += 1
        return self.asked > 20


def test_a_search_for_a_whole_answer_stops_when_the_clock_says_so() -> None:
    hard = programme_of_choices(generate(300, 300, seed=7).ordered())  # its last per cents take minutes to prove
    clock, started = Impatient(20), time.monotonic()
    found = solve_whole(whole(hard, np.arange(len(hard)), hard.whole_room, hard.money), clock, gap=0.0)
    assert time.monotonic() - started < 15
    assert clock.asked > 20
    assert found.values is None or found.bound < (hard.gain * found.values).sum()

"""How the time of a run is shared out and told, on a clock that stands still until it is moved."""

import threading
from typing import Any

import pytest

from optimiser import Problem, Progress, clock, match, solve
from optimiser.clock import Clock
from tests.optimiser.problems import problem, pupil


class Hands:
    """The time, which passes only when somebody says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(clock.time, "monotonic", hands)
    return hands


def test_time_passes_and_is_over(hands: Hands) -> None:
    run = Clock(10)
    assert run.left() == 10
    hands.now += 9.5
    assert (run.left(), run.is_over()) == (0.5, False)
    hands.now += 0.5
    assert (run.left(), run.is_over(), run.is_stopped()) == (0, True, False)
    hands.now += 5
    assert run.left() == 0


def test_a_run_that_is_stopped_has_no_time_left() -> None:
    stop = threading.Event()
    run = Clock(10, stop=stop)
    assert (run.is_stopped(), run.is_over()) == (False, False)
    stop.set()
    assert (run.is_stopped(), run.is_over(), run.left()) == (True, True, 0)


def test_a_share_is_of_the_time_left_and_ends_with_what_is_done_within(hands: Hands) -> None:
    run = Clock(10)
    hands.now += 2
    with run.until(0.5):
        assert run.left() == 4
        with run.until(0.25):
            assert run.left() == 1
        hands.now += 3
        assert run.left() == 1
    assert run.left() == 5


def test_a_stage_is_told_at_both_ends_and_at_most_once_a_second_between(hands: Hands) -> None:
    heard: list[Progress] = []
    run = Clock(10, heard.append)
    with run.stage("first"):
        run.tick()
        hands.now += 0.9
        run.note(objective=5.0)
        assert len(heard) == 1
        hands.now += 0.1
        run.note(bound=3.0)
        assert heard[1:] == [Progress(stage="first", seconds=1.0, objective=5.0, bound=3.0)]
        run.tick()
        assert len(heard) == 2
        hands.now += 1.5
    assert heard[2:] == [Progress(stage="first", seconds=2.5, objective=5.0, bound=3.0)]
    run.note(objective=4.0)
    with run.stage("second"):
        assert (heard[-1].objective, heard[-1].bound) == (4.0, 3.0)
        run.next_phase()
    assert heard[-1] == Progress(stage="second", seconds=2.5)
    assert [(row.name, row.seconds) for row in run.stages] == [("first", 2.5), ("second", 0)]
    assert 10 < run.stages[0].peak_mb < 100_000


def test_the_duties_leave_half_of_the_time_and_a_relaxation_two_fifths_of_its_phases(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []

    def heeded(name: str) -> None:
        inner = getattr(solve, name)

        def outer(*arguments: Any) -> Any:
            found = inner(*arguments)
            left.extend(each.left() for each in arguments if isinstance(each, Clock))
            hands.now += 10
            return found

        monkeypatch.setattr(solve, name, outer)

    heeded("relax")
    heeded("search")
    source: Problem = problem((pupil(), pupil(pupil="P2", request="100001")))
    match(source, seconds=200)
    assert left == pytest.approx([0.6 * 100, 90, 0.6 * 180, 170])


def test_what_a_phase_reaches_is_told_of_that_phase_and_the_bound_before_there_is_an_answer() -> None:
    heard: list[Progress] = []
    answer = match(problem((pupil(), pupil(pupil="P2", request="100001"))), progress=heard.append)
    first = {row.stage: row for row in reversed(heard)}
    assert (first["choices: relaxation"].objective, first["choices: relaxation"].bound) == (None, None)
    told = first["choices: whole answer"]
    assert (told.objective, told.bound) == (None, pytest.approx(answer.summary.phases[1].relaxation))

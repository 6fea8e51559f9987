"""The time of a run is kept, and whoever waits hears of it, whatever the problem is like.

Time here is that of the process, in which one thread works: on a machine that is busy with something else a run does
less within its seconds, and nothing of it looks late.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pulp
import pytest

from benchmarks.region import generate
from optimiser import Problem, Progress, check, clock, master, match, outcome, search, solve
from optimiser.clock import Clock
from optimiser.eligibility import Ints
from optimiser.exchange import exchange
from optimiser.master import relax
from optimiser.placement import rounded
from optimiser.prices import ascend
from optimiser.programme import Prices, Programme, bound
from optimiser.scale import FAST, scale_of
from tests.optimiser.problems import problem, programme_of_choices, provision, pupil

LONG = 600.0


def equals(pupils: int, provisions: int, amount: float) -> Problem:
    """Pupils and provisions that differ by nothing but their names."""
    offers = (provision(provision=f"V{i:02d}", setting=f"{100_000 + i}", pool=f"K{i:02d}") for i in range(provisions))
    return problem(tuple(pupil(pupil=f"P{i:06d}") for i in range(pupils)), tuple(offers), amount=amount)


def unproven(source: Problem) -> Problem:
    """The same to be proven to a gap of 0, which no region of this size is in minutes: all the time is used."""
    return replace(source, policy=replace(source.policy, bound_gap=0.0))


def spent(work: Callable[[], object]) -> float:
    """Seconds of work that this takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Every loop is compiled before anything is timed; that is done once on a machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "_SMALL", 0)
        patch.setattr(search, "_FEW", 0)
        match(unproven(generate(300, 60, seed=7)), seconds=3)


@pytest.mark.parametrize("pupils", [1_000, 3_000])
def test_the_seconds_of_a_run_are_kept_within_a_tenth(pupils: int) -> None:
    region = unproven(generate(pupils, 300, seed=7))
    assert spent(lambda: match(region, seconds=3)) <= 3.3


def test_progress_of_ten_thousand_pupils_is_heard_every_two_seconds() -> None:
    region = unproven(generate(10_000, 300, seed=7))
    heard = [time.process_time()]
    match(region, seconds=6, progress=lambda _: heard.append(time.process_time()))
    assert max(np.diff([*heard, time.process_time()])) <= 2


def test_exchanges_look_at_the_clock_also_where_hundreds_share_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    programme = programme_of_choices(equals(20_000, 20, 500.0))
    prices = Prices(pools=np.full(20, 3_000.0), budgets=np.zeros(0))  # too low: all of them try, and all pools are full
    first = programme.start[:-1]
    placement = rounded(programme, first + np.arange(20_000) % 20, np.ones(20_000))
    heard: list[Progress] = []
    monkeypatch.setattr(clock, "_PROGRESS_SECONDS", 0.05)
    assert spent(lambda: exchange(programme, placement, prices, Clock(0.2, heard.append))) <= 0.6
    assert len(placement.columns) == 10_000
    assert {row.objective for row in heard} == {programme.objective(placement.columns)}


def test_something_is_said_between_the_steps_that_nobody_can_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def note(step: str, work: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object) -> object:
            said.append(f"begin {step}")
            result = work(*arguments)
            said.append(f"end {step}")
            return result

        return noted

    monkeypatch.setattr(clock, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(master, "relaxation", note("build", master.relaxation))
    for step in ("buildSolverModel", "callSolver", "findSolutionValues"):
        monkeypatch.setattr(pulp.HiGHS, step, note(step, getattr(pulp.HiGHS, step)))
    for step in ("_assignments", "_unplaced", "summary_of"):
        monkeypatch.setattr(outcome, step, note(step, getattr(outcome, step)))
    match(problem(), progress=lambda progress: said.append(progress.stage))
    for before, after in (
        ("end build", "begin buildSolverModel"),
        ("end callSolver", "begin findSolutionValues"),
        ("end _assignments", "begin _unplaced"),
        ("end _unplaced", "begin summary_of"),
    ):
        at = said.index(before)
        assert said[at + 1] != after, (before, after)


def test_every_sweep_of_the_ascent_can_be_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Progress] = []
    monkeypatch.setattr(clock, "_PROGRESS_SECONDS", 0.0)
    programme = programme_of_choices(problem())
    ascend(programme, Clock(LONG, heard.append))
    assert len(heard) > 10 * len(scale_of(programme).temperatures(FAST))


def test_time_is_kept_back_for_the_explanation_of_every_pupil(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[float] = []
    monkeypatch.setattr(Clock, "reserve", lambda _, seconds: kept.append(seconds))
    monkeypatch.setattr(solve, "_EXPLAINED_A_SECOND", 10)
    match(equals(5, 2, 1.0))
    assert kept == [0.5]


def test_what_is_kept_back_is_at_most_half_of_what_is_left() -> None:
    short = Clock(LONG)
    short.reserve(100.0)
    assert LONG - 110 < short.left() <= LONG - 100
    short.reserve(10_000.0)
    assert LONG / 2 - 60 < short.left() <= LONG / 2 - 50


@pytest.mark.usefixtures("as_if_large")
def test_a_box_around_equals_that_never_gets_narrow_enough_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Prices] = []

    def counted(programme: Programme, centre: Prices, widths: Prices) -> object:
        looks.append(widths)
        return contested(programme, centre, widths)

    def small(programme: Programme, columns: Ints, *amounts: object) -> object:
        assert len(columns) <= 100
        return relaxation(programme, columns, *amounts)

    contested, relaxation = master.contested, master.relaxation
    monkeypatch.setattr(master, "relaxation", small)
    monkeypatch.setattr(master, "contested", counted)
    monkeypatch.setattr(master, "_MOST", 100)
    same = equals(200, 8, 100.0)
    answer = match(same, seconds=LONG)
    assert check(same, answer) == []
    assert answer.summary.placed == 200
    assert 5 < len(looks) < 50


@pytest.mark.usefixtures("as_if_large")
def test_a_model_that_cannot_be_built_in_time_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_COLUMNS_A_SECOND", 1e-6)
    for module, name in ((master, "relaxation"), (search, "whole")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("a model was begun"))
    programme = programme_of_choices(generate(300, 60, seed=7))
    relaxation = relax(programme, Clock(LONG))
    assert not relaxation.is_exact
    assert bound(programme, relaxation.prices) == relaxation.bound
    monkeypatch.setattr(search, "_FEW", len(programme))
    found = search.search(programme, relaxation, 0.0, Clock(LONG))
    assert found.bound < programme.objective(found.placement.columns)

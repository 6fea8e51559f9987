"""How a matching problem is solved: options, then each phase's relaxation and the search for a whole answer.

One path for all sizes. For each phase:

    prices         ascent on the smoothed dual, where the programme is large        `optimiser.prices`
    relaxation     exactly, by a small programme around those prices                `optimiser.master`
    whole answer   rounded, exchanged, placed anew in parts or searched exactly     `optimiser.search`
    certificate    the bound that the prices prove, by a formula apart from any solver   `optimiser.programme`
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from optimiser.answer import PHASES, Answer, PhaseName
from optimiser.clock import Clock, Progress, Stop
from optimiser.eligibility import Catalogue
from optimiser.master import relax
from optimiser.memory import require_memory
from optimiser.options import find_options
from optimiser.outcome import Outcome, answer_of
from optimiser.problem import Problem
from optimiser.programme import Prices, Programme, phase_programme
from optimiser.search import search

_DUTIES_TIME = 0.5  # of the time left: the duties may not use up that of the choices
_EXPLAINED_A_SECOND = 40_000  # pupils
_RELAXATION_TIME = 0.6  # of the phase's, so that some is left to make its prices into a whole answer


class TimeRanOutError(RuntimeError):
    """The time was over before there was any answer."""


def match(
    problem: Problem,
    *,
    seconds: float = 120.0,
    progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
    memory_gb: float | None = None,
) -> Answer:
    """Recommend a provision, or none, for every pupil: duties first, then choices within what is left.

    The same problem gives the same answer, whatever the order of its rows, unless time runs out or `stop` is set; then
    the best answer so far is given, and its status is "feasible" where it is not proven good enough. `progress` hears
    of every stage, and at least every two seconds. Raises ValueError for a problem that contradicts itself,
    TooLittleMemoryError, before anything is begun, where the process would come to hold more than `memory_gb`, and
    TimeRanOutError when there is no answer within `seconds`.
    """
    clock = Clock(seconds, progress, stop)
    problem = checked(problem, seconds)
    with clock.stage("options"):
        catalogue = Catalogue(problem)
        if memory_gb is not None:
            require_memory(problem, catalogue, memory_gb)
        options = find_options(problem, catalogue, clock.tick)
    require_time(clock)
    clock.reserve(seconds_to_explain(problem))
    room = np.array([row.amount for row in problem.pools], dtype=np.float64)
    outcomes: list[Outcome] = []
    for phase in PHASES:  # once begun there is an answer: without time, what rounding alone gives
        programme = phase_programme(problem, catalogue, options, phase, room, money_left(problem, outcomes))
        clock.next_phase()
        with clock.until(time_of(phase)):
            outcomes.append(solve_phase(phase, programme, problem.policy.bound_gap, clock))
        room = np.maximum(0.0, outcomes[-1].room)
    with clock.stage("explanation"):
        answer = answer_of(problem, catalogue, options, outcomes, clock.tick)
    return replace(answer, summary=replace(answer.summary, stages=tuple(clock.stages)))


def checked(problem: Problem, seconds: float) -> Problem:
    """The problem in canonical order; raises ValueError where it contradicts itself, or there is no time at all."""
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}, not above 0")
    if contradictions := problem.contradictions():
        raise ValueError("the problem contradicts itself: " + "; ".join(contradictions))
    return problem.ordered()


def require_time(clock: Clock) -> None:
    """Raises TimeRanOutError when the options alone used it up; where somebody asked to stop there is an answer."""
    if clock.is_over() and not clock.is_stopped():
        raise TimeRanOutError("the time was over before the duties could be placed")


def seconds_to_explain(problem: Problem) -> float:
    """What the rows of the answer will take, to be kept from the search."""
    return len(problem.pupils) / _EXPLAINED_A_SECOND


def time_of(phase: PhaseName) -> float:
    """Its share of the time left."""
    return _DUTIES_TIME if phase == "duties" else 1.0


def money_left(problem: Problem, before: Sequence[Outcome]) -> dict[str, int]:
    """Each LA's budget less what the phases before cost; never below 0, since the law puts duties before any budget."""
    spent = sum((outcome.spent(problem) for outcome in before), Counter[str]())
    return {row.la: max(0, row.budget - spent[row.la]) for row in problem.budgets}


def solve_phase(
    phase: PhaseName, programme: Programme, bound_gap: float, clock: Clock, near: Prices | None = None
) -> Outcome:
    """The relaxation, its bound and prices, then the best whole answer that the time allows."""
    with clock.stage(f"{phase}: relaxation"), clock.until(_RELAXATION_TIME):
        relaxation = relax(programme, clock, near)
        clock.note(bound=relaxation.bound)
    with clock.stage(f"{phase}: whole answer"):
        found = search(programme, relaxation, bound_gap, clock)
        clock.note(objective=programme.objective(found.placement.columns), bound=found.bound)
    return Outcome(
        phase=phase,
        programme=programme,
        placement=found.placement,
        prices=relaxation.prices,
        relaxation=min(relaxation.bound, found.bound),
        bound=found.bound,
    )

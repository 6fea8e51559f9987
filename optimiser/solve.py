"""How a matching problem is solved: options, then each phase's relaxation and the search for a whole answer.

One path for all sizes. For each phase:

    prices         ascent on the smoothed dual, where the programme is large        `optimiser.prices`
    relaxation     exactly, by a small programme around those prices                `optimiser.master`
    whole answer   rounded, exchanged, placed anew in parts or searched exactly     `optimiser.search`
    certificate    the bound that the prices prove, by a formula apart from any solver   `optimiser.programme`
"""

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimiser.answer import PHASES, Answer, PhaseName
from optimiser.clock import Clock, Progress
from optimiser.eligibility import Catalogue
from optimiser.master import relax
from optimiser.options import Options, find_options
from optimiser.outcome import Outcome, answer_of
from optimiser.problem import Problem
from optimiser.programme import Programme, programme_of
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
    stop: threading.Event | None = None,
) -> Answer:
    """Recommend a provision, or none, for every pupil: duties first, then choices within what is left.

    The same problem gives the same answer, whatever the order of its rows, unless time runs out or `stop` is set; then
    the best answer so far is given. `progress` hears of every stage, and at least every two seconds. Raises ValueError
    for a problem that contradicts itself and TimeRanOutError when there is no answer within `seconds`; when there is
    one that is not yet proven good enough, its status is "feasible".
    """
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}, not above 0")
    clock = Clock(seconds, progress, stop)
    contradictions = problem.contradictions()
    if contradictions:
        raise ValueError("the problem contradicts itself: " + "; ".join(contradictions))
    problem = problem.ordered()
    with clock.stage("options"):
        catalogue = Catalogue(problem)
        options = find_options(problem, catalogue, clock.tick)
    if clock.is_over() and not clock.is_stopped():
        raise TimeRanOutError("the time was over before the duties could be placed")
    clock.reserve(len(problem.pupils) / _EXPLAINED_A_SECOND)
    outcomes: list[Outcome] = []
    for phase in PHASES:  # once begun there is an answer: without time, what rounding alone gives
        programme = _programme(problem, catalogue, options, phase, outcomes)
        with clock.until(_DUTIES_TIME if phase == "duties" else 1.0):
            outcomes.append(_solve_phase(phase, programme, problem.policy.bound_gap, clock))
    with clock.stage("explanation"):
        answer = answer_of(problem, catalogue, options, outcomes, clock.tick)
    return replace(answer, summary=replace(answer.summary, stages=tuple(clock.stages)))


def _programme(
    problem: Problem, catalogue: Catalogue, options: Options, phase: PhaseName, before: list[Outcome]
) -> Programme:
    """The programme of a phase within what the phases before it left."""
    is_duty = np.array([catalogue.is_duty(p) for p in problem.pupils], dtype=bool)
    if phase == "duties":
        room = np.array([row.amount for row in problem.pools], dtype=np.float64)
        return programme_of(problem, catalogue, options, np.nonzero(is_duty)[0], room, {})
    (duties,) = before
    room = np.maximum(0.0, duties.room)
    spent = duties.spent(problem)
    money = {row.la: max(0, row.budget - spent.get(row.la, 0)) for row in problem.budgets}
    return programme_of(problem, catalogue, options, np.nonzero(~is_duty)[0], room, money)


def _solve_phase(phase: PhaseName, programme: Programme, bound_gap: float, clock: Clock) -> Outcome:
    """The relaxation, its bound and prices, then the best whole answer that the time allows."""
    clock.next_phase()
    with clock.stage(f"{phase}: relaxation"), clock.until(_RELAXATION_TIME):
        relaxation = relax(programme, clock)
        clock.note(bound=relaxation.bound)
    with clock.stage(f"{phase}: whole answer"):
        found = search(programme, relaxation, bound_gap, clock)
        clock.note(objective=programme.objective(found.placement.columns), bound=found.bound)
    return Outcome(
        phase=phase,
        programme=programme,
        columns=found.placement.columns,
        room=found.placement.room,
        prices=relaxation.prices,
        relaxation=min(relaxation.bound, found.bound),
        bound=found.bound,
    )

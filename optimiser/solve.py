"""How a matching problem is solved: options, then each phase's relaxation and the search for a whole answer.

For each phase: the relaxation gives prices, the prices prove a bound, rounding gives a whole answer, options too dear
to be in a better one are struck out, and an exact search over the rest goes on until the gap is proven or time is over.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from optimiser.answer import PHASES, Answer, PhaseName, Stage
from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.highs import solve_relaxation, solve_whole
from optimiser.options import Options, find_options
from optimiser.outcome import Outcome, answer_of
from optimiser.placement import TOLERANCE, Placement, rounded
from optimiser.problem import Problem
from optimiser.programme import (
    Prices,
    Programme,
    best_reduced_costs,
    bound,
    formulate,
    programme_of,
    reduced_costs,
)

_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
_CORE_WIDTH = 2  # options a pupil in the first search; doubled until all are in
_CORE_TIME = 0.5  # of the time left, for a search that is not yet over all


class TimeRanOutError(RuntimeError):
    """The time was over before there was any answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a run has reached at the end of a stage; objective and bound are those of the phase, None before any."""

    stage: str
    seconds: float
    objective: float | None = None
    bound: float | None = None


class _Clock:
    """The time of a run, its stages, and whoever wants to hear of them."""

    def __init__(self, seconds: float, progress: Callable[[Progress], None] | None) -> None:
        self.started = time.monotonic()
        self.deadline = self.started + seconds
        self.progress = progress
        self.stages: list[Stage] = []

    def left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_MAXRSS / 1e6
        self.stages.append(Stage(name=name, seconds=time.monotonic() - started, peak_mb=peak))

    def report(self, stage: str, objective: float | None = None, proven: float | None = None) -> None:
        if self.progress:
            seconds = time.monotonic() - self.started
            self.progress(Progress(stage=stage, seconds=seconds, objective=objective, bound=proven))


def match(problem: Problem, *, seconds: float = 120.0, progress: Callable[[Progress], None] | None = None) -> Answer:
    """Recommend a provision, or none, for every pupil: duties first, then choices within what is left.

    The same problem gives the same answer, whatever the order of its rows, unless time runs out. `progress` hears of
    every stage. Raises ValueError for a problem that contradicts itself and TimeRanOutError when there is no answer
    within `seconds`; when there is one that is not yet proven good enough, its status is "feasible".
    """
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}, not above 0")
    contradictions = problem.contradictions()
    if contradictions:
        raise ValueError("the problem contradicts itself: " + "; ".join(contradictions))
    clock = _Clock(seconds, progress)
    problem = problem.ordered()
    with clock.stage("options"):
        catalogue = Catalogue(problem)
        options = find_options(problem, catalogue)
    clock.report("options")
    outcomes: list[Outcome] = []
    for phase in PHASES:
        programme = _programme(problem, catalogue, options, phase, outcomes)
        # The duties may not use up the time of the choices.
        share = 0.5 if phase == "duties" else 1.0
        outcomes.append(_solve_phase(phase, programme, problem.policy.bound_gap, clock, clock.left() * share))
    with clock.stage("explanation"):
        answer = answer_of(problem, catalogue, options, outcomes)
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
    room = np.maximum(0.0, np.array(duties.placement.room, dtype=np.float64))
    spent = duties.spent(problem, options)
    money = {row.la: max(0, row.budget - spent.get(row.la, 0)) for row in problem.budgets}
    return programme_of(problem, catalogue, options, np.nonzero(~is_duty)[0], room, money)


def _solve_phase(phase: PhaseName, programme: Programme, bound_gap: float, clock: _Clock, seconds: float) -> Outcome:
    """The relaxation, its bound and prices, then the best whole answer that the time allows."""
    deadline = time.monotonic() + seconds
    with clock.stage(f"{phase}: relaxation"):
        if seconds <= 0:
            raise TimeRanOutError(f"the time was over before the {phase} could be placed")
        model = formulate(programme, np.arange(len(programme)), whole=False)
        left = max(0.0, deadline - time.monotonic())
        shares, prices = solve_relaxation(model, len(programme.room), len(programme.money), seconds=left)
        relaxation = bound(programme, prices)
        placement = rounded(programme, np.zeros(len(programme)) if shares is None else shares)
    clock.report(f"{phase}: relaxation", placement.objective, relaxation)
    with clock.stage(f"{phase}: whole answer"):
        placement, proven = _search(programme, placement, prices, relaxation, bound_gap, deadline)
    clock.report(f"{phase}: whole answer", placement.objective, proven)
    return Outcome(
        phase=phase,
        programme=programme,
        placement=placement,
        prices=prices,
        relaxation=min(relaxation, proven),
        bound=proven,
    )


def _search(
    programme: Programme, placement: Placement, prices: Prices, relaxation: float, bound_gap: float, deadline: float
) -> tuple[Placement, float]:
    """The best whole answer found from this one on, and the bound proven for the phase.

    An option whose reduced cost is further above its pupil's best than objective - relaxation cannot be in a better
    answer; nor can one that does not fit even alone. What remains is searched exactly, but first only its core, the
    options with the least reduced costs: a few a pupil hold an answer near the best, found far sooner.
    """
    proven = relaxation
    target = bound_gap * relaxation
    dearer = _dearer(programme, prices)
    width = _CORE_WIDTH
    is_whole = len(programme) == 0
    while placement.objective - proven > target and not is_whole and time.monotonic() < deadline:
        possible = np.nonzero(dearer <= placement.objective - relaxation + TOLERANCE)[0]
        columns = _core(possible, dearer, width * len(programme.members))
        is_whole = len(columns) == len(possible)
        model = formulate(programme, columns, whole=True)
        left = max(0.0, deadline - time.monotonic())
        solved = solve_whole(
            model,
            seconds=left if is_whole else left * _CORE_TIME,
            gap=target,
            enough=relaxation + target - float(programme.unplaced.sum()),
        )
        if solved.values is not None:
            values = np.zeros(len(programme))
            values[columns] = solved.values
            placement = min(placement, rounded(programme, values), key=lambda found: found.objective)
        if is_whole:
            proven = max(proven, float(programme.unplaced.sum()) + solved.bound)
        width *= 2
    return placement, min(proven, placement.objective)


def _dearer(programme: Programme, prices: Prices) -> Floats:
    """How far each option's reduced cost is above its pupil's best choice; infinite where it does not fit alone."""
    reduced = reduced_costs(programme, prices)
    alone = Placement(programme)
    fits = np.array([alone.fits(at) for at in range(len(programme))], dtype=bool)
    return np.where(fits, reduced - best_reduced_costs(programme, reduced)[programme.pupil], np.inf)


def _core(possible: Ints, dearer: Floats, size: int) -> Ints:
    """The columns with the least of these costs, `size` of them and those as cheap; all where there are no more."""
    if len(possible) <= size:
        return possible
    dearest = np.partition(dearer[possible], size - 1)[size - 1]
    return np.asarray(possible[dearer[possible] <= dearest])

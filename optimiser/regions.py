"""A problem solved region by region, by several processes: what they exchange are prices and uses of pools.

Given the prices y of the pools each region is a programme of its own, and the bound of `optimiser.programme` adds up
over the regions r, whose pupils and LAs are apart:

    D(y, z) = sum_r D_r(y, z_r) - sum_k y_k A_k,    D_r without the term of the pools

So of each phase

    prices         climb as those of one programme: in each sweep every region says what it uses     `optimiser.prices`
    allotment      each pool is shared out among the regions as they use it at these prices
    whole answer   each region solves its own phase within its allotment                             `optimiser.solve`
    leftovers      each region in turn improves its answer with what all have left of the pools

The gap of the whole is proven by the sum. It must hold no pupil, only numbers by pool; the rows of the regions' answers
are put together at the end.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from optimiser.answer import PHASES, Answer, PhaseName, PhaseResult, PoolResult
from optimiser.clock import Clock, Progress, Stop
from optimiser.crew import Crew, hired
from optimiser.eligibility import Catalogue, Floats
from optimiser.memory import require_memory
from optimiser.outcome import summary_of
from optimiser.prices import climb
from optimiser.problem import Problem
from optimiser.programme import added_up, largest_whole_uses
from optimiser.scale import Scale
from optimiser.solve import checked, require_time, seconds_to_explain, time_of

_PRICES_TIME = 0.5  # of the phase's
_EVEN = 1e-9  # of a place: what is whole but for the rounding of sums counts as whole


def match_regions(
    problem: Problem,
    region_of: Mapping[str, str],
    *,
    workers: int = 1,
    seconds: float = 120.0,
    progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
    memory_gb: float | None = None,
) -> Answer:
    """`optimiser.match` with the pupils of each region, by their LA, matched apart and the pools shared between them.

    `region_of` names the region of every LA of the problem. The answer is the same whatever the number of `workers`
    (processes), unless time runs out; `memory_gb` is for all of them together. Raises what match() raises, ValueError
    also for an LA without a region, and WorkerLostError where a process ended by itself.
    """
    clock = Clock(seconds, progress, stop)
    problem = checked(problem, seconds)
    parts = divided(problem, region_of)
    if memory_gb is not None:
        require_memory(problem, Catalogue(problem), memory_gb, processes=min(workers, len(parts)))
    with hired(parts, workers, clock) as crew:
        regions = _Regions(crew, len(parts), clock)
        with clock.stage("options"):
            regions.every("find")
        require_time(clock)
        clock.reserve(seconds_to_explain(problem))
        room = np.array([row.amount for row in problem.pools], dtype=np.float64)
        spare: list[float] = []
        for phase in PHASES:
            clock.next_phase()
            with clock.until(time_of(phase)):
                room, unproven = _solve_phase(regions, phase, room, clock)
            spare.append(unproven)
        with clock.stage("explanation"):
            answer = _united(problem, regions.every("answer", room), spare)
    return replace(answer, summary=replace(answer.summary, stages=tuple(clock.stages)))


def divided(problem: Problem, region_of: Mapping[str, str]) -> list[Problem]:
    """The problem of each region by name, in order: its pupils and budgets, and all provision and pools."""
    las = {row.la for row in problem.pupils} | {row.la for row in problem.budgets}
    if homeless := sorted(las - region_of.keys()):
        raise ValueError(f"no region is named for the LAs {', '.join(homeless)}")
    names = sorted({region_of[la] for la in las}) or [""]
    region = {row.pupil: region_of[row.la] for row in problem.pupils}
    return [
        replace(
            problem,
            pupils=tuple(row for row in problem.pupils if region[row.pupil] == name),
            budgets=tuple(row for row in problem.budgets if region_of[row.la] == name),
            travel=tuple(row for row in problem.travel if region.get(row.pupil) == name),
        )
        for name in names
    ]


class _Regions:
    """The regions by number, wherever they are."""

    def __init__(self, crew: Crew, size: int, clock: Clock) -> None:
        self._crew = crew
        self.size = size
        self._clock = clock

    def every(self, name: str, *arguments: object) -> list[Any]:
        """What all regions return."""
        return self.each(name, [arguments] * self.size)

    def each(self, name: str, arguments: Sequence[tuple[object, ...]]) -> list[Any]:
        """What all regions return, each given its own arguments."""
        calls = [(at, name, own) for at, own in enumerate(arguments)]
        return self._crew.ask(calls, self._clock.left())

    def one(self, at: int, name: str, *arguments: object) -> Any:
        """What one region returns."""
        return self._crew.ask([(at, name, arguments)], self._clock.left())[0]


class _Demand:
    """What all regions use together; `claims` are what each used of each pool in the last sweep."""

    def __init__(self, regions: _Regions, scales: Sequence[Scale]) -> None:
        self._regions = regions
        self._scales = scales
        self.claims = np.array([scale.count for scale in scales], dtype=np.float64)

    def scale(self) -> Scale:
        """That of one programme with all pupils."""
        return Scale(
            largest=max(scale.largest for scale in self._scales),
            gain=math.fsum(scale.gain for scale in self._scales),
            distance=math.fsum(scale.distance for scale in self._scales),
            columns=sum(scale.columns for scale in self._scales),
            use=np.sum([scale.use for scale in self._scales], axis=0),
            count=np.sum([scale.count for scale in self._scales], axis=0),
        )

    def sweep(self, pools: Floats, temperature: float, momentum: float) -> tuple[Floats, Floats]:
        """What all regions use of each pool, and its curvature."""
        found = self._regions.every("sweep", pools, temperature, momentum)
        self.claims = np.array([use for use, _ in found])
        return self.claims.sum(axis=0), np.sum([bend for _, bend in found], axis=0)

    def bound(self, pools: Floats) -> float:
        """D(y, z) without the term of the pools' amounts."""
        return math.fsum(self._regions.every("bound", pools))


def _solve_phase(regions: _Regions, phase: PhaseName, room: Floats, clock: Clock) -> tuple[Floats, float]:
    """The room that the phase leaves, and what its bound owes to whole uses."""
    with clock.stage(f"{phase}: prices"), clock.until(_PRICES_TIME):
        begun = regions.every("begin", phase, room)
        demand = _Demand(regions, [scale for scale, _ in begun])
        pools = climb(demand, room, clock)
    with clock.stage(f"{phase}: whole answer"):
        whole = largest_whole_uses(added_up([uses for _, uses in begun]), room)
        used = regions.each("place", [(pools, share) for share in allotted(whole, demand.claims)])
        for at in range(regions.size):
            left = room - np.sum(used, axis=0)
            if left.max(initial=0.0) > _EVEN:
                used[at] = regions.one(at, "take", left)
    return np.maximum(0.0, room - np.sum(used, axis=0)), float((pools * (room - whole)).sum())


def allotted(room: Floats, claims: Floats) -> Floats:
    """Each pool's room shared out in proportion to the claims (regions x pools), in whole places or hours as far as
    possible: the largest remainders are rounded up, of equal ones the first. A pool nobody claims is the first's."""
    claims = np.where(claims.sum(axis=0) > 0, claims, np.eye(len(claims), 1))
    exact = room * claims / claims.sum(axis=0)
    whole = np.floor(exact + _EVEN)
    order = np.argsort(whole - exact, axis=0, kind="stable")
    rank = np.argsort(order, axis=0)
    return np.asarray(whole + np.clip(room - whole.sum(axis=0) - rank, 0.0, 1.0))


def _united(problem: Problem, answers: Sequence[Answer], spare: Sequence[float]) -> Answer:
    """One answer of those of the regions."""
    assignments = tuple(sorted((row for each in answers for row in each.assignments), key=lambda row: row.pupil))
    unplaced = tuple(sorted((row for each in answers for row in each.unplaced), key=lambda row: row.pupil))
    budgets = tuple(sorted((row for each in answers for row in each.budgets), key=lambda row: row.la))
    phases = [
        _phase([each.summary.phases[at] for each in answers], unproven)
        for at, unproven in zip(range(len(PHASES)), spare, strict=True)
    ]
    return Answer(
        assignments=assignments,
        unplaced=unplaced,
        pools=_pools(problem, answers),
        budgets=budgets,
        summary=summary_of(problem, assignments, unplaced, budgets, phases),
    )


def _pools(problem: Problem, answers: Sequence[Answer]) -> tuple[PoolResult, ...]:
    return tuple(
        replace(parts[0], amount=row.amount, used=math.fsum(part.used for part in parts))
        for row, *parts in zip(problem.pools, *(each.pools for each in answers), strict=True)
    )


def _phase(parts: Sequence[PhaseResult], unproven: float) -> PhaseResult:
    """The parts' sums. Their bounds count whole uses of the pools; the relaxation owes `unproven` to those."""
    objective, bound = math.fsum(part.objective for part in parts), math.fsum(part.bound for part in parts)
    bound = min(bound, objective)
    return replace(
        parts[0],
        pupils=sum(part.pupils for part in parts),
        options=sum(part.options for part in parts),
        placed=sum(part.placed for part in parts),
        objective=objective,
        relaxation=min(bound, bound - unproven),
        bound=bound,
        budget_prices={la: price for part in parts for la, price in part.budget_prices.items()},
    )

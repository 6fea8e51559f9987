"""What an answer uses of every pool and budget, recounted from who has which provision. It must decide nothing."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimiser.answer import PHASES, PhaseName
from optimiser.eligibility import Catalogue
from optimiser.options import details
from optimiser.problem import Problem
from optimiser.standing import Standing


class StrangeAnswerError(Exception):
    """The answer names a pupil or a provision that the problem does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What each phase uses: by pool, in its unit, and by LA, in whole £ a year."""

    uses: Mapping[PhaseName, Mapping[str, float]]
    costs: Mapping[PhaseName, Mapping[str, int]]

    def room(self, pool: str, amount: float, phase: PhaseName) -> float:
        """What is left of a pool once the phase and those before it have theirs."""
        return amount - sum(self.uses[name].get(pool, 0.0) for name in PHASES[: PHASES.index(phase) + 1])

    def money(self, la: str, budget: int) -> int:
        """What the choices may use of an LA's budget."""
        return max(0, budget - self.costs["duties"].get(la, 0))


def ledger(problem: Problem, catalogue: Catalogue, standing: Standing) -> Ledger:
    """The ledger of an answer to this problem. Raises StrangeAnswerError where it is the answer to another."""
    pupils = [row for row in problem.pupils if row.pupil in standing.chosen]
    chosen = [standing.chosen[row.pupil] for row in pupils]
    if len(pupils) != len(standing.chosen) or any(name not in catalogue.position for name in chosen):
        raise StrangeAnswerError("the answer names a pupil or a provision that the problem does not have")
    every = np.arange(len(pupils))
    provision = np.array([catalogue.position[name] for name in chosen], dtype=np.int64)
    found = details(catalogue, pupils, every, provision, catalogue.road_km(pupils, every, provision))
    uses: dict[PhaseName, dict[str, list[float]]] = {phase: defaultdict(list) for phase in PHASES}
    costs: dict[PhaseName, Counter[str]] = {phase: Counter() for phase in PHASES}
    for pupil, at, use, cost in zip(pupils, provision.tolist(), found.use.tolist(), found.cost.tolist(), strict=True):
        phase = phase_of(catalogue.is_duty(pupil))
        uses[phase][catalogue.provisions[at].pool].append(use)
        costs[phase][pupil.la] += cost
    summed = {phase: {pool: math.fsum(each) for pool, each in pools.items()} for phase, pools in uses.items()}
    return Ledger(uses=summed, costs=costs)


def phase_of(is_duty: bool) -> PhaseName:  # noqa: FBT001 - the one thing that it asks
    """The phase that places a pupil."""
    return "duties" if is_duty else "choices"

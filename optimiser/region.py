"""One region's side of a problem solved in regions: its pupils, their options and their LAs' budgets stay here.

What goes out are uses of pools and parts of the bound, what comes in are prices of pools and room. It must know no
other region, nor how its answers travel.
"""

from dataclasses import replace

import numpy as np

from optimiser.answer import Answer, PhaseName
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue, Floats
from optimiser.exchange import exchange
from optimiser.options import find_options
from optimiser.outcome import Outcome, answer_of
from optimiser.prices import Pupils
from optimiser.problem import Problem
from optimiser.programme import Prices, Uses, bound, largest_whole_uses, phase_programme, uses_of
from optimiser.scale import Scale
from optimiser.solve import money_left, solve_phase


class Region:
    """An ordered problem of one region; its pools are those of all regions, in the same order."""

    def __init__(self, problem: Problem, clock: Clock) -> None:
        self.problem = problem
        self.clock = clock
        self.outcomes: list[Outcome] = []

    def find(self) -> int:
        """Find the options; how many there are."""
        self.catalogue = Catalogue(self.problem)
        self.options = find_options(self.problem, self.catalogue, self.clock.tick)
        return len(self.options)

    def begin(self, phase: PhaseName, room: Floats) -> tuple[Scale, Uses]:
        """The phase's programme, as if the whole room were this region's; what its columns are like."""
        money = money_left(self.problem, self.outcomes)
        self.phase = phase
        self.programme = phase_programme(self.problem, self.catalogue, self.options, phase, room, money)
        self.pupils = Pupils(self.programme)
        self.uses = uses_of(self.programme)
        return self.pupils.scale(), self.uses

    def sweep(self, pools: Floats, temperature: float, momentum: float) -> tuple[Floats, Floats]:
        """What soft choices use of each pool at these prices, and its curvature."""
        return self.pupils.sweep(pools, temperature, momentum)

    def bound(self, pools: Floats) -> float:
        """The region's part of the bound, without the term of the pools' amounts."""
        return self.pupils.bound(pools)

    def place(self, pools: Floats, room: Floats) -> Floats:
        """The best whole answer within the room allotted; what it uses of each pool.

        The bound is that of the prices that all regions share: so, and only so, the parts of all regions add up.
        """
        whole = largest_whole_uses(self.uses, room)
        programme = replace(self.programme, room=room, whole_room=whole)
        shared = Prices(pools=pools, budgets=self.pupils.budgets)
        outcome = solve_phase(self.phase, programme, self.problem.policy.bound_gap, self.clock, near=shared)
        proven = bound(programme, shared)
        self.outcomes.append(replace(outcome, prices=shared, relaxation=proven, bound=proven))
        return self._used()

    def take(self, left: Floats) -> Floats:
        """Improve the answer where this is what all regions leave of each pool; what it uses of each now."""
        outcome = self.outcomes[-1]
        outcome.placement.room[:] = left
        exchange(outcome.programme, outcome.placement, outcome.prices, self.clock)
        return self._used()

    def answer(self, left: Floats) -> Answer:
        """The region's rows, where `left` is what all regions leave of each pool."""
        used = sum((self._used_by(outcome) for outcome in self.outcomes), np.zeros(len(left)))
        pools = zip(self.problem.pools, (used + left).tolist(), strict=True)
        problem = replace(self.problem, pools=tuple(replace(row, amount=amount) for row, amount in pools))
        return answer_of(problem, self.catalogue, self.options, self.outcomes, self.clock.tick)

    def _used(self) -> Floats:
        return self._used_by(self.outcomes[-1])

    def _used_by(self, outcome: Outcome) -> Floats:
        programme, columns = outcome.programme, outcome.columns
        used = np.bincount(programme.pool[columns], programme.use[columns], minlength=len(programme.room))
        return used.astype(np.float64)

"""What one more place or hour changes: in the relaxation, exactly, and in the best whole answers that are known.

    predicted    the relaxation solved again with one more, less as it is: exact, but of shares of pupils
    confirmed    the best whole answer found with one more, less the best found without: of whole pupils

Whole answers are proven only to within a gap, so the confirmed saving of the best answers lies somewhere between `low`
and `high`, which the bounds of both leave open; a place can never do harm, so `low` is at least 0. To keep the luck of
one search from looking like the worth of a place, both sides are given every answer that is known: with one more, that
of `optimiser.match` and the best one without, exchanged into the place; without, the run's own and each of those with
one more, given back and exchanged. It must decide nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.answer import PHASES, Answer, Assignment, PhaseName
from optimiser.clock import Clock
from optimiser.eligibility import Ints
from optimiser.exchange import exchange
from optimiser.master import Relaxation, relax
from optimiser.placement import placed
from optimiser.problem import Problem
from optimiser.programme import TOLERANCE, Programme
from optimiser.solved import Solved, column_details, columns_of
from optimiser.standing import standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one more changes: `saving` in km-equivalents of the objective (more is better), and more or fewer pupils
    placed, their km one way in all, and £ a year."""

    saving: float
    placed: float
    child_km: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What is predicted and what is confirmed, and between what the saving of the best answers lies."""

    predicted: Change
    confirmed: Change
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """Whether whole pupils gain, as the price says."""
        return self.confirmed.saving > TOLERANCE

    @property
    def is_proven(self) -> bool:
        """Whether no answer without it can be as good as one with it."""
        return self.low > TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    """An answer's objective, pupils placed, km and £."""

    objective: float
    placed: float
    child_km: float
    cost: float

    def less(self, more: "_Totals") -> Change:
        """What changes from this to that."""
        return Change(
            saving=self.objective - more.objective,
            placed=more.placed - self.placed,
            child_km=more.child_km - self.child_km,
            cost=more.cost - self.cost,
        )


def with_one_more(problem: Problem, pools: Sequence[int]) -> Problem:
    """The ordered problem with one more place or hour in each of these pools, by place."""
    rows = list(problem.pools)
    for at in pools:
        rows[at] = replace(rows[at], amount=rows[at].amount + 1)
    return replace(problem, pools=tuple(rows))


def price_of(solved: Solved, at: int) -> tuple[float, PhaseName]:
    """A pool's price, and the phase it is of: one more goes to the duties first, where they want it."""
    duties = float(solved.phases["duties"].prices.pools[at])
    return (duties, "duties") if duties > TOLERANCE else (float(solved.choices.prices.pools[at]), "choices")


class OneMore:
    """An answer, its relaxations and the best choices known for the problem as it is."""

    def __init__(self, solved: Solved) -> None:
        self.solved = solved
        self._clock = Clock(math.inf)
        self._duties = _duties(solved.answer)
        self._best = solved.choices.columns
        self._relaxed: dict[PhaseName, Relaxation] = {}
        self._found = {
            name: column_details(solved.problem, solved.catalogue, solved.options, phase.programme)
            for name, phase in solved.phases.items()
        }

    def give_back(self, more: Answer) -> None:
        """Learn from an answer to the problem with more: without it, it may be the best one known."""
        if _duties(more) != self._duties:
            return  # its choices were made within other room
        solved, programme = self.solved, self.solved.choices.programme
        chosen = columns_of(solved.problem, solved.catalogue, solved.options, programme, standing_of(more).chosen)
        self._best = min(self._best, self._exchanged(programme, chosen), key=programme.objective)

    def worth(self, pools: Sequence[int], more: Answer) -> Worth:
        """What one more in each of these pools changes, where `more` is an answer to the problem with it."""
        base = self._choices(self._best)
        known = [base, _totals(more)]
        if all(price_of(self.solved, at)[1] == "choices" for at in pools):
            roomier = _roomier(self.solved.choices.programme, pools)
            known.append(self._choices(self._exchanged(roomier, self._best)))
        best = min(known, key=lambda each: each.objective)
        lowest = sum(phase.bound for phase in self.solved.phases.values())
        return Worth(
            predicted=self._predicted(pools),
            confirmed=base.less(best),
            low=max(0.0, lowest - best.objective),
            high=max(0.0, base.objective - min(more.summary.bound, best.objective)),
        )

    def _predicted(self, pools: Sequence[int]) -> Change:
        changes = [self._relaxation(name, pools) for name in PHASES]
        return Change(
            saving=sum(each.saving for each in changes),
            placed=sum(each.placed for each in changes),
            child_km=sum(each.child_km for each in changes),
            cost=sum(each.cost for each in changes),
        )

    def _relaxation(self, name: PhaseName, pools: Sequence[int]) -> Change:
        """With one more in those of the pools whose price is of this phase."""
        own = [at for at in pools if price_of(self.solved, at)[1] == name]
        if not own:
            return Change(saving=0.0, placed=0.0, child_km=0.0, cost=0.0)
        phase = self.solved.phases[name]
        if name not in self._relaxed:
            self._relaxed[name] = relax(phase.programme, self._clock, phase.prices)
        before = self._relaxed[name]
        after = relax(_roomier(phase.programme, own), self._clock, before.prices)
        return self._shared(name, before).less(self._shared(name, after))

    def _shared(self, name: PhaseName, relaxation: Relaxation) -> _Totals:
        programme, found = self.solved.phases[name].programme, self._found[name]
        columns, shares = relaxation.columns, relaxation.shares
        return _Totals(
            objective=relaxation.bound,
            placed=float(shares.sum()),
            child_km=float((shares * found.child_km[columns]).sum()),
            cost=float((shares * programme.cost[columns]).sum()),
        )

    def _exchanged(self, programme: Programme, columns: Ints) -> Ints:
        placement = placed(programme, columns)
        exchange(programme, placement, self.solved.choices.prices, self._clock)
        return placement.columns

    def _choices(self, columns: Ints) -> _Totals:
        """The totals of an answer with these choices and the duties as they stand."""
        programme, found = self.solved.choices.programme, self._found["choices"]
        return _Totals(
            objective=self.solved.phases["duties"].objective + programme.objective(columns),
            placed=len(self._duties) + len(columns),
            child_km=math.fsum([*(row.child_km for row in self._duties), *found.child_km[columns].tolist()]),
            cost=sum(row.cost for row in self._duties) + int(programme.cost[columns].sum()),
        )


def _roomier(programme: Programme, pools: Sequence[int]) -> Programme:
    more = np.bincount(np.array(pools, dtype=np.int64), minlength=len(programme.room))
    return replace(programme, room=programme.room + more, whole_room=programme.whole_room + more)


def _duties(answer: Answer) -> list[Assignment]:
    return [row for row in answer.assignments if row.phase == "duties"]


def _totals(answer: Answer) -> _Totals:
    return _Totals(
        objective=answer.summary.objective,
        placed=answer.summary.placed,
        child_km=math.fsum(row.child_km for row in answer.assignments),
        cost=answer.summary.cost,
    )

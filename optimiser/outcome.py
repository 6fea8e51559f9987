"""From what the phases decided to the rows of an answer. It must decide nothing itself."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.answer import (
    PHASES,
    UNPLACED_REASONS,
    Answer,
    Assignment,
    BudgetResult,
    Distances,
    KindTotal,
    PhaseName,
    PhaseResult,
    PoolResult,
    Summary,
    Unplaced,
)
from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.explain import Leftover, explain
from optimiser.options import Options, details, rows_of
from optimiser.placement import Placement
from optimiser.problem import KINDS, Problem
from optimiser.programme import Prices, Programme

_ROUNDING = 1e-9  # of a gap: a solver's bound and the objective it proves differ in the last digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One phase solved: who has what, the prices, and what they and the search prove."""

    phase: PhaseName
    programme: Programme
    placement: Placement
    prices: Prices
    relaxation: float
    bound: float

    @property
    def columns(self) -> Ints:
        """The columns chosen, by pupil."""
        return self.placement.columns

    @property
    def room(self) -> Floats:
        """What is left of each pool."""
        return self.placement.room

    @property
    def objective(self) -> float:
        """The phase's objective of this answer."""
        return self.programme.objective(self.columns)

    def placed(self) -> Ints:
        """The pupils who have a column, as places in the problem."""
        return self.programme.members[self.programme.pupil(self.columns)]

    def spent(self, problem: Problem) -> Counter[str]:
        """£ a year by LA."""
        spent: Counter[str] = Counter()
        costs = self.programme.cost[self.columns].tolist()
        for pupil, cost in zip(self.placed().tolist(), costs, strict=True):
            spent[problem.pupils[pupil].la] += cost
        return spent


def answer_of(
    problem: Problem,
    catalogue: Catalogue,
    options: Options,
    outcomes: Sequence[Outcome],
    tick: Callable[[], None] = lambda: None,
) -> Answer:
    """The answer to an ordered problem, its stages still empty; `outcomes` are those of PHASES, in their order.

    `tick` is called for each table.
    """
    assignments = _assignments(problem, catalogue, options, outcomes)
    pools = _pools(problem, outcomes)
    budgets = _budgets(problem, outcomes)
    tick()
    unplaced = _unplaced(problem, catalogue, options, outcomes, pools, budgets)
    tick()
    phases = [_phase(problem, outcome) for outcome in outcomes]
    summary = summary_of(problem, assignments, unplaced, budgets, phases)
    return Answer(assignments=assignments, unplaced=unplaced, pools=pools, budgets=budgets, summary=summary)


def _assignments(
    problem: Problem, catalogue: Catalogue, options: Options, outcomes: Sequence[Outcome]
) -> tuple[Assignment, ...]:
    rows: list[Assignment] = []
    for outcome in outcomes:
        pupils = [problem.pupils[at] for at in outcome.placed().tolist()]
        provision = options.provision[outcome.programme.option[outcome.columns]].astype(np.int64)
        every = np.arange(len(pupils))
        found = details(catalogue, pupils, every, provision, catalogue.road_km(pupils, every, provision))
        for pupil, option in zip(pupils, rows_of(found, catalogue, pupils), strict=True):
            rows.append(
                Assignment(
                    pupil=pupil.pupil,
                    la=pupil.la,
                    phase=outcome.phase,
                    provision=option.provision,
                    setting=option.setting,
                    kind=option.kind,
                    pattern=option.pattern,
                    band=option.band,
                    fte=option.fte,
                    road_km=option.road_km,
                    child_km=option.child_km,
                    price=option.price,
                    transport=option.transport,
                    cost=option.cost,
                    wish=option.wish,
                )
            )
    return tuple(sorted(rows, key=lambda row: row.pupil))


def _pools(problem: Problem, outcomes: Sequence[Outcome]) -> tuple[PoolResult, ...]:
    uses: list[list[float]] = [[] for _ in problem.pools]
    for outcome in outcomes:
        columns = outcome.columns
        for k, use in zip(
            outcome.programme.pool[columns].tolist(), outcome.programme.use[columns].tolist(), strict=True
        ):
            uses[k].append(use)
    return tuple(
        PoolResult(
            pool=row.pool,
            setting=row.setting,
            unit=row.unit,
            amount=row.amount,
            used=math.fsum(used),
            shadow_price=float(price),
        )
        for row, used, price in zip(problem.pools, uses, outcomes[-1].prices.pools, strict=True)
    )


def _budgets(problem: Problem, outcomes: Sequence[Outcome]) -> tuple[BudgetResult, ...]:
    duties, choices = (outcome.spent(problem) for outcome in outcomes)
    return tuple(
        BudgetResult(
            la=row.la,
            budget=row.budget,
            duties=duties[row.la],
            choices=choices[row.la],
            left=max(0, row.budget - duties[row.la]) - choices[row.la],
            shadow_price=float(price),
        )
        for row, price in zip(problem.budgets, outcomes[-1].prices.budgets, strict=True)
    )


def _unplaced(
    problem: Problem,
    catalogue: Catalogue,
    options: Options,
    outcomes: Sequence[Outcome],
    pools: Sequence[PoolResult],
    budgets: Sequence[BudgetResult],
) -> tuple[Unplaced, ...]:
    left, money = {row.pool: row for row in pools}, {row.la: row.left for row in budgets}
    rows: list[Unplaced] = []
    for outcome in outcomes:
        prices = {row.pool: float(price) for row, price in zip(pools, outcome.prices.pools, strict=True)}
        leftover = Leftover(pools=left, money=money, prices=prices)
        places = np.setdiff1d(outcome.programme.members, outcome.placed()).tolist()
        rows += [explain(problem, catalogue, options, place, outcome.phase, leftover) for place in places]
    return tuple(sorted(rows, key=lambda row: row.pupil))


def summary_of(
    problem: Problem,
    assignments: Sequence[Assignment],
    unplaced: Sequence[Unplaced],
    budgets: Sequence[BudgetResult],
    phases: Sequence[PhaseResult],
) -> Summary:
    """The figures of these rows, the stages still empty."""
    reasons = Counter(row.reason for row in unplaced)
    kinds = {kind: [row.fte for row in assignments if row.kind == kind] for kind in KINDS}
    return Summary(
        status="optimal" if all(phase.gap <= problem.policy.bound_gap + _ROUNDING for phase in phases) else "feasible",
        objective=sum(phase.objective for phase in phases),
        bound=sum(phase.bound for phase in phases),
        phases=tuple(phases),
        placed=len(assignments),
        unplaced=len(unplaced),
        unplaced_by_reason={reason: reasons[reason] for reason in UNPLACED_REASONS},
        kinds=tuple(KindTotal(kind=kind, pupils=len(ftes), fte=math.fsum(ftes)) for kind, ftes in kinds.items()),
        cost=sum(row.cost for row in assignments),
        overspent={row.la: row.overspent for row in budgets if row.overspent},
        child_km=distances([row.child_km for row in assignments]),
        stages=(),
    )


def _phase(problem: Problem, outcome: Outcome) -> PhaseResult:
    programme, prices = outcome.programme, outcome.prices
    return PhaseResult(
        phase=outcome.phase,
        pupils=len(programme.members),
        options=len(programme),
        placed=len(outcome.columns),
        objective=outcome.objective,
        relaxation=outcome.relaxation,
        bound=outcome.bound,
        pool_prices={row.pool: float(price) for row, price in zip(problem.pools, prices.pools, strict=True)},
        budget_prices=_budget_prices(problem, outcome),
    )


def _budget_prices(problem: Problem, outcome: Outcome) -> dict[str, float]:
    """Empty in the phase of duties, which no budget limits."""
    if outcome.phase == PHASES[0]:
        return {}
    return {row.la: float(price) for row, price in zip(problem.budgets, outcome.prices.budgets, strict=True)}


def distances(km: Sequence[float]) -> Distances | None:
    """Mean, median and ninth tenth of these km, None where there are none."""
    if not km:
        return None
    median, p90 = np.percentile(np.array(km), [50, 90]).tolist()
    return Distances(mean=math.fsum(km) / len(km), median=median, p90=p90)

"""The answer to a matching problem, as rows: who goes where, who goes nowhere and why, what is left, what it is worth.

Rows hold unrounded kilometres and prices; whoever writes them for people rounds. Every tuple of rows is ordered by
its id, so the same problem gives the same answer whatever the order of its rows. Only seconds and memory vary from
run to run. This module must never decide anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PhaseName = Literal["duties", "choices"]
PHASES: tuple[PhaseName, PhaseName] = ("duties", "choices")
Status = Literal["optimal", "feasible"]
UnplacedReason = Literal["universal", "no_option", "capacity", "budget", "request_full"]
UNPLACED_REASONS: tuple[UnplacedReason, ...] = ("universal", "no_option", "capacity", "budget", "request_full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A pupil and the provision recommended: whom to consult, never a decision. Money in whole £ a year."""

    pupil: str
    la: str
    phase: PhaseName
    provision: str
    setting: str
    kind: str
    pattern: str
    band: str
    fte: float
    road_km: float
    child_km: float
    price: int
    transport: int
    cost: int
    wish: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A pupil for whom the run found nothing, and why; `detail` says it in a sentence.

    `refusals` counts the provisions by the first reason that refused them (no_option). `provision`, `cost` and
    `missing` are the cheapest option that still has room and the £ its LA lacks for it (budget). `pool` and
    `shadow_price` are the full pool of the best option and its price in the pupil's phase (capacity, request_full).
    """

    pupil: str
    la: str
    phase: PhaseName
    reason: UnplacedReason
    detail: str
    refusals: Mapping[str, int] = field(default_factory=dict)
    provision: str = ""
    cost: int | None = None
    missing: int | None = None
    pool: str = ""
    shadow_price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolResult:
    """A pool after the run. `shadow_price`: what one more place or hour would improve the objective of choices by."""

    pool: str
    setting: str
    unit: str
    amount: float
    used: float
    shadow_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetResult:
    """A budget after the run, whole £. `shadow_price`: what £1,000 more would improve the objective of choices by.

    `left` = max(0, budget - duties) - choices, never below 0.
    """

    la: str
    budget: int
    duties: int
    choices: int
    left: int
    shadow_price: float

    @property
    def overspent(self) -> int:
        """What the duties, which the law puts before any budget, cost beyond it."""
        return max(0, self.duties - self.budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseResult:
    """One phase: its objective, what is proven about it, and the prices that prove it.

    `relaxation` is the bound that anybody can recompute from `pool_prices` (per unit) and `budget_prices`
    (per £1,000): sum of unplaced weights + sum over pupils of min(0, best option at these prices) - prices x amounts.
    `bound` is the best proven bound: `relaxation`, or the higher one of the search over whole answers.
    """

    phase: PhaseName
    pupils: int
    options: int
    placed: int
    objective: float
    relaxation: float
    bound: float
    pool_prices: Mapping[str, float]
    budget_prices: Mapping[str, float]

    @property
    def gap(self) -> float:
        """The proven gap, (objective - bound) / objective; 0 where the objective is 0."""
        return relative_gap(self.objective, self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTotal:
    """Pupils placed in one kind of provision and their full-time equivalent."""

    kind: str
    pupils: int
    fte: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """The child's km of the placed pupils; percentiles interpolate linearly."""

    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How long a stage took, in seconds, and the peak memory of the process at its end, in megabytes."""

    name: str
    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run. `status` is optimal when every phase's gap is at most the policy's bound_gap.

    Objective and bound are the sums over the phases; `gap` is theirs. `child_km` is None when nobody is placed.
    """

    status: Status
    objective: float
    bound: float
    phases: tuple[PhaseResult, ...]
    placed: int
    unplaced: int
    unplaced_by_reason: Mapping[str, int]
    kinds: tuple[KindTotal, ...]
    cost: int
    overspent: Mapping[str, int]
    child_km: Distances | None
    stages: tuple[Stage, ...]

    @property
    def gap(self) -> float:
        """The proven gap of the whole, (objective - bound) / objective."""
        return relative_gap(self.objective, self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything one run says: each pupil is in exactly one of `assignments` and `unplaced`."""

    assignments: tuple[Assignment, ...]
    unplaced: tuple[Unplaced, ...]
    pools: tuple[PoolResult, ...]
    budgets: tuple[BudgetResult, ...]
    summary: Summary


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / objective, 0 where the objective is 0."""
    return (objective - bound) / objective if objective else 0.0

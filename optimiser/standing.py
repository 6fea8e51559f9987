"""What a finished answer says that explanations rest on: who has what, why the others have nothing, and at what prices.

It must decide nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from optimiser.answer import Answer, PhaseName


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePrices:
    """The prices of a phase, pools per unit and budgets per £1,000, in km-equivalents; who is absent has 0."""

    pools: Mapping[str, float]
    budgets: Mapping[str, float]
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`chosen` is the provision of each placed pupil, `unplaced` the sentence on each other one."""

    chosen: Mapping[str, str]
    unplaced: Mapping[str, str]
    prices: Mapping[PhaseName, PhasePrices]


def standing_of(answer: Answer) -> Standing:
    """What the answer says."""
    return Standing(
        chosen={row.pupil: row.provision for row in answer.assignments},
        unplaced={row.pupil: row.detail for row in answer.unplaced},
        prices={
            row.phase: PhasePrices(pools=row.pool_prices, budgets=row.budget_prices, gap=row.gap)
            for row in answer.summary.phases
        },
    )

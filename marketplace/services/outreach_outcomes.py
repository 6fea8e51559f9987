"""What came of outreach, by provider: orders ended, outcomes met, and what an outcome met has cost.

The cost is of all orders that ended, also of those that met nothing. A provider of fewer orders than FEWEST is shown
together with others; where these are still too few, no figure is shown.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import OrderResult, OrderStatus, OutreachOrder
from marketplace.services.outreach_charges import charged
from marketplace.services.small_groups import FEWEST, too_few
from pricing.money import half_up


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many orders of some providers have ended, `n`, with which result, and the pence that they were charged."""

    name: str
    n: int
    met: int
    partly: int
    not_met: int
    charged: int

    @property
    def is_shown(self) -> bool:
        """Whether there are enough orders for a figure to make out none of them."""
        return self.n >= FEWEST

    @property
    def cost(self) -> int | None:
        """Pence for each outcome met, to the nearest; None where none was."""
        return half_up(Fraction(self.charged, self.met)) if self.met else None


def cost_of_outcome(session: Session, order: OutreachOrder) -> int | None:
    """What an order's outcome has cost, pence; None where it was not met."""
    return charged(session, order) if order.result is OrderResult.MET else None


def outcomes_by_provider(session: Session) -> Sequence[Outcomes]:
    """The outcomes of the orders that have ended, as far as the actor of this transaction may read them: by provider,
    then of those who have too few, together."""
    of: dict[tuple[str, int], list[Outcomes]] = defaultdict(list)
    for order in session.scalars(
        select(OutreachOrder)
        .where(OutreachOrder.status == OrderStatus.ENDED)
        .options(joinedload(OutreachOrder.provider))
        .order_by(OutreachOrder.id)
    ):
        met, partly, not_met = (int(order.result is result) for result in OrderResult)
        of[order.provider.name, order.provider_id].append(
            Outcomes("", 1, met, partly, not_met, charged(session, order))
        )
    rows = [_sum(name, found) for (name, _), found in sorted(of.items())]
    others = too_few("provider", rows)
    name = "1 other provider" if len(others) == 1 else f"{len(others)} other providers"
    return [*(row for row in rows if row not in others), *([_sum(name, others)] if others else [])]


def _sum(name: str, rows: Sequence[Outcomes]) -> Outcomes:
    figures = ("n", "met", "partly", "not_met", "charged")
    return Outcomes(name, *(sum(getattr(row, figure) for row in rows) for figure in figures))

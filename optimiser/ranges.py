"""Whether a shadow price is a range: the ends between which every price proves the same bound.

D(y, z) of `optimiser.programme` is the bound that prices prove; its maxima are the shadow prices, and where there are
several a price is a range. The dual of the relaxation with a little more of one amount is a maximum of D with that
amount; if it is one with the amount as it is too, its price there is the lowest of the range, and with a little less
the highest. Whether it is one is decided by D itself, apart from any solver: D is concave, so all prices between two
maxima prove the same bound. A larger change is tried first, since a small one proves little. It must decide nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimiser.answer import PhaseName
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue
from optimiser.ledger import Ledger
from optimiser.master import relax
from optimiser.options import Options
from optimiser.problem import Problem
from optimiser.programme import POUNDS, Prices, Programme, bound, phase_programme
from optimiser.standing import PhasePrices

Kind = Literal["pools", "budgets"]

_CLOSE = 1e-9  # of the bound: what is the same to the last digits
_CHANGES = (0.5, 0.05, 0.005)  # of a place, an hour or £1,000
_VISIBLE = 0.005  # km-equivalents: a narrower range is one price to whoever reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRange:
    """`low` and `high` prove the bound that `price` proves; they are it where no range is shown. `high` is infinite
    where the amount is 0: nothing would be lost at any higher price.

    `is_exact` is false where other prices prove more, because the run ended before its prices were exact.
    """

    price: float
    low: float
    high: float
    is_exact: bool

    @property
    def is_range(self) -> bool:
        """Whether a person would see two ends."""
        return self.high - self.low > _VISIBLE


def solved_programme(
    problem: Problem, catalogue: Catalogue, options: Options, phase: PhaseName, book: Ledger
) -> Programme:
    """The programme that a phase solved, within what the duties of the answer left; the problem is ordered."""
    amounts = [row.amount for row in problem.pools]
    if phase == "choices":
        amounts = [max(0.0, book.room(row.pool, row.amount, "duties")) for row in problem.pools]
    money = {row.la: book.money(row.la, row.budget) for row in problem.budgets}
    return phase_programme(problem, catalogue, options, phase, np.array(amounts, dtype=np.float64), money)


def prices_of(problem: Problem, programme: Programme, prices: PhasePrices) -> Prices:
    """A phase's prices as the programme has them."""
    budgets = [prices.budgets.get(row.la, 0.0) for row in problem.budgets][: len(programme.money)]
    return Prices(
        pools=np.array([prices.pools.get(row.pool, 0.0) for row in problem.pools], dtype=np.float64),
        budgets=np.array(budgets, dtype=np.float64),
    )


def price_range(programme: Programme, prices: Prices, kind: Kind, at: int, clock: Clock) -> PriceRange:
    """The range of the price of one pool, or of £1,000 of one budget, by its place."""
    stated = float(getattr(prices, kind)[at])
    proven = bound(programme, prices)
    close = _CLOSE * max(1.0, abs(proven))
    ends, best = [stated], proven
    for sign in (1, -1):
        for changed in _changed(programme, kind, at, sign):
            relaxation = relax(changed, clock)
            there = bound(programme, relaxation.prices)
            best = max(best, there)
            if relaxation.is_exact and there >= proven - close:
                ends.append(float(getattr(relaxation.prices, kind)[at]))
                break
    if best > proven + close:
        return PriceRange(price=stated, low=stated, high=stated, is_exact=False)
    is_nothing = not (programme.room if kind == "pools" else programme.money)[at]
    return PriceRange(price=stated, low=min(ends), high=np.inf if is_nothing else max(ends), is_exact=True)


def _changed(programme: Programme, kind: Kind, at: int, sign: int) -> Iterator[Programme]:
    """The programme with more, or less, of one amount; less than nothing is no change to try."""
    for change in _CHANGES:
        if kind == "pools":
            room = programme.room.copy()
            room[at] += sign * change
            if room[at] >= 0:
                yield replace(programme, room=room)
        else:
            money = programme.money.copy()
            money[at] += sign * round(change * POUNDS)
            if money[at] >= 0:
                yield replace(programme, money=money)

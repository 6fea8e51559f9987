"""Questions about a finished answer: one pupil, one pool, one budget; each is answered in lines of plain words.

Nothing is solved for a pupil; for a pool or a budget its phase's relaxation is solved again with a little more and a
little less of it (`optimiser.ranges`). It must decide nothing.
"""

import math

import numpy as np

from optimiser.answer import PHASES, PhaseName
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue
from optimiser.ledger import ledger
from optimiser.options import Options, find_options, options_for
from optimiser.problem import Problem
from optimiser.programme import TOLERANCE, Prices, Programme
from optimiser.ranges import PriceRange, price_range, prices_of, solved_programme
from optimiser.reasons import Reasons, reasons
from optimiser.sentences import told
from optimiser.standing import Standing
from optimiser.words import amount, each, pounds, some


class UnknownError(Exception):
    """The problem has nobody and nothing of this name; the message says so."""


class Inquiry:
    """An answer and the problem that it answers. Raises StrangeAnswerError where it is another's."""

    def __init__(self, problem: Problem, standing: Standing) -> None:
        self.problem = problem.ordered()
        self.standing = standing
        self.catalogue = Catalogue(self.problem)
        self.book = ledger(self.problem, self.catalogue, standing)

    def reasons(self, reference: str) -> Reasons:
        """The numbers behind one pupil's outcome. Raises UnknownError."""
        pupil = next((row for row in self.problem.pupils if row.pupil == reference), None)
        if pupil is None:
            raise UnknownError(f"There is no pupil {reference} in the problem.")
        ranking = options_for(self.problem, pupil)
        return reasons(self.problem, self.catalogue, self.standing, self.book, pupil, ranking)

    def pupil(self, reference: str) -> list[str]:
        """Why this pupil has this, why not each nearer or cheaper option, and what would change it."""
        found = self.reasons(reference)
        units = {row.pool: row.unit for row in self.problem.pools}
        return told(found, self.problem.policy, units, self.standing.unplaced.get(reference, "no reason is kept"))

    def pool(self, name: str, seconds: float) -> list[str]:
        """What a pool is used for, and what one more place or hour of it is worth in each phase."""
        at = next((k for k, row in enumerate(self.problem.pools) if row.pool == name), None)
        if at is None:
            raise UnknownError(f"There is no pool {name} in the problem.")
        row = self.problem.pools[at]
        uses = [self.book.uses[phase].get(name, 0.0) for phase in PHASES]
        left = max(0.0, row.amount - sum(uses))
        used = (
            f"Pool {name} (setting {row.setting}): {some(row.amount, row.unit)}. The duties use {amount(uses[0])}, "
            f"the choices {amount(uses[1])}; {amount(left)} left."
        )
        lines = [used]
        clock, options = Clock(seconds), find_options(self.problem, self.catalogue)
        for phase in reversed(PHASES):
            programme, prices = self._phase(options, phase)
            if phase == "duties" and not prices.pools[at]:
                continue  # which is usual: the duties leave room
            found = price_range(programme, prices, "pools", at, clock)
            lines += _worth(found, phase, each(row.unit))
            count = self._wanting(programme, options, at)
            who = "1 pupil" if count == 1 else f"{count:,} pupils"
            lines.append(f"Among the {phase} {who} would do better there than as they are, for themselves alone.")
        return lines

    def budget(self, la: str, seconds: float) -> list[str]:
        """What an LA's budget is spent on, and what £1,000 more is worth."""
        at = next((i for i, row in enumerate(self.problem.budgets) if row.la == la), None)
        if at is None:
            raise UnknownError(f"There is no budget of LA {la} in the problem.")
        row = self.problem.budgets[at]
        duties, choices = (self.book.costs[phase].get(la, 0) for phase in PHASES)
        left = self.book.money(la, row.budget) - choices
        spent = (
            f"Budget of LA {la}: {pounds(row.budget)} a year. The duties cost {pounds(duties)}, the choices "
            f"{pounds(choices)}; {pounds(left)} left."
        )
        lines = [spent]
        if duties > row.budget:
            lines.append(f"The duties, which come before any budget, overspend it by {pounds(duties - row.budget)}.")
        programme, prices = self._phase(find_options(self.problem, self.catalogue), "choices")
        return lines + _worth(price_range(programme, prices, "budgets", at, Clock(seconds)), "choices", "£1,000")

    def _phase(self, options: Options, phase: PhaseName) -> tuple[Programme, Prices]:
        programme = solved_programme(self.problem, self.catalogue, options, phase, self.book)
        return programme, prices_of(self.problem, programme, self.standing.prices[phase])

    def _wanting(self, programme: Programme, options: Options, pool: int) -> int:
        """How many pupils of a phase have an option in the pool that is better for them alone than what they have."""
        names = [self.problem.pupils[at].pupil for at in programme.members.tolist()]
        chosen = np.array([self.catalogue.position.get(self.standing.chosen.get(name, ""), -1) for name in names])
        pupil = np.repeat(np.arange(len(names)), np.diff(programme.start))
        is_chosen = options.provision[programme.option] == chosen[pupil]
        own, pools = np.zeros(len(names)), np.full(len(names), -1)
        own[pupil[is_chosen]] = programme.gain[is_chosen]
        pools[pupil[is_chosen]] = programme.pool[is_chosen]
        wants = (programme.pool == pool) & (pools[pupil] != pool) & (programme.gain < own[pupil] - TOLERANCE)
        return len(np.unique(pupil[wants]))


def _worth(found: PriceRange, phase: PhaseName, one: str) -> list[str]:
    """The shadow price with its unit, and whether it is a range."""
    lines = [f"Shadow price in the {phase}: {found.price:,.3f} km-equivalents {_per(one)}."]
    if not found.is_exact:
        return [*lines, "The run ended before its prices were exact: this one is near, and no range can be shown."]
    if not found.is_range:
        return [*lines, "No other price was found that proves the same bound, so no range is shown."]
    if math.isinf(found.high):
        lines.append(f"It is a range: every price from {found.low:,.3f} on proves the same bound, as there is none.")
        return [*lines, f"A little more is worth {found.low:,.3f} {_per(one)}."]
    lines.append(
        f"It is a range: every price between {found.low:,.3f} and {found.high:,.3f} proves the same bound. A little "
        f"more is worth the lower, and a little less would cost the higher, {_per(one)}."
    )
    return lines


def _per(one: str) -> str:
    return f"for {one}" if one.startswith("£") else one

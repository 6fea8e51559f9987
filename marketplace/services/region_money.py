"""The money of a region, LA by LA: budget, what is committed, and what a run and each of its scenarios would leave.

All of it is read as the actor's own: a region reads the totals of its LAs and never a line, an LA its own. A budget is
what an LA can spend on the placements of one run, a year; it is never by itself a lawful reason to refuse one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.models import Authority, Budget, LedgerTotal, MatchingRun, Recommendation, RunStatus
from marketplace.permissions import Actor
from marketplace.services.ledger import financial_year
from marketplace.services.market import region_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityMoney:
    """One LA, pence: `budget` (None: none is set), what the ledger has for this financial year and the next, and what
    the placements of each run would cost a year, by run."""

    authority: Authority
    budget: int | None
    this_year: int
    next_year: int
    costs: Mapping[int, int]

    def left(self, run_id: int) -> int | None:
        """What a run would leave of the budget; below 0: what is lacking."""
        return None if self.budget is None or run_id not in self.costs else self.budget - self.costs[run_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The LAs by name, and the latest run that is done with its scenarios that are; no run: there is none yet."""

    year: int
    authorities: Sequence[AuthorityMoney]
    runs: Sequence[MatchingRun]

    def total(self, run_id: int) -> int:
        """What the placements of a run cost a year in all."""
        return sum(row.costs.get(run_id, 0) for row in self.authorities)

    def lacking(self, run_id: int) -> int:
        """What is lacking in all where a budget is too small: one LA's rest is no other's."""
        return sum(max(0, -(row.left(run_id) or 0)) for row in self.authorities)


def money_of(session: Session, actor: Actor, *, on: date) -> Money:
    """The money of the actor's region, or of the actor's LA, on a day."""
    assert actor.organisation_id is not None
    region = region_of(session, actor)
    is_region = region.id == actor.organisation_id
    own = Authority.region_id == region.id if is_region else Authority.id == actor.organisation_id
    authorities = session.scalars(select(Authority).where(own).order_by(Authority.name, Authority.id)).all()
    ids = [row.id for row in authorities]
    year = financial_year(on)
    set_ = select(Budget.authority_id, Budget.amount).where(Budget.authority_id.in_(ids))
    budgets = {row.authority_id: row.amount for row in session.execute(set_)}
    ledger = {
        (at, of): amount
        for at, of, amount in session.execute(
            select(LedgerTotal.authority_id, LedgerTotal.year, LedgerTotal.amount).where(
                LedgerTotal.authority_id.in_(ids), LedgerTotal.year.in_((year, year + 1))
            )
        )
    }
    runs = _runs(session, actor.organisation_id)
    costs = _costs(session, [run.id for run in runs])
    return Money(
        year=year,
        authorities=[
            AuthorityMoney(
                authority=row,
                budget=budgets.get(row.id),
                this_year=ledger.get((row.id, year), 0),
                next_year=ledger.get((row.id, year + 1), 0),
                costs=costs.get(row.id, {}),
            )
            for row in authorities
        ],
        runs=runs,
    )


def _runs(session: Session, scope_id: int) -> Sequence[MatchingRun]:
    """The scope's latest run over its needs that is done, then its done scenarios as they were asked."""
    done = (MatchingRun.status == RunStatus.DONE, MatchingRun.scope_id == scope_id)
    base = session.scalar(
        select(MatchingRun)
        .where(*done, MatchingRun.base_id.is_(None), MatchingRun.file_name.is_(None))
        .order_by(MatchingRun.id.desc())
        .limit(1)
    )
    if base is None:
        return []
    scenarios = select(MatchingRun).where(*done, MatchingRun.base_id == base.id).order_by(MatchingRun.id)
    return [base, *session.scalars(scenarios)]


def _costs(session: Session, run_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """What each LA's placements of each run cost a year, by LA and run."""
    cost = func.coalesce(Recommendation.price, 0) + func.coalesce(Recommendation.transport, 0)
    query = select(Recommendation.authority_id, Recommendation.run_id, func.sum(cost))
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for at, run_id, sum_ in session.execute(
        query.where(Recommendation.run_id.in_(run_ids)).group_by(Recommendation.authority_id, Recommendation.run_id)
    ):
        found[at][run_id] = int(sum_)
    return found

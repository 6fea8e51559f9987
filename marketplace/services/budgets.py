"""Budgets: what each LA can spend on the placements of one run, pence a year. No budget = no limit.

Whose they are is decided by the database: procurement of an LA has its own, that of a region those of its LAs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import NotFound, Stale
from marketplace.models import Authority, Budget
from marketplace.permissions import Actor, can_set_budget, require


def list_budgets(session: Session, actor: Actor) -> Sequence[tuple[Authority, Budget | None]]:
    """The LAs whose budgets the actor sets, by name, each with its budget."""
    require(can_set_budget(actor), "see budgets")
    mine = actor.organisation_id
    rows = session.execute(
        select(Authority, Budget)
        .outerjoin(Budget, Budget.authority_id == Authority.id)
        .where(or_(Authority.id == mine, Authority.region_id == mine))
        .order_by(Authority.name, Authority.id)
    )
    return [(authority, budget) for authority, budget in rows]


def find_budget(session: Session, actor: Actor, *, authority_id: int) -> tuple[Authority, Budget | None]:
    """One LA whose budget the actor sets, with its budget. Raises NotFound."""
    for authority, budget in list_budgets(session, actor):
        if authority.id == authority_id:
            return authority, budget
    raise NotFound("There is no authority of that id whose budget you set.")


def set_budgets(session: Session, actor: Actor, *, budgets: Mapping[int, Mapping[str, Any]]) -> list[Authority]:
    """Set the `amount` (pence; None = no limit) of each LA's budget, and return the LAs whose budget has changed.

    `version` is that of the budget the person saw, None where there was none. Raises Stale when another has changed one
    since, and NotFound for an LA that is not the actor's; then nothing is set.
    """
    require(can_set_budget(actor), "set budgets")
    kept = {authority.id: (authority, budget) for authority, budget in list_budgets(session, actor)}
    changed = []
    for authority_id, stated in budgets.items():
        if authority_id not in kept:
            raise NotFound(f"There is no authority {authority_id} whose budget you set.")
        authority, budget = kept[authority_id]
        if stated["version"] != (budget.version if budget else None):
            raise Stale(f"Somebody else has set the budget of {authority.name} since you opened this page.")
        if stated["amount"] != (budget.amount if budget else None):
            _set(session, actor, authority, budget, stated["amount"])
            changed.append(authority)
    return changed


def _set(session: Session, actor: Actor, authority: Authority, budget: Budget | None, amount: int | None) -> None:
    if budget is not None and amount is None:
        audit.record(session, actor, "budget removed", authority)
        session.delete(budget)
        return
    if budget is None:
        budget = Budget(authority_id=authority.id)
        session.add(budget)
    assert amount is not None
    budget.amount = amount
    audit.record(session, actor, "budget set", authority, amount=amount)

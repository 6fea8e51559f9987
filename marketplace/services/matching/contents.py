"""What a run would take up if it were started now, so that a person sees it before starting one.

It must never start one.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Authority, Budget, Need, NeedStatus, Pool, Unit
from marketplace.permissions import Actor, can_start_run, require
from marketplace.services.matching.problem import in_scope
from marketplace.services.matching.supply import database_id, supply
from marketplace.services.vacancies import FRESH_DAYS

FRESH = timedelta(days=FRESH_DAYS)  # a vacancy figure confirmed longer ago is worth a question


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityContents:
    """One LA: its published needs, and its budget in pence (None = no limit)."""

    authority_id: int
    code: str
    name: str
    needs: int
    budget: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Needs and budgets of the scope, and the market of the day: what is free, and which figures are stale."""

    authorities: tuple[AuthorityContents, ...]
    settings: int
    provisions: int
    places: float
    hours: float
    stale: tuple[Pool, ...]  # longest unconfirmed first
    pools: int

    @property
    def needs(self) -> int:
        """All published needs of the scope."""
        return sum(row.needs for row in self.authorities)


def contents(session: Session, actor: Actor, *, scope_id: int, on: date, at: datetime) -> Contents:
    """What a run over the scope would take up. Raises Conflict when no framework is in force on the day."""
    require(can_start_run(actor, scope_id), "start a matching run")
    market = supply(session, on=on)
    free = {unit: sum(pool.amount for pool in market.pools if pool.unit == unit.value) for unit in Unit}
    pools = session.scalars(
        select(Pool)
        .where(Pool.id.in_({database_id(pool.pool) for pool in market.pools}))
        .options(joinedload(Pool.setting))
        .order_by(Pool.confirmed_at.nulls_first(), Pool.id)
    ).all()
    return Contents(
        authorities=_authorities(session, scope_id),
        settings=len(market.urns),
        provisions=len(market.rows),
        places=free[Unit.PLACES],
        hours=free[Unit.HOURS],
        stale=tuple(pool for pool in pools if pool.confirmed_at is None or at - pool.confirmed_at > FRESH),
        pools=len(pools),
    )


def _authorities(session: Session, scope_id: int) -> tuple[AuthorityContents, ...]:
    published = select(Need.authority_id, func.count().label("needs")).where(Need.status == NeedStatus.PUBLISHED)
    counts = published.group_by(Need.authority_id).subquery()
    rows = session.execute(
        select(Authority, counts.c.needs, Budget.amount)
        .outerjoin(counts, counts.c.authority_id == Authority.id)
        .outerjoin(Budget, Budget.authority_id == Authority.id)
        .where(in_scope(scope_id))
        .order_by(Authority.name, Authority.id)
    )
    return tuple(
        AuthorityContents(authority_id=la.id, code=la.code, name=la.name, needs=needs or 0, budget=budget)
        for la, needs, budget in rows
    )

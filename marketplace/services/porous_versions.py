"""The versions of a porous plan: all of a placement's, and that which holds on a day.

It must never decide who sees one: the database's row-level security does.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import NotFound
from marketplace.models import PlanStatus, PorousPlan


def plans_of(session: Session, placement_id: int) -> list[PorousPlan]:
    """All versions of a placement's plan, the newest first."""
    rows = select(PorousPlan).where(PorousPlan.placement_id == placement_id).order_by(PorousPlan.number.desc())
    return list(session.scalars(rows))


def plan_on(session: Session, placement_id: int, day: date) -> PorousPlan | None:
    """The version that holds on a day: of those approved the one that began last, of one day the latest."""
    return session.scalar(
        select(PorousPlan)
        .where(
            PorousPlan.placement_id == placement_id,
            PorousPlan.status == PlanStatus.APPROVED,
            PorousPlan.starts_on <= day,
        )
        .order_by(PorousPlan.starts_on.desc(), PorousPlan.number.desc())
        .limit(1)
    )


def last_plan(session: Session, placement_id: int) -> PorousPlan | None:
    """The version that was approved last, whether or not it holds already."""
    return plan_on(session, placement_id, date.max)


def find_plan(session: Session, plan_id: int) -> PorousPlan:
    """A version that the actor of this transaction may know of. Raises NotFound."""
    row = session.get(PorousPlan, plan_id)
    if row is None:
        raise NotFound("There is no such plan.")
    return row

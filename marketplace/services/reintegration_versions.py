"""The versions of a placement's plan of the way back: whether one is due, all of them, and that which holds.

It must never decide who sees one: the database's row-level security does.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Kind, Need, Placement, ReintegrationPlan, ReintegrationResult, SettingType


def is_due(placement: Placement) -> bool:
    """Whether a placement needs an end date and a plan of the way back before it starts: in alternative provision, and
    wherever the pupil has no EHCP. Outreach needs none: the pupil is in school. (Needs a provider cannot see.)"""
    need: Need | None = placement.need
    if placement.provision.kind is Kind.OUTREACH:
        return False
    return placement.setting.type is SettingType.AP or (need is not None and not need.footing.has_plan)


def versions_of(session: Session, placement_id: int) -> list[ReintegrationPlan]:
    """All versions of a placement's plan, the newest first: that one holds."""
    rows = select(ReintegrationPlan).where(ReintegrationPlan.placement_id == placement_id)
    return list(session.scalars(rows.order_by(ReintegrationPlan.number.desc())))


def held_version(session: Session, placement_id: int) -> ReintegrationPlan | None:
    """The version that holds: the last one."""
    return next(iter(versions_of(session, placement_id)), None)


def result_of(session: Session, placement_id: int) -> ReintegrationResult | None:
    """What came of it, once that is said."""
    return session.get(ReintegrationResult, placement_id)

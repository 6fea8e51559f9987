"""A case: one need with what happened to it, newest first, and what the last run proposes for it.

It must never change anything.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from marketplace.models import AuditEvent, Need, Provision, Recommendation, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the timeline. `who` is None for the system and for people of another organisation."""

    at: datetime
    event: str
    who: str | None
    data: dict[str, object]


def timeline(session: Session, need: Need) -> list[Happening]:
    """What happened to a need, newest first, as far as the actor of this transaction may see."""
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditEvent.subject_type == Need.__tablename__, AuditEvent.subject_id == need.id)
        .order_by(AuditEvent.id.desc())
    )
    return [Happening(at=event.at, event=event.event, who=name, data=event.data) for event, name in rows]


def latest_recommendation(session: Session, need: Need) -> Recommendation | None:
    """What the newest run that looked at a need proposes for it."""
    return session.scalar(
        select(Recommendation)
        .join(Recommendation.run)
        .where(Recommendation.need_id == need.id)
        .options(
            contains_eager(Recommendation.run),
            joinedload(Recommendation.provision).joinedload(Provision.setting),
        )
        .order_by(Recommendation.id.desc())
        .limit(1)
    )

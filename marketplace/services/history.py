"""What happened to a tariff or a framework, by whom and when, out of the audit trail. (A case: case_history.)

A person reads the events of the own organisation only: that the database decides.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import AuditEvent, Framework, Tariff, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the timeline. `who` is None for the system and for people of another organisation."""

    at: datetime
    event: str
    who: str | None
    data: dict[str, object]


def timeline(session: Session, subject: Tariff | Framework) -> list[Happening]:
    """What happened to an object, newest first, as far as the actor of this transaction may see."""
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditEvent.subject_type == subject.__tablename__, AuditEvent.subject_id == subject.id)
        .order_by(AuditEvent.id.desc())
    )
    return [Happening(at=event.at, event=event.event, who=name, data=event.data) for event, name in rows]

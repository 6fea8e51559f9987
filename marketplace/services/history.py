"""What happened to one object, by whom and when, out of the audit trail.

A person reads the events of the own organisation only: that the database decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import AuditEvent, Base, User


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, in the past tense; `who` is None for the system."""

    at: datetime
    event: str
    who: str | None
    data: dict[str, Any]


def history(session: Session, subject: Base) -> Sequence[Happened]:
    """The events of an object, newest first."""
    rows = session.execute(
        select(AuditEvent.at, AuditEvent.event, User.name, AuditEvent.data)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditEvent.subject_type == subject.__tablename__, AuditEvent.subject_id == subject.id)  # type: ignore[attr-defined]
        .order_by(AuditEvent.id.desc())
    )
    return [Happened(*row) for row in rows]

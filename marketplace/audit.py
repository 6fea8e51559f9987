"""The audit trail, written in the transaction of the act that it records."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import AuditEvent, Base
from marketplace.once import ACTED
from marketplace.permissions import Actor


def record(session: Session, actor: Actor, event: str, subject: Base, **data: Any) -> None:
    """Record that `actor` did `event` (past tense, "need posted") to `subject`. `data`: ids and codes only, never
    personal data. The subject is flushed first, so that its id and its constraints are known."""
    session.info[ACTED] = True
    _add(session, actor, event, subject, data)


def record_reading(session: Session, actor: Actor, event: str, subject: Base, **data: Any) -> None:
    """Record that `actor` has read something of `subject`. Whoever sends the form again reads again, and is recorded
    again: nothing was done that must not be done twice."""
    _add(session, actor, event, subject, data)


def record_readings(session: Session, actor: Actor, event: str, subjects: Iterable[Base], **data: Any) -> None:
    """The same of many subjects, which the database knows already."""
    session.add_all(_event(actor, event, subject, data) for subject in subjects)


def _add(session: Session, actor: Actor, event: str, subject: Base, data: dict[str, Any]) -> None:
    session.flush()
    session.add(_event(actor, event, subject, data))


def _event(actor: Actor, event: str, subject: Base, data: dict[str, Any]) -> AuditEvent:
    subject_id = getattr(subject, "id", None)
    return AuditEvent(
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        event=event,
        subject_type=subject.__tablename__,
        subject_id=subject_id if isinstance(subject_id, int) else None,
        data=data,
    )

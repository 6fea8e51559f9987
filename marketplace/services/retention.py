"""Retention: what is kept only for a time, and for how long.

It must never touch what the record of a decision rests on.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from marketplace.models import Effect, Message, MessageStatus

EFFECTS_FOR = timedelta(hours=48)  # a form is not sent again after that
MESSAGES_FOR = timedelta(days=90)  # also a failed one: whom it would tell has looked by then


def forget(session: Session, *, at: datetime) -> int:
    """Delete, as the system, what is past its time; returns how many rows."""
    effects = delete(Effect).where(Effect.at < at - EFFECTS_FOR)
    messages = delete(Message).where(Message.status != MessageStatus.QUEUED, Message.created_at < at - MESSAGES_FOR)
    gone = [
        *session.scalars(effects.returning(Effect.key)),
        *session.scalars(messages.returning(Message.key)),
    ]
    return len(gone)

"""The life of a message that somebody is owed: taken by one worker, then sent, put off, given up or dropped; and what
the operator sees and does about it.

Everything that a worker writes is fenced by its taking: one that was too slow, and comes back, writes nothing. It must
never hold a transaction open while the mail server is spoken to.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.db import as_system
from marketplace.models import Message, MessageStatus
from marketplace.permissions import Actor, can_watch_mail, require
from marketplace.services import outbox
from marketplace.services.message_text import Overtaken, Text, text_of
from marketplace.services.work import clock

TAKEN_FOR = timedelta(minutes=2)  # longer than a worker speaks to the mail server
# How long a message waits after each try that failed: two days in all.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
MOST_TRIES = len(WAITS) + 1
SILENT = "the server did not end in time, or the worker stopped"


class InHand(Exception):
    """Another worker has the message, for TAKEN_FOR at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message in the hands of this worker, and until when: by that it may write."""

    message_id: int
    until: datetime
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """To whom a message goes and what it says; `key` is the same whenever it is sent."""

    to: str
    name: str
    text: Text
    key: str


@dataclass(slots=True)
class Outstanding:
    """How many messages stand where; since when the oldest waits; and why those were given up that were."""

    counts: Counter[MessageStatus] = field(default_factory=Counter)
    waiting_since: datetime | None = None
    errors: Counter[str] = field(default_factory=Counter)


def take_message(session: Session, message_id: int) -> Taken | None:
    """Take a message to send it, which counts as a try; None where there is nothing to send any more, as a job that is
    delivered twice finds it. Raises InHand."""
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.status is not MessageStatus.QUEUED:
        return None
    at = clock(session)
    if message.taken_until is not None and message.taken_until > at:
        raise InHand
    if message.tries >= MOST_TRIES:  # the last try never came to its end
        _end(message, MessageStatus.FAILED, error=SILENT)
        return None
    message.tries += 1
    message.taken_until = at + TAKEN_FOR
    return Taken(message_id=message.id, until=message.taken_until, tries=message.tries)


def read_message(session: Session, taken: Taken, *, pages: str) -> Owed | None:
    """What a message that was taken says now. None, and it is dropped with the reason, where there is nothing to tell
    any more or nobody to tell it to; or where it is not this worker's any more."""
    message = _held(session, taken)
    if message is None:
        return None
    try:
        text = text_of(session, message, pages=pages)
    except Overtaken as reason:
        _end(message, MessageStatus.DROPPED, error=str(reason))
        return None
    return Owed(
        to=message.user.email,
        name=message.user.name,
        text=text,
        key=f"{message.id}.{int(message.created_at.timestamp() * 1_000_000)}",
    )


def note_sent(session: Session, taken: Taken) -> None:
    """The mail server has the message."""
    message = _held(session, taken)
    if message is not None:
        message.sent_at = clock(session)
        _end(message, MessageStatus.SENT)


def put_off(session: Session, taken: Taken, *, error: str) -> timedelta | None:
    """The message was not taken now: how long it waits for the next try; None where it was given up."""
    message = _held(session, taken)
    if message is None:
        return None
    if taken.tries >= MOST_TRIES:
        _end(message, MessageStatus.FAILED, error=error)
        return None
    message.taken_until, message.error = None, error
    return WAITS[taken.tries - 1]


def give_up(session: Session, taken: Taken, *, error: str) -> None:
    """The mail server will never take the message."""
    message = _held(session, taken)
    if message is not None:
        _end(message, MessageStatus.FAILED, error=error)


def outstanding(session: Session, actor: Actor) -> Outstanding:
    """How the outbox stands, for the operator: numbers only."""
    require(can_watch_mail(actor), "see how mail stands")
    found = Outstanding()
    with as_system(session, actor):
        for status, count in session.execute(select(Message.status, func.count()).group_by(Message.status)):
            found.counts[status] = count
        found.waiting_since = session.scalar(
            select(func.min(Message.created_at)).where(Message.status == MessageStatus.QUEUED)
        )
        failed = select(Message.error, func.count()).where(Message.status == MessageStatus.FAILED)
        for error, count in session.execute(failed.group_by(Message.error)):
            found.errors[error or ""] = count
    return found


def resend_failed(session: Session, actor: Actor) -> int:
    """Queue again, from the first try, the messages that were given up; returns how many."""
    require(can_watch_mail(actor), "send mail again")
    with as_system(session, actor):
        failed = session.scalars(
            select(Message)
            .where(Message.status == MessageStatus.FAILED)
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
        ).all()
        for message in failed:
            message.status, message.tries, message.error = MessageStatus.QUEUED, 0, None
            outbox.queue(session, message.id)
            audit.record(session, actor, "message queued again", message)
    return len(failed)


def _held(session: Session, taken: Taken) -> Message | None:
    """The message, locked, while it is this worker's."""
    return session.scalar(
        select(Message)
        .where(
            Message.id == taken.message_id,
            Message.status == MessageStatus.QUEUED,
            Message.taken_until == taken.until,
        )
        .options(joinedload(Message.user, innerjoin=True))
        .with_for_update(of=Message)
        .execution_options(populate_existing=True)
    )


def _end(message: Message, status: MessageStatus, *, error: str | None = None) -> None:
    message.status, message.taken_until, message.error = status, None, error

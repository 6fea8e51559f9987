"""Once: a form that is sent twice has one effect and the same answer.

Each form carries a key of its own, made when its page was drawn. Whoever acts upon it keeps the key in the transaction
of the act; sent again, alone or at the same moment, it finds the key there and does nothing. What was acted upon is
told by the audit trail, since every act has an event. It must never decide what an act is.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.errors import AlreadyDone, Conflict, Stale
from marketplace.models import Effect
from marketplace.permissions import Actor

ACTED = "acted"  # in a session's info, once an event was recorded


@dataclass(slots=True)
class Intent:
    """A form that somebody has sent: its key, where to, and a digest of what was sent. `is_kept`: it was acted upon.
    `location` and `answer`: of a system's request, where its answer leads and what it says, known with the act."""

    key: str
    user_id: int
    endpoint: str
    digest: str
    is_kept: bool = False
    location: str | None = None
    answer: dict[str, Any] | None = None


_intent: ContextVar[Intent | None] = ContextVar("intent", default=None)


def begin(intent: Intent | None) -> None:
    """From now on this context acts upon this form, or upon none."""
    _intent.set(intent)


def current() -> Intent | None:
    """The form that is acted upon."""
    return _intent.get()


def require_new(session: Session, actor: Actor) -> None:
    """Raise AlreadyDone where this actor's form was acted upon before, Stale where that was with other content."""
    intent = _intent.get()
    if intent is None or intent.user_id != actor.user_id or intent.is_kept:
        return
    row = session.get(Effect, intent.key)
    if row is None:
        return
    if (row.user_id, row.endpoint, row.digest) == (intent.user_id, intent.endpoint, intent.digest):
        raise AlreadyDone(row.location, row.answer)
    raise Stale("You have sent this page before, with other content. Look at what holds now, then send it again.")


def keep(session: Session, actor: Actor) -> None:
    """Keep, with the act, that this actor's form was acted upon, if anything was. Waits for another that acts upon the
    same form, and raises AlreadyDone when that was first."""
    intent = _intent.get()
    if intent is None or intent.user_id != actor.user_id or ACTED not in session.info or intent.is_kept:
        return
    session.flush()
    kept = session.scalar(
        insert(Effect)
        .values(
            key=intent.key,
            user_id=intent.user_id,
            organisation_id=actor.organisation_id,
            endpoint=intent.endpoint,
            digest=intent.digest,
            location=intent.location,
            answer=intent.answer,
        )
        .on_conflict_do_nothing()
        .returning(Effect.key)
    )
    if kept is None:
        session.expire_all()
        require_new(session, actor)
        raise Conflict("This form bears the key of another. Open the page again, then send.")
    intent.is_kept = True


def note_location(session: Session, key: str, location: str) -> None:
    """Keep where the answer of an act led, so that the same form sent again leads there too."""
    session.execute(update(Effect).where(Effect.key == key).values(location=location[:400]))

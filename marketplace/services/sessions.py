"""Sessions: how a person proves who they are, and the rows by which that proof can be revoked, one by one."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid
from marketplace.models import User, UserSession
from marketplace.permissions import Actor
from marketplace.services import people

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
WRONG = "The e-mail address or the password is not right."


def sign_in(session: Session, *, email: str, password: str, at: datetime) -> tuple[str, int]:
    """Start a session and return its token, of which only a hash is kept, and whose it is. Raises Invalid, in the same
    words and after the same work whether the address is unknown, the password wrong or the account disabled."""
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    is_right = people.is_password_of(user, password)
    if user is None or not is_right or not user.is_active:
        raise Invalid({"email": [WRONG]})
    token = secrets.token_urlsafe(32)
    session.add(UserSession(user_id=user.id, token_hash=hash_token(token), created_at=at, seen_at=at))
    audit.record(session, people.actor_of(user), "user signed in", user)
    return token, user.id


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session a token is or was: `person` while it lives, and when it ends however much is done in it."""

    user_id: int
    person: Actor | None
    ends_at: datetime


def holder_of(session: Session, token: str, *, at: datetime) -> Holder | None:
    """Whose session this is, and note that it was seen; without a person where it is revoked, idle or too old, or the
    account disabled. None where there never was such a session."""
    row = _row_of(session, token)
    if row is None:
        return None
    is_over = row.revoked_at or at - row.seen_at > IDLE or at - row.created_at > ABSOLUTE or not row.user.is_active
    if not is_over and at - row.seen_at > timedelta(minutes=1):  # one write a minute is enough for a limit of thirty
        row.seen_at = at
    person = None if is_over else people.actor_of(row.user)
    return Holder(user_id=row.user_id, person=person, ends_at=row.created_at + ABSOLUTE)


def sign_out(session: Session, actor: Actor, *, token: str, at: datetime) -> None:
    """End one session."""
    row = _row_of(session, token)
    if row is not None and row.revoked_at is None:
        row.revoked_at = at
        audit.record(session, actor, "user signed out", row.user)


def _row_of(session: Session, token: str) -> UserSession | None:
    return session.scalar(select(UserSession).where(UserSession.token_hash == hash_token(token)))


def hash_token(token: str) -> str:
    """SHA-256 of a session token: a stolen table signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()

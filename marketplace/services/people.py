"""People: who they are, how they prove it, and their sessions, which can be revoked one by one."""

import hashlib
import secrets
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid
from marketplace.models import Organisation, Role, User, UserRole, UserSession
from marketplace.permissions import Actor, can_administer, require

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
WRONG = "The e-mail address or the password is not right."

_hasher = PasswordHash.recommended()  # argon2id
# Checked when the address is unknown, so that an unknown one takes as long as a known one.
_DUMMY_HASH = _hasher.hash(secrets.token_urlsafe(16))


def actor_of(user: User) -> Actor:
    """The person as permissions know one."""
    return Actor(
        scope=user.organisation.kind.value,
        user_id=user.id,
        organisation_id=user.organisation_id,
        organisation=user.organisation.name,
        name=user.name,
        roles=user.roles,
    )


def add_user(
    session: Session,
    actor: Actor,
    *,
    organisation: Organisation,
    email: str,
    name: str,
    password: str,
    roles: frozenset[Role],
) -> User:
    """Add a person to an organisation. Raises Invalid for a password that is too short or too long."""
    require(can_administer(actor, organisation.id), "add people")
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        password_hash=hash_password(password),
        organisation_id=organisation.id,
        role_rows=[UserRole(role=role) for role in sorted(roles)],
    )
    session.add(user)
    audit.record(session, actor, "user added", user, roles=sorted(roles))
    return user


def hash_password(password: str) -> str:
    """The argon2id hash of a password of 12 to 200 characters; any characters, no other rule (ASVS 6.2)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid({"password": [f"Use a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."]})
    return _hasher.hash(password)


def sign_in(session: Session, *, email: str, password: str, at: datetime) -> str:
    """Start a session and return its token, of which only a hash is kept. Raises Invalid, in the same words and after
    the same work whether the address is unknown, the password wrong or the account disabled."""
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    is_right = _hasher.verify(password[:LONGEST_PASSWORD], user.password_hash if user else _DUMMY_HASH)
    if user is None or not is_right or not user.is_active:
        raise Invalid({"email": [WRONG]})
    token = secrets.token_urlsafe(32)
    session.add(UserSession(user_id=user.id, token_hash=hash_token(token), created_at=at, seen_at=at))
    audit.record(session, actor_of(user), "user signed in", user)
    return token


def person_of_session(session: Session, token: str, *, at: datetime) -> Actor | None:
    """The person of a live session, and note that it was seen; None when it is unknown, revoked, idle or too old."""
    row = session.scalar(select(UserSession).where(UserSession.token_hash == hash_token(token)))
    if row is None or row.revoked_at or at - row.seen_at > IDLE or at - row.created_at > ABSOLUTE:
        return None
    if not row.user.is_active:
        return None
    if at - row.seen_at > timedelta(minutes=1):  # one write a minute is enough for a limit of thirty
        row.seen_at = at
    return actor_of(row.user)


def sign_out(session: Session, actor: Actor, *, token: str, at: datetime) -> None:
    """End one session."""
    row = session.scalar(select(UserSession).where(UserSession.token_hash == hash_token(token)))
    if row is not None and row.revoked_at is None:
        row.revoked_at = at
        audit.record(session, actor, "user signed out", row.user)


def hash_token(token: str) -> str:
    """SHA-256 of a session token: a stolen table signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()

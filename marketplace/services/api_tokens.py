"""Tokens of the API: made and revoked by their owner, shown once, and whom one admits.

A token is its owner's: whoever holds it acts as that person stands at that moment, so that a role that is taken away is
taken from the token too. It must never keep a token itself, nor widen what its owner may do.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.models import ApiToken, Scope, User
from marketplace.models.api_tokens import LONGEST_LIFE, PREFIX
from marketplace.permissions import Actor, can_keep_tokens, require
from marketplace.services import people

MOST = 20  # tokens of one person that hold
SCHEME = "mp_"  # how every token begins, so that one that was published by mistake is found


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token admits, and for what."""

    actor: Actor
    token_id: int
    scopes: frozenset[Scope]


def create_token(
    session: Session, actor: Actor, *, owner: User, name: str, scopes: Collection[Scope], days: int, at: datetime
) -> tuple[ApiToken, str]:
    """A token of this person for so many days, and the text that is shown once. Raises Invalid for no scope or a time
    out of range, Conflict where the person has MOST that hold, or the account is disabled."""
    require(can_keep_tokens(actor, owner.id), "make a token for somebody else")
    if not scopes:
        raise Invalid({"scopes": ["Choose at least one thing that the token is for."]})
    if not 1 <= days <= LONGEST_LIFE:
        raise Invalid({"days": [f"Enter a number of days from 1 to {LONGEST_LIFE}."]})
    session.refresh(owner, with_for_update=True)  # of two at once the second is counted with the first
    if not owner.is_active:
        raise Conflict("This account is disabled, so no token would admit anybody.")
    if sum(row.holds_at(at) for row in tokens_of(session, owner.id)) >= MOST:
        raise Conflict(f"There are {MOST} tokens that hold already. Revoke one that is not used any more.")
    text = f"{SCHEME}{secrets.token_urlsafe(32)}"
    row = ApiToken(
        user_id=owner.id,
        user=owner,
        name=name,
        token_hash=hash_token(text),
        prefix=text[:PREFIX],
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(row)
    audit.record(session, actor, "token created", row, scopes=row.scopes, days=days)
    return row, text


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """All tokens of a person, the newest first."""
    return session.scalars(select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())).all()


def list_tokens(session: Session) -> Sequence[ApiToken]:
    """The tokens that the actor of this transaction may know of, the newest first."""
    return session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).all()


def revoke_token(session: Session, actor: Actor, *, token_id: int, at: datetime) -> ApiToken:
    """End a token at once. Raises NotFound for none and for that of somebody else, Conflict where it is revoked."""
    row = session.get(ApiToken, token_id, with_for_update=True)
    if row is None or not can_keep_tokens(actor, row.user_id):
        raise NotFound("There is no such token.")
    if row.revoked_at is not None:
        raise Conflict("This token is revoked already.")
    row.revoked_at = at
    audit.record(session, actor, "token revoked", row)
    return row


def bearer_of(session: Session, text: str, *, at: datetime) -> Bearer | None:
    """Whom this token admits, as that person stands now, and note that it was used; None for a wrong, revoked or
    expired one, and where the account is disabled."""
    row = session.scalar(select(ApiToken).where(ApiToken.token_hash == hash_token(text)))
    if row is None or not row.holds_at(at):
        return None
    if row.last_used_at is None or at - row.last_used_at > timedelta(minutes=1):
        row.last_used_at = at
    return Bearer(people.actor_of(row.user), row.id, frozenset(map(Scope, row.scopes)))


def hash_token(text: str) -> str:
    """SHA-256 of a token: a stolen table admits nobody."""
    return hashlib.sha256(text.encode()).hexdigest()

"""People: who they are, what they may do, and their passwords."""

import secrets
from datetime import datetime

from pwdlib import PasswordHash
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound, Stale
from marketplace.models import Organisation, OrganisationKind, Role, User, UserRole, UserSession
from marketplace.permissions import Actor, can_administer, require

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200

# Which roles make sense in which kind of organisation; an administrator is needed in each.
ROLES: dict[OrganisationKind, tuple[Role, ...]] = {
    OrganisationKind.LA: (Role.COMMISSIONER, Role.PROCUREMENT, Role.APPROVER, Role.ADMINISTRATOR),
    OrganisationKind.REGION: (Role.PROCUREMENT, Role.APPROVER, Role.ADMINISTRATOR),
    OrganisationKind.PROVIDER: (Role.PROVIDER_EDITOR, Role.ADMINISTRATOR),
    OrganisationKind.OPERATOR: (Role.ADMINISTRATOR,),
}

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
        must_change_password=user.is_password_temporary,
    )


def list_users(session: Session, actor: Actor) -> list[User]:
    """The people whom an administrator keeps, by organisation and name."""
    require(actor.has(Role.ADMINISTRATOR), "see who signs in")
    people = select(User).join(User.organisation).order_by(Organisation.name, User.name, User.id)
    return list(session.scalars(people))


def get_user(session: Session, actor: Actor, *, user_id: int) -> User:
    """One person; raises NotFound for an unknown one and for one of another organisation."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    require(can_administer(actor, user.organisation_id), "change people")
    return user


def find_user(session: Session, *, email: str) -> User:
    """The person who signs in so, in any case. Raises NotFound."""
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound("Nobody signs in with this address.")
    return user


def add_user(
    session: Session,
    actor: Actor,
    *,
    organisation: Organisation,
    email: str,
    name: str,
    password: str,
    roles: frozenset[Role],
    is_password_temporary: bool = True,
) -> User:
    """Add a person to an organisation. The password that somebody else chose must be changed at the first sign-in.

    Raises Invalid for a password that is too short or long, and for roles that the organisation does not have.
    """
    require(can_administer(actor, organisation.id), "add people")
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        password_hash=hash_password(password),
        is_password_temporary=is_password_temporary,
        organisation=organisation,
        role_rows=_role_rows(organisation, roles),
    )
    session.add(user)
    audit.record(session, actor, "user added", user, roles=sorted(roles))
    return user


def access_of(user: User) -> str:
    """What a page of a person's access shows, by which one that was drawn before a change is known as stale."""
    return " ".join([*sorted(user.roles), "enabled" if user.is_active else "disabled"])


def change_user(
    session: Session,
    actor: Actor,
    *,
    user_id: int,
    version: str,
    roles: frozenset[Role],
    is_active: bool,
    at: datetime,
) -> User:
    """Give a person other roles, or disable or enable the account. Open sessions end, so that the change holds at
    once. Nobody disables or demotes themselves: somebody must be left who can undo it. `version` is `access_of` the
    person as it was seen; raises Stale where it is another by now."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())
    user = get_user(session, actor, user_id=user_id)
    if user.id == actor.user_id:
        raise Conflict("You cannot change your own roles or account. Ask another administrator.")
    if access_of(user) != version:
        raise Stale("Somebody else has changed what this person may do since you opened it. Look at it, then repeat.")
    wanted = _role_rows(user.organisation, roles)
    user.role_rows = [row for row in user.role_rows if row.role in roles]
    user.role_rows += [row for row in wanted if row.role not in user.roles]
    user.is_active = is_active
    end_sessions(session, user_id=user.id, at=at)
    audit.record(session, actor, "user changed", user, roles=sorted(roles), is_active=is_active)
    return user


def change_password(session: Session, actor: Actor, *, current: str, password: str, at: datetime) -> None:
    """Change one's own password; every session of the person ends, this one too. Raises Invalid for a wrong one."""
    user = session.get_one(User, actor.user_id)
    if not is_password_of(user, current):
        raise Invalid({"current": ["This is not your password."]})
    if current == password:
        raise Invalid({"password": ["Choose a password that is not the one you have."]})
    user.password_hash = hash_password(password)
    user.is_password_temporary = False
    end_sessions(session, user_id=user.id, at=at)
    audit.record(session, actor, "password changed", user)


def end_sessions(session: Session, *, user_id: int, at: datetime) -> None:
    """End every session of a person."""
    live = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    session.execute(live.values(revoked_at=at))


def hash_password(password: str) -> str:
    """The argon2id hash of a password of 12 to 200 characters; any characters, no other rule (ASVS 5.0, 6.2)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid({"password": [f"Use a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."]})
    return _hasher.hash(password)


def is_password_of(user: User | None, password: str) -> bool:
    """Whether it is the person's password; takes as long when there is no such person."""
    is_right = _hasher.verify(password[:LONGEST_PASSWORD], user.password_hash if user else _DUMMY_HASH)
    return user is not None and is_right


def _role_rows(organisation: Organisation, roles: frozenset[Role]) -> list[UserRole]:
    allowed = ROLES[organisation.kind]
    if not roles:
        raise Invalid({"roles": ["Choose at least one role."]})
    if not roles <= set(allowed):
        raise Invalid({"roles": [f"This kind of organisation has the roles {', '.join(allowed)} only."]})
    return [UserRole(role=role) for role in sorted(roles)]

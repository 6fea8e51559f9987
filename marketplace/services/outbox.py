"""The outbox: whoever must be told by e-mail is written down in the transaction of the act, with the job that sends it.

It must never send anything: `marketplace.jobs` does, in the worker.
"""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.db import as_system
from marketplace.models import Message, Placement, Role, User, UserRole
from marketplace.permissions import Actor

QUEUE = "mail"

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL,"
    " jsonb_build_object('message_id', CAST(:message_id AS bigint)), NULL)]::procrastinate_job_to_defer_v1[])"
)


def tell_people(
    session: Session,
    actor: Actor,
    *,
    organisation_id: int,
    roles: Iterable[Role],
    template: str,
    subject_id: int,
    key: str,
) -> int:
    """Owe a message to everybody of an organisation who has one of the roles; returns how many are newly owed. `key`
    says what is told ("consultation 7 sent"): the same is told to nobody twice."""
    with as_system(session, actor):
        people = session.scalars(
            select(User.id)
            .join(UserRole)
            .where(User.organisation_id == organisation_id, User.is_active, UserRole.role.in_(list(roles)))
            .distinct()
            .order_by(User.id)
        ).all()
        return sum(_owe(session, user_id, template, subject_id, key) for user_id in people)


def tell_other_side(
    session: Session, actor: Actor, placement: Placement, *, template: str, subject_id: int, key: str
) -> None:
    """Owe a message to the side of a placement that has not done what is told; of what the system did, to both."""
    sides = {placement.provider_id: Role.PROVIDER_EDITOR, placement.authority_id: Role.COMMISSIONER}
    sides.pop(actor.organisation_id or 0, None)
    for organisation_id, role in sides.items():
        tell_people(
            session, actor, organisation_id=organisation_id, roles={role}, template=template, subject_id=subject_id,
            key=key,
        )  # fmt: skip


def tell_person(session: Session, actor: Actor, *, user_id: int, template: str, subject_id: int, key: str) -> int:
    """Owe a message to one person, unless it is owed or sent already; returns how many are newly owed."""
    with as_system(session, actor):
        return _owe(session, user_id, template, subject_id, key)


def _owe(session: Session, user_id: int, template: str, subject_id: int, key: str) -> int:
    message_id = session.scalar(
        insert(Message)
        .values(key=f"{key}, to {user_id}", user_id=user_id, template=template, subject_id=subject_id)
        .on_conflict_do_nothing(index_elements=[Message.key])
        .returning(Message.id)
    )
    if message_id is None:
        return 0
    queue(session, message_id)
    return 1


def queue(session: Session, message_id: int) -> None:
    """The job that sends a message, in the transaction that owes it."""
    session.execute(_DEFER, {"queue": QUEUE, "task": Message.TASK, "message_id": message_id})

"""What every step of a consultation is made of: the rows locked in one order, the allowed move, who is told, and where
the need stands by it.

Rows are locked in one order wherever one is changed: the need, its consultations by id, then capacity. It must never
ask whether the actor may: the use case does.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import InvalidTransition, NotFound, Stale
from marketplace.models import (
    CONSULTATION_MOVES,
    OPEN_CONSULTATIONS,
    Consultation,
    ConsultationStatus,
    Need,
    NeedStatus,
    Role,
)
from marketplace.permissions import Actor
from marketplace.services import capacity, outbox

OPEN_NEEDS = frozenset({NeedStatus.PUBLISHED, NeedStatus.CONSULTING, NeedStatus.OFFERED})


def find_consultation(session: Session, consultation_id: int) -> Consultation:
    """A consultation that the actor of this transaction may know of, with its reply. Raises NotFound."""
    row = session.scalar(
        select(Consultation)
        .where(Consultation.id == consultation_id)
        .options(
            joinedload(Consultation.setting),
            joinedload(Consultation.authority),
            joinedload(Consultation.provision),
            joinedload(Consultation.offer),
            selectinload(Consultation.reasons),
        )
    )
    if row is None:
        raise NotFound("There is no such consultation.")
    return row


def lock_need(session: Session, need_id: int) -> Need:
    """A need that the actor may know of, locked until the transaction ends. Raises NotFound."""
    need = session.scalar(
        select(Need).where(Need.id == need_id).with_for_update().execution_options(populate_existing=True)
    )
    if need is None:
        raise NotFound("There is no such need.")
    return need


def lock_consultation(session: Session, actor: Actor, consultation_id: int) -> Consultation:
    """A consultation that the actor may know of, locked with its need. Raises NotFound."""
    need_id = find_consultation(session, consultation_id).need_id
    with as_system(session, actor):
        lock_need(session, need_id)
        return session.scalars(
            select(Consultation)
            .where(Consultation.id == consultation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()


def lock_open(session: Session, need: Need) -> list[Consultation]:
    """The open consultations of a need that is locked, by id, locked as well."""
    return list(
        session.scalars(
            select(Consultation)
            .where(Consultation.need_id == need.id, Consultation.status.in_(OPEN_CONSULTATIONS))
            .order_by(Consultation.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def require_fresh(row: Consultation, version: int) -> None:
    """Raise Stale unless the consultation is as the person saw it."""
    if row.version != version:
        raise Stale("Something has happened to this consultation since you opened it. Look at what holds now.")


def move(row: Consultation, status: ConsultationStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in CONSULTATION_MOVES[row.status]:
        raise InvalidTransition(f"This consultation is {row.status}, so that cannot be done with it any more.")
    row.status = status


def end(session: Session, actor: Actor, row: Consultation, status: ConsultationStatus, *, at: datetime) -> None:
    """End a consultation that is locked: nothing is held for it any more, the setting is told, and it is recorded."""
    move(row, status)
    row.ended_at = at
    capacity.free(session, actor, subject=row, at=at)
    audit.record(session, actor, f"consultation {status}", row, need_id=row.need_id)
    tell_provider(session, actor, row, f"consultation_{status}", status)


def settle_need(session: Session, need: Need) -> None:
    """Where a need stands by its consultations: offered, consulting, or published when none is open any more. The need
    is locked, by whoever may."""
    session.flush()
    statuses = set(
        session.scalars(
            select(Consultation.status).where(
                Consultation.need_id == need.id, Consultation.status.in_(OPEN_CONSULTATIONS)
            )
        )
    )
    if need.status not in OPEN_NEEDS:
        return
    if ConsultationStatus.OFFERED in statuses:
        need.status = NeedStatus.OFFERED
    else:
        need.status = NeedStatus.CONSULTING if statuses else NeedStatus.PUBLISHED


def tell_authority(session: Session, actor: Actor, row: Consultation, template: str, what: str) -> None:
    """Owe a message to who sent the consultation; where that was nobody here, to the LA's commissioners."""
    key = f"consultation {row.id} {what}"
    if row.sent_by_id is not None:
        outbox.tell_person(session, actor, user_id=row.sent_by_id, template=template, subject_id=row.id, key=key)
    else:
        outbox.tell_people(
            session,
            actor,
            organisation_id=row.authority_id,
            roles={Role.COMMISSIONER},
            template=template,
            subject_id=row.id,
            key=key,
        )


def tell_provider(session: Session, actor: Actor, row: Consultation, template: str, what: str) -> None:
    """Owe a message to the editors of the provider that is asked."""
    session.flush()
    outbox.tell_people(
        session,
        actor,
        organisation_id=row.provider_id,
        roles={Role.PROVIDER_EDITOR},
        template=template,
        subject_id=row.id,
        key=f"consultation {row.id} {what}",
    )

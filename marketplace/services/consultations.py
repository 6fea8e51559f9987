"""Consultations: an LA asks settings about a pupil, sees what they have seen and said, and withdraws.

Rows are locked in one order wherever one is changed: the need, its consultations by id, then capacity. It must never
show a setting more than the brief; what a setting replies stands in `replies`, who is reminded in `reminders`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    CONSULTATION_MOVES,
    OPEN_CONSULTATIONS,
    Consultation,
    ConsultationStatus,
    Need,
    NeedStatus,
    Provision,
    Role,
    Setting,
)
from marketplace.permissions import Actor, can_consult, require
from marketplace.services import capacity, outbox
from marketplace.services.briefs import Brief, brief_of
from marketplace.services.deadlines import reply_due
from marketplace.services.matching.options import rank_options

OPEN_NEEDS = frozenset({NeedStatus.PUBLISHED, NeedStatus.CONSULTING, NeedStatus.OFFERED})


def preview(
    session: Session, actor: Actor, *, need: Need, provision_ids: Collection[int], on: date
) -> list[tuple[Provision, Brief]]:
    """What each setting would read, in the order of the ranking, before anything is sent. Raises Invalid where a choice
    cannot be consulted."""
    require(can_consult(actor, need.authority_id), "consult settings")
    if not provision_ids:
        raise Invalid({"provision_ids": ["Select at least one setting to consult."]})
    chosen = _chosen(session, need, provision_ids)
    ranked = rank_options(session, actor, need=need, on=on)
    road_km: dict[int, float] = {option.provision_id: option.road_km for option in ranked.options}
    road_km |= {row.provision_id: row.road_km for row in ranked.refused if row.provision_id is not None}
    place = {at: number for number, at in enumerate(road_km)}
    chosen.sort(key=lambda row: (place.get(row.id, len(place)), row.id))
    return [(row, brief_of(need, row, road_km=road_km.get(row.id))) for row in chosen]


def consult(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int,
    provision_ids: Collection[int],
    on: date,
    at: datetime,
) -> list[Consultation]:
    """Consult the settings of these provisions about a need: each may read its brief, and the pupil's identity and
    documents, from now on, and has 15 days to reply. All are sent or none."""
    need = lock_need(session, need_id)
    require(can_consult(actor, need.authority_id), "consult settings")
    if need.version != version:
        raise Stale("Somebody else has changed this need since you opened it. Look at it again, then repeat.")
    if need.status not in OPEN_NEEDS:
        raise InvalidTransition(f"This need is {need.status}, so nobody is consulted about it.")
    sent = []
    for provision, brief in preview(session, actor, need=need, provision_ids=provision_ids, on=on):
        assert provision.setting.provider_id is not None
        row = Consultation(
            need_id=need.id,
            authority_id=need.authority_id,
            setting_id=provision.setting_id,
            provider_id=provision.setting.provider_id,
            provision_id=provision.id,
            brief=dict(brief),
            sent_at=at,
            sent_by_id=actor.user_id,
            due_on=reply_due(at),
        )
        session.add(row)
        audit.record(session, actor, "setting consulted", row, need_id=need.id, setting_id=row.setting_id)
        tell_provider(session, actor, row, "consultation_sent", "sent")
        sent.append(row)
    settle_need(session, need)
    audit.record(session, actor, "settings consulted", need, settings=[row.setting_id for row in sent])
    return sent


def withdraw(session: Session, actor: Actor, *, consultation_id: int, version: int, at: datetime) -> Consultation:
    """Withdraw a consultation: what it opened to the setting closes at once, and a place that is held is free again."""
    row = lock_consultation(session, actor, consultation_id)
    require(can_consult(actor, row.authority_id), "withdraw a consultation")
    require_fresh(row, version)
    end(session, actor, row, ConsultationStatus.WITHDRAWN, at=at)
    settle_need(session, row.need)
    audit.record(session, actor, "consultation withdrawn", row, need_id=row.need_id)
    return row


def end(session: Session, actor: Actor, row: Consultation, status: ConsultationStatus, *, at: datetime) -> None:
    """End a consultation that is locked: nothing is held for it any more, and the setting is told."""
    move(row, status)
    row.ended_at = at
    capacity.free(session, actor, subject=row, at=at)
    tell_provider(session, actor, row, f"consultation_{status}", status)


def see(session: Session, actor: Actor, *, consultation_id: int, at: datetime) -> Consultation:
    """One consultation, as a person opens it; that its setting has seen it is kept, once. Raises NotFound."""
    row = find_consultation(session, consultation_id)
    if row.seen_at is None and actor.organisation_id == row.provider_id and row.status in OPEN_CONSULTATIONS:
        row = lock_consultation(session, actor, consultation_id)
        row.seen_at = row.seen_at or at
        audit.record(session, actor, "consultation seen", row)
    return row


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


def consultations_of(session: Session, need: Need) -> Sequence[Consultation]:
    """All consultations of a need, with their replies, the newest last."""
    return session.scalars(
        select(Consultation)
        .where(Consultation.need_id == need.id)
        .options(
            joinedload(Consultation.setting),
            joinedload(Consultation.provision),
            joinedload(Consultation.offer),
            selectinload(Consultation.reasons),
        )
        .order_by(Consultation.sent_at, Consultation.id)
    ).all()


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


def require_fresh(row: Consultation, version: int) -> None:
    """Raise Stale unless the consultation is as the person saw it."""
    if row.version != version:
        raise Stale("Something has happened to this consultation since you opened it. Look at what holds now.")


def move(row: Consultation, status: ConsultationStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in CONSULTATION_MOVES[row.status]:
        raise InvalidTransition(f"This consultation is {row.status}, so that cannot be done with it any more.")
    row.status = status


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


def _chosen(session: Session, need: Need, provision_ids: Iterable[int]) -> list[Provision]:
    rows = list(
        session.scalars(
            select(Provision)
            .where(Provision.id.in_(set(provision_ids)), Provision.is_offered)
            .options(joinedload(Provision.setting).joinedload(Setting.authority))
            .order_by(Provision.id)
        )
    )
    if len(rows) != len(set(provision_ids)):
        raise Invalid({"provision_ids": ["One of these is not offered any more. Choose from the list again."]})
    settings: set[int] = set()
    for row in rows:
        if row.setting_id in settings:
            words = f"You chose two provisions of {row.setting.name}. Ask about one: the reply may name the other."
            raise Invalid({"provision_ids": [words]})
        if row.setting.provider_id is None:
            words = f"Nobody answers for {row.setting.name} here yet. Consult it by e-mail, or leave it out."
            raise Invalid({"provision_ids": [words]})
        if row.id in need.forbidden:
            words = f"{row.setting.name}: {row.name} is ruled out for this pupil. Allow it again first."
            raise Invalid({"provision_ids": [words]})
        settings.add(row.setting_id)
    asked = session.scalars(
        select(Setting.name)
        .join(Consultation, Consultation.setting_id == Setting.id)
        .where(
            Consultation.need_id == need.id,
            Consultation.setting_id.in_(settings),
            Consultation.status.in_(OPEN_CONSULTATIONS),
        )
        .order_by(Setting.name)
    ).all()
    if asked:
        raise Conflict(f"Already consulted about this pupil: {'; '.join(asked)}. Leave these out.")
    return rows

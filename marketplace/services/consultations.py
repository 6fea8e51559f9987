"""Consultations: an LA asks settings about a pupil, sees what they have seen and said, and withdraws.

What a setting replies stands in `replies`, who is reminded in `reminders`. It must never show a setting more than the
brief.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, Stale
from marketplace.models import (
    OPEN_CONSULTATIONS,
    Consultation,
    ConsultationStatus,
    EventKind,
    Need,
    Placement,
    PlacementEvent,
    Provision,
    Setting,
)
from marketplace.permissions import Actor, can_consult, can_reply, require
from marketplace.services import registration
from marketplace.services.briefs import Brief, brief_of
from marketplace.services.consultation_steps import (
    OPEN_NEEDS,
    end,
    find_consultation,
    lock_consultation,
    lock_need,
    lock_open,
    require_fresh,
    settle_need,
    tell_provider,
)
from marketplace.services.deadlines import reply_due
from marketplace.services.matching.options import rank_options


def choose(session: Session, actor: Actor, *, need: Need, provision_ids: Collection[int]) -> list[Provision]:
    """The provisions chosen, by id, each of another setting. Raises Invalid where none is chosen, or one cannot be
    consulted; InvalidTransition where nobody is consulted about the need any more; Conflict for a setting that is
    consulted already."""
    require(can_consult(actor, need.authority_id), "consult settings")
    if need.status not in OPEN_NEEDS:
        raise InvalidTransition(f"This need is {need.status}, so nobody is consulted about it.")
    if not provision_ids:
        raise Invalid({"provision_ids": ["Select at least one setting to consult."]})
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
    seen: set[int] = set()
    for row in rows:
        if words := obstacle(need, row, seen):
            raise Invalid({"provision_ids": [f"{row.setting.name}: {words}"]})
        seen.add(row.setting_id)
    if asked := _asked(session, need, seen):
        raise Conflict(f"Already consulted about this pupil: {'; '.join(asked)}. Leave these out.")
    return rows


def preview(
    session: Session, actor: Actor, *, need: Need, provision_ids: Collection[int], on: date
) -> list[tuple[Provision, Brief]]:
    """What each setting would read, in the order of the ranking, before anything is sent. Raises what
    choose() raises."""
    chosen = choose(session, actor, need=need, provision_ids=provision_ids)
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
    told = preview(session, actor, need=need, provision_ids=provision_ids, on=on)
    return send(session, actor, need=need, told=told, sent_by_id=actor.user_id, at=at)


def send(
    session: Session,
    actor: Actor,
    *,
    need: Need,
    told: Iterable[tuple[Provision, Brief]],
    sent_by_id: int | None,
    at: datetime,
) -> list[Consultation]:
    """Send what each setting is to read about a need that is locked; its replies are told to `sent_by_id`.

    It never asks who may, nor whether these can be consulted: `consult` and `matching.application_acts` have."""
    sent = []
    for provision, brief in told:
        assert provision.setting.provider_id is not None
        row = Consultation(
            need_id=need.id,
            authority_id=need.authority_id,
            setting_id=provision.setting_id,
            provider_id=provision.setting.provider_id,
            provision_id=provision.id,
            brief=dict(brief),
            sent_at=at,
            sent_by_id=sent_by_id,
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
    return row


def withdraw_all(session: Session, actor: Actor, *, need: Need, at: datetime) -> None:
    """Withdraw every consultation of a need that is locked: the need is withdrawn itself."""
    for row in lock_open(session, need):
        end(session, actor, row, ConsultationStatus.WITHDRAWN, at=at)


def see(session: Session, actor: Actor, *, consultation_id: int, at: datetime) -> Consultation:
    """Open a consultation for its setting: from now on it may read all of it, and the LA reads that it has seen it,
    which is kept once. One that is over stays as it is. Raises NotFound."""
    row = find_consultation(session, consultation_id)
    require(can_reply(actor, row.provider_id), "open a consultation")
    if row.seen_at is None:
        row = lock_consultation(session, actor, consultation_id)
    if row.seen_at is None and row.status in OPEN_CONSULTATIONS:
        row.seen_at = at
        audit.record(session, actor, "consultation seen", row)
    return row


def placement_of(session: Session, row: Consultation) -> Placement | None:
    """The placement that came of a consultation that was awarded, running or ended, as far as the actor of this
    transaction may know of it."""
    return session.scalar(
        select(Placement)
        .join(Placement.events)
        .where(
            Placement.need_id == row.need_id,
            Placement.setting_id == row.setting_id,
            PlacementEvent.kind == EventKind.AWARDED,
            PlacementEvent.at == row.ended_at,  # the instant of the award, which ends a consultation
        )
    )


def reference(row: Consultation) -> str:
    """What both sides call a consultation."""
    return f"Consultation {row.id}"


def consultations_of(session: Session, need: Need, *, is_open: bool = False) -> Sequence[Consultation]:
    """The consultations of a need, all or those that are open, with their replies, the newest last."""
    wanted = [Consultation.need_id == need.id]
    if is_open:
        wanted.append(Consultation.status.in_(OPEN_CONSULTATIONS))
    return session.scalars(
        select(Consultation)
        .where(*wanted)
        .options(
            joinedload(Consultation.setting),
            joinedload(Consultation.provision),
            joinedload(Consultation.offer),
            selectinload(Consultation.reasons),
        )
        .order_by(Consultation.sent_at, Consultation.id)
    ).all()


def obstacle(need: Need, provision: Provision, seen: Collection[int]) -> str:
    """Why a provision cannot be asked about, where the settings `seen` are asked as well; nothing where it can."""
    if provision.setting_id in seen:
        return "you chose two of its provisions. Ask about one: the reply may name the other."
    if provision.setting.provider_id is None:
        return "nobody answers for it here yet. Consult it by e-mail, or leave it out."
    if provision.id in need.forbidden:
        return f"{provision.name} is ruled out for this pupil. Allow it again first."
    return registration.fault(provision.setting, provision.kind, provision.sessions, footing=need.footing) or ""


def _asked(session: Session, need: Need, settings: Collection[int]) -> Sequence[str]:
    """The names of those settings that are consulted about the need already."""
    return session.scalars(
        select(Setting.name)
        .join(Consultation, Consultation.setting_id == Setting.id)
        .where(
            Consultation.need_id == need.id,
            Consultation.setting_id.in_(settings),
            Consultation.status.in_(OPEN_CONSULTATIONS),
        )
        .order_by(Setting.name)
    ).all()

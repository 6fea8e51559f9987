"""How an award moves: locked in the order of all commissioning, along the table of moves, with its place taken or given
back, and everybody told. The use cases stand in `awards` and `approvals`.

Rows are locked in one order: the need, its consultations by id, the award, then capacity.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, InvalidTransition, NotFound, Stale
from marketplace.models import (
    AWARD_MOVES,
    Award,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    Need,
    Role,
    Route,
)
from marketplace.permissions import Actor
from marketplace.services import capacity, outbox
from marketplace.services.consultation_steps import OPEN_NEEDS, lock_need, lock_open
from marketplace.services.evidence import reply_of

HELD_FOR = timedelta(days=7)  # that a place waits for the second person


def find_award(session: Session, award_id: int) -> Award:
    """An award that the actor of this transaction may know of. Raises NotFound."""
    award = session.get(Award, award_id)
    if award is None:
        raise NotFound("There is no such award.")
    return award


def lock_award(session: Session, award_id: int) -> tuple[Award, Need, list[Consultation]]:
    """An award with its need and the consultations of it that are open, locked until the transaction ends. Raises
    NotFound."""
    need = lock_need(session, find_award(session, award_id).need_id)
    consultations = lock_open(session, need)
    award = session.scalars(
        select(Award).where(Award.id == award_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return award, need, consultations


def require_fresh(award: Award, version: int) -> None:
    """Raise Stale unless the award is as the person saw it."""
    if award.version != version:
        raise Stale("Something has happened to this award since you opened it. Look at what holds now.")


def require_open(need: Need) -> None:
    """Raise InvalidTransition where nothing can be awarded for a need any more."""
    if need.status not in OPEN_NEEDS:
        raise InvalidTransition(f"This need is {need.status}, so nothing can be awarded for it.")


def live_award(session: Session, need: Need) -> Award | None:
    """The award of a need that waits or is made, if there is one."""
    return session.scalar(
        select(Award).where(Award.need_id == need.id, Award.status.in_([AwardStatus.PROPOSED, AwardStatus.MADE]))
    )


def require_no_live_award(session: Session, need: Need) -> None:
    """Raise Conflict where an award for the need waits, or is made."""
    if live_award(session, need):
        raise Conflict("An award for this need waits for its approval already. Take it back first, or wait.")


def require_same_reply(award: Award, consultations: Iterable[Consultation]) -> None:
    """Raise Stale unless what the setting has said is what the proposal rests on: an offer may have been taken back, a
    refusal may have further reasons, and after silence there may be a reply."""
    row = next((each for each in consultations if each.id == award.consultation_id), None)
    said = next(each for each in award.evidence["choices"] if each["provision_id"] == award.provision_id)
    if award.route is not Route.ORDER and reply_of(row) != (said["reply"], said["replied_at"]):
        raise Stale(
            f"{award.setting.name} has said something else since this was proposed. Return it, so that it is decided"
            " on what holds now."
        )


def move(award: Award, status: AwardStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in AWARD_MOVES[award.status]:
        raise InvalidTransition(f"This award is {award.status}, so that cannot be done with it.")
    award.status = status
    if status is not AwardStatus.PROPOSED:
        award.held_until = None


def take_place(session: Session, actor: Actor, award: Award, need: Need, *, at: datetime) -> None:
    """The place is taken, by the hold of the offer where there is one; an order opens one where there is none. Raises
    NoRoom when it has gone."""
    assert need.year_group is not None
    if award.consultation is not None:
        capacity.free(session, actor, subject=award.consultation, at=at)
    capacity.take(
        session,
        actor,
        provision=award.provision,
        year_group=need.year_group,
        on=award.starts_on,
        amount=capacity.use_of(award.provision, hours_a_week=award.hours_a_week),
        authority_id=award.authority_id,
        subject=award,
        held_until=award.held_until,
        is_ordered=award.route is Route.ORDER,
    )


def give_back_place(session: Session, actor: Actor, award: Award, need: Need, *, at: datetime) -> None:
    """The place is free again; or, where the setting keeps it for the pupil until a day to come, held for the offer as
    before. The pool stays locked in between, so that it is there."""
    assert need.year_group is not None
    amount = capacity.held(session, award)
    capacity.free(session, actor, subject=award, at=at)
    row = award.consultation
    offer = row.offer if row and row.status is ConsultationStatus.OFFERED else None
    if row and offer and offer.provision_id == award.provision_id and offer.held_until and offer.held_until > at:
        capacity.take(
            session,
            actor,
            provision=award.provision,
            year_group=need.year_group,
            on=award.starts_on,
            amount=amount,
            authority_id=award.authority_id,
            subject=row,
            held_until=offer.held_until,
        )


def lapse(session: Session, actor: Actor, award: Award, need: Need, event: str, *, at: datetime) -> None:
    """Nobody has decided in time, or it was taken back."""
    move(award, AwardStatus.LAPSED)
    give_back_place(session, actor, award, need, at=at)
    audit.record(session, actor, event, award, need_id=award.need_id)


def tell_authority(session: Session, actor: Actor, award: Award, role: Role, template: str) -> None:
    """Owe a message to those of the LA who have a role."""
    outbox.tell_people(
        session,
        actor,
        organisation_id=award.authority_id,
        roles={role},
        template=template,
        subject_id=award.id,
        key=f"award {award.id} {template}",
    )


def tell_proposer(session: Session, actor: Actor, award: Award, template: str) -> None:
    """Owe a message to who proposed it, unless that is who acts."""
    if award.proposed_by_id is not None and award.proposed_by_id != actor.user_id:
        outbox.tell_person(
            session,
            actor,
            user_id=award.proposed_by_id,
            template=template,
            subject_id=award.id,
            key=f"award {award.id} {template}",
        )


def tell_provider(session: Session, actor: Actor, award: Award) -> None:
    """Owe a message to the setting of an award that rests on no consultation, by order."""
    outbox.tell_people(
        session,
        actor,
        organisation_id=award.provider_id,
        roles={Role.PROVIDER_EDITOR},
        template="award_ordered",
        subject_id=award.id,
        key=f"award {award.id} ordered",
    )

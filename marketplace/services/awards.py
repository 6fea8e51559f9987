"""Awards: an LA decides where a pupil is placed. Over its threshold a second person makes the decision final.

Capacity, award, placement, ledger, audit and the mail that tells of it are one transaction: all or nothing. It must
never cap a price: the variance from the band is shown where one decides.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Unpack

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import InvalidTransition, Stale
from marketplace.models import Award, AwardStatus, ConsultationStatus, Kind, Need, NeedStatus, Role
from marketplace.permissions import Actor, can_propose_award, require
from marketplace.services import agreements, award_letters, capacity, placements
from marketplace.services.award_checks import Decided, chosen, require_complete, require_same_cost
from marketplace.services.award_steps import (
    HELD_FOR,
    find_award,
    lapse,
    live_award,
    lock_award,
    move,
    require_fresh,
    require_no_live_award,
    require_open,
    require_same_reply,
    take_place,
    tell_authority,
    tell_proposer,
    tell_provider,
)
from marketplace.services.choices import Choice, choices
from marketplace.services.consultation_steps import end, lock_need, lock_open
from marketplace.services.evidence import comparison
from marketplace.services.thresholds import threshold_of

__all__ = ["find_award", "lapse_awards", "live_award", "make_award", "propose_award", "take_back_award"]


def propose_award(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int,
    provision_id: int,
    consultation_version: int | None,
    total: int,
    on: date,
    at: datetime,
    **decided: Unpack[Decided],
) -> Award:
    """Propose an award to the second person; where the marginal public cost is within the LA's threshold, make it at
    once. `version`, `consultation_version` and `total` (pence a year) are what the person saw.

    The place is taken now. Raises Invalid, by field, for what the law or the record lacks; NoRoom when the place has
    gone; Stale when the need, the reply or the cost is another than was seen; Conflict when there is a live award.
    """
    need = _lock_to_propose(session, actor, need_id, version)
    found = choices(session, need=need, on=on, starts_on=max(on, decided["starts_on"] or on))
    choice = chosen(found, provision_id=provision_id, consultation_version=consultation_version)
    require_complete(found, choice, decided, on=on)
    require_same_cost(choice, total=total)
    award = _award(need, found, choice, decided)
    award.threshold = threshold_of(session, need.authority_id, on=on)
    award.proposed_at, award.proposed_by_id, award.held_until = at, actor.user_id, at + HELD_FOR
    session.add(award)
    session.flush()
    take_place(session, actor, award, need, at=at)
    audit.record(
        session, actor, "award proposed", award, need_id=need.id, setting_id=award.setting_id, total=award.marginal
    )
    if award.marginal > award.threshold:
        tell_authority(session, actor, award, Role.APPROVER, "award_proposed")
    else:
        make_award(session, actor, award.id, on=on, at=at)
    return award


def make_award(
    session: Session, actor: Actor, award_id: int, *, note: str | None = None, on: date, at: datetime
) -> Award:
    """Make a proposal final: the placement begins to be charged, the settings are told, the other consultations end.
    It never asks who may: `propose_award` and `approvals` have. Raises InvalidTransition where it is no proposal any
    more or nobody decided in time; Stale where what it rests on has changed."""
    award, need, rows = lock_award(session, award_id)
    require_open(need)
    if award.held_until is not None and award.held_until <= at:
        raise InvalidTransition("The place was held for this award until its time ran out. Propose it again.")
    require_same_reply(award, rows)
    letter = dict(award_letters.letter_of(session, actor, award, at=at))
    move(award, AwardStatus.MADE)
    award.decided_at, award.decided_by_id, award.decision_note, award.letter = at, actor.user_id, note, letter
    capacity.settle(session, actor, award=award)
    for row in rows:
        is_winner = row.id == award.consultation_id
        status = ConsultationStatus.AWARDED if is_winner else ConsultationStatus.CLOSED
        end(session, actor, row, status, at=at)
    need.status = NeedStatus.PLACED
    agreement = agreements.agreement_of(session, actor, award, at=at)
    placements.begin(session, actor, award=award, agreement=dict(agreement), on=on, at=at)
    audit.record(
        session, actor, "award made", award, need_id=need.id, setting_id=award.setting_id, total=award.marginal
    )
    audit.record(session, actor, "need placed", need, award_id=award.id)
    if award.consultation_id is None:
        tell_provider(session, actor, award)
    tell_proposer(session, actor, award, "award_made")
    return award


def take_back_award(session: Session, actor: Actor, *, award_id: int, version: int, at: datetime) -> Award:
    """Take a proposal back before it is decided; the place is free again."""
    award, need, _ = lock_award(session, award_id)
    require(can_propose_award(actor, award.authority_id), "take back an award")
    require_fresh(award, version)
    lapse(session, actor, award, need, "award taken back", at=at)
    return award


def awards_to_lapse(session: Session, *, at: datetime) -> Sequence[int]:
    """The proposals that nobody has decided in time."""
    return session.scalars(select(Award.id).where(*_overdue(at)).order_by(Award.id)).all()


def lapse_awards(session: Session, actor: Actor, *, at: datetime, only: int | None = None) -> int:
    """Let the proposals lapse that nobody has decided in time, all or `only` this one, as the system; returns how many.
    Safe with several workers at once: what one has in hand the others pass over."""
    due = _overdue(at) if only is None else (*_overdue(at), Award.id == only)
    needs: Sequence[int] = session.scalars(select(Award.need_id).where(*due).order_by(Award.need_id)).all()
    count = 0
    for need_id in needs:
        in_hand = select(Need.id).where(Need.id == need_id).with_for_update(skip_locked=True)
        award_id = session.scalar(select(Award.id).where(Award.need_id == need_id, *due))
        if session.scalar(in_hand) is None or award_id is None:
            continue
        award, need, _ = lock_award(session, award_id)
        if award.status is AwardStatus.PROPOSED:
            lapse(session, actor, award, need, "award lapsed", at=at)
            tell_authority(session, actor, award, Role.COMMISSIONER, "award_lapsed")
            count += 1
    return count


def _overdue(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return Award.status == AwardStatus.PROPOSED, Award.held_until <= at


def _lock_to_propose(session: Session, actor: Actor, need_id: int, version: int) -> Need:
    """The need, with its open consultations, locked, as the person saw it, and free to be awarded."""
    need = lock_need(session, need_id)
    require(can_propose_award(actor, need.authority_id), "award a placement")
    if need.version != version:
        raise Stale("Something has happened to this need since you opened it. Look at what holds now, then decide.")
    require_open(need)
    lock_open(session, need)
    require_no_live_award(session, need)
    return need


def _award(need: Need, found: Sequence[Choice], choice: Choice, decided: Decided) -> Award:
    """The decision with what it rests on, not yet anybody's."""
    assert choice.published is not None
    row, offer = choice.consultation, choice.offer
    return Award(
        need_id=need.id,
        authority_id=need.authority_id,
        consultation_id=row.id if row else None,
        setting_id=choice.provision.setting_id,
        provider_id=choice.provision.setting.provider_id,
        provision=choice.provision,
        setting=choice.provision.setting,
        consultation=row,
        status=AwardStatus.PROPOSED,
        band=choice.band,
        hours_a_week=choice.published.hours_a_week if choice.provision.kind is Kind.OUTREACH else None,
        schedule_id=choice.published.schedule_id,
        lines=choice.published.lines,
        price=choice.fee,
        variation=choice.variation,
        variation_reason=offer.variation_reason if offer else None,
        transport=choice.transport,
        marginal=choice.total,
        is_requested=choice.is_requested,
        evidence={"choices": comparison(found), "test": choice.verdict.test},
        **{**decided, "answers": dict(decided["answers"])},
    )

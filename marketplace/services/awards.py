"""Awards: an LA decides where a pupil is placed. Over its threshold a second person makes the decision final.

Capacity, award, placement, ledger, audit and the mail that tells of it are one transaction: all or nothing. Rows are
locked in the order of `consultation_steps`. It must never cap a price: the variance from the band is shown where one
decides.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    AWARD_MOVES,
    Award,
    AwardBasis,
    AwardStatus,
    ConsultationStatus,
    Ground,
    Need,
    NeedStatus,
    RefusalReason,
    Role,
    Route,
)
from marketplace.permissions import Actor, can_decide_award, can_propose_award, require
from marketplace.services import agreements, capacity, outbox, placements
from marketplace.services.approvals import threshold_of
from marketplace.services.choices import Choice, choices
from marketplace.services.consultation_steps import OPEN_NEEDS, end, lock_need, lock_open

HELD_FOR = timedelta(days=7)  # that a place waits for the second person


def propose_award(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int,
    provision_id: int,
    consultation_version: int | None,
    route: Route,
    route_reason: str | None,
    order_reference: str | None,
    starts_on: date,
    ground: Ground | None,
    ground_evidence: str | None,
    answers: Mapping[str, str],
    reasons: str,
    basis: AwardBasis,
    basis_reason: str | None,
    notice_reference: str | None,
    on: date,
    at: datetime,
) -> Award:
    """Propose an award to the second person; where the marginal public cost is within the LA's threshold, make it at
    once.

    The place is taken now. Raises Invalid, by field, for what the law or the record lacks; NoRoom when the place has
    gone; Stale when the need or the offer has changed since it was seen; Conflict when there is a live award already.
    """
    need = lock_need(session, need_id)
    require(can_propose_award(actor, need.authority_id), "award a placement")
    if need.version != version:
        raise Stale("Something has happened to this need since you opened it. Look at what holds now, then decide.")
    if need.status not in OPEN_NEEDS:
        raise InvalidTransition(f"This need is {need.status}, so nothing can be awarded for it.")
    lock_open(session, need)
    _require_no_live_award(session, need)
    found = choices(session, need=need, on=max(on, need.starts_on or on))
    choice = _chosen(found, provision_id, consultation_version)
    _require_lawful(choice, route, ground, ground_evidence, answers)
    _require_record(choice, route, route_reason, order_reference, basis, basis_reason, starts_on, on=on)
    assert choice.published is not None
    assert choice.fee is not None
    assert choice.band is not None
    assert choice.total is not None
    threshold = threshold_of(session, need.authority_id, on=on)
    needs_second = choice.total > threshold
    offer = choice.consultation.offer if choice.consultation else None
    award = Award(
        need_id=need.id,
        authority_id=need.authority_id,
        consultation_id=choice.consultation.id if choice.consultation else None,
        setting_id=choice.provision.setting_id,
        provider_id=choice.provision.setting.provider_id,
        provision=choice.provision,
        status=AwardStatus.PROPOSED,
        route=route,
        route_reason=route_reason,
        order_reference=order_reference,
        band=choice.band,
        starts_on=starts_on,
        hours_a_week=choice.published.hours_a_week if choice.provision.kind == "outreach" else None,
        schedule_id=choice.published.schedule_id,
        lines=choice.published.lines,
        price=choice.fee,
        variation=choice.variation,
        variation_reason=offer.variation_reason if offer else None,
        transport=choice.transport,
        marginal=choice.total,
        is_requested=choice.is_requested,
        ground=ground,
        ground_evidence=ground_evidence,
        reasons=reasons,
        answers=dict(answers),
        evidence={"on": on.isoformat(), "choices": [each.as_evidence() for each in found], "test": choice.verdict.test},
        basis=basis,
        basis_reason=basis_reason,
        notice_reference=notice_reference,
        threshold=threshold,
        proposed_at=at,
        proposed_by_id=actor.user_id,
        held_until=at + HELD_FOR,
    )
    session.add(award)
    session.flush()
    _take(session, actor, award, need, choice, at=at)
    audit.record(
        session, actor, "award proposed", award, need_id=need.id, setting_id=award.setting_id, total=award.marginal
    )
    if needs_second:
        _tell(session, actor, award, Role.APPROVER, "award_proposed")
    else:
        _make(session, actor, award, need, on=on, at=at)
    return award


def approve_award(
    session: Session, actor: Actor, *, award_id: int, version: int, note: str | None = None, on: date, at: datetime
) -> Award:
    """Make an award that was proposed by somebody else."""
    award, need = _lock_award(session, actor, award_id, version)
    _make(session, actor, award, need, note=note, on=on, at=at)
    return award


def return_award(session: Session, actor: Actor, *, award_id: int, version: int, note: str, at: datetime) -> Award:
    """Return a proposal to who made it, with the reason; the place is free again."""
    award, _ = _lock_award(session, actor, award_id, version)
    _move(award, AwardStatus.RETURNED)
    award.decided_at, award.decided_by_id, award.decision_note, award.held_until = at, actor.user_id, note, None
    capacity.free(session, actor, subject=award, at=at)
    audit.record(session, actor, "award returned", award, need_id=award.need_id)
    if award.proposed_by_id is not None:
        outbox.tell_person(
            session,
            actor,
            user_id=award.proposed_by_id,
            template="award_returned",
            subject_id=award.id,
            key=f"award {award.id} returned",
        )
    return award


def take_back_award(session: Session, actor: Actor, *, award_id: int, version: int, at: datetime) -> Award:
    """Take a proposal back before it is decided; the place is free again."""
    award = find_award(session, award_id)
    lock_need(session, award.need_id)
    award = _locked(session, award_id)
    require(can_propose_award(actor, award.authority_id), "take back an award")
    _require_fresh(award, version)
    _lapse(session, actor, award, "award taken back", at=at)
    return award


def lapse_awards(session: Session, actor: Actor, *, at: datetime) -> int:
    """Let the proposals lapse that nobody has decided in time, as the system; returns how many. Safe with several
    workers at once: what one has in hand the others pass over."""
    rows = session.scalars(
        select(Award)
        .where(Award.status == AwardStatus.PROPOSED, Award.held_until <= at)
        .order_by(Award.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for award in rows:
        _lapse(session, actor, award, "award lapsed", at=at)
        _tell(session, actor, award, Role.COMMISSIONER, "award_lapsed")
    return len(rows)


def find_award(session: Session, award_id: int) -> Award:
    """An award that the actor of this transaction may know of. Raises NotFound."""
    award = session.get(Award, award_id)
    if award is None:
        raise NotFound("There is no such award.")
    return award


def _make(
    session: Session, actor: Actor, award: Award, need: Need, *, note: str | None = None, on: date, at: datetime
) -> None:
    """The award is final: the placement begins to be charged, the settings are told, the other consultations end."""
    _move(award, AwardStatus.MADE)
    award.decided_at, award.decided_by_id, award.decision_note, award.held_until = at, actor.user_id, note, None
    capacity.settle(session, actor, award=award)
    for row in lock_open(session, need):
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
        _tell_provider(session, actor, award)
    if award.proposed_by_id is not None and award.proposed_by_id != actor.user_id:
        outbox.tell_person(
            session,
            actor,
            user_id=award.proposed_by_id,
            template="award_made",
            subject_id=award.id,
            key=f"award {award.id} made",
        )


def _take(session: Session, actor: Actor, award: Award, need: Need, choice: Choice, *, at: datetime) -> None:
    """The place is taken, by the hold of the offer where there is one; an order opens one where there is none."""
    assert need.year_group is not None
    if choice.consultation is not None:
        capacity.free(session, actor, subject=choice.consultation, at=at)
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


def _lapse(session: Session, actor: Actor, award: Award, event: str, *, at: datetime) -> None:
    _move(award, AwardStatus.LAPSED)
    award.held_until = None
    capacity.free(session, actor, subject=award, at=at)
    audit.record(session, actor, event, award, need_id=award.need_id)


def _lock_award(session: Session, actor: Actor, award_id: int, version: int) -> tuple[Award, Need]:
    need = lock_need(session, find_award(session, award_id).need_id)
    award = _locked(session, award_id)
    require(can_decide_award(actor, award.authority_id), "decide an award")
    _require_fresh(award, version)
    if award.proposed_by_id == actor.user_id:
        raise NotPermitted("You have proposed this award. Somebody else decides it.")
    return award, need


def _locked(session: Session, award_id: int) -> Award:
    return session.scalars(
        select(Award).where(Award.id == award_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _require_fresh(award: Award, version: int) -> None:
    if award.version != version:
        raise Stale("Somebody has decided this award since you opened it. Look at what holds now.")


def _require_no_live_award(session: Session, need: Need) -> None:
    live = select(Award.id).where(Award.need_id == need.id, Award.status.in_([AwardStatus.PROPOSED, AwardStatus.MADE]))
    if session.scalar(live) is not None:
        raise Conflict("An award for this need waits for its approval already. Take it back first, or wait.")


def _move(award: Award, status: AwardStatus) -> None:
    if status not in AWARD_MOVES[award.status]:
        raise InvalidTransition(f"This award is {award.status}, so that cannot be done with it.")
    award.status = status


def _chosen(found: list[Choice], provision_id: int, consultation_version: int | None) -> Choice:
    choice = next((each for each in found if each.provision.id == provision_id), None)
    if choice is None:
        raise Invalid({"provision_id": ["Choose one of the settings that are compared."]})
    version = choice.consultation.version if choice.consultation else None
    if version != consultation_version:
        raise Stale(f"{choice.provision.setting.name} has changed its reply since you opened this page.")
    return choice


def _require_lawful(
    choice: Choice,
    route: Route,
    ground: Ground | None,
    ground_evidence: str | None,
    answers: Mapping[str, str],
) -> None:
    verdict, errors = choice.verdict, {}
    if route not in verdict.routes:
        errors["route"] = [verdict.obstacle or "The law does not let the authority decide on this footing here."]
    if route is not Route.ORDER:
        if verdict.grounds and ground not in verdict.grounds:
            errors["ground"] = ["The parents request another setting. Choose the ground on which it is not named."]
        if not verdict.grounds and ground is not None:
            errors["ground"] = ["No ground is asked for here. Leave it out."]
        if (verdict.grounds or verdict.is_regard_due) and not (ground_evidence or "").strip():
            errors["ground_evidence"] = ["Say what shows it, for this child; or how the parents' wishes were regarded."]
    if route is Route.REFUSAL and choice.consultation is not None:
        errors |= _unanswered(choice.consultation.reasons, answers)
    if errors:
        raise Invalid(errors)


def _unanswered(reasons: list[RefusalReason], answers: Mapping[str, str]) -> dict[str, list[str]]:
    words = "Answer this reason: the authority must consider each conscientiously (Swalcliffe Park v Wokingham, 2023)."
    return {f"answers-{row.code}": [words] for row in reasons if not answers.get(row.code.value, "").strip()}


def _require_record(
    choice: Choice,
    route: Route,
    route_reason: str | None,
    order_reference: str | None,
    basis: AwardBasis,
    basis_reason: str | None,
    starts_on: date,
    *,
    on: date,
) -> None:
    errors: dict[str, list[str]] = {}
    if choice.provision.setting.provider_id is None:
        errors["provision_id"] = ["Nobody answers for this setting here, so it cannot be awarded here."]
    if choice.fee is None or choice.total is None:
        errors["provision_id"] = ["This setting has no published price for the band, so nothing can be agreed."]
    if route in {Route.SILENCE, Route.FULL} and not (route_reason or "").strip():
        errors["route_reason"] = ["Say why the authority decides without an offer."]
    if route is Route.ORDER and not (order_reference or "").strip():
        errors["order_reference"] = ["Enter the tribunal's reference."]
    if basis is AwardBasis.DIRECT and not (basis_reason or "").strip():
        errors["basis_reason"] = ["Name the paragraph of Schedule 5, and why it applies."]
    if not on <= starts_on <= on + timedelta(days=2 * 366):
        errors["starts_on"] = ["Enter a day from today on, within the next two years. Check the year."]
    if errors:
        raise Invalid(errors)


def _tell(session: Session, actor: Actor, award: Award, role: Role, template: str) -> None:
    outbox.tell_people(
        session,
        actor,
        organisation_id=award.authority_id,
        roles={role},
        template=template,
        subject_id=award.id,
        key=f"award {award.id} {template}",
    )


def _tell_provider(session: Session, actor: Actor, award: Award) -> None:
    """Of an award without a consultation, by order."""
    outbox.tell_people(
        session,
        actor,
        organisation_id=award.provider_id,
        roles={Role.PROVIDER_EDITOR},
        template="award_ordered",
        subject_id=award.id,
        key=f"award {award.id} ordered",
    )

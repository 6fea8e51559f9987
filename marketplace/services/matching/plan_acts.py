"""A plan applied: every setting is consulted as by hand, all in one transaction, once; and a plan undone, as far as the
settings have not replied.

Rows are locked in the order of all commissioning: the plan, the needs by id, their consultations, what the
recommendations rest on.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, Stale
from marketplace.models import (
    ApplicationRow,
    ApplicationStatus,
    Consultation,
    ConsultationStatus,
    Need,
    Recommendation,
    RowResult,
    RowUndone,
    RunApplication,
)
from marketplace.permissions import Actor, can_propose_plan, require
from marketplace.services import consultations
from marketplace.services.briefs import Brief, brief_of
from marketplace.services.matching.journeys import journeys
from marketplace.services.matching.plan_checks import Standing, hold, recommended, standings
from marketplace.services.matching.plans import (
    lock_plan,
    lock_to_decide,
    move,
    named,
    require_applicable,
    require_fresh,
    tell_proposer,
)

LEFT_OUT = "left out by who applied the plan"


def chosen(session: Session, plan: RunApplication, *, on: date) -> list[tuple[ApplicationRow, Standing]]:
    """The pupils of a plan, each as it stands now, in the order of the needs."""
    rows = {row.recommendation_id: row for row in plan.rows}
    found = recommended(session, run_id=plan.run_id, authority_id=plan.authority_id)
    kept = [each for each in found if each.id in rows]
    return [(rows[each.row.id], each) for each in standings(session, kept, on=on)]


def told(session: Session, row: Recommendation) -> Brief:
    """What the recommended setting reads about the pupil, as when it is consulted by hand."""
    assert row.provision is not None
    found = journeys(session, need=row.need, provision_ids=[row.provision.id])
    return brief_of(row.need, row.provision, road_km=found[row.provision.id].road_km)


def apply_plan(
    session: Session,
    actor: Actor,
    *,
    application_id: int,
    version: int,
    left_out: Collection[int] = (),
    on: date,
    at: datetime,
) -> RunApplication:
    """Consult as the plan says, but about the pupils `left_out` (ids of rows of the plan), which is recorded; replies
    are told to who proposed it. About a pupil of whom the setting is asked already, nobody is asked again.

    Raises Stale, with every pupil named, where need, provision, vacancies or prices that a recommendation rests on have
    changed since the run; then nobody is consulted."""
    plan = lock_to_decide(session, actor, application_id, version)
    require_applicable(plan.run)
    move(plan, ApplicationStatus.APPLIED)
    plan.applied_at, plan.applied_by_id = at, actor.user_id
    hold(session, actor, (row.recommendation for row in plan.rows))
    found = chosen(session, plan, on=on)
    _require_holding(found, left_out)
    for row, standing in found:
        _apply(session, actor, plan, row, standing, is_left_out=row.id in left_out, at=at)
    results = {result.value: [row.id for row, _ in found if row.result is result] for result in RowResult}
    audit.record(session, actor, "plan applied", plan, run_id=plan.run_id, **results)
    tell_proposer(session, actor, plan, "application_applied")
    return plan


def undo_plan(session: Session, actor: Actor, *, application_id: int, version: int, at: datetime) -> RunApplication:
    """Withdraw the consultations of a plan to which nobody has replied; the others stay, and are marked so. Raises
    Conflict where every setting has replied or is asked no longer."""
    plan = lock_plan(session, application_id)
    require(can_propose_plan(actor, plan.authority_id), "undo a plan")
    require_fresh(plan, version)
    move(plan, ApplicationStatus.UNDONE)
    plan.undone_at, plan.undone_by_id = at, actor.user_id
    sent = _consultations(session, plan)
    for row, consultation in sent:
        if is_unanswered(consultation):
            consultations.withdraw(session, actor, consultation_id=consultation.id, version=consultation.version, at=at)
            row.undone = RowUndone.WITHDRAWN
        else:
            row.undone = RowUndone.STAYS
    if not any(row.undone is RowUndone.WITHDRAWN for row, _ in sent):
        raise Conflict("Nothing is left to undo: every setting has replied, or is consulted no longer.")
    results = {undone.value: [row.id for row, _ in sent if row.undone is undone] for undone in RowUndone}
    audit.record(session, actor, "plan undone", plan, run_id=plan.run_id, **results)
    return plan


def is_unanswered(row: Consultation) -> bool:
    """Whether a setting has not replied yet, and may."""
    return row.status is ConsultationStatus.SENT


def _require_holding(found: Iterable[tuple[ApplicationRow, Standing]], left_out: Collection[int]) -> None:
    kept = [standing for row, standing in found if row.id not in left_out]
    if not kept:
        raise Invalid({"left_out": ["Nobody is left to consult about. Return the plan instead, with the reason."]})
    if broken := [each for each in kept if each.changes]:
        raise Stale(
            f"What the run read has changed, so nobody was consulted. {named(broken)}"
            " Leave these out, or return the plan and start a new run."
        )


def _apply(
    session: Session,
    actor: Actor,
    plan: RunApplication,
    row: ApplicationRow,
    standing: Standing,
    *,
    is_left_out: bool,
    at: datetime,
) -> None:
    found = standing.row
    assert found.provision is not None
    if is_left_out:
        row.result = RowResult.LEFT_OUT
        row.words = (standing.words or LEFT_OUT)[:1000]
    elif standing.asked:
        row.result, row.words = RowResult.SKIPPED, standing.words
    else:
        brief = told(session, found)
        (sent,) = consultations.send(
            session,
            actor,
            need=found.need,
            told=[(found.provision, brief)],
            sent_by_id=plan.proposed_by_id,
            at=at,
        )
        row.result, row.consultation_id = RowResult.CONSULTED, sent.id
        session.flush()


def _consultations(session: Session, plan: RunApplication) -> list[tuple[ApplicationRow, Consultation]]:
    """What was sent by a plan, in the order of the needs, which are locked first."""
    rows = {row.consultation_id: row for row in plan.rows if row.consultation_id is not None}
    of_plan = select(Consultation.need_id).where(Consultation.id.in_(rows))
    session.execute(select(Need.id).where(Need.id.in_(of_plan)).order_by(Need.id).with_for_update())
    found = session.scalars(
        select(Consultation)
        .where(Consultation.id.in_(rows))
        .order_by(Consultation.need_id, Consultation.id)
        .execution_options(populate_existing=True)
    )
    return [(rows[each.id], each) for each in found]

"""Plans: an LA's person proposes which of a run's recommendations are acted upon; a second approves, or returns it.

What is applied, and undone, `plan_acts` does. It must never let who proposed a plan approve or apply it: neither here
nor, by its own rules, in the table.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    APPLICATION_MOVES,
    LIVE_APPLICATIONS,
    ApplicationRow,
    ApplicationStatus,
    MatchingRun,
    Role,
    RunApplication,
    RunStatus,
)
from marketplace.permissions import Actor, can_decide_plan, can_propose_plan, require
from marketplace.services import outbox
from marketplace.services.matching.plan_checks import Standing, recommended, standings
from marketplace.services.matching.runs import get_run

CHOOSE = "Choose from the list again."
MOST_NAMED = 10  # pupils of one message


def require_applicable(run: MatchingRun) -> MatchingRun:
    """The run, where what it recommends may be acted upon. Raises Conflict. A scenario tries other numbers than those
    that hold."""
    if run.base_id is not None:
        raise Conflict(f"Run {run.id} is a scenario of run {run.base_id}. Act upon a run of what holds.")
    if run.status is not RunStatus.DONE:
        raise Conflict(f"Run {run.id} recommends nothing: it is {run.status.value}.")
    return run


def candidates(session: Session, actor: Actor, *, run_id: int, on: date) -> list[Standing]:
    """What a run recommends for the pupils of the person's LA, each as it stands now, in the order of the needs.
    Raises NotFound, Conflict."""
    run = require_applicable(get_run(session, run_id))
    authority_id = actor.organisation_id or 0
    require(can_propose_plan(actor, authority_id), "propose a plan")
    return standings(session, recommended(session, run_id=run.id, authority_id=authority_id), on=on)


def live_plan(session: Session, *, run_id: int, authority_id: int) -> RunApplication | None:
    """The LA's plan of a run that waits, is approved or is applied."""
    return session.scalar(
        select(RunApplication).where(
            RunApplication.run_id == run_id,
            RunApplication.authority_id == authority_id,
            RunApplication.status.in_(LIVE_APPLICATIONS),
        )
    )


def plans_of(session: Session, run_id: int) -> Sequence[RunApplication]:
    """The plans of a run that the actor of this transaction may know of, the newest first."""
    return session.scalars(
        select(RunApplication)
        .where(RunApplication.run_id == run_id)
        .options(joinedload(RunApplication.authority))
        .order_by(RunApplication.id.desc())
    ).all()


def waiting_plans(session: Session) -> Sequence[RunApplication]:
    """The plans that wait to be approved, or once approved to be applied, the oldest first."""
    waiting = (ApplicationStatus.PROPOSED, ApplicationStatus.APPROVED)
    return session.scalars(
        select(RunApplication)
        .where(RunApplication.status.in_(waiting))
        .options(joinedload(RunApplication.proposed_by), joinedload(RunApplication.run))
        .order_by(RunApplication.proposed_at, RunApplication.id)
    ).all()


def find_plan(session: Session, application_id: int) -> RunApplication:
    """A plan that the actor of this transaction may know of. Raises NotFound."""
    row = session.get(RunApplication, application_id)
    if row is None:
        raise NotFound("There is no such plan.")
    return row


def propose_plan(
    session: Session, actor: Actor, *, run_id: int, recommendation_ids: Collection[int], on: date, at: datetime
) -> RunApplication:
    """Propose to consult as a run recommends, about the pupils that are chosen: nobody is consulted until a second
    person of the LA has approved the plan and applied it.

    Raises Invalid where none is chosen, or one holds no longer, each named; Conflict where there is a live plan."""
    found = {each.row.id: each for each in candidates(session, actor, run_id=run_id, on=on)}
    wanted = sorted(set(recommendation_ids))
    if not wanted:
        raise Invalid({"recommendation_ids": ["Select at least one pupil."]})
    if not found.keys() >= set(wanted):
        raise Invalid({"recommendation_ids": [CHOOSE]})
    if broken := [found[each] for each in wanted if not found[each].holds]:
        raise Invalid({"recommendation_ids": [f"{named(broken)} Leave these out, or start a new run."]})
    authority_id = actor.organisation_id or 0
    if live_plan(session, run_id=run_id, authority_id=authority_id):
        raise Conflict("Your authority has a plan of this run already. Look at that one.")
    assert actor.user_id is not None
    row = RunApplication(run_id=run_id, authority_id=authority_id, proposed_by_id=actor.user_id, proposed_at=at)
    session.add(row)
    session.flush()
    session.add_all(ApplicationRow(application_id=row.id, recommendation_id=each) for each in wanted)
    audit.record(session, actor, "plan proposed", row, run_id=run_id, recommendations=wanted)
    outbox.tell_people(
        session,
        actor,
        organisation_id=authority_id,
        roles={Role.APPROVER},
        template="application_proposed",
        subject_id=row.id,
        key=f"application {row.id} proposed",
    )
    return row


def approve_plan(session: Session, actor: Actor, *, application_id: int, version: int, at: datetime) -> RunApplication:
    """Approve a plan that somebody else has proposed. Nobody is consulted by it yet."""
    row = lock_to_decide(session, actor, application_id, version)
    move(row, ApplicationStatus.APPROVED)
    row.approved_at, row.approved_by_id = at, actor.user_id
    audit.record(session, actor, "plan approved", row, run_id=row.run_id)
    return row


def return_plan(
    session: Session, actor: Actor, *, application_id: int, version: int, reason: str, at: datetime
) -> RunApplication:
    """Return a plan that is not applied, with the reason: as the second person, or as a commissioner who takes it
    back."""
    row = lock_plan(session, application_id)
    may = can_decide_plan(actor, row.authority_id) or can_propose_plan(actor, row.authority_id)
    require(may, "return a plan")
    require_fresh(row, version)
    if not reason.strip():
        raise Invalid({"reason": ["Say why it is returned: who proposed it reads it."]})
    move(row, ApplicationStatus.RETURNED)
    row.returned_at, row.returned_by_id, row.reason = at, actor.user_id, reason
    audit.record(session, actor, "plan returned", row, run_id=row.run_id)
    tell_proposer(session, actor, row, "application_returned")
    return row


def lock_plan(session: Session, application_id: int) -> RunApplication:
    """A plan that the actor may know of, locked until the transaction ends. Raises NotFound."""
    row = session.scalar(
        select(RunApplication)
        .where(RunApplication.id == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such plan.")
    return row


def lock_to_decide(session: Session, actor: Actor, application_id: int, version: int) -> RunApplication:
    """A plan, locked, for its second person. Raises NotPermitted for who has proposed it, Stale."""
    row = lock_plan(session, application_id)
    require(can_decide_plan(actor, row.authority_id), "decide on a plan")
    require_fresh(row, version)
    if row.proposed_by_id == actor.user_id:
        raise NotPermitted("You have proposed this plan. Somebody else approves and applies it.")
    return row


def require_fresh(row: RunApplication, version: int) -> None:
    """Raise Stale unless the plan is as the person saw it."""
    if row.version != version:
        raise Stale("Something has happened to this plan since you opened it. Look at what holds now.")


def move(row: RunApplication, status: ApplicationStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in APPLICATION_MOVES[row.status]:
        raise InvalidTransition(f"This plan is {row.status}, so that cannot be done with it.")
    row.status = status


def tell_proposer(session: Session, actor: Actor, row: RunApplication, template: str) -> None:
    """Owe a message to who proposed it, unless that is who acts."""
    if row.proposed_by_id != actor.user_id:
        outbox.tell_person(
            session,
            actor,
            user_id=row.proposed_by_id,
            template=template,
            subject_id=row.id,
            key=f"application {row.id} {template}",
        )


def named(broken: Sequence[Standing]) -> str:
    """Which pupils' recommendations hold no longer, and what has changed."""
    more = f" And {len(broken) - MOST_NAMED} more." if len(broken) > MOST_NAMED else ""
    return f"{'. '.join(each.named for each in broken[:MOST_NAMED])}.{more}"

"""Matching runs: queued with their job in one transaction, claimed by one worker, and ended once.

A run moves as RUN_MOVES says. Everything that a worker writes is fenced by the token of its claim: a worker that was
given up, and comes back, writes nothing. Nothing here solves.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

import optimiser
from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound
from marketplace.models import RUN_MOVES, Authority, MatchingRun, Organisation, Region, RunStatus, policy_numbers
from marketplace.models.matching import MOST_SECONDS
from marketplace.permissions import Actor, can_start_run, require
from marketplace.services.matching import policy as policies
from marketplace.services.matching.problem import published_needs

TASK = "run_matching"
QUEUE = "matching"
SECONDS = 120  # to solve, unless told otherwise
LOST_AFTER = 30  # seconds without a sign of life from the worker

# The job queue's own function, so that run and job are committed together or not at all.
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL,"
    " jsonb_build_object('run_id', CAST(:run_id AS bigint)), NULL)]::procrastinate_job_to_defer_v1[])"
)


class LostClaim(Conflict):
    """The run is not this worker's any more: it was given up, or has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a worker needs to work on a run, and the token that lets it write."""

    run_id: int
    token: UUID
    scope_id: int
    on: date
    seconds: int
    policy: optimiser.Policy


def scope_called(session: Session, name: str) -> Organisation:
    """The LA of a DfE code, or the LA or region of a name in any case. Raises NotFound, with what there is."""
    wanted = name.strip().lower()
    found = session.scalar(select(Authority).where(or_(Authority.code == wanted, func.lower(Authority.name) == wanted)))
    region = session.scalar(select(Region).where(func.lower(Region.name) == wanted))
    if found and region:
        raise Conflict(f"{found.name} is both an LA and a region. Give the LA by its code, {found.code}.")
    if scope := found or region:
        return scope
    regions = ", ".join(session.scalars(select(Region.name).order_by(Region.name))) or "none yet"
    raise NotFound(f'No LA has the code or name "{name}", and no region the name. The regions are: {regions}.')


def start_run(
    session: Session,
    actor: Actor,
    *,
    scope_id: int,
    on: date,
    seconds: int = SECONDS,
    policy: optimiser.Policy | None = None,
) -> MatchingRun:
    """Queue a run over the published needs of a region or an LA, and its job, in one transaction.

    Raises Conflict when the scope has an active run or no need to place, Invalid for a time limit out of range.
    """
    require(can_start_run(actor, scope_id), "start a matching run")
    if not 1 <= seconds <= MOST_SECONDS:
        raise Invalid({"seconds": [f"Give a time limit from 1 to {MOST_SECONDS:,} seconds."]})
    if not published_needs(session, scope_id=scope_id):
        raise Conflict("There is no published need to place. Post needs first, then start the run.")
    fail_lost_runs(session, actor, scope_id=scope_id)
    policy = policy or optimiser.Policy()
    run = MatchingRun(
        scope_id=scope_id,
        requested_by_id=actor.user_id,
        on=on,
        seconds=seconds,
        policy=asdict(policy),
    )
    session.add(run)
    try:
        session.flush()
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != "uq_matching_runs_active":
            raise
        raise Conflict(
            "A matching run is already under way here, and there is one at a time. "
            "Open it from the list of runs; when it has ended you can start the next."
        ) from error
    changed = policies.changed(policy)
    audit.record(session, actor, "matching run started", run, scope_id=scope_id, on=on.isoformat(), policy=changed)
    session.execute(_DEFER, {"queue": QUEUE, "task": TASK, "run_id": run.id})
    return run


def list_runs(session: Session) -> Sequence[MatchingRun]:
    """The runs that the actor may know of, newest first."""
    people = (joinedload(MatchingRun.scope), joinedload(MatchingRun.requested_by))
    return session.scalars(select(MatchingRun).options(*people).order_by(MatchingRun.id.desc()).limit(200)).all()


def get_run(session: Session, run_id: int) -> MatchingRun:
    """One run. Raises NotFound when there is none that the actor may know of."""
    run = session.get(MatchingRun, run_id)
    if run is None:
        raise NotFound(f"There is no matching run {run_id}.")
    return run


def claim_run(session: Session, actor: Actor, *, run_id: int) -> Claim | None:
    """Take a queued run; None when it is taken, ended or unknown, as a job that is delivered twice finds it."""
    run = session.get(MatchingRun, run_id, with_for_update=True)
    if run is None or run.status is not RunStatus.QUEUED:
        return None
    require(can_start_run(actor, run.scope_id), "work on a matching run")
    _move(run, RunStatus.RUNNING)
    run.token = uuid4()
    run.started_at = run.seen_at = _now(session)
    run.progress = {"stage": "freeze", "seconds": 0.0}
    session.flush()
    return Claim(
        run_id=run.id,
        token=run.token,
        scope_id=run.scope_id,
        on=run.on,
        seconds=run.seconds,
        policy=policy_of(run),
    )


def policy_of(run: MatchingRun) -> optimiser.Policy:
    """The policy that the run was started with."""
    return policies.policy_of(policy_numbers(run.policy))


def held(session: Session, claim: Claim) -> MatchingRun:
    """The run, locked, while the claim holds. Raises LostClaim otherwise: every write of a worker begins with this."""
    run = session.scalar(
        select(MatchingRun)
        .where(
            MatchingRun.id == claim.run_id,
            MatchingRun.token == claim.token,
            MatchingRun.status == RunStatus.RUNNING,
        )
        .with_for_update()
    )
    if run is None:
        raise LostClaim(f"Run {claim.run_id} is not this worker's any more. Nothing was written.")
    return run


def note_progress(session: Session, claim: Claim, progress: dict[str, Any]) -> None:
    """Say where the worker stands, which is also its sign of life. Raises LostClaim."""
    run = held(session, claim)
    run.progress = progress
    run.seen_at = _now(session)


def finish_run(session: Session, actor: Actor, claim: Claim, **figures: Any) -> None:
    """The run is done; its result is in the same transaction. Raises LostClaim."""
    run = held(session, claim)
    _end(session, run, RunStatus.DONE)
    audit.record(session, actor, "matching run finished", run, **figures)


def fail_run(session: Session, actor: Actor, claim: Claim, *, error: str) -> None:
    """The run has failed, in a sentence for people. Raises LostClaim."""
    _fail(session, actor, held(session, claim), error)


def fail_lost_runs(session: Session, actor: Actor, *, scope_id: int | None = None) -> int:
    """Fail the running runs, of one scope or all, whose worker gave no sign of life for LOST_AFTER seconds, and void
    their tokens. Returns how many there were."""
    is_lost = MatchingRun.seen_at < func.now() - text(f"interval '{LOST_AFTER} seconds'")
    query = select(MatchingRun).where(MatchingRun.status == RunStatus.RUNNING, is_lost).order_by(MatchingRun.id)
    if scope_id is not None:
        query = query.where(MatchingRun.scope_id == scope_id)
    lost = session.scalars(query.with_for_update(skip_locked=True)).all()
    for run in lost:
        _fail(session, actor, run, "Its worker stopped without a word. Nothing was kept; start the run again.")
    return len(lost)


def _fail(session: Session, actor: Actor, run: MatchingRun, error: str) -> None:
    run.error = error[:400]
    _end(session, run, RunStatus.FAILED)
    audit.record(session, actor, "matching run failed", run)


def _end(session: Session, run: MatchingRun, status: RunStatus) -> None:
    _move(run, status)
    run.token = None
    run.finished_at = _now(session)


def _move(run: MatchingRun, status: RunStatus) -> None:
    if status not in RUN_MOVES[run.status]:
        raise InvalidTransition(f"Run {run.id} is {run.status.value} and cannot become {status.value}.")
    run.status = status


def _now(session: Session) -> Any:
    """The database's clock, which all workers share."""
    return session.scalar(select(func.now()))

"""The life of a run of any kind: queued with its job in one transaction, claimed by one worker, and ended once.

A run moves as RUN_MOVES says. Everything that a worker writes is fenced by the token of its claim: a worker that was
given up, and comes back, writes nothing. It must never know what a run computes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, InvalidTransition
from marketplace.models import RUN_MOVES, UNDER_WAY, Base, RunStatus, Work
from marketplace.permissions import Actor
from marketplace.services.outbox import tell_person

QUEUE = "matching"  # of all kinds of run; by this name since the first kind
LOST_AFTER = 30  # seconds without a sign of life from the worker

# The job queue's own function, so that run and job are committed together or not at all.
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL,"
    " jsonb_build_object('run_id', CAST(:run_id AS bigint)), NULL)]::procrastinate_job_to_defer_v1[])"
)

R = TypeVar("R", bound=Work)
C = TypeVar("C", bound="Claim")
F = TypeVar("F")
A = TypeVar("A")
Note = Callable[[dict[str, Any]], None]


class LostClaim(Conflict):
    """The run is not this worker's any more: it was given up, or has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that a worker has taken, and the token that lets it write."""

    run_id: int
    token: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(Generic[C, F, A]):
    """What a worker does for one kind of run. `claim`, `freeze` and `keep` each have a transaction of the system;
    `solve` has none, and notes the stages that it reaches after `solving`, its first."""

    kind: type[Work]
    claim: Callable[[Session, Actor, int], C | None]
    freeze: Callable[[Session, Actor, C], F]
    solving: str
    solve: Callable[[C, F, Note], A]
    keep: Callable[[Session, Actor, C, F, A], None]


def queue(session: Session, run: Work) -> None:
    """Add a run with its job. Raises Conflict where one of the kind is under way already: there is one at a time."""
    session.add(run)
    try:
        session.flush()
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if name != f"uq_{_table(type(run))}_active":
            raise
        raise Conflict(
            f"A {run.NOUN} is already under way here, and there is one at a time. "
            "Open it from the list; when it has ended you can start the next."
        ) from error
    session.execute(_DEFER, {"queue": QUEUE, "task": run.TASK, "run_id": run.id})


def claim(session: Session, kind: type[R], run_id: int) -> R | None:
    """Take a queued run; None when it is taken, ended or unknown, as a job that is delivered twice finds it."""
    run = session.get(kind, run_id, with_for_update=True)
    if run is None or run.status is not RunStatus.QUEUED:
        return None
    _move(run, RunStatus.RUNNING)
    run.token = uuid4()
    run.started_at = run.seen_at = clock(session)
    run.progress = {"stage": "freeze", "seconds": 0.0}
    session.flush()
    return run


def held(session: Session, kind: type[R], claim: Claim) -> R:
    """The run, locked, while the claim holds. Raises LostClaim otherwise: every write of a worker begins with this."""
    query = select(kind).where(kind.id == claim.run_id, kind.token == claim.token, kind.status == RunStatus.RUNNING)
    run = session.scalar(query.with_for_update())
    if run is None:
        raise LostClaim(f"The {kind.NOUN} {claim.run_id} is not this worker's any more. Nothing was written.")
    return run


def note_progress(session: Session, kind: type[Work], claim: Claim, progress: dict[str, Any]) -> None:
    """Say where the worker stands, which is also its sign of life. Raises LostClaim."""
    run = held(session, kind, claim)
    run.progress = progress
    run.seen_at = clock(session)


def finish(session: Session, actor: Actor, run: Work, **figures: Any) -> None:
    """A run that is held is done; its result is in the same transaction."""
    _end(session, actor, run, RunStatus.DONE)
    _record(session, actor, f"{run.NOUN} finished", run, **figures)


def fail(session: Session, actor: Actor, kind: type[Work], claim: Claim, *, error: str) -> None:
    """The run has failed, in a sentence for people. Raises LostClaim."""
    _fail(session, actor, held(session, kind, claim), error)


def cancel(session: Session, actor: Actor, kind: type[R], run_id: int) -> R:
    """End a run that waits or is under way, because somebody does not want it any more; its worker finds its claim lost
    at its next sign of life. Raises InvalidTransition where it has ended meanwhile."""
    run = session.get(kind, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.status not in UNDER_WAY:  # of some kinds nobody can lock what has ended
        raise InvalidTransition(f"The {kind.NOUN} {run_id} has ended already. Open it to see what came of it.")
    _end(session, actor, run, RunStatus.CANCELLED)
    _record(session, actor, f"{run.NOUN} cancelled", run)
    return run


def fail_lost(session: Session, actor: Actor, kind: type[R], *those: ColumnElement[bool]) -> int:
    """Fail the running runs of a kind, all or `those`, whose worker gave no sign of life for LOST_AFTER seconds, and
    void their tokens. Returns how many there were."""
    is_lost = kind.seen_at < func.now() - text(f"interval '{LOST_AFTER} seconds'")
    query = select(kind).where(kind.status == RunStatus.RUNNING, is_lost, *those).order_by(kind.id)
    lost = session.scalars(query.with_for_update(skip_locked=True)).all()
    for run in lost:
        _fail(session, actor, run, "Its worker stopped without a word. Nothing was kept; start the run again.")
    return len(lost)


def _fail(session: Session, actor: Actor, run: Work, error: str) -> None:
    _end(session, actor, run, RunStatus.FAILED, error=error[:400])
    _record(session, actor, f"{run.NOUN} failed", run)


def _end(session: Session, actor: Actor, run: Work, status: RunStatus, *, error: str | None = None) -> None:
    at = clock(session)
    _move(run, status)
    run.error = error
    run.token = None
    run.finished_at = at
    starter_id = run.requested_by_id
    if run.IS_TOLD and starter_id is not None and starter_id != actor.user_id:
        key = f"{run.NOUN} {run.id} ended"
        tell_person(session, actor, user_id=starter_id, template=f"run_{status}", subject_id=run.id, key=key)


def _move(run: Work, status: RunStatus) -> None:
    if status not in RUN_MOVES[run.status]:
        raise InvalidTransition(f"The {run.NOUN} {run.id} is {run.status.value} and cannot become {status.value}.")
    run.status = status


def _record(session: Session, actor: Actor, event: str, run: Work, **data: Any) -> None:
    assert isinstance(run, Base)
    audit.record(session, actor, event, run, **data)


def _table(kind: type[Work]) -> str:
    assert issubclass(kind, Base)
    return str(kind.__tablename__)


def clock(session: Session) -> Any:
    """The database's clock, which all workers share: when this transaction began."""
    return session.scalar(select(func.now()))

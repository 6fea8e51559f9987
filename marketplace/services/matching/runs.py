"""Matching runs: what they take up, who starts one, and how their worker's claim is kept (`services.work`).

Nothing here solves.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

import optimiser
from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.models import Authority, MatchingRun, Organisation, Region, RunStatus, policy_numbers
from marketplace.models.matching import MOST_SECONDS
from marketplace.permissions import Actor, can_start_run, require
from marketplace.services import work
from marketplace.services.matching import policy as policies
from marketplace.services.matching.problem import published_needs

SECONDS = 120  # to solve, unless told otherwise
MOST_MEMORY_GB = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(work.Claim):
    """What a worker needs to work on a run, and the token that lets it write."""

    scope_id: int
    on: date
    seconds: int
    memory_gb: float | None
    policy: optimiser.Policy
    is_of_files: bool
    base_id: int | None = None  # of a scenario


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
    memory_gb: float | None = None,
    policy: optimiser.Policy | None = None,
) -> MatchingRun:
    """Queue a run over the published needs of a region or an LA, and its job, in one transaction.

    Raises Conflict when the scope has an active run or no need to place, and Invalid as `queue_run` does.
    """
    require(can_start_run(actor, scope_id), "start a matching run")
    if not published_needs(session, scope_id=scope_id):
        raise Conflict("There is no published need to place. Post needs first, then start the run.")
    policy = policy or optimiser.Policy()
    return queue_run(session, actor, scope_id=scope_id, on=on, seconds=seconds, memory_gb=memory_gb, policy=policy)


def queue_run(
    session: Session,
    actor: Actor,
    *,
    scope_id: int,
    on: date,
    seconds: int,
    policy: optimiser.Policy,
    memory_gb: float | None = None,
    file_name: str | None = None,
) -> MatchingRun:
    """Queue a run, over the needs of the scope or, with `file_name`, over files that were sent.

    Raises Conflict when the scope has an active run, Invalid for a limit of time or memory out of range or a policy by
    which no full place would be better than none.
    """
    require(can_start_run(actor, scope_id), "start a matching run")
    if not 1 <= seconds <= MOST_SECONDS:
        raise Invalid({"seconds": [f"Give a time limit from 1 to {MOST_SECONDS:,} seconds."]})
    if memory_gb is not None and not 0 < memory_gb <= MOST_MEMORY_GB:
        raise Invalid({"memory_gb": [f"Give a limit of memory above 0 and at most {MOST_MEMORY_GB:,} GB."]})
    if policy.leaves_full_unplaced:
        most = f"{min(policy.unplaced) / 2:,.15g}"
        words = f"Enter a number below {most}: half of the least that a pupil without a place counts as."
        raise Invalid({"least_restrictive_weight": [f"{words} Otherwise no full place would be better than none."]})
    work.fail_lost(session, actor, MatchingRun, MatchingRun.scope_id == scope_id)
    run = MatchingRun(
        scope_id=scope_id,
        requested_by_id=actor.user_id,
        on=on,
        seconds=seconds,
        memory_gb=memory_gb,
        policy=asdict(policy),
        file_name=file_name,
    )
    work.queue(session, run)
    changed = policies.changed(policy)
    audit.record(session, actor, "matching run started", run, scope_id=scope_id, on=on.isoformat(), policy=changed)
    return run


def list_runs(session: Session) -> Sequence[MatchingRun]:
    """The runs that the actor may know of, newest first; a scenario is listed under its base."""
    people = (joinedload(MatchingRun.scope), joinedload(MatchingRun.requested_by))
    query = select(MatchingRun).where(MatchingRun.base_id.is_(None)).options(*people)
    return session.scalars(query.order_by(MatchingRun.id.desc()).limit(200)).all()


def get_run(session: Session, run_id: int) -> MatchingRun:
    """One run. Raises NotFound when there is none that the actor may know of."""
    run = session.get(MatchingRun, run_id)
    if run is None:
        raise NotFound(f"There is no matching run {run_id}.")
    return run


def cancel_run(session: Session, actor: Actor, *, run_id: int) -> MatchingRun:
    """End a run that waits or is under way; nothing of it is kept. Whoever may start one may cancel one.

    Raises NotFound, NotPermitted, and InvalidTransition where it has ended meanwhile.
    """
    run = get_run(session, run_id)
    require(can_start_run(actor, run.scope_id), "cancel a matching run")
    return work.cancel(session, actor, MatchingRun, run_id)


def get_done_run(session: Session, run_id: int) -> MatchingRun:
    """One run that has ended well. Raises NotFound when there is none that the actor may know of, Conflict for one that
    recommends nothing."""
    run = get_run(session, run_id)
    if run.status is not RunStatus.DONE:
        raise Conflict(f"Run {run.id} recommends nothing: it is {run.status.value}. Open it to see where it stands.")
    return run


def claim_run(session: Session, actor: Actor, *, run_id: int) -> Claim | None:
    """Take a queued run; None when it is taken, ended or unknown, as a job that is delivered twice finds it."""
    run = work.claim(session, MatchingRun, run_id)
    if run is None:
        return None
    require(can_start_run(actor, run.scope_id), "work on a matching run")
    assert run.token is not None
    return Claim(
        run_id=run.id,
        token=run.token,
        scope_id=run.scope_id,
        on=run.on,
        seconds=run.seconds,
        memory_gb=run.memory_gb,
        policy=policy_of(run),
        is_of_files=run.file_name is not None,
        base_id=run.base_id,
    )


def policy_of(run: MatchingRun) -> optimiser.Policy:
    """The policy that the run was started with."""
    return policies.policy_of(policy_numbers(run.policy))


def held(session: Session, claim: work.Claim) -> MatchingRun:
    """The run, locked, while the claim holds. Raises LostClaim otherwise: every write of a worker begins with this."""
    return work.held(session, MatchingRun, claim)


def finish_run(session: Session, actor: Actor, claim: Claim, **figures: Any) -> None:
    """The run is done; its result is in the same transaction. Raises LostClaim."""
    work.finish(session, actor, held(session, claim), **figures)

"""Studies of a run: asked for by whom the run is of, computed by a worker from the run's frozen problem, kept whole.

A study shows; it changes nothing, and no recommendation comes of it.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, NotFound
from marketplace.models import Authority, MatchingRun, RunResult, RunStatus, Setting, Study
from marketplace.permissions import Actor, can_start_run, require
from marketplace.services import work
from marketplace.services.matching.archive import problem_in
from marketplace.services.matching.runs import get_done_run
from marketplace.services.matching.study_figures import study
from marketplace.services.work import Note, Steps
from optimiser import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(work.Claim):
    """A study that a worker has taken, with the limits of the run that it is of; `run_id` is the study's own."""

    studied_id: int
    seconds: int
    memory_gb: float | None


def start_study(session: Session, actor: Actor, *, run_id: int) -> Study:
    """Queue a study of a done run that is the actor's own.

    Raises NotFound, NotPermitted, and Conflict where the run is a scenario, keeps no problem that the actor may read,
    or has a study under way.
    """
    run = _studied(session, run_id)
    require(can_start_run(actor, run.scope_id), "start a study")
    work.fail_lost(session, actor, Study, Study.run_id == run.id)
    found = Study(run_id=run.id, scope_id=run.scope_id, requested_by_id=actor.user_id)
    work.queue(session, found)
    audit.record(session, actor, "study started", found, matching_run_id=run.id)
    return found


def cancel_study(session: Session, actor: Actor, *, run_id: int, study_id: int) -> Study:
    """End a study that waits or is under way; nothing of it is kept. Raises NotFound, NotPermitted, and
    InvalidTransition where it has ended meanwhile."""
    found = session.get(Study, study_id)
    if found is None or found.run_id != run_id:
        raise NotFound(f"Run {run_id} has no study {study_id}.")
    require(can_start_run(actor, found.scope_id), "cancel a study")
    return work.cancel(session, actor, Study, study_id)


def latest_study(session: Session, run_id: int) -> tuple[MatchingRun, Study | None]:
    """The run, and its study that was asked for last, if any. Raises NotFound and Conflict as `start_study` does."""
    run = _studied(session, run_id)
    query = select(Study).where(Study.run_id == run.id).options(joinedload(Study.requested_by))
    return run, session.scalars(query.order_by(Study.id.desc()).limit(1)).first()


def names_in(session: Session, run: MatchingRun, study: Study) -> dict[str, dict[str, str]]:
    """What people call the LAs, settings and pools of a study, by what the problem calls them, with the year groups of
    each pool; of files only the settings that the market knows."""
    places = (study.figures or {})["places"]
    urns = {int(row["setting"]) for row in places if row["setting"].isdecimal()}
    settings = session.execute(select(Setting.urn, Setting.name).where(Setting.urn.in_(urns)))
    found: dict[str, dict[str, str]] = {"setting": {str(urn): name for urn, name in settings}}
    if run.file_name is not None or run.result is None:  # its LAs and pools are the files', whatever ours are called
        return found | {"la": {}, "pool": {}, "years": {}}
    pools = run.result.pools or ()
    authorities = session.execute(select(Authority.code, Authority.name))
    return found | {
        "la": {row.code: row.name for row in authorities},
        "pool": {row["pool"]: row["pool_name"] for row in pools},
        "years": {row["pool"]: row["years"] for row in pools},
    }


def _studied(session: Session, run_id: int) -> MatchingRun:
    run = get_done_run(session, run_id)
    if run.base_id is not None:
        raise Conflict(f"Run {run_id} is a scenario. Study run {run.base_id}, which is its base.")
    if run.result is None:
        raise Conflict(f"Run {run_id} is of a wider scope than yours: {run.scope.name} alone can study it.")
    return run


def _claim(session: Session, actor: Actor, study_id: int) -> Claim | None:
    found = work.claim(session, Study, study_id)
    if found is None:
        return None
    require(can_start_run(actor, found.scope_id), "work on a study")
    assert found.token is not None
    run = found.run
    return Claim(run_id=found.id, token=found.token, studied_id=run.id, seconds=run.seconds, memory_gb=run.memory_gb)


def _freeze(session: Session, actor: Actor, claim: Claim) -> Problem:  # noqa: ARG001 - as Steps wants it
    run = session.get_one(MatchingRun, claim.studied_id)
    result = session.get(RunResult, run.id)
    if run.status is not RunStatus.DONE or result is None:
        raise Conflict(f"Run {run.id} cannot be studied: it is no run that is done.")
    return problem_in(result.problem)


def _solve(claim: Claim, problem: Problem, note: Note) -> dict[str, Any]:
    return study(problem, seconds=claim.seconds, memory_gb=claim.memory_gb, note=note)


def _keep(session: Session, actor: Actor, claim: Claim, problem: Problem, found: dict[str, Any]) -> None:  # noqa: ARG001
    row = work.held(session, Study, claim)
    with session.no_autoflush:  # the result comes with the end: what has ended is never changed
        row.figures = found
        work.finish(session, actor, row)


STEPS: Steps[Claim, Problem, dict[str, Any]] = Steps(
    kind=Study, claim=_claim, freeze=_freeze, solving="again", solve=_solve, keep=_keep
)

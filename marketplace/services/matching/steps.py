"""What a worker does for a matching run: freeze the problem, or take that of files, or make that of a scenario's base
otherwise; solve and check it; keep answer and recommendations."""

from dataclasses import replace

from sqlalchemy.orm import Session

from marketplace.models import MatchingRun
from marketplace.permissions import Actor
from marketplace.services.matching import problem, results, solving
from marketplace.services.matching.file_runs import problem_of_files
from marketplace.services.matching.moves import Base, why_moved
from marketplace.services.matching.problem import Frozen
from marketplace.services.matching.results import Findings
from marketplace.services.matching.runs import Claim, claim_run
from marketplace.services.matching.scenario_steps import freeze_scenario
from marketplace.services.work import Note, Steps

Problem = tuple[Frozen, dict[str, str], Base | None]  # with the names of its settings by URN; of a scenario, its base


def _freeze(session: Session, actor: Actor, claim: Claim) -> Problem:
    if claim.is_of_files:
        return *problem_of_files(session, claim), None
    base = None
    if claim.base_id is not None:
        frozen, base = freeze_scenario(session, actor, run_id=claim.run_id, on=claim.on)
    else:
        frozen = problem.freeze(session, actor, scope_id=claim.scope_id, on=claim.on, policy=claim.policy)
    results.keep_problem(session, claim, frozen)
    return frozen, results.setting_names(session, frozen), base


def _solve(claim: Claim, found: Problem, note: Note) -> Findings:
    frozen, names, base = found
    answer = solving.solve(frozen.problem, seconds=claim.seconds, note=note, memory_gb=claim.memory_gb)
    moves = why_moved(base, frozen.problem, answer, names) if base else {}
    return replace(results.findings(frozen, answer, names), moves=moves)


def _keep(session: Session, actor: Actor, claim: Claim, found: Problem, findings: Findings) -> None:
    results.keep_answer(session, actor, claim, frozen=found[0], found=findings)


STEPS = Steps(
    kind=MatchingRun,
    claim=lambda session, actor, run_id: claim_run(session, actor, run_id=run_id),
    freeze=_freeze,
    solving="options",
    solve=_solve,
    keep=_keep,
)

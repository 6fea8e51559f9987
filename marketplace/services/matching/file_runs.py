"""Runs of files that somebody sent: the problem is kept with the run from its start, and nothing of the database is in
it. So nothing is recommended for any need; the answer is files and figures, for whoever sent them."""

from datetime import date

from sqlalchemy.orm import Session

from marketplace.db import as_system
from marketplace.models import MatchingRun, RunResult
from marketplace.permissions import Actor
from marketplace.services.matching.archive import problem_in, zip_of_problem
from marketplace.services.matching.problem import Frozen
from marketplace.services.matching.results import names_of
from marketplace.services.matching.runs import Claim, held, queue_run
from optimiser import Problem
from optimiser.files import problem_sha256

LONGEST_NAME = 200


def start_run_of_files(
    session: Session, actor: Actor, *, scope_id: int, on: date, seconds: int, file: str, problem: Problem
) -> MatchingRun:
    """Queue a run over a problem of files, for the scope that sent them; the policy is the files'.

    Raises Conflict when the scope has an active run, Invalid for a limit of time out of range or a policy by which no
    full place would be better than none.
    """
    run = queue_run(
        session, actor, scope_id=scope_id, on=on, seconds=seconds, policy=problem.policy,
        file_name=file[-LONGEST_NAME:],
    )  # fmt: skip
    result = RunResult(run_id=run.id, problem=zip_of_problem(problem), sha256=problem_sha256(problem))
    with as_system(session, actor):  # what a run is asked is written by the system alone, that nobody changes it
        session.add(result)
    return run


def problem_of_files(session: Session, claim: Claim) -> tuple[Frozen, dict[str, str]]:
    """The problem that was sent, with the names of its settings by URN: the market's where it has them, else the URN.
    Raises LostClaim."""
    run = held(session, claim)
    problem = problem_in(session.get_one(RunResult, run.id).problem)
    urns = {row.setting: row.setting for row in problem.provisions}
    return Frozen(problem=problem, needs={}), urns | names_of(session, problem)

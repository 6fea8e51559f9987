"""What a run keeps: the problem before it is solved; then answer and recommendations, all of it or nothing.

Both are fenced by the claim. A recommendation says whom to consult; it must never change a need.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Authority, MatchingRun, Phase, Pool, Recommendation, RunBudget, RunResult, Setting
from marketplace.permissions import Actor
from marketplace.services.matching.archive import VERSION, zip_of_answer, zip_of_problem
from marketplace.services.matching.problem import Frozen
from marketplace.services.matching.reasons import why
from marketplace.services.matching.runs import Claim, finish_run, held
from marketplace.services.matching.supply import database_id
from optimiser import Answer, Assignment, Problem, Unplaced
from optimiser.answer_files import summary
from optimiser.files import problem_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """An answer made ready to be kept, so that the transaction that keeps it is short."""

    answer: Answer
    archive: bytes
    summary: dict[str, Any]
    reasons: Mapping[str, str]  # why each unplaced pupil is, by pupil
    moves: Mapping[str, str] = field(default_factory=dict)  # of a scenario: why a pupil is elsewhere, by pupil


def keep_problem(session: Session, claim: Claim, frozen: Frozen) -> None:
    """Keep the frozen problem with its sha256. Raises LostClaim."""
    run = held(session, claim)
    problem = frozen.problem
    session.add(RunResult(run_id=run.id, problem=zip_of_problem(problem), sha256=problem_sha256(problem)))


def setting_names(session: Session, frozen: Frozen) -> dict[str, str]:
    """The names of the problem's settings by URN."""
    return names_of(session, frozen.problem)


def names_of(session: Session, problem: Problem) -> dict[str, str]:
    """The names of the problem's settings by URN."""
    urns = {int(row.setting) for row in problem.provisions if row.setting.isdecimal()}
    rows = session.execute(select(Setting.urn, Setting.name).where(Setting.urn.in_(urns)))
    return {str(urn): name for urn, name in rows}


def findings(frozen: Frozen, answer: Answer, names: Mapping[str, str]) -> Findings:
    """What will be kept of an answer; no database is asked."""
    problem = frozen.problem
    return Findings(
        answer=answer,
        archive=zip_of_answer(problem, answer),
        summary=summary(problem, answer.summary, VERSION),
        reasons=why(problem, answer.unplaced, names),
    )


def keep_answer(session: Session, actor: Actor, claim: Claim, *, frozen: Frozen, found: Findings) -> None:
    """Keep the answer and, but for a run of files, a recommendation for every need, and end the run. Raises LostClaim
    and keeps nothing when the run is not this worker's any more."""
    run = held(session, claim)
    result = session.get(RunResult, run.id)
    assert result is not None
    answer = found.answer
    result.answer = found.archive
    result.summary = found.summary
    if run.file_name is None:
        result.pools = _pools(session, answer)
        session.add_all(_budgets(session, run, answer))
        session.add_all(_recommendations(run, frozen, found))
    else:  # its pupils, pools and LAs are the files', whatever ours are called
        result.pools = [asdict(row) for row in answer.pools]
    finish_run(session, actor, claim, placed=answer.summary.placed, unplaced=answer.summary.unplaced)


def _recommendations(run: MatchingRun, frozen: Frozen, found: Findings) -> Iterable[Recommendation]:
    rows: tuple[Assignment | Unplaced, ...] = (*found.answer.assignments, *found.answer.unplaced)
    provisions = {row.provision: row for row in frozen.problem.provisions}
    for row in rows:
        need = frozen.needs[row.pupil]
        recommendation = Recommendation(
            run_id=run.id,
            need_id=need.need_id,
            authority_id=need.authority_id,
            phase=Phase(row.phase),
            band=need.band,  # the one that holds; the price is of this band
            moved_because=found.moves.get(row.pupil),
        )
        if isinstance(row, Assignment):
            _place(recommendation, row)
            if frozen.versions is not None and need.version is not None:
                recommendation.versions = dict(frozen.versions.basis(need.version, provisions[row.provision]))
        else:
            recommendation.reason = row.reason
            recommendation.detail = found.reasons[row.pupil][:1000]
        yield recommendation


def _place(recommendation: Recommendation, row: Assignment) -> None:
    recommendation.provision_id = database_id(row.provision)
    recommendation.fte = Decimal(str(round(row.fte, 3)))
    recommendation.road_km = Decimal(str(round(row.road_km, 3)))
    recommendation.child_km = Decimal(str(round(row.child_km, 3)))
    recommendation.price = 100 * row.price
    recommendation.transport = 100 * row.transport
    recommendation.wish = row.wish


def _pools(session: Session, answer: Answer) -> list[dict[str, Any]]:
    """The pools' rows with the names of setting and pool and the years of the vacancy group, as they are today."""
    rows = [row for row in answer.pools if not row.pool.startswith("urn")]
    ids = {database_id(row.pool) for row in rows}
    names = session.execute(select(Pool.id, Pool.name, Setting.name).join(Pool.setting).where(Pool.id.in_(ids)))
    named = {pool_id: (pool, setting) for pool_id, pool, setting in names}
    return [
        {
            **asdict(row),
            "pool_name": named[database_id(row.pool)][0],
            "setting_name": named[database_id(row.pool)][1],
            "years": row.pool.partition(".")[2],
        }
        for row in rows
    ]


def _budgets(session: Session, run: MatchingRun, answer: Answer) -> Iterable[RunBudget]:
    codes = [row.la for row in answer.budgets]
    ids = {
        code: at for at, code in session.execute(select(Authority.id, Authority.code).where(Authority.code.in_(codes)))
    }
    for row in answer.budgets:
        yield RunBudget(
            run_id=run.id,
            authority_id=ids[row.la],
            amount=100 * row.budget,
            duties=100 * row.duties,
            choices=100 * row.choices,
            remaining=100 * row.left,
            shadow_price=row.shadow_price,
        )

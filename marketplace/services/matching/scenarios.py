"""Scenarios: named what-ifs on one frozen base, each a matching run of its own. Never approved, never applied.

A scenario reads no market: what it is solved on is the problem that its base kept, with the changes made. Several of
one base may be under way at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.models import (
    Authority,
    MatchingRun,
    Need,
    Pool,
    Provision,
    Recommendation,
    RunBudget,
    RunResult,
    RunStatus,
    ScenarioChanges,
)
from marketplace.models.matching import MOST_LETTERS
from marketplace.permissions import Actor, can_start_run, require
from marketplace.services import work
from marketplace.services.matching.archive import problem_in
from marketplace.services.matching.change_words import change_words
from marketplace.services.matching.changes import Asked, Names, Reader, what_if_of
from marketplace.services.matching.results import names_of
from marketplace.services.matching.runs import get_run
from marketplace.services.matching.supply import database_id
from marketplace.services.matching.what_ifs import applied
from marketplace.services.tariffs import find_tariff
from optimiser import Problem

MOST = 12  # scenarios of one base


def start_scenario(
    session: Session, actor: Actor, *, base_id: int, name: str, asked: Asked, tariff_id: int | None = None
) -> MatchingRun:
    """Queue a scenario of a done run, and its job, in one transaction.

    Raises Conflict where the base is not done, is a scenario itself or has MOST scenarios, and Invalid, by field, for a
    name that another of them has, for what the base does not hold, and where nothing is changed.
    """
    base = base_of(session, base_id)
    require(can_start_run(actor, base.scope_id), "start a scenario")
    session.refresh(base, with_for_update=True)  # two at once neither share a name nor pass the limit
    _refuse_name(session, base, name)
    problem = read_base(session, base)
    names, tariff = _names(session, base, problem), _tariff(session, tariff_id)
    changes = Reader(problem, names).changes(replace(asked, tariff=tariff))
    if not changes:
        raise Invalid({"name": ["Nothing is changed yet. Change one thing at least, so that there is a what-if."]})
    policy = applied(problem, what_if_of(changes, None)).policy
    run = MatchingRun(
        scope_id=base.scope_id,
        requested_by_id=actor.user_id,
        on=base.on,
        seconds=base.seconds,
        policy=asdict(policy),
        base_id=base.id,
        name=name,
    )
    work.queue(session, run)
    words = change_words(problem, changes, names, _authorities(session, changes))
    session.add(ScenarioChanges(run_id=run.id, changes=changes, words=words))
    audit.record(session, actor, "scenario started", run, base_id=base.id, changed=sorted(changes))
    return run


def _refuse_name(session: Session, base: MatchingRun, name: str) -> None:
    if not 1 <= len(name) <= MOST_LETTERS:
        raise Invalid({"name": [f"Enter a name of 1 to {MOST_LETTERS} letters."]})
    kept = session.scalars(select(MatchingRun.name).where(MatchingRun.base_id == base.id)).all()
    if name.lower() in {str(other).lower() for other in kept}:
        raise Invalid({"name": [f"Run {base.id} has a scenario of this name. Give it another."]})
    if len(kept) >= MOST:
        raise Conflict(f"Run {base.id} has {MOST} scenarios, which is as many as can be read side by side.")


def base_of(session: Session, base_id: int) -> MatchingRun:
    """A run on which scenarios may stand. Raises NotFound, and Conflict where it is not done or a scenario itself."""
    base = get_run(session, base_id)
    if base.base_id is not None:
        raise Conflict(f"Run {base.id} is a scenario. Start another from its base, run {base.base_id}.")
    if base.file_name is not None:
        raise Conflict(f"Run {base.id} is of files. Change them and send them again: scenarios stand on our own needs.")
    if base.status is not RunStatus.DONE:
        raise Conflict(f"Run {base.id} is {base.status.value}. Scenarios stand on a run that is done.")
    return base


def read_base(session: Session, base: MatchingRun) -> Problem:
    """The problem that a base has kept. Raises NotFound where the actor may not read it: it is of a wider scope."""
    result = session.get(RunResult, base.id)
    if result is None:
        raise NotFound(f"The frozen problem of run {base.id} is read by those who started it.")
    return problem_in(result.problem)


def _names(session: Session, base: MatchingRun, problem: Problem) -> Names:
    pools = {database_id(row.pool) for row in problem.pools if not row.pool.startswith("urn")}
    provisions = {database_id(row.provision) for row in problem.provisions if not row.provision.startswith("urn")}
    pupils: dict[str, list[str]] = {}
    needs = session.execute(
        select(Need.id, Need.reference, Authority.code)
        .join(Recommendation, Recommendation.need_id == Need.id)
        .join(Authority, Authority.id == Need.authority_id)
        .where(Recommendation.run_id == base.id)
        .order_by(Need.id)
    ).all()
    for need_id, reference, code in needs:
        pupils.setdefault(f"{code}/{reference}", []).append(str(need_id))
    for need_id, reference, _ in needs:
        pupils.setdefault(reference, []).append(str(need_id))
    return Names(
        settings=names_of(session, problem),
        pools={row.id: row.name for row in session.execute(select(Pool.id, Pool.name).where(Pool.id.in_(pools)))},
        provisions={
            row.id: row.name
            for row in session.execute(select(Provision.id, Provision.name).where(Provision.id.in_(provisions)))
        },
        pupils=pupils,
    )


def _tariff(session: Session, tariff_id: int | None) -> dict[str, Any] | None:
    """The tariff as it stands now, kept with the scenario: a draft may change later."""
    if tariff_id is None:
        return None
    try:
        row = find_tariff(session, tariff_id)
    except NotFound as error:
        raise Invalid({"tariff_id": ["Choose a tariff from the list."]}) from error
    content = {key: value for key, value in row.content.items() if key != "valid_until"}
    return {
        "id": row.id,
        "name": f"{row.name}, version {row.version}",
        "content": content | {"status": row.status.value},
    }


def _authorities(session: Session, changes: Mapping[str, Any]) -> dict[str, str]:
    codes = changes.get("budgets", {})
    rows = session.execute(select(Authority.code, Authority.name).where(Authority.code.in_(codes)))
    return {row.code: row.name for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioList:
    """The scenarios of a base, oldest first, and of each that the actor may read what it changes, in sentences."""

    base: MatchingRun
    scenarios: Sequence[MatchingRun]
    words: Mapping[int, Sequence[str]]


def list_scenarios(session: Session, base_id: int) -> ScenarioList:
    """The scenarios of a run. Raises NotFound, and Conflict where there can be none."""
    base = base_of(session, base_id)
    query = select(MatchingRun).where(MatchingRun.base_id == base.id).order_by(MatchingRun.id)
    found = session.scalars(query.options(joinedload(MatchingRun.requested_by))).all()
    rows = session.scalars(select(ScenarioChanges).where(ScenarioChanges.run_id.in_([run.id for run in found])))
    return ScenarioList(base=base, scenarios=found, words={row.run_id: row.words for row in rows})


def get_scenario(session: Session, base_id: int, scenario_id: int) -> MatchingRun:
    """One scenario of a base. Raises NotFound when there is none that the actor may know of."""
    run = get_run(session, scenario_id)
    if run.base_id != base_id:
        raise NotFound(f"Run {base_id} has no scenario {scenario_id}.")
    return run


def budgets_of(session: Session, base: MatchingRun) -> Sequence[tuple[Authority, RunBudget]]:
    """The LAs that have a budget in the base, by name, each with it."""
    rows = session.execute(
        select(Authority, RunBudget)
        .join(RunBudget, RunBudget.authority_id == Authority.id)
        .where(RunBudget.run_id == base.id)
        .order_by(Authority.name, Authority.id)
    )
    return [(authority, budget) for authority, budget in rows]

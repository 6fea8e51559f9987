"""What a worker does first for a scenario: read the base's frozen problem, make it otherwise, keep it. No market is
frozen."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import Authority, MatchingRun, Recommendation, RunResult, RunStatus, ScenarioChanges, Setting
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.matching.archive import problem_in
from marketplace.services.matching.changes import what_if_of
from marketplace.services.matching.moves import Base
from marketplace.services.matching.problem import Behind, Frozen
from marketplace.services.matching.what_ifs import Guide, applied
from optimiser import Problem
from pricing.tariff import load_tariff


def freeze_scenario(session: Session, actor: Actor, *, run_id: int, on: date) -> tuple[Frozen, Base]:
    """The base's problem with the scenario's changes, and what is needed to say who moved and why.

    Only the worker does this, since it must see each LA's rows. Raises Conflict where the base is no done run of the
    same scope, and Invalid where a change cannot be made.
    """
    require(actor == SYSTEM, "make a matching problem otherwise")
    run = session.get_one(MatchingRun, run_id)
    base = session.get_one(MatchingRun, run.base_id)
    result = session.get(RunResult, base.id)
    if base.status is not RunStatus.DONE or base.base_id is not None or result is None:
        raise Conflict(f"Run {base.id} cannot be the base of a scenario: it is no run that is done.")
    changes = session.get_one(ScenarioChanges, run_id).changes
    before = problem_in(result.problem)
    after = applied(before, what_if_of(changes, _guide(session, before, changes, on)))
    rows = session.scalars(select(Recommendation).where(Recommendation.run_id == base.id)).all()
    needs = {
        str(row.need_id): Behind(need_id=row.need_id, authority_id=row.authority_id, band=row.band) for row in rows
    }
    return Frozen(problem=after, needs=needs), Base(
        problem=before,
        placed={str(row.need_id): row.provision_id for row in rows},
        used={row["pool"]: row["used"] for row in result.pools or ()},
        changes=changes,
    )


def _guide(session: Session, problem: Problem, changes: Mapping[str, Any], on: date) -> Guide | None:
    """The tariff of the changes, with the framework of the base's day and the LA in whose area each setting lies."""
    if "tariff" not in changes:
        return None
    urns = {int(row.setting) for row in problem.provisions}
    rows = session.execute(
        select(Setting.urn, Authority.code)
        .join(Authority, Authority.id == Setting.authority_id)
        .where(Setting.urn.in_(urns))
    )
    return Guide(
        tariff=load_tariff(changes["tariff"]["content"]),
        framework=rule(framework_in_force(session, on=on)),
        la_codes={str(urn): code for urn, code in rows},
    )

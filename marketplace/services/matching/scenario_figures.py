"""Runs side by side: what a base and its scenarios come to, who moved, as far as the actor may see it.

Row-level security decides whose recommendations are counted, as in `figures`: an LA compares its own part of a region's
scenarios. All of it is counted by the database, so that a dozen scenarios are a few queries.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Double, cast, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from marketplace.models import Kind, Need, Provision, Recommendation
from marketplace.services.matching.figures import PAGE, Distances

Before = aliased(Recommendation, name="before")
After = aliased(Recommendation, name="after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What one run comes to; `cost` in pence a year, FTE by kind; `moved`: pupils elsewhere than in the base."""

    needs: int
    placed: int
    cost: int
    km: Distances | None
    fte: Mapping[Kind, float]
    unplaced: Mapping[str, int]
    moved: int


@dataclass(frozen=True, slots=True)
class Move:
    """What the base recommends for a need, and what the scenario does."""

    before: Recommendation
    after: Recommendation


def totals(session: Session, base_id: int, run_ids: Sequence[int]) -> dict[int, Totals]:
    """The totals of the base and of these done scenarios, by run; a run of which the actor sees no need is left out."""
    of_these = Recommendation.run_id.in_([base_id, *run_ids])
    cost = func.coalesce(Recommendation.price, 0) + func.coalesce(Recommendation.transport, 0)
    km = cast(Recommendation.child_km, Double)
    placed, shares = func.count(Recommendation.provision_id), (0.5, 0.9)
    percentiles = [func.percentile_cont(share).within_group(km) for share in shares]
    rows = session.execute(
        select(Recommendation.run_id, func.count(), placed, func.sum(cost), func.avg(km), *percentiles)
        .where(of_these)
        .group_by(Recommendation.run_id)
    ).all()
    fte, unplaced, moved = _fte(session, of_these), _unplaced(session, of_these), _moved(session, base_id, run_ids)
    return {
        run_id: Totals(
            needs=needs,
            placed=placed,
            cost=int(sum_),
            km=None if mean is None else Distances(mean=float(mean), median=float(median), p90=float(p90)),
            fte={kind: fte[run_id].get(kind, 0.0) for kind in Kind},
            unplaced=unplaced[run_id],
            moved=moved.get(run_id, 0),
        )
        for run_id, needs, placed, sum_, mean, median, p90 in rows
    }


def _fte(session: Session, of_these: ColumnElement[bool]) -> Mapping[int, Mapping[Kind, float]]:
    found: dict[int, dict[Kind, float]] = defaultdict(dict)
    run, kind = Recommendation.run_id, Provision.kind
    query = select(run, kind, func.sum(Recommendation.fte)).join(Recommendation.provision).where(of_these)
    for run_id, of_kind, fte in session.execute(query.group_by(run, kind)):
        found[run_id][of_kind] = float(fte or 0)
    return found


def _unplaced(session: Session, of_these: ColumnElement[bool]) -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    run, reason = Recommendation.run_id, Recommendation.reason
    query = select(run, reason, func.count()).where(of_these, reason.is_not(None))
    for run_id, why, count in session.execute(query.group_by(run, reason).order_by(run, reason)):
        found[run_id][str(why)] = count
    return found


def _moved(session: Session, base_id: int, run_ids: Sequence[int]) -> Mapping[int, int]:
    query = select(After.run_id, func.count().label("moved")).where(*_elsewhere(base_id), After.run_id.in_(run_ids))
    return {row.run_id: row.moved for row in session.execute(query.group_by(After.run_id))}


def list_moves(
    session: Session, base_id: int, scenario_id: int, *, page: int = 1, size: int | None = PAGE
) -> tuple[Sequence[Move], int]:
    """A page of who is elsewhere than in the base, and how many there are: who is placed nowhere any more comes first,
    then who is placed now, then by need."""
    conditions = (*_elsewhere(base_id), After.run_id == scenario_id)
    count = session.scalar(select(func.count()).where(*conditions))
    query = (
        select(Before, After)
        .where(*conditions)
        .options(
            joinedload(After.need).joinedload(Need.authority),
            *(joinedload(side.provision).joinedload(Provision.setting) for side in (Before, After)),
        )
        .order_by(After.provision_id.is_not(None), Before.provision_id.is_not(None), After.need_id)
    )
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    return [Move(before, after) for before, after in session.execute(query)], count or 0


def _elsewhere(base_id: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a need is elsewhere in `After` than in `Before`, which is of the base."""
    is_elsewhere = Before.provision_id.is_distinct_from(After.provision_id)
    return Before.run_id == base_id, Before.need_id == After.need_id, is_elsewhere

"""What a run recommends, as far as the actor may see it: figures, and the list behind them.

Row-level security decides whose recommendations these are: an LA reads its own of a region's run, a region all of its
LAs'. A recommendation says whom to consult; nothing here changes one.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Authority, Kind, Need, Provision, Recommendation, RunBudget

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """One-way km that the placed pupils travel, weighted by how often; percentiles interpolate linearly."""

    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFigures:
    """One LA's part of a run; `cost` in pence a year; `budget` None = no limit."""

    authority_id: int
    code: str
    name: str
    needs: int
    placed: int
    cost: int
    budget: RunBudget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The recommendations in figures; `cost` in pence a year, FTE by kind."""

    needs: int
    placed: int
    cost: int
    pupils_by_kind: Mapping[Kind, int]
    fte_by_kind: Mapping[Kind, float]
    unplaced: Mapping[str, int]
    authorities: tuple[AuthorityFigures, ...]
    km: Distances | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which recommendations to list: of these LAs (codes), and placed in these kinds or unplaced for these reasons.
    Nothing named = all."""

    las: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def figures(session: Session, run_id: int) -> Figures:
    """The figures of a run over the needs that the actor may see."""
    rows = session.execute(
        select(Recommendation, Provision.kind)
        .outerjoin(Recommendation.provision)
        .where(Recommendation.run_id == run_id)
        .order_by(Recommendation.need_id)
    ).all()
    found = [row for row, _ in rows]
    fte: dict[Kind, float] = defaultdict(float)
    for row, kind in rows:
        if kind is not None:
            fte[kind] += float(row.fte or 0)
    placed = Counter(kind for _, kind in rows if kind is not None)
    return Figures(
        needs=len(found),
        placed=sum(placed.values()),
        cost=sum(map(cost, found)),
        pupils_by_kind={kind: placed[kind] for kind in Kind},
        fte_by_kind={kind: fte[kind] for kind in Kind},
        unplaced=dict(sorted(Counter(row.reason for row in found if row.reason).items())),
        authorities=_authorities(session, run_id, found),
        km=_distances([float(row.child_km) for row in found if row.child_km is not None]),
    )


def cost(row: Recommendation) -> int:
    """Price and transport in pence a year; 0 for a pupil who is not placed."""
    return (row.price or 0) + (row.transport or 0)


def list_recommendations(
    session: Session, run_id: int, wanted: Wanted, *, page: int = 1, size: int | None = PAGE
) -> tuple[Sequence[Recommendation], int]:
    """A page of recommendations and how many there are in all: unplaced pupils first, by reason, then by need."""
    conditions = _conditions(run_id, wanted)
    count = session.scalar(
        select(func.count()).select_from(Recommendation).outerjoin(Recommendation.provision).where(*conditions)
    )
    query = (
        select(Recommendation)
        .outerjoin(Recommendation.provision)
        .where(*conditions)
        .options(
            joinedload(Recommendation.need).joinedload(Need.authority),
            joinedload(Recommendation.provision).joinedload(Provision.setting),
        )
        .order_by(Recommendation.reason.nulls_last(), Recommendation.need_id)
    )
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    return session.scalars(query).all(), count or 0


def _conditions(run_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [Recommendation.run_id == run_id]
    if wanted.las:
        codes = select(Authority.id).where(Authority.code.in_(wanted.las))
        conditions.append(Recommendation.authority_id.in_(codes))
    if wanted.kinds or wanted.reasons:
        conditions.append(or_(Provision.kind.in_(wanted.kinds), Recommendation.reason.in_(wanted.reasons)))
    return conditions


def _authorities(session: Session, run_id: int, found: Sequence[Recommendation]) -> tuple[AuthorityFigures, ...]:
    grouped: dict[int, list[Recommendation]] = defaultdict(list)
    for row in found:
        grouped[row.authority_id].append(row)
    budgets = {row.authority_id: row for row in session.scalars(select(RunBudget).where(RunBudget.run_id == run_id))}
    named = session.scalars(select(Authority).where(Authority.id.in_(grouped)).order_by(Authority.name, Authority.id))
    return tuple(
        AuthorityFigures(
            authority_id=la.id,
            code=la.code,
            name=la.name,
            needs=len(grouped[la.id]),
            placed=sum(row.provision_id is not None for row in grouped[la.id]),
            cost=sum(map(cost, grouped[la.id])),
            budget=budgets.get(la.id),
        )
        for la in named
    )


def _distances(km: list[float]) -> Distances | None:
    if not km:
        return None
    p90 = quantiles(km, n=10, method="inclusive")[-1] if len(km) > 1 else km[0]
    return Distances(mean=fmean(km), median=median(km), p90=p90)

"""What calibrations, shadow runs and corridors share: started on a placement set, computed by a worker, kept whole.

Each kind computes from the set's file and its own columns alone, so that it says the same whenever it is repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import NotFound
from marketplace.models import PlacementSet, PriceRun, Tariff
from marketplace.permissions import Actor, can_prepare_prices, require
from marketplace.services import work
from marketplace.services.observed_file import observed_of
from marketplace.services.placement_sets import get_set
from marketplace.services.work import Note, Steps
from pricing.observed import Observed

R = TypeVar("R", bound=PriceRun)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(work.Claim, Generic[R]):
    """A run that a worker has taken, with what it was asked for."""

    run: R


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept: the figures that the page shows, and the bytes that the command writes."""

    figures: dict[str, Any]
    files: bytes


def own_set(session: Session, actor: Actor, placement_set_id: int, act: str) -> PlacementSet:
    """The set to start a run on. Raises NotFound, and NotPermitted where the actor may not do `act` with it."""
    placements = get_set(session, placement_set_id)
    require(can_prepare_prices(actor, placements.owner_id), act)
    return placements


def start(session: Session, actor: Actor, run: PriceRun, placements: PlacementSet, **about: Any) -> None:
    """Queue a run on a set with its job. Raises Conflict where the owner has one of the kind under way."""
    kind = type(run)
    work.fail_lost(session, actor, kind, kind.owner_id == placements.owner_id)
    run.placement_set_id, run.owner_id = placements.id, placements.owner_id
    run.requested_by_id = actor.user_id
    work.queue(session, run)
    audit.record(session, actor, f"{run.NOUN} started", run, placement_set_id=placements.id, **about)  # type: ignore[arg-type]


def list_runs(session: Session, kind: type[R]) -> Sequence[R]:
    """The runs of a kind that the actor may see, newest first."""
    people = (joinedload(kind.placement_set), joinedload(kind.requested_by))
    return session.scalars(select(kind).options(*people).order_by(kind.id.desc()).limit(200)).all()


def list_tariffs(session: Session) -> Sequence[Tariff]:
    """The tariffs that the actor may see, those that start last first."""
    return session.scalars(select(Tariff).order_by(Tariff.starts_on.desc(), Tariff.name, Tariff.id).limit(200)).all()


def get_run(session: Session, kind: type[R], run_id: int) -> R:
    """One run. Raises NotFound when there is none that the actor may know of."""
    run = session.get(kind, run_id)
    if run is None:
        raise NotFound(f"There is no {kind.NOUN} {run_id}.")
    return run


def steps(kind: type[R], compute: Callable[[R, Observed], Result]) -> "Steps[Claim[R], bytes, Result]":
    """What a worker does for one of these kinds."""

    def claim(session: Session, actor: Actor, run_id: int) -> Claim[R] | None:
        run = work.claim(session, kind, run_id)
        if run is None:
            return None
        require(can_prepare_prices(actor, run.owner_id), f"work on a {kind.NOUN}")
        assert run.token is not None
        return Claim(run_id=run.id, token=run.token, run=run)

    def freeze(session: Session, actor: Actor, claim: Claim[R]) -> bytes:  # noqa: ARG001
        return get_set(session, claim.run.placement_set_id).file

    def solve(claim: Claim[R], file: bytes, note: Note) -> Result:
        observed = observed_of(file)
        note({"stage": "computing"})
        return compute(claim.run, observed)

    def keep(session: Session, actor: Actor, claim: Claim[R], file: bytes, found: Result) -> None:  # noqa: ARG001
        run = work.held(session, kind, claim)
        with session.no_autoflush:  # the result comes with the end: what has ended is never changed
            run.figures, run.files = found.figures, found.files
            work.finish(session, actor, run)

    return Steps(kind=kind, claim=claim, freeze=freeze, solving="reading", solve=solve, keep=keep)

"""The way and the transport of one pupil to provisions, as matching estimates them, also to those that are no option.

The rules for one pupil and one provision are the optimiser's own (optimiser/judge.py).
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marketplace.models import Need
from marketplace.services.matching.problem import problem_of
from marketplace.services.matching.supply import places
from optimiser.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Road km one way, an estimate, and the transport of a year, pence."""

    road_km: float
    transport: int


def journeys(session: Session, *, need: Need, provision_ids: Collection[int]) -> dict[int, Journey]:
    """The journeys of a published need's pupil to these provisions, offered or not."""
    market = places(session, provision_ids)
    problem = problem_of(market, [need])
    judge, pupil = Judge(problem), problem.pupils[0]
    first = {at: rows[0] for at, rows in market.rows.items()}
    return {
        at: Journey(road_km=judge.road_km(pupil, row), transport=judge.transport(pupil, row) * 100)
        for at, row in first.items()
    }

"""The way and the transport of one pupil to provisions, as matching estimates them, also to those that are no option.

The rules for one pupil and one provision are the optimiser's own (optimiser/judge.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marketplace.models import Need
from marketplace.services.matching.problem import problem_of
from marketplace.services.matching.supply import database_id, supply
from optimiser.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Road km one way, an estimate, and the transport of a year, pence."""

    road_km: float
    transport: int


def journeys(session: Session, *, need: Need, provision_ids: Collection[int], on: date) -> dict[int, Journey]:
    """The journeys of a published need's pupil to those of the provisions that the market of the day has."""
    market = supply(session, on=on, needs=[need])
    problem = problem_of(market, [need])
    judge, pupil = Judge(problem), problem.pupils[0]
    found: dict[int, Journey] = {}
    for row in problem.provisions:
        at = database_id(row.provision) if row.provision[0].isdigit() else None
        if at in provision_ids and at is not None and at not in found:
            found[at] = Journey(road_km=judge.road_km(pupil, row), transport=judge.transport(pupil, row) * 100)
    return found

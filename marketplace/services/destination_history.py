"""Everything about the destinations of one pupil, in the order of time: versions, transfers, outcomes.

It must never decide who reads it: the database's row-level security does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from marketplace.models import AdultTransfer, DestinationOutcome, DestinationPlan
from marketplace.services.adult_transfers import transfers_of
from marketplace.services.destination_outcomes import months_after, outcomes_of
from marketplace.services.destination_plans import plans_of


class Happened(StrEnum):
    """What happened on a day."""

    PLANNED = "planned"
    ASSESSMENT_REQUESTED = "assessment_requested"
    ASSESSED = "assessed"
    TRANSFER_AGREED = "transfer_agreed"
    TRANSFER_DUE = "transfer_due"  # the day planned, of one that is neither done nor closed
    TRANSFERRED = "transferred"
    TRANSFER_CLOSED = "transfer_closed"  # without a transfer
    CAME = "came"
    SIX_MONTHS = "six_months"
    A_YEAR = "a_year"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing, on its day, and the row that says it."""

    on: date
    what: Happened
    row: DestinationPlan | AdultTransfer | DestinationOutcome


def destination_history(session: Session, need_id: int) -> list[Happening]:
    """All of a pupil's destinations that the actor of this transaction may read, the oldest first; of one day in the
    order of Happened."""
    order = list(Happened)
    found = [
        *(Happening(plan.on, Happened.PLANNED, plan) for plan in reversed(plans_of(session, need_id))),
        *(each for row in transfers_of(session, need_id) for each in _of_transfer(row)),
        *(each for row in outcomes_of(session, need_id) for each in _of_outcome(row)),
    ]
    return sorted(found, key=lambda each: (each.on, order.index(each.what), each.row.id))


def _of_transfer(row: AdultTransfer) -> Iterator[Happening]:
    days = {
        Happened.ASSESSMENT_REQUESTED: row.requested_on,
        Happened.ASSESSED: row.assessed_on,
        Happened.TRANSFER_AGREED: row.agreed_on,
        Happened.TRANSFER_DUE: None if row.done_on or row.closed_on else row.planned_on,
        Happened.TRANSFERRED: row.done_on,
        Happened.TRANSFER_CLOSED: row.closed_on,
    }
    yield from (Happening(day, what, row) for what, day in days.items() if day)


def _of_outcome(row: DestinationOutcome) -> Iterator[Happening]:
    yield Happening(row.on, Happened.CAME, row)
    if row.six_months:
        yield Happening(months_after(row.on, 6), Happened.SIX_MONTHS, row)
    if row.a_year:
        yield Happening(months_after(row.on, 12), Happened.A_YEAR, row)

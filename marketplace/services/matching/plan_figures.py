"""What a plan comes to: its pupils, settings and money, and the plan as a file. Nothing here writes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.application_words import ROW_RESULTS, ROWS_UNDONE
from marketplace.models import ApplicationRow, Kind, Recommendation, RunBudget
from marketplace.services.csv_files import csv_of
from marketplace.services.matching.figures import cost
from marketplace.services.matching.plan_checks import Standing

HEADINGS = (
    "Need", "Setting", "Provision", "Kind", "Band", "Road km", "Price a year", "Transport a year", "Total a year",
    "Changed since the run", "Result", "Why", "Consultation", "Undone",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Counts, and money in pence a year: the marginal public cost and what of it is transport. `budget` is what the run
    had of the LA, None = no limit."""

    pupils: int
    settings: int
    kinds: Mapping[Kind, int]
    cost: int
    transport: int
    budget: int | None

    @property
    def left(self) -> int | None:
        """What the plan leaves of the budget; less than 0 where it costs more."""
        return None if self.budget is None else self.budget - self.cost


def sums(session: Session, rows: Iterable[Recommendation], *, run_id: int, authority_id: int) -> Sums:
    """What these recommendations of an LA come to, against the budget that their run had."""
    rows = list(rows)
    placed = [row.provision for row in rows if row.provision is not None]
    kinds = Counter(provision.kind for provision in placed)
    budget = session.get(RunBudget, (run_id, authority_id))
    return Sums(
        pupils=len(rows),
        settings=len({provision.setting_id for provision in placed}),
        kinds={kind: kinds[kind] for kind in Kind if kinds[kind]},
        cost=sum(map(cost, rows)),
        transport=sum(row.transport or 0 for row in rows),
        budget=budget.amount if budget else None,
    )


def plan_csv(rows: Iterable[tuple[ApplicationRow, Standing]]) -> bytes:
    """A line for each pupil, money in pounds."""
    return csv_of(HEADINGS, (_line(row, standing) for row, standing in rows))


def _line(row: ApplicationRow, standing: Standing) -> list[object]:
    found, provision = standing.row, standing.row.provision
    assert provision is not None
    told = "" if row.result else standing.words  # what has changed matters until the plan is applied
    return [
        found.need.reference,
        provision.setting.name,
        provision.name,
        vocabulary.KINDS[provision.kind],
        vocabulary.BANDS[found.band] if found.band else "",
        found.road_km,
        *(f"{pence / 100:.2f}" for pence in (found.price or 0, found.transport or 0, cost(found))),
        told,
        ROW_RESULTS[row.result] if row.result else "",
        row.words or "",
        row.consultation_id or "",
        ROWS_UNDONE[row.undone] if row.undone else "",
    ]

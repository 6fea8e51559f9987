"""The ledger: what each placement costs its LA, day by day, in whole pence that add up.

A fee is for a school year, 1 September to 31 August. What is due up to a day of it is the fee times the days so far
over the days of that year, to the nearest penny; a line is the difference of two such sums. So the lines of a whole
school year sum to the fee exactly, however it is cut up: by financial years, by variations, by reversals.

Lines are written up to the end of the next financial year, and further ones each April. It must never change a line.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from marketplace.models import LedgerLine, LedgerTotal, Placement, PlacementEvent
from marketplace.models.uplifts import school_year
from pricing.money import half_up

DAY = timedelta(days=1)


def financial_year(day: date) -> int:
    """The year in which the financial year of a day began, on 1 April.

    >>> financial_year(date(2027, 3, 31)), financial_year(date(2027, 4, 1))
    (2026, 2027)
    """
    return day.year - (day.month < 4)


def horizon(on: date) -> date:
    """The last day that is charged on a day: the end of the next financial year."""
    return date(financial_year(on) + 2, 3, 31)


def due(fee: int, first: date, last: date) -> int:
    """Pence for the days from first to last, both included, in one school year of this fee.

    >>> due(3_650_000, date(2026, 9, 1), date(2027, 8, 31)), due(3_650_000, date(2026, 9, 1), date(2026, 9, 1))
    (3650000, 10000)
    """
    year = school_year(first)
    begins, ends = date(year, 9, 1), date(year + 1, 8, 31)
    days = (ends - begins).days + 1

    def so_far(day: date) -> int:
        return half_up(Fraction(fee * ((day - begins).days + 1), days))

    return so_far(last) - so_far(first - DAY)


def stretches(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from first to last, cut where a financial year or a school year begins.

    >>> [end.isoformat() for _, end in stretches(date(2026, 11, 1), date(2027, 10, 1))]
    ['2027-03-31', '2027-08-31', '2027-10-01']
    """
    while first <= last:
        cuts = (date(first.year, 3, 31), date(first.year, 8, 31), date(first.year + 1, 3, 31))
        end = min(next(cut for cut in cuts if cut >= first), last)
        yield first, end
        first = end + DAY


def charge(session: Session, event: PlacementEvent, *, fee: int, first: date, last: date) -> int:
    """Add the lines of a fee for some days, for an event of a placement; returns their sum. Days of no fee have
    none."""
    placement = event.placement
    lines = [
        LedgerLine(
            authority_id=placement.authority_id,
            placement_id=placement.id,
            event_id=event.id,
            year=financial_year(begins),
            starts_on=begins,
            ends_on=ends,
            fee=fee,
            amount=due(fee, begins, ends),
        )
        for begins, ends in stretches(first, last)
        if fee
    ]
    session.add_all(lines)
    session.flush()
    return sum(line.amount for line in lines)


def reverse_from(session: Session, event: PlacementEvent, *, day: date) -> int:
    """Undo what was charged for a day and all later ones: each line that reaches them is reversed, and charged again
    for its days before. Returns the sum of what was added, negative or 0."""
    changed = 0
    for line in live_lines(session, event.placement):
        if line.ends_on < day:
            continue
        session.add(_reversal(line, event))
        changed -= line.amount
        if line.starts_on < day:
            session.flush()
            changed += charge(session, event, fee=line.fee, first=line.starts_on, last=day - DAY)
    session.flush()
    return changed


def live_lines(session: Session, placement: Placement) -> Sequence[LedgerLine]:
    """What is charged for a placement now: the lines that are no reversals and were not reversed, by day."""
    reversal = aliased(LedgerLine)
    return session.scalars(
        select(LedgerLine)
        .outerjoin(reversal, reversal.reverses_id == LedgerLine.id)
        .where(LedgerLine.placement_id == placement.id, LedgerLine.reverses_id.is_(None), reversal.id.is_(None))
        .order_by(LedgerLine.starts_on, LedgerLine.id)
    ).all()


def totals(session: Session, authority_id: int) -> dict[int, int]:
    """The sum of an LA's lines by financial year, pence."""
    rows = session.execute(
        select(LedgerTotal.year, LedgerTotal.amount)
        .where(LedgerTotal.authority_id == authority_id)
        .order_by(LedgerTotal.year)
    )
    return {row.year: row.amount for row in rows}


def _reversal(line: LedgerLine, event: PlacementEvent) -> LedgerLine:
    return LedgerLine(
        authority_id=line.authority_id,
        placement_id=line.placement_id,
        event_id=event.id,
        year=line.year,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        fee=line.fee,
        amount=-line.amount,
        reverses_id=line.id,
    )

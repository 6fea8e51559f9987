"""The ledger: what each placement, and each outreach order, costs its LA, day by day, in whole pence that add up.

A fee is for a school year, 1 September to 31 August. What is due up to a day of it is the fee times the days so far
over the days of that year, to the nearest penny; a line is the difference of two such sums. So the lines of a whole
school year sum to the fee exactly, however it is cut up: by financial years, by variations, by reversals. An outreach
order's price is for its own days, and is cut in the same way.

Lines are written up to the end of the next financial year, and further ones each April. It must never change a line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from marketplace.models import Band, LedgerLine, PlacementEvent
from marketplace.models.uplifts import school_year
from pricing.money import half_up

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one fee, pence a school year, in one band; the first and the last included."""

    first: date
    last: date
    fee: int
    band: Band


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
    assert school_year(last) == year, "one school year at a time: see cuts"
    return share(fee, date(year, 9, 1), date(year + 1, 8, 31), first, last)


def share(whole: int, begins: date, ends: date, first: date, last: date) -> int:
    """Pence for the days from first to last, all included, of a sum for the days from begins to ends.

    >>> whole = (30_000, date(2027, 3, 22), date(2027, 4, 20))
    >>> share(*whole, date(2027, 3, 22), date(2027, 3, 31)), share(*whole, date(2027, 4, 1), date(2027, 4, 20))
    (10000, 20000)
    """
    assert begins <= first <= last <= ends
    days = (ends - begins).days + 1

    def so_far(day: date) -> int:
        return half_up(Fraction(whole * ((day - begins).days + 1), days))

    return so_far(last) - so_far(first - DAY)


def due_by(line: LedgerLine, first: date, last: date) -> int:
    """Pence of a line for some of its days, from first to last, both included: a reversal's less than nothing."""
    order = line.order
    part = share(line.fee, order.starts_on, order.ends_on, first, last) if order else due(line.fee, first, last)
    return -part if line.reverses_id is not None else part


def cuts(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from first to last, cut where a financial year or a school year begins.

    >>> [end.isoformat() for _, end in cuts(date(2026, 11, 1), date(2027, 10, 1))]
    ['2027-03-31', '2027-08-31', '2027-10-01']
    """
    while first <= last:
        ends = (date(first.year, 3, 31), date(first.year, 8, 31), date(first.year + 1, 3, 31))
        end = min(next(each for each in ends if each >= first), last)
        yield first, end
        first = end + DAY


def settle(session: Session, event: PlacementEvent, wanted: Sequence[Stretch]) -> int:
    """Bring what is charged for the event's placement to what is wanted, in lines that name the event; returns by how
    many pence it changed.

    From the first day on which it is another, every line that reaches that day or a later one is reversed; what it held
    for the days before is charged again, and then what is wanted."""
    live = live_lines(session, LedgerLine.placement_id == event.placement.id)
    day = first_change(live, wanted)
    if day is None:
        return 0
    changed = 0
    for line in live:
        if line.ends_on >= day:
            session.add(reversal(line, event))
            session.flush()
            changed -= line.amount
            if line.starts_on < day:
                changed += _charge(session, event, replace(_stretch(line), last=day - DAY))
    for each in wanted:
        if each.last >= day:
            changed += _charge(session, event, replace(each, first=max(each.first, day)))
    return changed


def first_change(live: Sequence[LedgerLine], wanted: Sequence[Stretch]) -> date | None:
    """The first day on which what is wanted is not what is charged; None where all is charged as it should be."""
    charged = [_stretch(line) for line in live]
    turns = sorted({day for each in (*charged, *wanted) for day in (each.first, each.last + DAY)})
    return next((day for day in turns if _of(charged, day) != _of(wanted, day)), None)


def live_lines(session: Session, of: ColumnElement[bool]) -> Sequence[LedgerLine]:
    """What is charged now for those, a placement or an order: the lines that are no reversals and were not reversed, by
    day."""
    reversing = aliased(LedgerLine)
    return session.scalars(
        select(LedgerLine)
        .outerjoin(reversing, reversing.reverses_id == LedgerLine.id)
        .where(of, LedgerLine.reverses_id.is_(None), reversing.id.is_(None))
        .order_by(LedgerLine.starts_on, LedgerLine.id)
    ).all()


def _stretch(line: LedgerLine) -> Stretch:
    assert line.band is not None
    return Stretch(line.starts_on, line.ends_on, line.fee, line.band)


def _of(stretches: Sequence[Stretch], day: date) -> tuple[int, Band] | None:
    """The fee and band that hold on a day; None where nothing is charged."""
    return next(((each.fee, each.band) for each in stretches if each.first <= day <= each.last and each.fee), None)


def _charge(session: Session, event: PlacementEvent, stretch: Stretch) -> int:
    """Add the lines of a stretch; returns their sum. Days of no fee have none."""
    placement = event.placement
    lines = [
        LedgerLine(
            authority_id=placement.authority_id,
            placement_id=placement.id,
            event_id=event.id,
            year=financial_year(begins),
            starts_on=begins,
            ends_on=ends,
            band=stretch.band,
            fee=stretch.fee,
            amount=due(stretch.fee, begins, ends),
        )
        for begins, ends in cuts(stretch.first, stretch.last)
        if stretch.fee
    ]
    session.add_all(lines)
    session.flush()
    return sum(line.amount for line in lines)


def reversal(line: LedgerLine, event: PlacementEvent | None = None) -> LedgerLine:
    """What undoes a line wholly: of a placement, by which event."""
    return LedgerLine(
        authority_id=line.authority_id,
        placement_id=line.placement_id,
        order_id=line.order_id,
        event_id=event.id if event else None,
        year=line.year,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        band=line.band,
        fee=line.fee,
        amount=-line.amount,
        reverses_id=line.id,
    )

"""What an outreach order costs. One with a price of its own is charged evenly over its days, so that each financial
year has its part to the penny; one of a placement costs what its placement is charged for its days.

Where an order ends early, nothing is charged after its last day. It must never charge what a placement is charged.
"""

from datetime import date
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.models import LedgerLine, OutreachOrder
from marketplace.services.ledger import DAY, due_by, financial_year, live_lines, reversal, share


def charge_order(session: Session, order: OutreachOrder) -> None:
    """Charge the price from the first day to the last, by the LA, whose ledger it is."""
    _charge(session, order, order.starts_on, order.ends_on)


def reverse_order(session: Session, order: OutreachOrder, *, last_day: date | None) -> None:
    """Charge nothing after the last day; None: nothing at all. By the LA, as before."""
    for line in live_lines(session, LedgerLine.order_id == order.id):
        if last_day is None or line.ends_on > last_day:
            session.add(reversal(line))
            session.flush()
            if last_day is not None and line.starts_on <= last_day:
                _charge(session, order, line.starts_on, last_day)


def charged(session: Session, order: OutreachOrder) -> int:
    """Pence that are charged for the order's days in all, as far as the actor of this transaction may read the
    ledger."""
    if order.placement_id is None:
        total = select(func.coalesce(func.sum(LedgerLine.amount), 0)).where(LedgerLine.order_id == order.id)
        return int(session.scalar(total) or 0)
    spans = [
        (line, max(line.starts_on, order.starts_on), min(line.ends_on, order.last_day))
        for line in live_lines(session, LedgerLine.placement_id == order.placement_id)
    ]
    return sum(due_by(line, first, last) for line, first, last in spans if first <= last)


def _charge(session: Session, order: OutreachOrder, first: date, last: date) -> None:
    assert order.price is not None
    begins = [first, *(date(year, 4, 1) for year in range(financial_year(first) + 1, financial_year(last) + 1))]
    for start, following in pairwise([*begins, last + DAY]):
        end = following - DAY
        session.add(
            LedgerLine(
                authority_id=order.authority_id,
                order_id=order.id,
                year=financial_year(start),
                starts_on=start,
                ends_on=end,
                fee=order.price,
                amount=share(order.price, order.starts_on, order.ends_on, start, end),
            )
        )
    session.flush()

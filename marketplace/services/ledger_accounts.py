"""The ledger as an LA reads it: one account for each financial year, by setting and by band, and line by line.

Every sum is of the same lines, so that whatever it is broken down by, it comes to the total. It must never write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.errors import NotFound
from marketplace.models import Authority, Band, Budget, LedgerLine, LedgerTotal, OutreachOrder, Placement, Setting
from marketplace.services.ledger import due_by
from marketplace.vocabulary import BANDS

PAGE = 100
ORDERS = "Outreach orders"  # which have no band


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of an account comes to: its name and pence, with how many placements and outreach orders."""

    name: str
    amount: int
    placements: int
    setting_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An LA's account of one financial year, in pence: `total` as the database keeps it, `until_now` the part for days
    up to the day of reading; `budget` for a year, None = none was set. Both breakdowns come to the total."""

    authority: Authority
    year: int
    total: int
    until_now: int
    by_setting: tuple[Part, ...]
    by_band: tuple[Part, ...]
    budget: int | None


def totals(session: Session) -> Sequence[LedgerTotal]:
    """The total of each LA and financial year that the actor of this transaction may read: by LA, the latest first."""
    return session.scalars(
        select(LedgerTotal)
        .join(Authority, Authority.id == LedgerTotal.authority_id)
        .options(joinedload(LedgerTotal.authority))
        .order_by(Authority.name, Authority.id, LedgerTotal.year.desc())
    ).all()


def account(session: Session, *, authority_id: int, year: int, on: date) -> Account:
    """An LA's account of a financial year, read on a day. Raises NotFound for an LA whose ledger the actor of this
    transaction may not read, and for a year in which nothing was ever charged."""
    total = session.get(LedgerTotal, (authority_id, year))
    if total is None:
        raise NotFound("There is nothing in the ledger of this authority for that year.")
    mine = (LedgerLine.authority_id == authority_id, LedgerLine.year == year)
    count = func.count(LedgerLine.placement_id.distinct()) + func.count(LedgerLine.order_id.distinct())
    settings = session.execute(
        select(Setting.id, Setting.name, func.sum(LedgerLine.amount), count)
        .outerjoin(Placement, Placement.id == LedgerLine.placement_id)
        .outerjoin(OutreachOrder, OutreachOrder.id == LedgerLine.order_id)
        .join(Setting, Setting.id == func.coalesce(Placement.setting_id, OutreachOrder.setting_id))
        .where(*mine)
        .group_by(Setting.id, Setting.name)
        .order_by(func.sum(LedgerLine.amount).desc(), Setting.name, Setting.id)
    )
    bands = {
        band: (amount, placements)
        for band, amount, placements in session.execute(
            select(LedgerLine.band, func.sum(LedgerLine.amount), count).where(*mine).group_by(LedgerLine.band)
        )
    }
    return Account(
        authority=session.get_one(Authority, authority_id),
        year=year,
        total=total.amount,
        until_now=until(
            session.scalars(
                select(LedgerLine).where(*mine, LedgerLine.starts_on <= on).options(joinedload(LedgerLine.order))
            ),
            on,
        ),
        by_setting=tuple(Part(name, int(amount), placements, at) for at, name, amount, placements in settings),
        by_band=tuple(
            Part(BANDS[band] if band else ORDERS, int(bands[band][0]), bands[band][1])
            for band in (*Band, None)
            if band in bands
        ),
        budget=session.scalar(select(Budget.amount).where(Budget.authority_id == authority_id)),
    )


def count_lines(session: Session, *, authority_id: int, year: int) -> int:
    """How many lines an account has."""
    lines = select(func.count()).where(LedgerLine.authority_id == authority_id, LedgerLine.year == year)
    return session.scalar(lines) or 0


def lines_of(session: Session, *, authority_id: int, year: int, page: int | None = None) -> Sequence[LedgerLine]:
    """The lines of an account, the newest first: all, or those of a page."""
    query = (
        select(LedgerLine)
        .where(LedgerLine.authority_id == authority_id, LedgerLine.year == year)
        .options(
            joinedload(LedgerLine.placement).joinedload(Placement.setting),
            joinedload(LedgerLine.order).joinedload(OutreachOrder.setting),
            joinedload(LedgerLine.event),
        )
        .order_by(LedgerLine.id.desc())
    )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return session.scalars(query).all()


def effects(session: Session, placement: Placement) -> dict[int, dict[int, int]]:
    """By how many pence each event of a placement has changed the ledger, by financial year; as far as the actor of
    this transaction may read the ledger."""
    rows = session.execute(
        select(LedgerLine.event_id, LedgerLine.year, func.sum(LedgerLine.amount))
        .where(LedgerLine.placement_id == placement.id)
        .group_by(LedgerLine.event_id, LedgerLine.year)
        .order_by(LedgerLine.event_id, LedgerLine.year)
    )
    found: dict[int, dict[int, int]] = {}
    for event_id, year, amount in rows:
        assert event_id is not None  # every line of a placement names its event
        found.setdefault(event_id, {})[year] = int(amount)
    return found


def years_of(session: Session, placement: Placement) -> dict[int, int]:
    """What a placement comes to in each financial year, pence."""
    rows = session.execute(
        select(LedgerLine.year, func.sum(LedgerLine.amount))
        .where(LedgerLine.placement_id == placement.id)
        .group_by(LedgerLine.year)
        .order_by(LedgerLine.year)
    )
    return {year: int(amount) for year, amount in rows}


def until(lines: Iterable[LedgerLine], on: date) -> int:
    """What the lines come to up to a day, which may lie within one."""
    total = 0
    for line in lines:
        total += line.amount if line.ends_on <= on else due_by(line, line.starts_on, on)
    return total

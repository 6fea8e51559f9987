"""Outreach orders in lists, by what needs doing first, a page at a time.

It must never decide who sees an order: the database's row-level security does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import OrderStatus, OutreachOrder

PAGE = 50


class OrderStanding(StrEnum):
    """Where an outreach order stands on a day, what needs doing first."""

    ACCEPT = "accept"  # the provider accepts or declines
    AGREE = "agree"  # the LA agrees to the price or withdraws
    OVERDUE = "overdue"  # its last day is over: what came of it?
    REVIEW = "review"  # the day of its review has come
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    GIVEN_UP = "given_up"  # declined or withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """One page of orders in groups, how many there are in each group, and in all."""

    groups: dict[OrderStanding, list[OutreachOrder]]
    counts: dict[OrderStanding, int]
    page: int
    pages: int

    @property
    def count(self) -> int:
        """How many orders there are on all pages."""
        return sum(self.counts.values())


def list_orders(session: Session, *, on: date, standings: Collection[OrderStanding] = (), page: int = 1) -> Orders:
    """One page of the orders that the actor of this transaction may see: by group, then by the day that comes next (of
    what has ended the latest first), then by id. `standings` narrows it; a page past the end is the last."""
    standing = _standing(on)
    counts = count_orders(session, on=on)
    counts = {each: count for each, count in counts.items() if not standings or each in standings}
    pages = max(1, -(-sum(counts.values()) // PAGE))
    page = min(max(page, 1), pages)
    order = case({member.value: place for place, member in enumerate(OrderStanding)}, value=standing)
    of = (OutreachOrder.setting, OutreachOrder.authority, OutreachOrder.provider)
    found = session.execute(
        select(OutreachOrder, standing)
        .where(standing.in_([each.value for each in counts]))
        .options(*(joinedload(each) for each in of))
        .order_by(
            order,
            OutreachOrder.ended_on.desc().nulls_last(),
            func.coalesce(OutreachOrder.next_review_on, OutreachOrder.ends_on),
            OutreachOrder.id,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    groups: dict[OrderStanding, list[OutreachOrder]] = {}
    for row, group in found:
        groups.setdefault(OrderStanding(group), []).append(row)
    return Orders(groups=groups, counts=counts, page=page, pages=pages)


def count_orders(session: Session, *, on: date) -> dict[OrderStanding, int]:
    """How many orders stand where, of those that the actor of this transaction may see; none that is empty."""
    standing = _standing(on)
    rows = session.execute(select(standing, func.count()).select_from(OutreachOrder).group_by(standing)).all()
    found = {OrderStanding(group): count for group, count in rows}
    return {each: found[each] for each in OrderStanding if each in found}


def _standing(on: date) -> ColumnElement[str]:
    status = OutreachOrder.status
    return case(
        (status == OrderStatus.ASKED, OrderStanding.ACCEPT.value),
        (status == OrderStatus.ACCEPTED, OrderStanding.AGREE.value),
        (status == OrderStatus.ENDED, OrderStanding.ENDED.value),
        (status != OrderStatus.RUNNING, OrderStanding.GIVEN_UP.value),
        (OutreachOrder.ends_on < on, OrderStanding.OVERDUE.value),
        (OutreachOrder.next_review_on <= on, OrderStanding.REVIEW.value),
        (OutreachOrder.starts_on > on, OrderStanding.STARTING.value),
        else_=OrderStanding.RUNNING.value,
    )

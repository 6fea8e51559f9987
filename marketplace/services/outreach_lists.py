"""Outreach orders in lists, by what needs doing first, a page at a time.

It must never decide who sees an order: the database's row-level security does.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func
from sqlalchemy.orm import Session, joinedload

from marketplace.models import OrderStatus, OutreachOrder
from marketplace.services.standings import Listed, list_by


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


def list_orders(
    session: Session, *, on: date, standings: Collection[OrderStanding] = (), page: int = 1
) -> Listed[OutreachOrder, OrderStanding]:
    """One page of the orders that the actor of this transaction may see: by group, then by the day that comes next (of
    what has ended the latest first), then by id. `standings` narrows it; a page past the end is the last."""
    sides = (OutreachOrder.setting, OutreachOrder.authority, OutreachOrder.provider)
    return list_by(
        session,
        OutreachOrder,
        _standing(on),
        OrderStanding,
        chosen=standings,
        page=page,
        options=[joinedload(side) for side in sides],
        then=[
            OutreachOrder.ended_on.desc().nulls_last(),
            func.coalesce(OutreachOrder.next_review_on, OutreachOrder.ends_on),
            OutreachOrder.id,
        ],
    )


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

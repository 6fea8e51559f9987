"""Outreach orders: the list by what needs doing, one order, and what came of them by provider."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OrderStatus, OrganisationKind, OutreachOrder, today
from marketplace.permissions import POLICY, Actor, can_agree_order, can_keep_order, can_reply, can_review_order
from marketplace.schemas.outreach import OrdersQuerySchema
from marketplace.services import outreach, outreach_charges, outreach_history
from marketplace.services.outreach_delivery import delivered
from marketplace.services.outreach_lists import OrderStanding, list_orders
from marketplace.services.outreach_outcomes import cost_of_outcome, outcomes_by_provider
from marketplace.services.outreach_steps import find_order
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day
from marketplace.web.links import here_without

bp = Blueprint("outreach", __name__, url_prefix="/outreach")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What the person of this request may do with an order now."""

    accept: bool
    decline: bool
    agree: bool
    withdraw: bool
    visit: bool
    review: bool
    end: bool

    @classmethod
    def of(cls, session: Session, order: OutreachOrder, person: Actor, *, on: date) -> "Acts":
        """By the rules of permissions and the state that holds."""
        status = order.status
        answers = can_reply(person, order.provider_id)
        keeps = can_keep_order(person, order.authority_id)
        has_begun = status is OrderStatus.RUNNING and order.starts_on <= on
        return cls(
            accept=answers and status is OrderStatus.ASKED,
            decline=answers and status in {OrderStatus.ASKED, OrderStatus.ACCEPTED},
            agree=status is OrderStatus.ACCEPTED and can_agree_order(person, order.authority_id),
            withdraw=keeps and outreach.may_withdraw(session, order, on=on),
            visit=answers and has_begun,
            review=has_begun and can_review_order(person, order.authority_id, order.provider_id),
            end=keeps and has_begun,
        )


@bp.get("")
def index() -> ResponseReturnValue:
    """The orders that this person sees, by what needs doing."""
    asked = forms.read(OrdersQuerySchema, forms.asked())
    with transaction(actor()) as session:
        listed = list_orders(
            session, on=today(), standings=tuple(map(OrderStanding, asked["standing"])), page=asked["page"]
        )
        return render_template(
            "outreach/index.html",
            listed=listed,
            groups=vocabulary.ORDER_STANDINGS,
            form=forms.shown(asked),
            chosen=[
                {"text": vocabulary.ORDER_STANDINGS[each], "href": here_without("standing", each)}
                for each in asked["standing"]
            ],
            may_order=POLICY["outreach_drafts.new"].admits(actor()),
            has_outcomes=POLICY["outreach.outcomes"].admits(actor()),
        )


@bp.get("/<int:order_id>")
def show(order_id: int) -> ResponseReturnValue:
    """One order: what it is for, what may be done, what was delivered, how it goes, what came of it."""
    with transaction(actor()) as session:
        order = find_order(session, order_id)
        is_provider = actor().kind is OrganisationKind.PROVIDER
        is_agreed = order.status in {OrderStatus.RUNNING, OrderStatus.ENDED}
        return render_template(
            "outreach/show.html",
            order=order,
            acts=Acts.of(session, order, actor(), on=today()),
            guide=outreach.guide_of(session, order, on=today()) if order.placement_id is None else None,
            delivered=delivered(order),
            chart=_chart(order),
            charged=outreach_charges.charged(session, order) if is_agreed and not is_provider else None,
            cost=None if is_provider else cost_of_outcome(session, order),
            is_provider=is_provider,
            sides={order.authority_id: order.authority.name, order.provider_id: order.provider.name},
            entries=outreach_history.order_timeline(session, actor(), order),
            is_due=order.next_review_on is not None and order.next_review_on <= today(),
            words=vocabulary,
        )


@bp.get("/outcomes")
def outcomes() -> ResponseReturnValue:
    """What came of the orders that have ended, by provider."""
    with transaction(actor()) as session:
        return render_template("outreach/outcomes.html", rows=outcomes_by_provider(session))


def _chart(order: OutreachOrder) -> dict[str, Any] | None:
    """The measure at the beginning, at each review and at the end, beside the target; None where nothing was reviewed
    yet."""
    points = [(day(order.starts_on), order.baseline), *((day(each.on), each.value) for each in order.reviews)]
    if order.last_value is not None and order.ended_on is not None:
        points.append((day(order.ended_on), order.last_value))
    if len(points) == 1:
        return None
    return {
        "labels": [label for label, _ in points],
        "series": [
            {"name": "Measured", "values": [float(value) for _, value in points]},
            {"name": "Target", "values": [float(order.target)] * len(points)},
        ],
    }

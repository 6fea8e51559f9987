"""The steps of an outreach order, a page and a post for each: accept, decline, agree, withdraw, review, end."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import OutreachOrder, now, today
from marketplace.permissions import can_decide_award
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.outreach import EndSchema, PriceSchema, ReasonSchema, ReviewSchema
from marketplace.services import outreach, outreach_delivery
from marketplace.services.outreach_steps import find_order
from marketplace.services.thresholds import threshold_of
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.outreach import Acts

bp = Blueprint("outreach_steps", __name__, url_prefix="/outreach/<int:order_id>")


@bp.get("/accept")
def accept(order_id: int) -> ResponseReturnValue:
    """The price for the whole order, beside the guide."""
    return _form(order_id, "accept", lambda acts: acts.accept, _guide)


@bp.post("/accept")
@forms.redisplay(accept)
def post_accept(order_id: int) -> ResponseReturnValue:
    """Accept at that price; the hours are taken."""
    form = forms.read(PriceSchema)

    def step(session: Session) -> None:
        outreach.accept_order(session, actor(), order_id=order_id, **form)

    return _take(order_id, step, "Accepted. The hours are held, and the authority is asked to agree to the price.")


@bp.get("/decline")
def decline(order_id: int) -> ResponseReturnValue:
    """Why."""
    return _form(order_id, "decline", lambda acts: acts.decline)


@bp.post("/decline")
@forms.redisplay(decline)
def post_decline(order_id: int) -> ResponseReturnValue:
    """Decline it."""
    form = forms.read(ReasonSchema)

    def step(session: Session) -> None:
        outreach.decline_order(session, actor(), order_id=order_id, **form, at=now())

    return _take(order_id, step, "Declined. The authority is told.")


@bp.get("/agree")
def agree(order_id: int) -> ResponseReturnValue:
    """The price beside the guide, and who may agree to it."""

    def more(session: Session, order: OutreachOrder) -> dict[str, Any]:
        threshold = threshold_of(session, order.authority_id, on=today())
        is_other = can_decide_award(actor(), order.authority_id) and actor().user_id != order.asked_by_id
        waits = outreach.needs_second_person(order, threshold) and not is_other
        return {**_guide(session, order), "threshold": threshold, "waits": waits}

    return _form(order_id, "agree", lambda acts: acts.agree, more)


@bp.post("/agree")
@forms.redisplay(agree)
def post_agree(order_id: int) -> ResponseReturnValue:
    """Agree to the price; it is charged over the days of the order."""
    form = forms.read(VersionSchema)

    def step(session: Session) -> None:
        outreach.agree_order(session, actor(), order_id=order_id, **form, on=today())

    return _take(order_id, step, "Agreed. The provider is told, and logs each visit.")


@bp.get("/withdraw")
def withdraw(order_id: int) -> ResponseReturnValue:
    """Why."""
    return _form(order_id, "withdraw", lambda acts: acts.withdraw)


@bp.post("/withdraw")
@forms.redisplay(withdraw)
def post_withdraw(order_id: int) -> ResponseReturnValue:
    """Withdraw it."""
    form = forms.read(ReasonSchema)

    def step(session: Session) -> None:
        outreach.withdraw_order(session, actor(), order_id=order_id, **form, on=today(), at=now())

    return _take(order_id, step, "Withdrawn. Nothing is charged, and the provider is told.")


@bp.get("/review")
def review(order_id: int) -> ResponseReturnValue:
    """Where the order stands on its measure."""
    return _form(order_id, "review", lambda acts: acts.review, kept={"day": today()})


@bp.post("/review")
@forms.redisplay(review)
def post_review(order_id: int) -> ResponseReturnValue:
    """Keep the review."""
    form = forms.read(ReviewSchema)

    def step(session: Session) -> None:
        outreach_delivery.review_order(session, actor(), order_id=order_id, **form, on=today(), at=now())

    return _take(order_id, step, "The review is kept. The other side is told.")


@bp.get("/end")
def end(order_id: int) -> ResponseReturnValue:
    """What came of it."""
    return _form(order_id, "end", lambda acts: acts.end)


@bp.post("/end")
@forms.redisplay(end)
def post_end(order_id: int) -> ResponseReturnValue:
    """Keep the result; the hours are free again."""
    form = forms.read(EndSchema)

    def step(session: Session) -> None:
        outreach_delivery.end_order(session, actor(), order_id=order_id, **form, on=today(), at=now())

    return _take(order_id, step, "The result is kept. The provider is told.")


def _guide(session: Session, order: OutreachOrder) -> dict[str, Any]:
    return {"guide": outreach.guide_of(session, order, on=today())}


def _take(order_id: int, step: Callable[[Session], object], done: str) -> ResponseReturnValue:
    repeated(actor(), step)
    flash(done, "success")
    return redirect(url_for("outreach.show", order_id=order_id))


def _form(
    order_id: int,
    step: str,
    is_allowed: Callable[[Acts], bool],
    more: Callable[[Session, OutreachOrder], dict[str, Any]] = lambda *_: {},
    kept: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    """The page of one step; the order itself where the step cannot be taken."""
    with transaction(actor()) as session:
        order = find_order(session, order_id)
        if not is_allowed(Acts.of(session, order, actor(), on=today())):
            return redirect(url_for("outreach.show", order_id=order_id))
        return render_template(
            f"outreach/{step}.html",
            order=order,
            delivered=outreach_delivery.delivered(order),
            form=forms.shown(kept),
            words=vocabulary,
            **more(session, order),
        )

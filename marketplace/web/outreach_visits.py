"""Visits of an outreach order, on one screen for a phone; and those entered by mistake."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import now, today
from marketplace.schemas.outreach import VisitSchema
from marketplace.services import outreach_delivery
from marketplace.services.outreach_delivery import delivered
from marketplace.services.outreach_steps import find_order
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day, exact
from marketplace.web.outreach import Acts

bp = Blueprint("outreach_visits", __name__, url_prefix="/outreach/<int:order_id>/visits")


@bp.get("/new")
def new(order_id: int) -> ResponseReturnValue:
    """The day, the hours, which school; how much is delivered so far."""
    with transaction(actor()) as session:
        order = find_order(session, order_id)
        if not Acts.of(session, order, actor(), on=today()).visit:
            return redirect(url_for("outreach.show", order_id=order_id))
        return render_template(
            "outreach/visit.html", order=order, delivered=delivered(order), form=forms.shown({"day": today()})
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new(order_id: int) -> ResponseReturnValue:
    """Log the visit; the same screen says what is delivered now."""
    form = forms.read(VisitSchema)
    with transaction(actor()) as session:
        visit = outreach_delivery.log_visit(session, actor(), order_id=order_id, **form, on=today(), at=now())
    flash(f"Logged: {exact(visit.hours)} hours on {day(visit.on)}.", "success")
    return redirect(url_for("outreach_visits.new", order_id=order_id))


@bp.post("/<int:visit_id>/undo")
def post_undo(order_id: int, visit_id: int) -> ResponseReturnValue:
    """The visit counts no more."""
    with transaction(actor()) as session:
        visit = outreach_delivery.undo_visit(session, actor(), order_id=order_id, visit_id=visit_id, at=now())
    flash(f"Undone: {exact(visit.hours)} hours on {day(visit.on)} count no more.", "success")
    return redirect(url_for("outreach.show", order_id=order_id))

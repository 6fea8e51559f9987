"""An outreach order as the authority writes it: without a placement, or for the outreach of one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import InvalidTransition
from marketplace.models import now, today
from marketplace.schemas.outreach import OrderSchema, PlacementOrderSchema
from marketplace.services import outreach
from marketplace.services.outreach import Terms
from marketplace.services.placement_steps import find_placement
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("outreach_drafts", __name__)


@bp.get("/outreach/new")
def new() -> ResponseReturnValue:
    """What outreach is asked for, of whom, for which school."""
    with transaction(actor()) as session:
        mine = actor().organisation_id or 0
        return _page(provisions=outreach.outreach_offered(session, authority_id=mine), placement=None)


@bp.post("/outreach/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Ask the provider."""
    form = forms.read(OrderSchema)
    provision_id = form.pop("provision_id")
    with transaction(actor()) as session:
        order = outreach.ask_order(
            session,
            actor(),
            authority_id=actor().organisation_id or 0,
            provision_id=provision_id,
            terms=Terms(**form),
            on=today(),
            at=now(),
        )
        provider = order.provision.setting.name
    flash(f"{provider} is asked, and told by e-mail.", "success")
    return redirect(url_for("outreach.show", order_id=order.id))


@bp.get("/placements/<int:placement_id>/outreach")
def of_placement(placement_id: int) -> ResponseReturnValue:
    """What the outreach of a placement is for."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        order = outreach.order_of(session, placement)
        if order is not None:
            return redirect(url_for("outreach.show", order_id=order.id))
        if not outreach.may_be_ordered(placement):
            return redirect(url_for("placements.show", placement_id=placement_id))
        return _page(provisions=(), placement=placement)


@bp.post("/placements/<int:placement_id>/outreach")
@forms.redisplay(of_placement)
def post_of_placement(placement_id: int) -> ResponseReturnValue:
    """State it."""
    form = forms.read(PlacementOrderSchema)
    with transaction(actor()) as session:
        hours = find_placement(session, placement_id).hours_a_week
        if hours is None:
            raise InvalidTransition("This placement is no outreach.")
        terms = Terms(**{**form, "hours_a_week": hours})
        order = outreach.order_of_placement(session, actor(), placement_id=placement_id, terms=terms, at=now())
    flash("Kept. The provider is told, and logs each visit.", "success")
    return redirect(url_for("outreach.show", order_id=order.id))


def _page(**about: Any) -> str:
    placement = about["placement"]
    kept = {} if placement is None else {"starts_on": placement.starts_on, "pupils_with": 1}
    return render_template("outreach/new.html", form=forms.shown(kept), words=vocabulary, **about)

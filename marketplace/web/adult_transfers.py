"""The page on which an LA states the transfer of a pupil to one service for adults."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import destination_words
from marketplace.db import transaction
from marketplace.models import AdultService, today
from marketplace.permissions import can_change_need, require
from marketplace.schemas.adult_transfers import AdultTransferSchema
from marketplace.services import adult_transfers, needs
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("adult_transfers", __name__)
ADDRESS = f"/needs/<int:need_id>/destinations/transfers/<any({', '.join(AdultService)}):service>"


@bp.get(ADDRESS)
def edit(need_id: int, service: str) -> ResponseReturnValue:
    """The assessment, the agreement, the day planned and the day done."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "plan a transfer to services for adults")
        row = adult_transfers.transfer_to(session, need_id, AdultService(service))
        return render_template(
            "destinations/transfer.html",
            need=need,
            service=service,
            row=row,
            form=forms.shown({name: getattr(row, name) for name in adult_transfers.STATED} if row else {}),
            words=destination_words,
        )


@bp.post(ADDRESS)
@forms.redisplay(edit)
def post_edit(need_id: int, service: str) -> ResponseReturnValue:
    """Keep it."""
    form = forms.read(AdultTransferSchema)
    with transaction(actor()) as session:
        row = adult_transfers.state_transfer(
            session, actor(), need_id=need_id, service=AdultService(service), **form, on=today()
        )
        standing = destination_words.TRANSFER_STANDINGS[adult_transfers.standing_of(row, on=today())]
    flash(f"Kept. {destination_words.ADULT_SERVICES[service]}: {standing.lower()}.", "success")
    return redirect(url_for("destination_plans.of_need", need_id=need_id))

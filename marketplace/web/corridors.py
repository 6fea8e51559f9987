"""Corridors of a placement set: drawing one, watching it, reading it, taking its files. No page ever draws one."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Corridor, RunStatus, today
from marketplace.permissions import can_prepare_prices
from marketplace.schemas.price_runs import OnSetSchema
from marketplace.services import corridors
from marketplace.services.price_runs import get_run
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms, price_runs
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("corridors", __name__, url_prefix="/corridors")


@bp.post("/start")
def post_start() -> ResponseReturnValue:
    """Queue it, as of the last day of the set, or today where that is to come."""
    form = forms.read(OnSetSchema)
    with transaction(actor()) as session:
        run = corridors.start_corridor(session, actor(), **form, today=today())
    return redirect(url_for("corridors.show", corridor_id=run.id))


@bp.get("/<int:corridor_id>")
def show(corridor_id: int) -> ResponseReturnValue:
    """Where it stands, why it failed, or where prices lie."""
    with transaction(actor()) as session:
        run = get_run(session, Corridor, corridor_id)
        if run.status is not RunStatus.DONE:
            again = url_for("placement_sets.show", placement_set_id=run.placement_set_id)
            return price_runs.active(run, again)
        figures = run.figures
        assert figures is not None
        cells = [row for row in figures["cells"] if row["n"] >= FEWEST]
        return render_template(
            "corridors/show.html",
            run=run,
            figures=figures,
            cells=cells,
            few=[row for row in figures["cells"] if row["n"] < FEWEST],
            may_take_files=can_prepare_prices(actor(), run.owner_id),
            fewest=FEWEST,
            words=vocabulary,
        )


@bp.get("/<int:corridor_id>/progress")
def progress(corridor_id: int) -> ResponseReturnValue:
    """The part of the page that changes while it is under way."""
    with transaction(actor()) as session:
        return price_runs.progress(get_run(session, Corridor, corridor_id))


@bp.get("/<int:corridor_id>/files.zip")
def archive(corridor_id: int) -> ResponseReturnValue:
    """The files as `marketplace pricing corridor` writes them."""
    with transaction(actor()) as session:
        return attachment(price_runs.files(get_run(session, Corridor, corridor_id)), f"corridor-{corridor_id}.zip")

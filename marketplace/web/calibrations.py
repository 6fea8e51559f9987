"""Calibrations: starting one, watching it, reading how well the tariff fits, taking its file. No page ever fits."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Calibration, RunStatus, today
from marketplace.permissions import can_prepare_prices
from marketplace.schemas.price_runs import CalibrationSchema, ChosenSetSchema, DraftSchema
from marketplace.services import calibrations
from marketplace.services.price_runs import get_run
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms, price_runs
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from pricing.tariff import next_april

bp = Blueprint("calibrations", __name__, url_prefix="/calibrations")


@bp.get("/start")
def start() -> ResponseReturnValue:
    """What a calibration asks."""
    chosen = forms.read(ChosenSetSchema, forms.asked())
    with transaction(actor()) as session:
        kept = {
            **chosen,
            "step": f"{calibrations.STEP:,}",
            "valid_from": next_april(today()),
            "multipliers_of": calibrations.usual_multipliers(session, on=today()),
        }
        return render_template(
            "calibrations/start.html",
            form=forms.shown(kept),
            sets=price_runs.sets(session),
            tariffs=price_runs.tariffs(session),
        )


@bp.post("/start")
@forms.redisplay(start)
def post_start() -> ResponseReturnValue:
    """Queue it."""
    form = forms.read(CalibrationSchema)
    with transaction(actor()) as session:
        run = calibrations.start_calibration(session, actor(), **form)
    return redirect(url_for("calibrations.show", calibration_id=run.id))


@bp.get("/<int:calibration_id>")
def show(calibration_id: int) -> ResponseReturnValue:
    """Where it stands, why it failed, or how well the tariff fits."""
    with transaction(actor()) as session:
        run = get_run(session, Calibration, calibration_id)
        if run.status is not RunStatus.DONE:
            again = url_for("calibrations.start", placement_set_id=run.placement_set_id)
            return price_runs.active(run, again)
        figures = run.figures
        assert figures is not None
        return render_template(
            "calibrations/show.html",
            run=run,
            figures=figures,
            form=forms.shown({"version": calibrations.next_version(session, run)}),
            may_draft=can_prepare_prices(actor(), run.owner_id),
            few=[row["band"] for row in figures["fit"] if row["n"] < FEWEST],
            fewest=FEWEST,
            words=vocabulary,
        )


@bp.post("/<int:calibration_id>/draft")
@forms.redisplay(show)
def post_draft(calibration_id: int) -> ResponseReturnValue:
    """Keep it as a draft tariff, which the next page runs over the placements."""
    form = forms.read(DraftSchema)
    with transaction(actor()) as session:
        row = calibrations.save_as_draft(session, actor(), calibration_id=calibration_id, **form)
        placement_set_id = get_run(session, Calibration, calibration_id).placement_set_id
    flash(f"{row} is a draft. Run it over the placements before anybody is asked about it.", "success")
    return redirect(url_for("shadow_runs.start", tariff_id=row.id, placement_set_id=placement_set_id))


@bp.get("/<int:calibration_id>/progress")
def progress(calibration_id: int) -> ResponseReturnValue:
    """The part of the page that changes while it is under way."""
    with transaction(actor()) as session:
        return price_runs.progress(get_run(session, Calibration, calibration_id))


@bp.get("/<int:calibration_id>/tariff.toml")
def tariff(calibration_id: int) -> ResponseReturnValue:
    """The tariff as `marketplace pricing calibrate` writes it."""
    with transaction(actor()) as session:
        return attachment(
            price_runs.files(get_run(session, Calibration, calibration_id)), f"calibration-{calibration_id}.toml"
        )

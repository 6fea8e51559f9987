"""Shadow runs: starting one, watching it, reading who would gain and lose, taking its files. Nothing is changed."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import RunStatus, ShadowRun
from marketplace.permissions import can_prepare_prices
from marketplace.schemas.price_runs import ChosenSetSchema, ShadowRunSchema
from marketplace.services import shadow_figures, shadow_runs
from marketplace.services.archives import file_of
from marketplace.services.price_runs import get_run
from marketplace.services.small_groups import FEWEST, MOST_CHANGES
from marketplace.web import forms, price_runs
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("shadow_runs", __name__, url_prefix="/shadow-runs")

FILES = {
    "placements.csv": "Placements (CSV)",
    "by_la.csv": "By local authority (CSV)",
    "by_provider.csv": "By provider (CSV)",
    "by_band.csv": "By band (CSV)",
    "by_pattern.csv": "By pattern (CSV)",
    "summary.json": "Summary (JSON)",
}


@bp.get("/start")
def start() -> ResponseReturnValue:
    """Which tariff over which placements."""
    chosen = forms.read(ChosenSetSchema, forms.asked())
    with transaction(actor()) as session:
        return render_template(
            "shadow_runs/start.html",
            form=forms.shown({**chosen, "limit": f"{shadow_runs.LIMIT / 100:g}"}),
            sets=price_runs.sets(session),
            tariffs=price_runs.tariffs(session),
        )


@bp.post("/start")
@forms.redisplay(start)
def post_start() -> ResponseReturnValue:
    """Queue it."""
    form = forms.read(ShadowRunSchema)
    with transaction(actor()) as session:
        run = shadow_runs.start_shadow_run(session, actor(), **form)
    return redirect(url_for("shadow_runs.show", shadow_run_id=run.id))


@bp.get("/<int:shadow_run_id>")
def show(shadow_run_id: int) -> ResponseReturnValue:
    """Where it stands, why it failed, or who would gain and lose."""
    with transaction(actor()) as session:
        run = get_run(session, ShadowRun, shadow_run_id)
        if run.status is not RunStatus.DONE:
            again = url_for("shadow_runs.start", placement_set_id=run.placement_set_id, tariff_id=run.tariff_id)
            return price_runs.active(run, again)
        return render_template(
            "shadow_runs/show.html",
            run=run,
            figures=shadow_figures.figures_of(run),
            is_of_present_content=run.tariff is not None and shadow_runs.is_of(run, run.tariff),
            may_take_files=can_prepare_prices(actor(), run.owner_id),
            fewest=FEWEST,
            most=MOST_CHANGES,
            files=FILES,
            words=vocabulary,
        )


@bp.get("/<int:shadow_run_id>/progress")
def progress(shadow_run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while it is under way."""
    with transaction(actor()) as session:
        return price_runs.progress(get_run(session, ShadowRun, shadow_run_id))


@bp.get(f"/<int:shadow_run_id>/<any({', '.join(map(repr, FILES))}):name>")
def file(shadow_run_id: int, name: str) -> ResponseReturnValue:
    """One of the files as `marketplace pricing shadow` writes it."""
    with transaction(actor()) as session:
        content = file_of(price_runs.files(get_run(session, ShadowRun, shadow_run_id)), name)
    return attachment(content, f"shadow-run-{shadow_run_id}-{name.replace('_', '-')}")


@bp.get("/<int:shadow_run_id>/files.zip")
def archive(shadow_run_id: int) -> ResponseReturnValue:
    """All of these files."""
    with transaction(actor()) as session:
        return attachment(
            price_runs.files(get_run(session, ShadowRun, shadow_run_id)), f"shadow-run-{shadow_run_id}.zip"
        )


@bp.get("/<int:shadow_run_id>/publication.xlsx")
def publication(shadow_run_id: int) -> ResponseReturnValue:
    """The workbook that may be published."""
    with transaction(actor()) as session:
        run = get_run(session, ShadowRun, shadow_run_id)
        price_runs.files(run)  # a run that is not done is refused in words
        return attachment(shadow_figures.publication(run), f"shadow-run-{shadow_run_id}-publication.xlsx")

"""Placement sets: the list with what was computed on them, adding one from a file, one set, its file, its removal."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import PlacementSet, PriceRun
from marketplace.permissions import POLICY
from marketplace.schemas.placement_sets import PlacementSetSchema
from marketplace.services import observed_file, placement_set_removal, placement_sets
from marketplace.services.fault_files import faults_csv
from marketplace.services.price_runs import list_runs
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms, uploads
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.price_runs import PAGES
from pricing.corridor import FEWEST as FEWEST_OF_CORRIDOR

bp = Blueprint("placement_sets", __name__, url_prefix="/placement-sets")

CHOOSE = "Choose the file of placements: a CSV file or a workbook (.xlsx)."


@bp.get("")
def index() -> ResponseReturnValue:
    """The sets, newest first, each with what was computed on it."""
    with transaction(actor()) as session:
        return render_template(
            "placement_sets/index.html",
            sets=placement_sets.list_sets(session),
            runs={(f"{noun}.show", called): list_runs(session, kind) for kind, (noun, called) in PAGES.items()},
            bases=vocabulary.PRICE_BASES,
            may_prepare=POLICY["placement_sets.new"].admits(actor()),
        )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Take the template, send the file; where something is wrong in it, everything that is."""
    form = forms.shown()
    return render_template(
        "placement_sets/new.html",
        form=form,
        faults_file=uploads.as_link(faults_csv(form.faults)),
        bases=list(vocabulary.PRICE_BASES.items()),
        columns=observed_file.OBSERVED.columns,
        fewest=FEWEST,
    )


@bp.post("/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Keep the placements, or say everything that is wrong."""
    form, observed = uploads.read_with_form(PlacementSetSchema, observed_file.read_sent, CHOOSE)
    with transaction(actor()) as session:
        row = placement_sets.add_set(session, actor(), **form, observed=observed)
    flash(f"{row.name}: {row.placements:,} placements are kept.", "success")
    return redirect(url_for("placement_sets.show", placement_set_id=row.id))


@bp.get("/template.<any(csv, xlsx):form>")
def template(form: str) -> ResponseReturnValue:
    """The file to fill in."""
    is_workbook = form == "xlsx"
    content = observed_file.template_workbook() if is_workbook else observed_file.template_text().encode("utf-8-sig")
    return attachment(content, f"placements.{form}")


@bp.get("/<int:placement_set_id>")
def show(placement_set_id: int) -> ResponseReturnValue:
    """What is in a set, what can be done with it, what was computed on it."""
    with transaction(actor()) as session:
        row = placement_sets.get_set(session, placement_set_id)
        return render_template(
            "placement_sets/show.html",
            row=row,
            runs=_runs(session, row),
            counts={key: placement_sets.shown_counts(row.contents[key]) for key in ("band", "pattern", "setting_type")},
            may_prepare=POLICY["placement_sets.new"].admits(actor()),
            fewest=FEWEST,
            fewest_of_corridor=FEWEST_OF_CORRIDOR,
            short=vocabulary.SHORT_SETTING_TYPES,
            words={
                "band": vocabulary.BANDS,
                "pattern": vocabulary.PATTERNS,
                "setting_type": vocabulary.SETTING_TYPES,
                "basis": vocabulary.PRICE_BASES,
            },
        )


@bp.get("/<int:placement_set_id>/placements.csv")
def file(placement_set_id: int) -> ResponseReturnValue:
    """The placements as `marketplace pricing` reads them."""
    with transaction(actor()) as session:
        return attachment(placement_sets.get_set(session, placement_set_id).file, f"placements-{placement_set_id}.csv")


@bp.get("/<int:placement_set_id>/remove")
def remove(placement_set_id: int) -> ResponseReturnValue:
    """Ask whether a set is to go, with what goes with it, or what keeps it."""
    with transaction(actor()) as session:
        row = placement_set_removal.set_to_remove(session, actor(), placement_set_id)
        return render_template(
            "placement_sets/remove.html",
            row=row,
            runs=_runs(session, row),
            obstacles=placement_set_removal.what_stands_on(session, row),
            form=forms.shown(),
        )


@bp.post("/<int:placement_set_id>/remove")
@forms.redisplay(remove)
def post_remove(placement_set_id: int) -> ResponseReturnValue:
    """Remove it."""
    with transaction(actor()) as session:
        placement_set_removal.remove_set(session, actor(), placement_set_id=placement_set_id)
    flash("The placements are removed, with all that was computed on them.", "success")
    return redirect(url_for("placement_sets.index"))


def _runs(session: Session, row: PlacementSet) -> dict[tuple[str, str], list[PriceRun]]:
    """What was computed on a set, newest first, by the page that shows it and what its address calls the id."""
    return {
        (f"{noun}.show", called): [run for run in list_runs(session, kind) if run.placement_set is row]
        for kind, (noun, called) in PAGES.items()
    }

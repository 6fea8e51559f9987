"""Runs of files: the example to fill in, and the page on which files are sent until nothing is wrong in them."""

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.runs import FileRunSchema
from marketplace.services.matching import batch_files, file_runs, runs
from marketplace.web import forms, uploads
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("file_runs", __name__, url_prefix="/runs/files")

CHOOSE = "Choose the file: a zip of the CSV files, or a workbook (.xlsx)."


@bp.get("/example.zip")
def example() -> Response:
    """Every batch file with its heading and examples."""
    return attachment(batch_files.example_zip(), "example.zip")


@bp.get("")
def upload() -> ResponseReturnValue:
    """Take the example, send the files; where something is wrong in them, everything that is."""
    form = forms.shown({"seconds": runs.SECONDS})
    return render_template(
        "file_runs/upload.html",
        form=form,
        faults_file=uploads.as_link(batch_files.faults_text(tuple(form.faults))),
        files=batch_files.FILES,
        most=batch_files.MOST_PUPILS,
    )


@bp.post("")
@forms.redisplay(upload)
def post_upload() -> ResponseReturnValue:
    """Queue a run of the files, or say everything that is wrong in them."""
    form, (file, problem) = uploads.read_with_form(
        FileRunSchema, lambda path, name: (name, batch_files.read_batch(path, name)), CHOOSE
    )
    person = actor()
    assert person.organisation_id is not None
    with transaction(person) as session:
        run = file_runs.start_run_of_files(
            session, person, scope_id=person.organisation_id, on=today(), file=file, problem=problem, **form
        )
    return redirect(url_for("runs.show", run_id=run.id))

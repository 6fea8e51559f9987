"""Price files: the template to fill in, and the page on which a file is sent until nothing is wrong in it."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import now, today
from marketplace.schemas import price_files as files
from marketplace.services import price_files, schedules
from marketplace.services.fault_files import faults_csv
from marketplace.services.price_file_checks import academic_year
from marketplace.services.schedule_drafts import next_september
from marketplace.web import forms, uploads
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import counted

bp = Blueprint("price_files", __name__)

CHOOSE = "Choose the file of prices: a CSV file or a workbook (.xlsx)."


@bp.get("/schedules/template.<any(csv, xlsx):form>")
def template(form: str) -> ResponseReturnValue:
    """The file to fill in, of all settings of the provider."""
    return _template(form, None)


@bp.get("/settings/<int:setting_id>/schedules/template.<any(csv, xlsx):form>")
def template_of_setting(setting_id: int, form: str) -> ResponseReturnValue:
    """The file to fill in, of one setting."""
    return _template(form, setting_id)


def _template(form: str, setting_id: int | None) -> Response:
    with transaction(actor()) as session:
        if setting_id is not None:
            schedules.find_setting(session, actor(), setting_id)
        rows = price_files.template(session, actor(), provider_id=_provider(), setting_id=setting_id, on=today())
    year = academic_year(next_september(today())).replace("/", "-")
    content = files.prices_xlsx(rows) if form == "xlsx" else files.prices_csv(rows).encode()
    return attachment(content, f"prices-{year}.{form}")


@bp.get("/schedules/upload")
def upload() -> ResponseReturnValue:
    """Take the template, send the file; where something is wrong in it, everything that is."""
    with transaction(actor()) as session:
        start = next_september(today())
        form = forms.shown({"starts_on": start})
        settings = price_files.open_settings(session, _provider())
        drafts = price_files.drafts_of(session, [row.id for row in settings])
        return render_template(
            "price_files/upload.html",
            form=form,
            settings=settings,
            drafts=[(row, drafts[row.id]) for row in settings if row.id in drafts],
            faults_file=uploads.as_link(faults_csv(form.faults)),
            year=academic_year(start),
            start=start,
            most_rows=files.MOST_ROWS,
        )


@bp.post("/schedules/upload")
@forms.redisplay(upload)
def post_upload() -> ResponseReturnValue:
    """Make the drafts of the file's settings hold what it states, or say everything that is wrong."""
    form, (file, rows, faults) = uploads.read_with_form(files.PriceFileSchema, files.read_prices, CHOOSE)
    with transaction(actor()) as session:
        kept = price_files.keep_price_file(
            session, actor(), provider_id=_provider(), file=file, rows=rows, faults=faults, on=today(), at=now(), **form
        )
        count, unchanged = len(kept.drafts), kept.unchanged
    same = f" {unchanged:,} of them held all of it already." if unchanged else ""
    flash(f"{file} is in {counted(count, 'draft')}.{same} Nobody else sees them until you publish them.", "success")
    return redirect(url_for("price_drafts.index"))


def _provider() -> int:
    return actor().organisation_id or 0

"""Open contracting: what an authority can publish of a year's awards, on a page and as a file."""

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.config import UNREGISTERED_PREFIX
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.open_contracting import PublishedYearSchema
from marketplace.services import open_contracting
from marketplace.services.ocds_file import package_json
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("open_contracting", __name__, url_prefix="/open-contracting")


@bp.get("")
def index() -> ResponseReturnValue:
    """What would be published of a year, and what would not."""
    asked = forms.read(PublishedYearSchema, forms.asked())
    year = asked["year"] or open_contracting.last_year(today())
    with transaction(actor()) as session:
        return render_template(
            "open_contracting/index.html",
            found=open_contracting.publication(session, actor(), year=year, on=today()),
            years=open_contracting.years_with_awards(session, actor(), on=today()),
            prefix=current_app.config["OCID_PREFIX"],
            is_registered=current_app.config["OCID_PREFIX"] != UNREGISTERED_PREFIX,
        )


@bp.get("/releases.json")
def file() -> ResponseReturnValue:
    """The same as a release package."""
    year = forms.read(PublishedYearSchema, forms.asked())["year"] or open_contracting.last_year(today())
    with transaction(actor()) as session:
        found = open_contracting.require_any(open_contracting.publication(session, actor(), year=year, on=today()))
        uri = f"{request.host_url}api/v1/open-contracting?year={year}"
        content = package_json(found, prefix=current_app.config["OCID_PREFIX"], uri=uri)
        return attachment(content, f"open-contracting-{found.authority.code}-{year}.json")

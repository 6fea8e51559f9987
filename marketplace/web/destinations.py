"""Destinations in figures, for authorities and regions: plans, transfers, and what came of them; a page and a CSV."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import destination_words
from marketplace.db import transaction
from marketplace.models import OrganisationKind, today
from marketplace.services.destinations import report
from marketplace.services.destinations_file import report_csv
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("destinations", __name__)


@bp.get("/needs/destinations")
def index() -> ResponseReturnValue:
    """All figures of the pupils that this person may know of."""
    with transaction(actor()) as session:
        found = report(session, on=today())
    return render_template(
        "destinations/index.html",
        report=found,
        is_region=actor().kind is OrganisationKind.REGION,
        words=destination_words,
        today=today(),
    )


@bp.get("/needs/destinations.csv")
def file() -> ResponseReturnValue:
    """The same as a file."""
    with transaction(actor()) as session:
        content = report_csv(report(session, on=today()))
    return attachment(content, f"destinations-{today().isoformat()}.csv")

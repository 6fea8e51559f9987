"""What an LA publishes of its awards by the Open Contracting Data Standard: looked at first, then taken as a file."""

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import now, today
from marketplace.schemas.ledger import LedgerQuerySchema
from marketplace.services import open_contracting
from marketplace.services.ledger import financial_year
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("open_contracting", __name__, url_prefix="/ledger/open-contracting")


@bp.get("")
def index() -> ResponseReturnValue:
    """What would be published of a financial year."""
    year = forms.read(LedgerQuerySchema, forms.asked())["year"] or financial_year(today())
    with transaction(actor()) as session:
        return render_template(
            "open_contracting/index.html",
            found=open_contracting.publication(session, actor(), year=year),
            years=open_contracting.years_of(session, actor()),
            year=year,
            fewest=FEWEST,
            is_registered=current_app.config["OCID_PREFIX"] is not None,
        )


@bp.get("/releases.json")
def file() -> ResponseReturnValue:
    """The release package."""
    year = forms.read(LedgerQuerySchema, forms.asked())["year"] or financial_year(today())
    with transaction(actor()) as session:
        found = open_contracting.publication(session, actor(), year=year)
        if not found.contracts:
            raise Conflict("There is nothing that can be published of that financial year.")
        content = open_contracting.release_package(
            found,
            prefix=current_app.config["OCID_PREFIX"] or open_contracting.UNREGISTERED,
            address=url_for("open_contracting.file", year=year, _external=True),
            at=now(),
        )
    return attachment(content, f"open-contracting-{found.authority.code}-{year}.json")

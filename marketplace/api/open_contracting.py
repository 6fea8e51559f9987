"""Open contracting: what an authority can publish of a financial year's awards, as a release package."""

from typing import Any

from flask import Response, current_app, request

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.open_contracting import PublishedYearSchema
from marketplace.services import open_contracting
from marketplace.services.ocds_file import package_json

bp = Blueprint(
    "open_contracting",
    __name__,
    url_prefix="/open-contracting",
    description="A year's awards as open contracting data (OCDS 1.1)",
)


@bp.get("")
@bp.asks(PublishedYearSchema)
@bp.sends_object("a release package of the Open Contracting Data Standard 1.1")
def show(asked: dict[str, Any]) -> Response:
    """The release package of a financial year, by the year in which it began; by default the last that has ended. 409
    where nothing can be published of it."""
    year = asked["year"] or open_contracting.last_year(today())
    with transaction(actor()) as session:
        found = open_contracting.require_any(open_contracting.publication(session, actor(), year=year, on=today()))
        uri = f"{request.base_url}?year={year}"
        content = package_json(found, prefix=current_app.config["OCID_PREFIX"], uri=uri)
    return Response(content, content_type="application/json")

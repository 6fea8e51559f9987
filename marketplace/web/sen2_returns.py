"""The SEN2 return: counts, what is missing and where to put it right, and the files, by a post that is recorded.

No page shows who a pupil is: that stands in the files alone, which no GET hands out.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import now, today
from marketplace.permissions import can_post_need
from marketplace.schemas.sen2_returns import CollectionYearSchema
from marketplace.services import sen2_returns
from marketplace.services.sen2_cases import present_year
from marketplace.services.sen2_gaps import Where
from marketplace.services.sen2_items import MODULES, Held
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("sen2_returns", __name__, url_prefix="/needs/sen2")

SHOWN = 10  # references of one gap; the file has all


@bp.get("")
def index() -> ResponseReturnValue:
    """What would be returned of a collection year."""
    year = forms.read(CollectionYearSchema, forms.asked())["year"] or present_year(today())
    with transaction(actor()) as session:
        return render_template(
            "sen2_returns/index.html",
            found=sen2_returns.overview(session, actor(), year=year, on=today(), at=now()),
            years=sorted({today().year, today().year + 1, year}),
            most=SHOWN,
            pages=_pages(),
            absent=[
                (module.title, [item.title for item in module.items if item.held is Held.NO]) for module in MODULES
            ],
        )


@bp.post("/file")
def post_file() -> ResponseReturnValue:
    """The files."""
    year = forms.read(CollectionYearSchema)["year"] or present_year(today())
    with transaction(actor()) as session:
        name, content = sen2_returns.take_return(session, actor(), year=year, on=today(), at=now())
    return attachment(content, name, "application/zip")


def _pages() -> dict[Where, str]:
    """Where this person puts right what is missing."""
    dates = "case_dates.edit" if can_post_need(actor()) else "needs.show"
    return {Where.IDENTITY: "identities.index", Where.DATES: dates, Where.NEED: "needs.show"}

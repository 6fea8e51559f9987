"""The SEN2 return: what of it stands here, item by item, and the files. Taking them opens who pupils are."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.sen2 import SEN2QuerySchema
from marketplace.services import sen2
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("sen2", __name__, url_prefix="/needs/sen2")


@bp.get("")
def index() -> ResponseReturnValue:
    """How far each item of the return of a year is filled; nobody's identity is opened."""
    year = forms.read(SEN2QuerySchema, forms.asked())["year"] or _usual()
    with transaction(actor()) as session:
        found = sen2.coverage(session, actor(), year=year)
    return render_template(
        "sen2/index.html", found=found, years=range(_usual() + 1, _usual() - 3, -1), file=url_for("sen2.post_file")
    )


@bp.post("")
def post_file() -> ResponseReturnValue:
    """The files. Each identity in them is opened, which is recorded, so that no GET hands them out."""
    year = forms.read(SEN2QuerySchema)["year"] or _usual()
    with transaction(actor()) as session:
        content = sen2.return_files(session, actor(), year=year)
    return attachment(content, f"sen2-{year}.zip")


def _usual() -> int:
    """The last whole calendar year: the census is in January."""
    return today().year - 1

"""Pupils out of education, for an authority and its region: how many, for how long, by footing and by authority."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OrganisationKind, today
from marketplace.services.out_of_education import groups_out, pupils_out
from marketplace.services.small_groups import FEWEST
from marketplace.web.current import actor

bp = Blueprint("out_of_education", __name__)


@bp.get("/out-of-education")
def index() -> ResponseReturnValue:
    """Of the pupils that this person may know of: who is out of education today, and for how long."""
    with transaction(actor()) as session:
        found = pupils_out(session, on=today())
    is_region = actor().kind is OrganisationKind.REGION
    return render_template(
        "out_of_education/index.html",
        count=len(found) if len(found) >= FEWEST else 0,
        by_footing=groups_out(found, lambda row: vocabulary.FOOTINGS[row.footing]),
        by_authority=groups_out(found, lambda row: row.authority) if is_region else [],
        today=today(),
    )

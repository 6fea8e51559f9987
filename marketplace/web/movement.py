"""How split weeks move, for both sides and the region: in all, by provider and by authority, and over the weeks."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OrganisationKind, today
from marketplace.services.movement import POINTS, means, movements, paths
from marketplace.services.small_groups import FEWEST
from marketplace.web.current import actor

bp = Blueprint("movement", __name__)


@bp.get("/movement")
def index() -> ResponseReturnValue:
    """Of the split weeks that this person may know of: how many moved which way, and how soon goals were met."""
    with transaction(actor()) as session:
        found = paths(session, on=today())
    kind = actor().kind
    return render_template(
        "movement/index.html",
        count=len(found) if len(found) >= FEWEST else 0,
        by_provider=[] if kind is OrganisationKind.PROVIDER else movements(found, lambda path: path.provider),
        by_authority=[] if kind is OrganisationKind.LA else movements(found, lambda path: path.authority),
        points=[str(weeks) for weeks in POINTS],
        means=means(found, on=today()),
        words=vocabulary,
    )

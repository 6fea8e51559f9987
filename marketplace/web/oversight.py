"""All regions side by side, for the operator: sums, none of them of few."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.services.ledger import financial_year
from marketplace.services.oversight import overseen
from marketplace.web.current import actor

bp = Blueprint("oversight", __name__, url_prefix="/regions")


@bp.get("")
def index() -> ResponseReturnValue:
    """Capacity, freshness, waits, replies, money and negotiations by region."""
    with transaction(actor()) as session:
        return render_template(
            "oversight/index.html", rows=overseen(session, actor(), on=today()), year=financial_year(today())
        )

"""The money of a region, LA by LA: budgets, what is committed, what the latest run and its scenarios would leave."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.services.region_money import money_of
from marketplace.web.current import actor

bp = Blueprint("region_money", __name__, url_prefix="/market/money")


@bp.get("")
def index() -> ResponseReturnValue:
    """All of it on one page."""
    with transaction(actor()) as session:
        return render_template("region_money/index.html", money=money_of(session, actor(), on=today()))

"""The first page after signing in: what this person can do here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import now, today
from marketplace.permissions import POLICY, can_post_need
from marketplace.services import settings, uplifts
from marketplace.services.caseload import count_to_do
from marketplace.web.current import actor

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The person's own start page."""
    with transaction(actor()) as session:
        to_do = count_to_do(session, at=now()) if POLICY["needs.index"].admits(actor()) else None
        standings = (
            settings.standings(session, actor(), on=today()) if POLICY["vacancies.index"].admits(actor()) else None
        )
        due = uplifts.count_to_do(session, actor(), on=today()) if POLICY["uplifts.index"].admits(actor()) else 0
        return render_template(
            "home/index.html",
            uplifts_due=due,
            to_do=to_do,
            standings=standings,
            may_post=can_post_need(actor()),
            is_administrator=POLICY["people.index"].admits(actor()),
            today=today(),
        )

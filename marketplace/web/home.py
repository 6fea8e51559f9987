"""The first page after signing in: what this person can do here."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import ConsultationStatus, now, today
from marketplace.permissions import POLICY, can_comment_on_tariffs, can_post_need, can_watch_mail
from marketplace.services import approvals, frameworks, messages, settings, tariffs, uplifts
from marketplace.services.adoption import is_open
from marketplace.services.caseload import count_to_do
from marketplace.services.comments import commented
from marketplace.services.consultation_list import Filters, count_due, list_consultations
from marketplace.services.matching.plans import waiting_plans
from marketplace.services.placement_lists import count_placements
from marketplace.web.current import actor
from marketplace.web.inbox import GROUPS

bp = Blueprint("home", __name__)


def _asked(session: Session) -> list[dict[str, Any]]:
    """The tariffs and frameworks that wait for this person: to be adopted, or for its provider's comments."""
    waiting: list[dict[str, Any]] = []
    for found in (
        tariffs.list_tariffs(session, actor(), on=today()),
        frameworks.list_frameworks(session, actor(), on=today()),
    ):
        if POLICY["tariff_adoption.adopt"].admits(actor()):
            waiting += ({"row": row, "by": row.starts_on - timedelta(days=1), "act": "adopt"} for row in found.decide)
        if can_comment_on_tariffs(actor()):
            said = commented(session, found.others)
            is_asked = [row for row in found.others if is_open(row, on=today()) and row.id not in said]
            waiting += ({"row": row, "by": row.closes_on, "act": "comment"} for row in is_asked)
    return waiting


@bp.get("/")
def index() -> ResponseReturnValue:
    """The person's own start page."""
    with transaction(actor()) as session:
        to_do = count_to_do(session, at=now()) if POLICY["needs.index"].admits(actor()) else None
        standings = (
            settings.standings(session, actor(), on=today()) if POLICY["vacancies.index"].admits(actor()) else None
        )
        is_provider = POLICY["inbox.index"].admits(actor())
        waiting = Filters(statuses=(ConsultationStatus.SENT,))
        inbox = list_consultations(session, on=today(), filters=waiting) if is_provider else None
        to_approve = len(approvals.waiting_awards(session)) if POLICY["approvals.index"].admits(actor()) else 0
        plans = len(waiting_plans(session)) if POLICY["approvals.index"].admits(actor()) else 0
        due = uplifts.count_to_do(session, actor(), on=today()) if POLICY["uplifts.index"].admits(actor()) else 0
        return render_template(
            "home/index.html",
            awards_waiting=to_approve,
            plans_waiting=plans,
            uplifts_due=due,
            placed=count_placements(session, on=today()) if POLICY["placements.index"].admits(actor()) else {},
            to_do=to_do,
            consulted=count_due(session, on=today()) if to_do or is_provider else {},
            inbox=inbox,
            inbox_groups=GROUPS,
            words=vocabulary,
            standings=standings,
            asked=_asked(session),
            may_post=can_post_need(actor()),
            mail=messages.outstanding(session, actor()) if can_watch_mail(actor()) else None,
            has_mail=current_app.config["HAS_MAIL"],
            is_administrator=POLICY["people.index"].admits(actor()),
            today=today(),
        )

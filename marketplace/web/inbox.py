"""A provider's consultations by what is due: what needs it today stands first, on its own page and at home."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OPEN_CONSULTATIONS, ConsultationStatus, today
from marketplace.schemas.consultations import InboxQuerySchema
from marketplace.services import settings
from marketplace.services.consultation_list import Due, Filters, list_consultations
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("inbox", __name__)

GROUPS = {
    Due.OVERDUE: "Overdue",
    Due.SOON: "Due within a week",
    Due.LATER: "Due later",
    Due.REPLIED: "Answered: the authority decides",
    Due.ENDED: "Ended",
}
ENDED = tuple(status for status in ConsultationStatus if status not in OPEN_CONSULTATIONS)


@bp.get("/inbox")
def index() -> ResponseReturnValue:
    """The open consultations, or with `ended` those that are over; and how many settings have vacancies to confirm."""
    asked = forms.read(InboxQuerySchema, forms.asked())
    with transaction(actor()) as session:
        return render_template(
            "inbox/index.html",
            listed=list_consultations(
                session, on=today(), filters=Filters(statuses=ENDED if asked["ended"] else ()), page=asked["page"]
            ),
            groups=GROUPS,
            is_ended=asked["ended"],
            due=[row for row in settings.standings(session, actor(), on=today()) if row.due],
            today=today(),
            words=vocabulary,
        )

"""The learner record: one pupil over time, on a page and as a document for the family."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import NeedStatus, today
from marketplace.permissions import can_change_need
from marketplace.services import needs
from marketplace.services.learner_record import learner_record, record_for_family
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("learner_records", __name__, url_prefix="/needs/<int:need_id>")


@bp.get("/record")
def show(need_id: int) -> ResponseReturnValue:
    """How things stand, and what led there."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        return render_template(
            "learner_records/show.html",
            record=learner_record(session, need, on=today()),
            may_write=can_change_need(actor(), need.authority_id),
            may_profile=need.status in needs.PROFILED - {NeedStatus.DRAFT},
        )


@bp.get("/record.pdf")
def family(need_id: int) -> ResponseReturnValue:
    """The same as PDF."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        content = record_for_family(session, actor(), need, on=today())
    return attachment(content, f"record-{need_id}.pdf")

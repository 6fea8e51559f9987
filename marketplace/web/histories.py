"""What happened in one case, on a page of its own, and as a letter for the family."""

from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import Award, Consultation, Placement, today
from marketplace.permissions import can_change_need
from marketplace.services import needs
from marketplace.services.case_history import Entry, case_timeline
from marketplace.services.family_letters import family_letter
from marketplace.services.letters import set_letter
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("histories", __name__, url_prefix="/needs/<int:need_id>")

# table → the page of one of its rows
PAGES: dict[str, Callable[[int], str]] = {
    Award.__tablename__: lambda at: url_for("awards.show", award_id=at),
    Consultation.__tablename__: lambda at: url_for("consultations.show", consultation_id=at),
    Placement.__tablename__: lambda at: url_for("placements.show", placement_id=at),
}


@bp.app_template_global()
def case_page(entry: Entry) -> str | None:
    """The address of what an entry of a case is about; None where that is the case itself."""
    table, row_id = entry.subject
    return PAGES[table](row_id) if table in PAGES else None


@bp.get("/history")
def show(need_id: int) -> ResponseReturnValue:
    """Everything that happened, newest first."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        return render_template(
            "histories/show.html",
            need=need,
            entries=case_timeline(session, actor(), need),
            may_write=can_change_need(actor(), need.authority_id),
        )


@bp.get("/family.pdf")
def family(need_id: int) -> ResponseReturnValue:
    """What the family is told, as PDF."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        letter = family_letter(session, actor(), need, on=today())
    return attachment(set_letter(letter), f"family-{need_id}.pdf")

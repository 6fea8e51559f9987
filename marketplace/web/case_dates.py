"""The page on which an LA states the dates of a case, and what is due by them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import CaseDates, today
from marketplace.permissions import can_change_need, require
from marketplace.schemas.case_dates import NONE, CaseDatesSchema
from marketplace.services import case_dates, needs
from marketplace.services.case_dates import DATES
from marketplace.services.days_out import clocks, dates_of
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day

bp = Blueprint("case_dates", __name__, url_prefix="/needs/<int:need_id>/dates")


@bp.get("")
def edit(need_id: int) -> ResponseReturnValue:
    """Every date, with what follows from those that are known."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "state the dates of this case")
        row = dates_of(session, need)
        return render_template(
            "case_dates/edit.html",
            need=need,
            form=forms.shown(_values(row)),
            row=row,
            deadlines=list(clocks(session, need, row)),
            none=NONE,
            words=vocabulary,
            today=today(),
        )


@bp.post("")
@forms.redisplay(edit)
def post_edit(need_id: int) -> ResponseReturnValue:
    """Keep them."""
    form = forms.read(CaseDatesSchema)
    with transaction(actor()) as session:
        row = case_dates.state_dates(session, actor(), need_id=need_id, **form, on=today())
        due = f"Next is due by {day(row.next_due_on)}." if row.next_due_on else "Nothing is due by these dates."
    flash(f"Kept. {due}", "success")
    return redirect(url_for("needs.show", need_id=need_id))


def _values(row: CaseDates | None) -> dict[str, Any]:
    if row is None:
        return {"transfer": NONE, "review_outcome": NONE}
    kept = {name: getattr(row, name) for name in DATES}
    return {**kept, "transfer": row.transfer or NONE, "review_outcome": row.review_outcome or NONE}

"""The page on which an LA says what came of one pathway of a pupil who has left."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import destination_words
from marketplace.db import transaction
from marketplace.models import OUTCOMES_OF, DestinationOutcome, Pathway, today
from marketplace.permissions import can_change_need, require
from marketplace.schemas.case_dates import NONE
from marketplace.schemas.destination_outcomes import HELD, DestinationOutcomeSchema
from marketplace.services import destination_outcomes, needs
from marketplace.services.destination_plans import plans_of
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("destination_outcomes", __name__)
ADDRESS = f"/needs/<int:need_id>/destinations/outcomes/<any({', '.join(Pathway)}):pathway>"


@bp.get(ADDRESS)
def edit(need_id: int, pathway: str) -> ResponseReturnValue:
    """What came of it, whether it was the aim, and whether it held; of a pupil who is placed nothing is said."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "say what came of this pupil’s plan")
        if not destination_outcomes.may_be_stated(session, need):
            return redirect(url_for("destination_plans.of_need", need_id=need_id))
        found = destination_outcomes.outcomes_of(session, need_id)
        row = next((each for each in found if each.pathway == pathway), None)
        last = next(iter(plans_of(session, need_id)), None)
        return render_template(
            "destinations/outcome.html",
            need=need,
            pathway=pathway,
            row=row,
            placement=destination_outcomes.last_placement(session, need),
            aim=last.aim_of(pathway) if last else None,
            form=forms.shown(_values(row) if row else {"six_months": NONE, "a_year": NONE}),
            codes=[(code, destination_words.DESTINATIONS[code]) for code in OUTCOMES_OF[Pathway(pathway)]],
            held=list(HELD.items()),
            words=destination_words,
        )


@bp.post(ADDRESS)
@forms.redisplay(edit)
def post_edit(need_id: int, pathway: str) -> ResponseReturnValue:
    """Keep it."""
    form = forms.read(DestinationOutcomeSchema)
    with transaction(actor()) as session:
        destination_outcomes.state_outcome(
            session, actor(), need_id=need_id, pathway=Pathway(pathway), **form, on=today()
        )
    flash(f"Kept. {destination_words.PATHWAYS[pathway]}: {destination_words.DESTINATIONS[form['code']]}.", "success")
    return redirect(url_for("destination_plans.of_need", need_id=need_id))


def _values(row: DestinationOutcome) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in ("code", "aim_met", "words")}
    return {**kept, "happened_on": row.on, "six_months": row.six_months or NONE, "a_year": row.a_year or NONE}

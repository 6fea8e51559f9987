"""Why a run recommends what it does for one pupil: the page that a parent's question is answered from."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.services.matching.explanations import explain_recommendation
from marketplace.services.matching.figures import cost
from marketplace.web.current import actor

bp = Blueprint("explanations", __name__, url_prefix="/runs")


@bp.get("/<int:run_id>/needs/<int:need_id>")
def show(run_id: int, need_id: int) -> ResponseReturnValue:
    """Why this, why not each nearer or cheaper place, and what would change it."""
    person = actor()
    with transaction(person) as session:
        found = explain_recommendation(session, person, run_id=run_id, need_id=need_id)
        return render_template(
            "explanations/show.html", found=found, row=found.recommendation, cost=cost, words=vocabulary
        )

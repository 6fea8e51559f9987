"""The three kinds of a need side by side, and three years of each by assumptions that stand in the address."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.kinds import PathwaySchema
from marketplace.services import needs, pathways
from marketplace.services.kinds import side_by_side
from marketplace.services.pathways import Comparison
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.options import day_of

bp = Blueprint("kinds", __name__, url_prefix="/needs/<int:need_id>/kinds")


@bp.get("")
def index(need_id: int) -> ResponseReturnValue:
    """What would make mainstream work, then the best option of each kind beside the others."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        found = side_by_side(session, actor(), need=need, on=day_of(need), today=today())
        return render_template(
            "kinds/index.html", need=need, found=found, today=today(), words=vocabulary, fewest=FEWEST
        )


@bp.get("/years")
def years(need_id: int) -> ResponseReturnValue:
    """Three school years of each kind by the assumptions of the address; what it does not say is as published."""
    given, form = forms.sent_by_address(PathwaySchema)
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        found = side_by_side(session, actor(), need=need, on=day_of(need), today=today())
        start = pathways.start_of(session, need=need, found=found)
        comparison = None if form.errors else pathways.compare(found, {**start.values, **given})
        form.values = {**start.values, **form.values}
        page = render_template(
            "kinds/years.html",
            need=need,
            found=found,
            start=start,
            form=form,
            names=pathways.years_of(found.ranked.on),
            comparison=comparison,
            series=_series(comparison) if comparison else [],
            words=vocabulary,
        )
    return page, 422 if form.errors else 200


def _series(comparison: Comparison) -> list[dict[str, Any]]:
    """What each path has cost by the end of each year, for the chart."""
    return [{"name": vocabulary.KINDS[kind], "values": path.so_far} for kind, path in comparison.paths.items()]

"""Where a provider stands: each of its own prices beside what it is told of its peers, never a rival's figure."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import Provision, Setting, today
from marketplace.schemas.benchmarks import PageSchema
from marketplace.services import schedules
from marketplace.services.benchmarks.standings import standings_of
from marketplace.services.benchmarks.told import Told, told
from marketplace.services.schedule_review import Review, review
from marketplace.web import benchmark_charts, forms
from marketplace.web.current import actor

bp = Blueprint("standings", __name__)

PAGE = 10  # settings


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting of the page: its prices by provision, each with a chart."""

    setting: Setting
    review: Review | None
    groups: list[tuple[Provision, list[Told]]]
    charts: dict[int, list[dict[str, Any]]]


@bp.get("/standing")
def index() -> ResponseReturnValue:
    """The provider's settings, ten a page."""
    asked = forms.read(PageSchema, forms.asked())
    with transaction(actor()) as session:
        provider_id = actor().organisation_id or 0
        standings = standings_of(session, provider_id)
        settings = schedules.settings_of(session, provider_id)
        pages = max(1, -(-len(settings) // PAGE))
        page = min(asked["page"], pages)
        shown, points = [], []
        for setting in settings[(page - 1) * PAGE : page * PAGE]:
            schedule = schedules.schedule_in_force(session, setting.id, on=today())
            found = review(session, schedule) if schedule else None
            rows = told(found, standings) if found else []
            points += rows
            shown.append(Shown(setting, found, benchmark_charts.by_provision(rows), benchmark_charts.of_told(rows)))
        return render_template(
            "standings/index.html", settings=shown, summary=benchmark_charts.summary(points), page=page, pages=pages
        )

"""Settings as those who commission see them: the list, and one setting with its facts, offers, vacancies and prices."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Authority, Band, Unit, today
from marketplace.permissions import POLICY, can_edit_setting
from marketplace.schemas.settings import SettingsQuerySchema
from marketplace.services import schedules, settings
from marketplace.services.schedule_review import review
from marketplace.web import forms, price_tables
from marketplace.web.current import actor
from marketplace.web.links import here, here_without

bp = Blueprint("settings", __name__)


@bp.get("/settings")
def index() -> ResponseReturnValue:
    """Every setting that is open, narrowed by name, type, authority, need or kind on offer."""
    query = forms.read(SettingsQuerySchema, forms.asked())
    with transaction(actor()) as session:
        authorities = settings.list_authorities(session)
        return render_template(
            "settings/index.html",
            listed=settings.list_settings(session, **query),
            query=query,
            asked=forms.Form(values=query),
            chosen=_chosen(query, {row.id: row for row in authorities}),
            authorities=[(row.id, row.name) for row in authorities],
            today=today(),
            units=list(Unit),
            words=vocabulary,
        )


@bp.get("/settings/<int:setting_id>")
def show(setting_id: int) -> ResponseReturnValue:
    """One setting. A provider sees its own only."""
    with transaction(actor()) as session:
        setting = schedules.find_setting(session, actor(), setting_id)
        schedule = schedules.schedule_in_force(session, setting.id, on=today())
        found = review(session, schedule) if schedule else None
        return render_template(
            "settings/show.html",
            setting=setting,
            offer=settings.offer_of(session, setting),
            schedule=schedule,
            prices=found.prices if found else None,
            review=found,
            compared=[row for row in price_tables.comparisons(found) if row[0].is_offered] if found else [],
            areas={row.code: row.name for row in settings.list_authorities(session)},
            bands=list(Band),
            headings=[{"text": words, "numeric": True} for words in vocabulary.BANDS.values()],
            is_listed=POLICY["settings.index"].admits(actor()),
            is_mine=can_edit_setting(actor(), setting.provider_id),
            today=today(),
            words=vocabulary,
        )


def _chosen(query: dict[str, Any], authorities: dict[int, Authority]) -> list[dict[str, str]]:
    """The filters in use, as tags that each remove themselves."""
    place = authorities.get(query["authority"])
    several = [("type", code, vocabulary.SETTING_TYPES[code]) for code in query["type"]]
    several += [("kind", code, vocabulary.KINDS[code]) for code in query["kind"]]
    single = {
        "q": f"Name: {query['q']}",
        "need": vocabulary.PRIMARY_NEEDS.get(query["need"], ""),
        "authority": place.name if place else "Unknown local authority",
        "closed": "With closed settings",
    }
    return [{"text": words, "href": here_without(name, value)} for name, value, words in several] + [
        {"text": words, "href": here(**{name: None})} for name, words in single.items() if query[name]
    ]

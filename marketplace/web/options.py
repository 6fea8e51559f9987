"""The ranked options of a need: the list first, with what each would cost and why; the map second."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Need, today
from marketplace.schemas.needs import OptionsSchema
from marketplace.services import needs
from marketplace.services.law import test_of
from marketplace.services.matching.options import (
    RankedOption,
    RankedOptions,
    provisions_by_id,
    rank_options,
)
from marketplace.services.quotes import quote_options
from marketplace.web import forms
from marketplace.web.coordinates import latitude_longitude
from marketplace.web.current import actor
from marketplace.web.links import here_without
from pricing.quote import Transport

bp = Blueprint("options", __name__, url_prefix="/needs/<int:need_id>/options")

PAGE = 25
SORTS: dict[str, Callable[[RankedOption], float]] = {
    "suitability": lambda option: option.objective,
    "distance": lambda option: option.road_km,
    "total": lambda option: option.total,
}


@bp.get("")
def index(need_id: int) -> ResponseReturnValue:
    """One page of the options, as filtered and sorted, with the refusals counted by reason and listed on demand."""
    asked = forms.read(OptionsSchema, forms.asked())
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        ranked = rank_options(session, actor(), need=need, on=day_of(need))
        found = _narrowed(ranked, asked)
        pages = max(1, -(-len(found) // PAGE))
        page = min(asked["page"], pages)
        shown = found[(page - 1) * PAGE : page * PAGE]
        refused = [row for row in ranked.refused if row.reason == asked["refused"]]
        ids = [option.provision_id for option in shown] + [row.provision_id for row in refused if row.provision_id]
        named = provisions_by_id(session, ids)
        quotes = quote_options(
            session,
            need=need,
            provisions=[named[option.provision_id] for option in shown],
            transport={
                option.provision_id: Transport(option.transport, option.transport_basis(ranked.policy))
                for option in shown
            },
            on=ranked.on,
        )
        return render_template(
            "options/index.html",
            need=need,
            ranked=ranked,
            rows=[
                {"option": row, "provision": named[row.provision_id], "quote": quotes.get(row.provision_id)}
                for row in shown
            ],
            today=today(),
            count=len(found),
            page=page,
            pages=pages,
            form=forms.shown(asked),
            chosen=_tags(asked),
            sort={"key": asked["sort"], "order": asked["order"]},
            refused=[(row, named.get(row.provision_id or 0)) for row in refused],
            reason=asked["refused"],
            test=test_of(need.request.type) if need.request else None,
            words=vocabulary,
        )


@bp.get("/markers")
def markers(need_id: int) -> ResponseReturnValue:
    """The points of the map: the home area, and each setting that has an option."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        ranked = rank_options(session, actor(), need=need, on=day_of(need))
        assert need.easting is not None
        assert need.northing is not None
        points = [_point(need.easting, need.northing, name="Home area", kind="home")]
        settings: dict[int, list[RankedOption]] = {}
        for option in ranked.options:
            settings.setdefault(option.setting_urn, []).append(option)
        named = provisions_by_id(session, [options[0].provision_id for options in settings.values()])
        for options in settings.values():
            first = options[0]
            setting = named[first.provision_id].setting
            kinds = ", ".join(dict.fromkeys(vocabulary.KINDS[option.kind].lower() for option in options))
            points.append(
                _point(
                    setting.easting,
                    setting.northing,
                    name=setting.name,
                    text=f"{kinds}; {first.road_km:.1f} km by road, an estimate",
                    href=f"{url_for('options.index', need_id=need_id)}#option-{first.provision_id}",
                    kind="chosen" if first.is_requested else "option",
                )
            )
    return jsonify(points=points)


def day_of(need: Need) -> date:
    """The day whose vacancies and prices count: when the placement is needed, or today if that has come."""
    return max(today(), need.starts_on or today())


def _point(easting: int, northing: int, **words: str) -> dict[str, Any]:
    latitude, longitude = latitude_longitude(easting, northing)
    return {"latitude": latitude, "longitude": longitude, **words}


def _narrowed(ranked: RankedOptions, asked: dict[str, Any]) -> list[RankedOption]:
    found = [
        option
        for option in ranked.options
        if (not asked["kind"] or option.kind in asked["kind"])
        and (not asked["type"] or option.setting_type in asked["type"])
        and (asked["within"] is None or option.road_km <= asked["within"])
        and (not asked["vacant"] or option.vacant >= option.use)
    ]
    sign = -1 if asked["order"] == "descending" else 1
    key = SORTS[asked["sort"]]
    return sorted(found, key=lambda option: (sign * key(option), option.provision_id))


def _tags(asked: dict[str, Any]) -> list[dict[str, str]]:
    """Every filter in force, with the address of this page without it."""
    tags = [(name, code, words[code]) for name, words in CHOICES.items() for code in asked[name]]
    if asked["within"] is not None:
        tags.append(("within", str(asked["within"]), f"Within {asked['within']} km"))
    if asked["vacant"]:
        tags.append(("vacant", "true", "With room now"))
    return [{"text": text, "href": here_without(name, value)} for name, value, text in tags]


CHOICES = {"kind": vocabulary.KINDS, "type": vocabulary.SETTING_TYPES}

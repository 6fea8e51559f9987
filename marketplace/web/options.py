"""The ranked options of a need: the list first, with what each would cost and why, and a tick to consult it; the map
second."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Need, today
from marketplace.permissions import can_consult
from marketplace.schemas.consultations import ChosenSchema
from marketplace.schemas.needs import OptionsSchema
from marketplace.services import needs
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.consultations import choose, consultations_of
from marketplace.services.kinds import best_of_kinds
from marketplace.services.law import test_of
from marketplace.services.matching.options import (
    RankedOption,
    RankedOptions,
    RefusedProvision,
    narrow_options,
    provisions_by_id,
    rank_options,
)
from marketplace.services.matching.options import day_of as first_day_of
from marketplace.services.quotes import quote_options
from marketplace.web import forms
from marketplace.web.coordinates import latitude_longitude
from marketplace.web.current import actor
from marketplace.web.links import here_without
from pricing.quote import Transport

bp = Blueprint("options", __name__, url_prefix="/needs/<int:need_id>/options")

PAGE = 25


@bp.get("")
def index(need_id: int) -> ResponseReturnValue:
    """One page of the options, as filtered and sorted, with the refusals counted by reason and listed on demand; each
    that can be consulted with a tick, and those that were ticked elsewhere in the list."""
    asked = forms.read(OptionsSchema, forms.asked())
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        ranked = rank_options(session, actor(), need=need, on=day_of(need))
        found = narrow_options(ranked, asked)
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
            best=best_of_kinds(ranked),
            rows=[
                {"option": row, "provision": named[row.provision_id], "quote": quotes.get(row.provision_id)}
                for row in shown
            ],
            today=today(),
            count=len(found),
            page=page,
            pages=pages,
            form=forms.Form(values=asked, errors=forms.shown().errors),
            chosen=_tags(asked),
            sort={"key": asked["sort"], "order": asked["order"]},
            refused=[(row, named.get(row.provision_id or 0)) for row in refused],
            reason=asked["refused"],
            test=test_of(need.request.type) if need.request else None,
            words=vocabulary,
            **_consulting(session, need, ranked, asked, {option.provision_id for option in shown}),
        )


@bp.post("")
@forms.redisplay(index)
def post_index(need_id: int) -> ResponseReturnValue:
    """What the settings that are ticked would read; or the list again, the ticks kept in its address."""
    chosen = forms.read(ChosenSchema)["provision_ids"]
    if request.form.get("then") == "keep":
        kept = {**request.args.to_dict(flat=False), "provision_ids": chosen}
        return redirect(url_for("options.index", need_id=need_id, **kept))
    with transaction(actor()) as session:
        choose(session, actor(), need=needs.find_need(session, need_id), provision_ids=chosen)
    return redirect(url_for("consultations.preview", need_id=need_id, provision_ids=chosen))


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
    return first_day_of(need, on=today())


def _point(easting: int, northing: int, **words: str) -> dict[str, Any]:
    latitude, longitude = latitude_longitude(easting, northing)
    return {"latitude": latitude, "longitude": longitude, **words}


def _consulting(
    session: Session, need: Need, ranked: RankedOptions, asked: dict[str, Any], shown: Collection[int]
) -> dict[str, Any]:
    """Whom this page lets consult: what is ticked, here and elsewhere in the list (what is `shown` is here), what the
    requested setting offers though it is no option, and where the consultations of the need stand."""
    requested = dict(_requested(ranked, need))
    ticked = _ticked(asked)
    named = provisions_by_id(session, [*ticked, *requested])
    return {
        "ticked": ticked,
        "elsewhere": [named[each] for each in ticked if each in named and each not in {*shown, *requested}],
        "requested": [(row, named[at]) for at, row in requested.items()],
        "consulted": {row.setting_id: row for row in consultations_of(session, need, is_open=True)},
        "may_consult": can_consult(actor(), need.authority_id) and need.status in OPEN_NEEDS,
    }


def _ticked(asked: dict[str, Any]) -> list[int]:
    """The provisions that are ticked: as the form was sent, else as the address carries them through the list."""
    if request.method != "POST":
        return list(asked["provision_ids"])
    return [int(each) for each in request.form.getlist("provision_ids") if each.isdecimal() and len(each) < 19]


def _requested(ranked: RankedOptions, need: Need) -> Iterator[tuple[int, RefusedProvision]]:
    """What the setting that the parents request offers though it is no option: it can be consulted all the same."""
    for row in ranked.refused:
        if need.request and row.setting_urn == need.request.urn and row.provision_id is not None:
            yield row.provision_id, row


def _tags(asked: dict[str, Any]) -> list[dict[str, str]]:
    """Every filter in force, with the address of this page without it."""
    tags = [(name, code, words[code]) for name, words in CHOICES.items() for code in asked[name]]
    if asked["within"] is not None:
        tags.append(("within", str(asked["within"]), f"Within {asked['within']} km"))
    if asked["vacant"]:
        tags.append(("vacant", "true", "With room now"))
    return [{"text": text, "href": here_without(name, value)} for name, value, text in tags]


CHOICES = {"kind": vocabulary.KINDS, "type": vocabulary.SETTING_TYPES}

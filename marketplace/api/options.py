"""The ranked options of a need: what would suit, at which public cost; and why everything else would not."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, day, money, number, text
from marketplace.api.pages import page_of
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.needs import OptionsSchema
from marketplace.services import needs
from marketplace.services.matching.options import RankedOption, day_of, narrow_options, rank_options

bp = Blueprint("options", __name__, url_prefix="/needs/<int:need_id>/options", description="What would suit a need")
PAGE = 50


class RankedOptionSchema(Schema):
    """A provision that would suit. `objective`: the optimiser's measure, the smaller the better."""

    provision_id = number()
    setting_urn = number()
    setting_type = text()
    kind = text()
    pattern = text()
    road_km = amount()
    price = money()
    transport = money()
    total = money()
    vacant = amount()
    use = amount()
    wish = number(is_null=True)
    is_requested = fields.Boolean(required=True)
    objective = amount()


class RankedOptionsSchema(Schema):
    """A page of options, and how many provisions each reason refuses."""

    on = day()
    items = fields.List(fields.Nested(RankedOptionSchema), required=True)
    page = number()
    pages = number()
    count = number()
    next = text(is_null=True)
    refused = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@bp.get("")
@bp.asks(OptionsSchema)
@bp.shows(RankedOptionsSchema)
def index(asked: dict[str, Any], need_id: int) -> dict[str, Any]:
    """The options of a published need, as filtered and sorted, by vacancies and prices of the day it is needed."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        ranked = rank_options(session, actor(), need=need, on=day_of(need, on=today()))
        found: list[RankedOption] = narrow_options(ranked, asked)
        pages = max(1, -(-len(found) // PAGE))
        page = min(asked["page"], pages)
        shown = found[(page - 1) * PAGE : page * PAGE]
        return {
            **page_of(shown, page=page, pages=pages, count=len(found)),
            "on": ranked.on,
            "refused": ranked.refusals,
        }

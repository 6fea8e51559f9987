"""Placements, as either side reads its own, each with what happened to it."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, day, instant, money, number, text
from marketplace.api.pages import page_of, paged
from marketplace.db import transaction
from marketplace.models import Placement, today
from marketplace.schemas.placements import PlacementsQuerySchema
from marketplace.services.placement_lists import Standing, list_placements, standing_of
from marketplace.services.placement_steps import find_placement

bp = Blueprint("placements", __name__, url_prefix="/placements", description="Running agreements, one for each pupil")


class EventSchema(Schema):
    """One thing that happened, the day from which it holds, and the instant at which it was entered."""

    number = number()
    kind = text()
    on = day()
    at = instant()
    reason = text(is_null=True)


class ListedPlacementSchema(Schema):
    """A placement in a list. Price and transport are pence a year."""

    id = number()
    version = number()
    award_id = number()
    need_id = number()
    authority_id = number()
    setting_id = number()
    provider_id = number()
    provision_id = number()
    schedule_id = number()
    reference = text()
    status = text()
    standing = fields.String(required=True, metadata={"description": "where it stands today"})
    starts_on = day()
    ends_on = day(is_null=True)
    band = text()
    sessions = number(is_null=True)
    hours_a_week = amount(is_null=True)
    is_on_roll = fields.Boolean(required=True)
    price = money()
    transport = money()


class PlacementSchema(ListedPlacementSchema):
    """A placement with what happened to it, the first thing first."""

    events = fields.List(fields.Nested(EventSchema), required=True)


@bp.get("")
@bp.asks(PlacementsQuerySchema)
@bp.shows(paged(ListedPlacementSchema))
def index(asked: dict[str, Any]) -> dict[str, Any]:
    """The placements of this token's owner, by what needs doing."""
    with transaction(actor()) as session:
        standings = tuple(map(Standing, asked["standing"]))
        found = list_placements(session, on=today(), standings=standings, page=asked["page"])
        rows = [_shape(row) for group in found.groups.values() for row in group]
        return page_of(rows, page=found.page, pages=found.pages, count=found.count)


@bp.get("/<int:placement_id>")
@bp.shows(PlacementSchema)
def show(placement_id: int) -> dict[str, Any]:
    """One placement."""
    with transaction(actor()) as session:
        row = find_placement(session, placement_id)
        names = list(EventSchema._declared_fields)
        return _shape(row) | {"events": [{name: getattr(event, name) for name in names} for event in row.events]}


def _shape(row: Placement) -> dict[str, Any]:
    names = set(ListedPlacementSchema._declared_fields) - {"standing"}
    return {**{name: getattr(row, name) for name in names}, "standing": standing_of(row, on=today())}

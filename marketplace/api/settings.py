"""Settings: found in the register, each with what it offers and what is vacant."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, codes, number, text
from marketplace.api.pages import page_of, paged
from marketplace.api.pools import PoolSchema, pool_shape
from marketplace.db import transaction
from marketplace.models import Provision
from marketplace.schemas.settings import SettingsQuerySchema
from marketplace.services import schedules, settings
from marketplace.services.settings import Offer

bp = Blueprint("settings", __name__, url_prefix="/settings", description="Schools and services, and what they offer")


class ProvisionSchema(Schema):
    """One thing that a setting offers. Levels are the highest that it can meet, by area of need."""

    id = number()
    version = number()
    pool_id = number()
    name = text()
    kind = text()
    pattern = text()
    low_year = number()
    high_year = number()
    sex = text()
    needs = codes()
    max_ci, max_cl, max_semh, max_sp = (number() for _ in range(4))
    facilities = codes()
    las = fields.List(fields.String(), required=True, metadata={"description": "codes of the LAs served; empty = any"})
    sessions = number(is_null=True)
    radius_km = amount(is_null=True)


class ListedSettingSchema(Schema):
    """A setting in a list."""

    id = number()
    urn = number()
    name = text()
    type = text()
    status = text()
    is_registered = fields.Boolean(required=True)
    authority_id = number()
    provider_id = number(is_null=True)
    easting = number()
    northing = number()
    kinds = fields.List(fields.String(), required=True, metadata={"description": "kinds of provision on offer"})


class SettingSchema(ListedSettingSchema):
    """A setting with its provisions on offer, and the pools that they draw on."""

    low_age = number(is_null=True)
    high_age = number(is_null=True)
    sex = text()
    capacity = number(is_null=True)
    pupils = number(is_null=True)
    postcode = text(is_null=True)
    provisions = fields.List(fields.Nested(ProvisionSchema), required=True)
    pools = fields.List(fields.Nested(PoolSchema), required=True)


@bp.get("")
@bp.asks(SettingsQuerySchema)
@bp.shows(paged(ListedSettingSchema))
def index(asked: dict[str, Any]) -> dict[str, Any]:
    """The settings that are open (or, with `closed`, all) and match every filter given."""
    with transaction(actor()) as session:
        found = settings.list_settings(session, **asked)
        rows = [_shape(offer) for offer in found.offers]
        return page_of(rows, page=found.page, pages=found.pages, count=found.count)


@bp.get("/<int:setting_id>")
@bp.shows(SettingSchema)
def show(setting_id: int) -> dict[str, Any]:
    """One setting. A provider sees its own only."""
    with transaction(actor()) as session:
        offer = settings.offer_of(session, schedules.find_setting(session, actor(), setting_id))
        return _shape(offer) | {
            "provisions": [_provision(row) for row in offer.provisions],
            "pools": [pool_shape(pool) for pool in offer.pools],
        }


def _shape(offer: Offer) -> dict[str, Any]:
    names = set(SettingSchema._declared_fields) - {"kinds", "provisions", "pools"}
    return {**{name: getattr(offer.setting, name) for name in names}, "kinds": offer.kinds}


def _provision(row: Provision) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ProvisionSchema._declared_fields}

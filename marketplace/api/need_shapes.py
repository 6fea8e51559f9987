"""A need as the API answers with it: everything under the names under which it is sent, so that it can be sent back."""

from typing import Any

from marshmallow import Schema, fields

from marketplace import vocabulary
from marketplace.models import Need
from marketplace.schemas.needs import WISHES


def text(*, is_null: bool = False) -> Any:
    """A text of an answer."""
    return fields.String(required=True, allow_none=is_null)


def number(*, is_null: bool = False) -> Any:
    """A whole number of an answer."""
    return fields.Integer(required=True, allow_none=is_null)


def day(*, is_null: bool = False) -> Any:
    """A day of an answer."""
    return fields.Date(required=True, allow_none=is_null)


def instant(*, is_null: bool = False) -> Any:
    """An instant of an answer, in UTC."""
    return fields.AwareDateTime(required=True, allow_none=is_null)


def codes() -> Any:
    """Several codes of an answer."""
    return fields.List(fields.String(), required=True)


def money(*, is_null: bool = False) -> Any:
    """Whole pence of an answer."""
    return fields.Integer(required=True, allow_none=is_null, metadata={"description": "whole pence"})


def amount(*, is_null: bool = False) -> Any:
    """A number of an answer that need not be whole."""
    return fields.Float(required=True, allow_none=is_null, metadata={"is_answer": True})


class ListedNeedSchema(Schema):
    """A need in a list."""

    id = number()
    version = number()
    authority_id = number()
    reference = text()
    status = text()
    footing = text()
    year_group = number(is_null=True)
    primary_need = text(is_null=True)
    band = text(is_null=True)
    priority = number(is_null=True)
    starts_on = day(is_null=True)
    to_do = fields.String(required=True, metadata={"description": "what needs doing about it next"})
    due_on = day(is_null=True)


class PostedNeedSchema(Schema):
    """A whole need. Of what it was posted with nothing is left out, so that a change can be sent back whole."""

    id = number()
    version = number()
    authority_id = number()
    status = text()
    created_at = instant()
    published_at = instant(is_null=True)
    band = text(is_null=True)
    derived_band = text(is_null=True)
    band_reasons = codes()
    reference = text()
    footing = text()
    last_education_on = day(is_null=True)
    roll_school = text(is_null=True)
    year_group = number(is_null=True)
    sex = text(is_null=True)
    home = text(is_null=True)
    starts_on = day(is_null=True)
    mainstream = text(is_null=True)
    kinds = codes()
    level_ci, level_cl, level_semh, level_sp = (number(is_null=True) for _ in range(4))
    barrier_ci, barrier_cl, barrier_semh, barrier_sp = (text(is_null=True) for _ in range(4))
    helps_ci, helps_cl, helps_semh, helps_sp = (text(is_null=True) for _ in range(4))
    primary_need = text(is_null=True)
    secondary_needs = codes()
    requirements = codes()
    pattern = text(is_null=True)
    band_override = text(is_null=True)
    band_override_reason = text(is_null=True)
    request_id = number(is_null=True)
    ground = text(is_null=True)
    ground_evidence = text(is_null=True)
    wish_1, wish_2, wish_3 = (number(is_null=True) for _ in range(3))
    is_transport_entitled = fields.Boolean(required=True)
    max_km = amount(is_null=True)
    priority = number(is_null=True)


_SAME = tuple(name for name in PostedNeedSchema._declared_fields if hasattr(Need, name))


def shape_of(need: Need) -> dict[str, Any]:
    """A need by these names."""
    wishes = [*need.wishes, *[None] * WISHES]
    return {
        **{name: getattr(need, name) for name in _SAME},
        "home": need.home_area or (f"{need.easting}, {need.northing}" if need.easting is not None else None),
        **{f"barrier_{area}": words or None for area, words in zip(vocabulary.AREAS, need.barriers, strict=True)},
        **{f"helps_{area}": words or None for area, words in zip(vocabulary.AREAS, need.adjustments, strict=True)},
        **{f"wish_{place}": wishes[place - 1] for place in range(1, WISHES + 1)},
    }

"""What the API says of itself (OpenAPI 3.1, /api/v1/openapi.json), made from the schemas that do the work.

Its errors are problems, where the library would have JSON of its own; whatever a custom field means is said here once.
"""

import http
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask_smorest.utils import prepare_response
from marshmallow import Schema, fields

from marketplace.api.bodies import MOST_PENCE, kind_of
from marketplace.api.errors import MEDIA_TYPE
from marketplace.schemas.base import CodesField
from marketplace.schemas.needs import HomeField, ReferenceField
from marketplace.schemas.policy import PolicyNumber
from marketplace.schemas.vacancies import AmountField

DESCRIPTION = """\
Everything that the pages do with these nouns, for systems. A token is made on the page API tokens; it acts as the \
person who made it. Money is whole pence, days are days in London, instants are UTC. Every POST carries an \
Idempotency-Key; whoever changes an object sends If-Match with the ETag that it was read with. Lists come in pages of \
one total order; a page past the end is the last."""


class ProblemSchema(Schema):
    """What went wrong, and what to do (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))  # by field, where some are wrong
    current_etag = fields.String()  # with 412: the version that holds


class Specification(flask_smorest.Api):  # type: ignore[misc]
    """The library's, with the marketplace's errors and fields."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: flask.Flask) -> None:
        plugin = MarshmallowPlugin(schema_name_resolver=_name)
        super().__init__(
            app,
            spec_kwargs={
                "marshmallow_plugin": plugin,
                "info": {"description": DESCRIPTION},
                "servers": [{"url": "/api/v1"}],
                "security": [{"token": []}],
            },
        )
        self.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
        assert plugin.converter is not None  # since the specification was begun
        plugin.converter.add_attribute_function(_of_custom_field)  # type: ignore[no-untyped-call]

    def _register_error_handlers(self) -> None:
        """None: marketplace/api/errors.py maps them."""

    def _register_responses(self) -> None:
        errors = {status.name: status.phrase for status in http.HTTPStatus if status >= 400}
        for name, phrase in {**errors, "DEFAULT_ERROR": "What went wrong"}.items():
            response = {"description": phrase, "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, MEDIA_TYPE)
            self.spec.components.response(name, response, lazy=True)

    def _register_etag_headers(self) -> None:
        """None: marketplace/api/blueprint.py says them, and that they are asked for."""

    def _register_pagination_header(self) -> None:
        """None: pages say in their body where they stand."""

    def to_dict(self) -> dict[str, Any]:
        """The document as it is served."""
        return _plain(self.spec.to_dict())  # type: ignore[no-any-return]

    def _openapi_json(self) -> flask.Response:
        return flask.jsonify(self.to_dict())


def _name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("Schema")


def _plain(part: Any) -> Any:
    """As JSON has it; and without x-minimum and the like, in which the library puts bounds of days."""
    if isinstance(part, dict):
        return {str(key): _plain(value) for key, value in part.items() if not str(key).startswith("x-")}
    if isinstance(part, Enum):
        return part.value
    if isinstance(part, Decimal):
        return float(part)
    return [_plain(each) for each in part] if isinstance(part, list | tuple) else part


def _of_custom_field(_: Any, field: fields.Field[Any], **__: Any) -> dict[str, Any]:
    """Type and bounds of the fields that the library does not know, and of those that JSON reads more strictly."""
    if field.metadata.get("is_answer"):
        return {}
    said = _SAID_BY_KIND.get(kind_of(field), {}) | next(
        (say(field) for cls, say in _SAID_BY_FIELD.items() if isinstance(field, cls)), {}
    )
    return said | {"type": [said["type"], "null"]} if field.allow_none and "type" in said else said


_SAID_BY_KIND: dict[str, dict[str, Any]] = {
    "money": {"type": "integer", "minimum": 0, "maximum": MOST_PENCE, "description": "whole pence"},
    "day": {"type": "string", "format": "date"},
    "number": {"type": "number"},
}
_SAID_BY_FIELD: dict[type[fields.Field[Any]], Callable[[Any], dict[str, Any]]] = {
    AmountField: lambda _: {"minimum": 0, "maximum": 99_999.9, "description": "in tenths; hours in halves"},
    PolicyNumber: lambda field: {
        "type": "integer" if field.is_whole else "number", "minimum": field.low, "maximum": field.high,
    },
    ReferenceField: lambda field: {"type": "string", "pattern": f"^{field.ALLOWED.pattern}$"},
    HomeField: lambda _: {"type": "string", "minLength": 2, "examples": ["QX4", "405000, 305000"]},
    CodesField: lambda field: {
        "items": {"type": "string", "enum": list(field.codes)}, "minItems": 1 if field.required else 0,
    },
    fields.Enum: lambda _: {"type": "string"},
}  # fmt: skip

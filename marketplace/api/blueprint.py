"""What every noun of the API is written with: what it reads, what it answers, and the headers that it asks for."""

from collections.abc import Callable
from typing import Any, NoReturn

import flask_smorest
from flask import Request
from marshmallow import Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from marketplace.api import repeats, versions
from marketplace.api.bodies import in_address, in_json
from marketplace.errors import Invalid
from marketplace.schemas.base import FormSchema

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

ETAG = {"ETag": {"description": "the version of the object", "schema": {"type": "string"}}}
LOCATION = {"Location": {"description": "where the object is read", "schema": {"type": "string"}}}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": repeats.HEADER,
    "required": True,
    "schema": {"type": "string", "pattern": f"^{repeats.KEY.pattern}$"},
    "description": "another for each thing to be done; sent again with the same body, the answer is the first one's",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{versions.TAG.pattern}$"},
    "description": "the ETag with which the object was read",
}


class DoneSchema(Schema):
    """What was done to which object, and the version that it has now, where it has versions."""

    id = fields.Integer(required=True)
    version = fields.Integer(required=True, allow_none=True)


class Parser(FlaskParser):
    """Errors in what was sent, as the marketplace's own."""

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Raise Invalid with the messages by field."""
        raise Invalid(by_field(error.messages)) from error

    def _handle_invalid_json_error(self, error: Any, req: Request, *_: Any, **__: Any) -> NoReturn:  # noqa: ARG002
        raise BadRequest("The body is no JSON.") from error


def by_field(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """Messages as marshmallow nests them, by the path of the field: "rows.1.amount"."""
    if isinstance(messages, list):
        return {prefix or "_form": [str(message) for message in messages]}
    errors: dict[str, list[str]] = {}
    for name, inner in messages.items():
        is_outer = name in {"json", "query", "_schema"} and not (prefix and name != "_schema")
        place = prefix if is_outer else f"{prefix}.{name}" if prefix else str(name)
        errors |= by_field(inner, place)
    return errors


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """One noun. Its views are called with what their decorators read, in that order."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self._prepare_doc_cbks.append(self._prepare_headers_doc)

    def get(self, rule: str, **options: Any) -> Decorator:
        """Read something."""
        found: Decorator = super().get(rule, **options)
        return found

    def post(self, rule: str, **options: Any) -> Decorator:
        """Do something, once."""
        found: Decorator = super().post(rule, **options)
        return found

    def put(self, rule: str, **options: Any) -> Decorator:
        """Change something, of a version."""
        found: Decorator = super().put(rule, **options)
        return found

    def asks(self, schema: type[FormSchema]) -> Decorator:
        """The query of the address."""
        found: Decorator = self.arguments(in_address(schema), location="query")
        return found

    def takes(self, schema: type[FormSchema]) -> Decorator:
        """The body."""
        found: Decorator = self.arguments(in_json(schema), location="json")
        return found

    def does(self, status: int) -> Decorator:
        """A POST: it has a key, and answers with the object's id, version and address."""

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            shown: Decorator = self.response(status, DoneSchema, headers={**ETAG, **LOCATION})
            return _with_header(shown(view), IDEMPOTENCY_KEY)

        return decorate

    def changes(self, schema: type[Schema] = DoneSchema) -> Decorator:
        """A PUT: it says which version it replaces, and answers with the new one."""

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            shown: Decorator = self.response(200, schema, headers=ETAG)
            return _with_header(shown(view), IF_MATCH)

        return decorate

    def versioned(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """A POST that is about one version of an object."""
        return _with_header(view, IF_MATCH)

    def shows(self, schema: type[Schema], *, has_version: bool = False) -> Decorator:
        """A GET of one object or list."""
        found: Decorator = self.response(200, schema, headers=ETAG if has_version else None)
        return found

    def sends(self, content_type: str) -> Decorator:
        """A GET of a file."""
        found: Decorator = self.response(200, {"type": "string", "format": "binary"}, content_type=content_type)
        return found

    def sends_object(self, description: str) -> Decorator:
        """A GET of a JSON object whose form a standard describes, not this document."""
        found: Decorator = self.response(200, {"type": "object", "description": description})
        return found

    @staticmethod
    def _prepare_headers_doc(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
        if headers := doc_info.get("headers"):
            doc.setdefault("parameters", []).extend(headers)
        return doc


def _with_header(view: Callable[..., Any], header: dict[str, Any]) -> Callable[..., Any]:
    said: dict[str, Any] = {**getattr(view, "_apidoc", {})}
    said["headers"] = [*said.get("headers", []), header]
    view._apidoc = said  # type: ignore[attr-defined]
    return view

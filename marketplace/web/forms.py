"""Forms: read one with a marshmallow schema, or show the page again with what was typed and what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import g, make_response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError, fields

from marketplace import once
from marketplace.errors import BadFiles, Conflict, Fault, Invalid, MarketplaceError
from marketplace.schemas.base import DayField
from marketplace.web.formats import counted

AGAIN = "typed_before"  # in a form that is only to be shown as it was typed (web/unsent.py)
HIDDEN = frozenset({"csrf_token", "once", AGAIN})  # what forms carry, and nobody types


@dataclass(slots=True)
class Form:
    """What a page shows in its fields: values as typed or as kept, the errors beside them, and the faults of a file.
    `cause` is what the form was refused for, where a page answers one refusal otherwise than another."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    cause: MarketplaceError | None = None

    def is_behind(self, version: int | str | None, name: str = "version") -> bool:
        """Whether the version that was typed, under this name, is another than the one kept now (None = not there).
        The page then shows what is kept now beside what was typed; sent again, what was typed replaces it."""
        return name in self.values and str(self.values[name]) != ("" if version is None else str(version))


def shown(values: Mapping[str, Any] | None = None) -> Form:
    """The form to show on this request: after a refused post, what was typed with its errors; else the kept values."""
    refused = g.get("refused_form")
    return refused if isinstance(refused, Form) else Form(values=values or {})


def keep_typed() -> None:
    """Let the page that answers this post show what was typed, though nothing is wrong with it."""
    g.refused_form = Form(values=typed())


def typed() -> dict[str, Any]:
    """The posted form as it was typed: a text, or a list where a name came several times."""
    return {name: texts if len(texts) > 1 else texts[0] for name, texts in request.form.lists() if name not in HIDDEN}


def asked() -> dict[str, Any]:
    """The query of the address in the same shape: what a list's filters, sorting and page number read."""
    return {name: texts if len(texts) > 1 else texts[0] for name, texts in request.args.lists()}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a grid, named like "pools-7-rows-0-amount", as mappings inside mappings, keyed as they are named.
    The errors of what is read from it come back under the very names of the fields."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *places, last = name.split("-")
        inside = tree
        for place in places:
            found = inside.setdefault(place, {})
            inside = found if isinstance(found, dict) else {}  # a name that is a field and a place is nobody's form
        inside[last] = value
    return tree


def read(schema: type[Schema] | Schema, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The posted form (or `values`) as the schema reads it. Raises Invalid with the messages by field.

    A field that the schema calls a list is always read as one; a date comes as one text or as name-day, name-month,
    name-year.
    """
    reader = schema() if isinstance(schema, type) else schema
    given = dict(typed() if values is None else values)
    for name, field_ in reader.load_fields.items():
        key = field_.data_key or name
        if isinstance(field_, fields.List) and isinstance(given.get(key), str):
            given[key] = [given[key]]
        if isinstance(field_, DayField) and key not in given:
            parts = [str(given.get(f"{key}-{part}", "")).strip() for part in ("day", "month", "year")]
            if any(parts):
                given[key] = "/".join(parts)
    try:
        loaded: dict[str, Any] = reader.load(given)
    except ValidationError as error:
        raise Invalid(_by_field(error.messages)) from error
    return loaded


def sent_by_address(schema: type[Schema]) -> tuple[dict[str, Any], Form]:
    """A form that is sent as an address, since it changes nothing: what the schema reads, and the form to show again,
    as it was typed. Where something is wrong the form says what, and nothing is read."""
    values = asked()
    try:
        return read(schema, values), Form(values=values)
    except Invalid as invalid:
        return {}, Form(values=values, errors=invalid.errors, cause=invalid)


def _by_field(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    if isinstance(messages, list):
        return {prefix or "_form": [str(message) for message in messages]}
    errors: dict[str, list[str]] = {}
    for name, inner in messages.items():
        place = "_form" if name == "_schema" else f"{prefix}-{name}" if prefix else str(name)
        errors.update(_by_field(inner, place))
    return errors


def redisplay(page: Callable[..., ResponseReturnValue]) -> Callable[..., Any]:
    """Decorate a post: when it raises Invalid or BadFiles (422) or Conflict (409), `page` (its GET view, same
    arguments) answers instead, with the error summary, and everything as it was typed.

    What was typed before a session ended is shown in the same way, without being acted upon (200).

    A page that carries a version shows what is kept now wherever its form `is_behind`. Where the page has nothing to
    show any more, because it redirects, the error page answers.
    """

    def decorate(post: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(post)
        def answer(**arguments: Any) -> ResponseReturnValue:
            refused: MarketplaceError
            faults: tuple[Fault, ...] = ()
            if AGAIN in request.form:
                once.begin(None)
                keep_typed()
                return page(**arguments)
            try:
                return post(**arguments)
            except Invalid as invalid:
                refused, errors, status = invalid, invalid.errors, 422
            except BadFiles as bad:
                words = f"{bad.faults[0].file} has {counted(len(bad.faults), 'error')}. Nothing was saved."
                refused, errors, status, faults = bad, {**bad.errors, "file": [words]}, 422, bad.faults
            except Conflict as conflict:
                refused, errors, status = conflict, {"_form": [str(conflict)]}, 409
            once.begin(None)  # what follows only shows the page
            g.refused_form = Form(values=typed(), errors=errors, faults=faults, cause=refused)
            again = make_response(page(**arguments))
            if again.status_code != 200:
                raise refused
            again.status_code = status
            return again

        answer.shows_again = True  # type: ignore[attr-defined]
        return answer

    return decorate

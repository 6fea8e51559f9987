"""The schemas of the pages, for JSON: the same fields, rules and words, read from values of JSON's own types.

A form has texts only, so its schemas take "7" for 7 and "£1,200.50" for money. A system sends what it means: numbers as
numbers, days as 2027-09-01, money as whole pence; anything else is refused. It must never add a rule of its own.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, cast

from marshmallow import ValidationError, fields, pre_load

from marketplace.schemas.base import DayField, FormSchema, PoundsField
from marketplace.schemas.policy import PolicyNumber
from marketplace.schemas.vacancies import AmountField

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_PENCE = 99_999_999_999
WORDS = {
    "boolean": "Send true or false.",
    "integer": "Send a whole number.",
    "number": "Send a number.",
    "money": f"Send whole pence, from 0 to {MOST_PENCE}.",
    "day": "Send a day as a text, like 2027-09-01.",
    "array": "Send a list.",
    "object": "Send an object.",
    "string": "Send a text.",
}
# The first that a field is an instance of; a field of no other kind is a text.
KINDS: tuple[tuple[tuple[type[fields.Field[Any]], ...], str], ...] = (
    ((PoundsField,), "money"),
    ((DayField,), "day"),
    ((AmountField, PolicyNumber, fields.Decimal, fields.Float), "number"),
    ((fields.Boolean,), "boolean"),
    ((fields.Integer,), "integer"),
    ((fields.List,), "array"),
    ((fields.Nested,), "object"),
)


def kind_of(field: fields.Field[Any]) -> str:
    """Of which type of JSON the values of a field are; one of WORDS."""
    return next((kind for classes, kind in KINDS if isinstance(field, classes)), "string")


def in_json(schema: type[FormSchema]) -> type[FormSchema]:
    """The schema, for a body of JSON."""
    nested = {
        name: fields.List(fields.Nested(in_json(cast(type[FormSchema], type(field.inner.schema)))), **_options(field))
        for name, field in schema._declared_fields.items()
        if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested)
    }
    return type(schema.__name__, (_Json, schema), nested)


def _options(field: fields.Field[Any]) -> dict[str, Any]:
    return {"required": field.required, "validate": field.validate, "error_messages": field.error_messages}


def in_address(schema: type[FormSchema]) -> type[FormSchema]:
    """The schema, for the query of an address: texts, of which true, false and whole numbers are written one way."""
    return type(schema.__name__, (_Address, schema), {})


class _Json(FormSchema):
    @pre_load
    def tidy(self, data: Any, **_: Any) -> dict[str, Any]:
        """Refuse values of other types than the fields', with a message for each, and read the others as typed."""
        if not isinstance(data, Mapping):
            raise ValidationError("Send an object of JSON.")
        typed, errors = {}, {}
        for name, field in self.load_fields.items():
            key = field.data_key or name
            try:
                value = _as_typed(field, data[key]) if key in data else None
                if value not in (None, "") or (key in data and value is None and field.required):
                    typed[key] = value
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return typed


class _Address(FormSchema):
    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Refuse other spellings than one of true, false and whole numbers."""
        typed: dict[str, Any] = {}
        for name, field in self.load_fields.items():
            key = field.data_key or name
            if key not in data:
                continue
            typed[key] = data[key]
            inner = field.inner if isinstance(field, fields.List) else field
            for text in data[key] if isinstance(data[key], list) else [data[key]]:
                if isinstance(inner, fields.Boolean) and text not in {"true", "false"}:
                    raise ValidationError({key: ["Say true or false."]})
                if isinstance(inner, fields.Integer) and not re.fullmatch(r"-?[0-9]{1,19}", str(text), re.ASCII):
                    raise ValidationError({key: [WORDS["integer"]]})
        return typed


def _as_typed(field: fields.Field[Any], value: Any) -> Any:
    """A value of JSON as somebody would type it in the form; None where it is none. Raises ValidationError."""
    if value is None:
        if field.allow_none:
            return None
        raise ValidationError("This must not be null. Leave it out, or send a value.")
    kind = kind_of(field)
    if not _is_of(kind, value):
        raise ValidationError(WORDS[kind])
    if kind == "array":
        assert isinstance(field, fields.List)
        return [_as_typed(field.inner, each) for each in value]
    if kind == "money":
        return f"{value // 100}.{value % 100:02d}"
    if kind == "integer":
        return int(value)
    return "" if isinstance(value, str) and not value.strip() else value


def _is_of(kind: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind in {"string", "day"}:
        return isinstance(value, str) and _is_text(value) and (kind == "string" or DAY.fullmatch(value) is not None)
    return {
        "boolean": isinstance(value, bool),
        "integer": is_number and value == int(value),
        "number": is_number,
        "money": is_number and isinstance(value, int) and 0 <= value <= MOST_PENCE,
        "array": isinstance(value, list),
        "object": isinstance(value, Mapping),
    }[kind]


def _is_text(value: str) -> bool:
    """Whether it can be kept: JSON can hold NUL, and half of a pair of surrogates, which no text has."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

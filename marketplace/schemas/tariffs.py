"""Tariffs as people send them: a draft's prices on a form, read into the content of a file, and its acts.

What is not a number stays the text that was typed: `pricing` says what is wrong with it, with everything else that is.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from marketplace.models import Band, Pattern
from marketplace.schemas.base import DayField, VersionSchema, member, missing
from pricing.framework import Basis
from pricing.tariff import Grade

NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
BOX = re.compile(rf"(?:band-(?:{'|'.join(Band)})|pattern-(?:{'|'.join(Pattern)})|outreach-(?:{'|'.join(Grade)}))")


def number_of(text: str) -> int | Decimal | str:
    """A typed number as a file would hold it: "£48,000" is 48000, "1.5" is 1.5; anything else as it was typed."""
    bare = text.strip().removeprefix("£").strip().replace(",", "")
    if not NUMBER.fullmatch(bare):
        return text.strip()
    return Decimal(bare) if "." in bare else int(bare)


class PercentShareField(fields.Field[Any]):
    """A percentage as people type it, "10" or "10%", to a share; anything else as it was typed."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        number = number_of(str(value).rstrip().removesuffix("%"))
        return str(value) if isinstance(number, str) else Decimal(number) / 100


class AreasField(fields.Field[dict[str, Any]]):
    """Area factors, a line each: "202 = 1.18". A line without "=" is kept as a key that `pricing` refuses."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, Any]:  # noqa: ARG002
        lines = [line.partition("=") for line in str(value).splitlines() if line.strip()]
        return {code.strip(): number_of(factor) for code, _, factor in lines}


class TariffSchema(VersionSchema):
    """A draft as its page sends it. Loads as {"version": …, "content": …}."""

    name = fields.String(required=True, error_messages=missing("Enter a name."))
    edition = fields.String(required=True, error_messages=missing("Enter a version, like 1 or 2027-28."))
    basis = member(Basis, "Choose what it rests on.", required=True)
    starts_on = DayField(required=True, error_messages=missing("Enter the day from which it holds."))
    ends_on = DayField(load_default=None)
    source = fields.String(load_default="", validate=validate.Length(max=1000, error="Use up to 1,000 characters."))
    is_illustrative = fields.Boolean(load_default=False)
    boxes = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    coordination = PercentShareField(load_default=None)
    area = AreasField(load_default=dict)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Put the boxes that are filled in together; an empty one is not stated."""
        boxes = {name: str(text) for name, text in data.items() if BOX.fullmatch(name) and str(text).strip()}
        return {**data, "boxes": boxes}

    @post_load
    def as_content(self, form: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The content of the file that says the same."""
        content: dict[str, Any] = {
            "name": form["name"],
            "version": form["edition"],
            "basis": form["basis"].value,
            "valid_from": form["starts_on"],
            "is_illustrative": form["is_illustrative"],
            "band": {},
            "pattern": {},
            "outreach": {},
        }
        if form["ends_on"] is not None:
            content["valid_until"] = form["ends_on"]
        if form["source"]:
            content["source"] = form["source"]
        for box, text in form["boxes"].items():
            table, _, key = box.partition("-")
            content[table][key] = number_of(text)
        if form["coordination"] is not None:
            content["porous"] = {"coordination": form["coordination"]}
        if form["area"]:
            content["area"] = form["area"]
        return {"version": form["version"], "content": content}

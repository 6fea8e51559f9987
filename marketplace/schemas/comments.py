"""What a provider says of a tariff or a framework, as one form sends it: for each band and in general a stance, and
words if any."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.models import LONGEST_COMMENT, Band, Stance
from marketplace.schemas.base import FormSchema, member, missing

GENERAL = "general"
PLACES: dict[str, Band | None] = {**{band.value: band for band in Band}, GENERAL: None}


class SaidSchema(FormSchema):
    """One band, or in general."""

    stance = member(Stance, "Choose one of these.", load_default=None)
    words = fields.String(
        load_default=None,
        validate=validate.Length(max=LONGEST_COMMENT, error=f"Use up to {LONGEST_COMMENT:,} characters."),
    )

    @validates_schema(skip_on_field_errors=True)
    def complete(self, said: dict[str, Any], **_: Any) -> None:
        """Words alone do not say which of them it is."""
        if said["words"] is not None and said["stance"] is None:
            raise ValidationError("Choose one of these to go with your words.", "stance")


class CommentsSchema(FormSchema):
    """The whole form. Loads as {"comments": {band or None: said}, "version": what the page showed of them}; what has no
    stance is not commented on."""

    class Meta(FormSchema.Meta):
        include = {place: fields.Nested(SaidSchema) for place in PLACES}  # noqa: RUF012 - marshmallow's own form

    version = fields.String(required=True, error_messages=missing("Open the page again, then send."))

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Boxes are named like "moderate-stance"."""
        said = {
            place: {name: data.get(f"{place}-{name}", "") for name in ("stance", "words")}
            for place in PLACES
            if f"{place}-words" in data or f"{place}-stance" in data
        }
        return {**said, "version": data.get("version", "")}

    @post_load
    def by_band(self, form: dict[str, Any], **_: Any) -> dict[str, Any]:
        """By band, None = in general."""
        version = form.pop("version")
        said = {PLACES[place]: said for place, said in form.items() if said["stance"] is not None}
        return {"comments": said, "version": version}

"""A setting's reply as its people type it: an offer, "full", or a refusal with its reasons.

Only what belongs to the reply that is chosen is read: what was typed under another is no fault. It must never ask the
database anything, nor read a price.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validates_schema

from marketplace.models import Band, RefusalCode
from marketplace.schemas.base import DayField, PoundsField, VersionSchema, choice, missing
from marketplace.schemas.uplifts import CountSchema, words

REPLIES = {"offer": "Yes, we can meet the need", "full": "We are full", "refuse": "No, we cannot meet the need"}
LONGEST_REASON = 2000  # of a variation
LONGEST = 4000  # of a note, and of each reason of a refusal
PROVISION = "Choose the provision and band."
BOX = "reasons-"
OFFER = ("provision_id", "starts_on", "variation", "variation_reason", "note", "is_held")


class PricedField(fields.Field[tuple[int, Band]]):
    """A provision and one of its bands that has a published price: "12-intensive"."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> tuple[int, Band]:  # noqa: ARG002
        matched = CountSchema.PRICED.fullmatch(str(value))
        if not matched or not 1 <= int(matched[1]) < 2**63:
            raise ValidationError(PROVISION)
        return int(matched[1]), Band(matched[2])


class VariationField(PoundsField):
    """What is asked on top of a published price, or off it with a minus, in pounds a year; to pence."""

    WORDS = "Enter the difference in pounds a year, like 1,200, or -1,200 to take it off"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:
        text = str(value).strip().replace("−", "-")
        amount: int = super()._deserialize(text.removeprefix("-").removeprefix("+").strip(), attr, data, **options)
        return -amount if text.startswith("-") else amount


class ReasonsField(fields.Field[dict[RefusalCode, str]]):
    """The words beside each code, where there are any."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        errors = {code: [f"Use at most {LONGEST:,} characters."] for code in value if len(value[code]) > LONGEST}
        if errors:
            raise ValidationError(errors)
        return {code: value[code] for code in RefusalCode if code in value}


class ReplySchema(VersionSchema):
    """A reply. The boxes of a refusal are named reasons-staffing and so on; in a box left empty no reason is given."""

    reply = choice(REPLIES, "Say whether you can meet the need.", required=True)
    provision_id = PricedField(error_messages=missing(PROVISION), load_default=None)
    starts_on = DayField(load_default=None)
    variation = VariationField(load_default=0)
    variation_reason = words("Say why.", LONGEST_REASON, load_default=None)
    note = words("Say it in a note.", LONGEST, load_default=None)
    is_held = fields.Boolean(load_default=False)
    reasons = ReasonsField(load_default=dict)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Keep what belongs to the reply that is chosen, and put the boxes of reasons together."""
        reply = data.get("reply")
        kept = {name: data[name] for name in ("version", "reply") if name in data}
        if reply == "offer":
            return kept | {name: data[name] for name in OFFER if name in data}
        codes = [RefusalCode.FULL] if reply == "full" else [code for code in RefusalCode if code != RefusalCode.FULL]
        boxes = {code: str(data.get(f"{BOX}{code}") or "").strip().replace("\x00", "") for code in codes}
        return kept | {"reasons": {code: text for code, text in boxes.items() if text or reply == "full"}}

    @validates_schema(skip_on_field_errors=False)
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        """An offer has a provision and a first day, and a reason for any variation; a refusal has a reason."""
        errors = {}
        if data.get("reply") == "offer":
            if data.get("provision_id", "wrong") is None:
                errors["provision_id"] = [PROVISION]
            if data.get("starts_on", "wrong") is None:
                errors["starts_on"] = ["Enter the day from which the pupil can start."]
            if data.get("variation") and not data.get("variation_reason"):
                errors["variation_reason"] = ["Say why another amount than the published price is asked for."]
            if data.get("variation") == 0 and data.get("variation_reason"):
                errors["variation"] = ["Enter the amount that the reason is for, or clear the reason."]
        if data.get("reply") == "refuse" and data.get("reasons") == {}:
            errors["reasons"] = ["Give at least one reason, in the box beside it."]
        if errors:
            raise ValidationError(errors)

    @post_load
    def group(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """As the use cases take it: `offer` for an offer, `reasons` for anything else."""
        given = {"version": data["version"], "reply": data["reply"]}
        if data["reply"] != "offer":
            return {**given, "reasons": data["reasons"]}
        provision_id, band = data["provision_id"]
        offer = {name: data[name] for name in OFFER if name != "provision_id"}
        return {**given, "offer": {**offer, "provision_id": provision_id, "band": band}}

"""Uplifts as people type them: a request with its placements row by row, the steps of a negotiation, an LA's answer.

It must never ask the database anything, nor decide whose turn it is.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.models import Band
from marketplace.schemas.base import DayField, FormSchema, VersionSchema, choice, missing
from marketplace.schemas.schedules import PercentField
from marketplace.schemas.vacancies import KeyedField

MOST_PLACEMENTS = 999
HOW_MANY = f"Enter how many placements, from 1 to {MOST_PLACEMENTS}."
LONGEST = 4000
NOBODY = "Say which local authorities have placements here, and how many."
BASES = {"percent": "A percentage on every published price", "schedule": "The prices of the draft"}
YES_NO = {"yes": "Yes", "no": "No"}


def words(what: str, most: int = LONGEST, **options: Any) -> fields.String:
    """A text that people write, with what to do when it is missing."""
    error = f"Use at most {most:,} characters."
    return fields.String(validate=validate.Length(max=most, error=error), error_messages=missing(what), **options)


class ShareField(fields.Field[Decimal]):
    """A share of costs as people type it: "75", "12.5%"; nothing is 0."""

    PATTERN = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*%?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value))
        if not matched or Decimal(matched[1]) > 100:
            raise ValidationError("Enter a share from 0 to 100, like 75 or 12.5.")
        return Decimal(matched[1])


class CountSchema(FormSchema):
    """One row of placements: an LA, a provision and band ("12-intensive"), how many."""

    PRICED = re.compile(rf"([0-9]{{1,18}})-({'|'.join(Band)})")

    authority_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1, error="Choose the local authority."),
        error_messages={"invalid": "Choose the local authority.", **missing("Choose the local authority.")},
    )
    priced = fields.String(
        required=True,
        validate=validate.Regexp(PRICED, error="Choose the provision and band."),
        error_messages=missing("Choose the provision and band."),
    )
    stated = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_PLACEMENTS, error=HOW_MANY),
        error_messages={"invalid": HOW_MANY, **missing(HOW_MANY)},
    )

    @post_load
    def part(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The provision and the band apart."""
        provision_id, _, band = row["priced"].partition("-")
        return {
            "authority_id": row["authority_id"],
            "provision_id": int(provision_id),
            "band": Band(band),
            "stated": row["stated"],
        }


class UpliftSchema(FormSchema):
    """A request. Its rows of placements are boxes named counts-0-authority_id and so on; a blank row is none."""

    BOX = re.compile(r"counts-([0-9]{1,4})-(authority_id|priced|stated)")

    basis = choice(BASES, "Say whether you ask for a percentage or for new prices.", required=True)
    percent = PercentField(load_default=None)
    starts_on = DayField(required=True, error_messages=missing("Enter the day from which the prices would hold."))
    staff = ShareField(load_default=Decimal(0))
    premises = ShareField(load_default=Decimal(0))
    other = ShareField(load_default=Decimal(0))
    reasons = words("Say why the prices should change.", required=True)
    counts = KeyedField(CountSchema, required=True)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Put the boxes of a row together, and leave out the rows in which nothing is typed."""
        rows: dict[str, dict[str, str]] = {}
        for name, text in data.items():
            if box := self.BOX.fullmatch(name):
                rows.setdefault(box[1], {})[box[2]] = str(text)
        return {**data, "counts": {key: row for key, row in rows.items() if any(map(str.strip, row.values()))}}

    @validates_schema(skip_on_field_errors=False)
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """A percentage where one is asked for; shares that are the whole of the costs."""
        errors: dict[str, list[str]] = {}
        if data.get("basis") == "percent" and "percent" in data and not data["percent"]:
            errors["percent"] = ["Enter the percentage that you ask for, like 4.5."]
        shares = [data[name] for name in ("staff", "premises", "other") if name in data]
        if len(shares) == 3 and sum(shares) != 100:
            errors["staff"] = [f"The three shares come to {sum(shares).normalize():f}%. Make them come to 100%."]
        if data.get("counts") == {}:
            errors["counts"] = [NOBODY]
        if errors:
            raise ValidationError(errors)

    @post_load
    def group(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """As the use case takes it."""
        shares = {name: data.pop(name) for name in ("staff", "premises", "other")}
        is_of_percent = data.pop("basis") == "percent"
        return {**data, "percent": data["percent"] if is_of_percent else None, "shares": shares}


class UpliftDraftSchema(UpliftSchema, VersionSchema):
    """A draft that is there, with the save that its page was opened on."""


class ReplySchema(VersionSchema):
    """The answer to a proposal: agree, or propose another percentage with reasons."""

    reply = choice(
        {"agree": "Agree", "counter": "Propose"}, "Say whether you agree or propose another percentage.", required=True
    )
    percent = PercentField(load_default=None)
    reasons = words("Say why.", load_default=None)

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        """Another proposal has a percentage and reasons."""
        if data["reply"] != "counter":
            return
        errors = {}
        if data["percent"] is None:
            errors["percent"] = ["Enter the percentage that you propose, like 3.5, or 0 for no change."]
        if data["reasons"] is None:
            errors["reasons"] = ["Say why: the other side reads it."]
        if errors:
            raise ValidationError(errors)


class WithdrawSchema(VersionSchema):
    """Why a request is withdrawn."""

    reasons = words("Say why: the authorities read it.", required=True)


class HandOverSchema(VersionSchema):
    """Whether the link LA hands over to the LA that offers."""

    is_handed_over = choice(YES_NO, "Say whether your authority hands over.", required=True)

    @post_load
    def decide(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Yes or no."""
        return {**data, "is_handed_over": data["is_handed_over"] == "yes"}


class PlacementsField(fields.Field[dict[str, int]]):
    """An LA's own placements by provision and band; 0 where it has none."""

    ERROR = f"Enter how many placements you have, from 0 to {MOST_PLACEMENTS}."

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, int]:  # noqa: ARG002
        errors = {key: [self.ERROR] for key, text in value.items() if not re.fullmatch(r"[0-9]{1,3}", text.strip())}
        if errors:
            raise ValidationError(errors)
        return {key: int(text) for key, text in value.items()}


class AnswerSchema(FormSchema):
    """An LA's answer: yes or no, why, and its own count of each row of placements."""

    BOX = re.compile(r"counts-([0-9]{1,18}-[a-z]+)")

    is_accepted = choice(YES_NO, "Say whether your authority accepts.", required=True)
    reason = words("Give the reason: it stands in the letter.", 2000, required=True)
    counts = PlacementsField(required=True)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Put the counts together."""
        boxes = {box[1]: str(text) for name, text in data.items() if (box := self.BOX.fullmatch(name))}
        return {**data, "counts": boxes}

    @post_load
    def decide(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Yes or no."""
        return {**data, "is_accepted": data["is_accepted"] == "yes"}

"""What starts a calibration, a shadow run and a corridor, each on a placement set."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from marketplace.models.price_runs import MOST_LIMIT, MOST_STEP
from marketplace.schemas.base import DayField, FormSchema, missing

NAME = "Enter a name of at most 120 characters."
VERSION = "Enter a version of at most 40 characters, like 1."
STEP = f"Enter whole pounds from 0 to {MOST_STEP:,}, like 1,000."
LIMIT = f"Enter a percentage above 0, at most {MOST_LIMIT // 100}, like 5 or 7.5."


class StepField(fields.Field[int]):
    """Whole pounds as people type them, "£1,000", to whole pounds."""

    PATTERN = re.compile(r"£?\s*([0-9]{1,7}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.00)?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value))
        step = int(matched[1].replace(",", "")) if matched else MOST_STEP + 1
        if step > MOST_STEP:
            raise ValidationError(STEP)
        return step


class LimitField(fields.Field[int]):
    """A percentage as people type it, "5", "7.5%", to hundredths of a per cent."""

    PATTERN = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*%?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value))
        limit = int(100 * Decimal(matched[1])) if matched else 0
        if not 1 <= limit <= MOST_LIMIT:
            raise ValidationError(LIMIT)
        return limit


def row(words: str, **options: Any) -> Any:
    """The id of a row, as a pick list sends it."""
    messages = {**missing(words), "invalid": words}
    return fields.Integer(validate=validate.Range(1, 2**63 - 1, error=words), error_messages=messages, **options)


class OnSetSchema(FormSchema):
    """The set alone, which is all that a corridor asks."""

    placement_set_id = row("Choose the placements.", required=True)


class ChosenSetSchema(FormSchema):
    """What a link to one of these forms has chosen already."""

    placement_set_id = row("Choose the placements.", load_default=None)
    tariff_id = row("Choose the tariff.", load_default=None)


class CalibrationSchema(OnSetSchema):
    """The tariff's name and first day, and how it is fitted. `multipliers_of`: None = the demonstration tariff's."""

    name = fields.String(required=True, validate=validate.Length(max=120, error=NAME), error_messages=missing(NAME))
    valid_from = DayField(required=True, error_messages=missing("Enter the first day, like 1 April 2027."))
    step = StepField(required=True, error_messages=missing(STEP))
    is_neutral = fields.Boolean(load_default=False)
    fits_multipliers = fields.Boolean(load_default=False)
    multipliers_of = row("Choose from the list.", load_default=None)


class DraftSchema(FormSchema):
    """The version under which a calibrated tariff becomes a draft."""

    version = fields.String(
        required=True, validate=validate.Length(max=40, error=VERSION), error_messages=missing(VERSION)
    )


class ShadowRunSchema(OnSetSchema):
    """The tariff, and how far a price moves in a year."""

    tariff_id = row("Choose the tariff.", required=True)
    limit = LimitField(required=True, error_messages=missing(LIMIT))

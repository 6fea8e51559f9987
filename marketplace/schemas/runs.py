"""What starts a matching run, and which of its recommendations to list."""

from datetime import date

from marshmallow import Schema, fields, validate

from marketplace import vocabulary
from marketplace.models.matching import MOST_SECONDS
from marketplace.schemas.base import CodesField, DayField, FormSchema, missing
from marketplace.schemas.policy import PolicySchema

DAY = "Enter the day, like 1 September 2027."
SECONDS = f"Enter the time limit in whole seconds, from 1 to {MOST_SECONDS:,}."


class _Seconds(Schema):
    seconds = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_SECONDS, error=SECONDS),
        error_messages={**missing(SECONDS), "invalid": SECONDS},
    )


class FileRunSchema(_Seconds, FormSchema):
    """The time allowed to solve files that are sent beside it; their policy is theirs."""


class RunSchema(_Seconds, PolicySchema):
    """The day whose vacancies and prices are taken, the time allowed to solve, and the numbers of the policy."""

    on = DayField(
        required=True,
        validate=validate.Range(date(2000, 1, 1), date(2099, 12, 31), error="Enter a day in this century."),
        error_messages=missing(DAY),
    )


class RecommendationsSchema(FormSchema):
    """What the list of recommendations is narrowed to, and turned to."""

    la = fields.List(fields.String(validate=validate.Regexp("^[0-9]{3}$")), load_default=list)
    kind = CodesField(vocabulary.KINDS, "Choose kinds from the list.", load_default=list)
    reason = CodesField(vocabulary.UNPLACED, "Choose reasons from the list.", load_default=list)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))

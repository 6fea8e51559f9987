"""What a placement set is called, the period that its prices are of, and what they are. Its file is read elsewhere."""

from marshmallow import fields, validate

from marketplace.models import PriceBasis
from marketplace.schemas.base import DayField, FormSchema, member, missing

NAME = "Enter a name of at most 120 characters."
BASIS = "Say whether the prices are like for like or as contracted."


class PlacementSetSchema(FormSchema):
    """The answers beside the file."""

    name = fields.String(required=True, validate=validate.Length(max=120, error=NAME), error_messages=missing(NAME))
    starts_on = DayField(required=True, error_messages=missing("Enter the first day, like 1 April 2026."))
    ends_on = DayField(required=True, error_messages=missing("Enter the last day, like 31 March 2027."))
    basis = member(PriceBasis, BASIS, required=True)

"""What somebody types of a token of the API."""

from marshmallow import fields, validate

from marketplace.models import Scope
from marketplace.models.api_tokens import LONGEST_LIFE
from marketplace.schemas.base import FormSchema, missing

DAYS = f"Enter a number of days from 1 to {LONGEST_LIFE}."
SCOPES = "Choose at least one thing that the token is for."


class TokenSchema(FormSchema):
    """What a token is called, what it is for, and for how many days."""

    name = fields.String(
        required=True,
        error_messages=missing("Enter what the token is for, like the name of the system that uses it."),
        validate=validate.Length(max=80, error="Use 80 characters or fewer."),
    )
    scopes = fields.List(
        fields.Enum(Scope, by_value=True, error_messages={"unknown": SCOPES}),
        required=True,
        validate=validate.Length(min=1, error=SCOPES),
        error_messages=missing(SCOPES),
    )
    days = fields.Integer(
        required=True,
        validate=validate.Range(1, LONGEST_LIFE, error=DAYS),
        error_messages={**missing(DAYS), "invalid": DAYS},
    )

"""The life of a tariff or a framework, as its pages send it."""

from marshmallow import fields

from marketplace.schemas.base import DayField, VersionSchema, missing


class ConsultationSchema(VersionSchema):
    """Until when providers may comment."""

    closes_on = DayField(required=True, error_messages=missing("Enter the last day on which providers may comment."))


class DraftTextSchema(VersionSchema):
    """A draft as the text of its file."""

    text = fields.String(required=True, error_messages=missing("Enter the text of the file."))

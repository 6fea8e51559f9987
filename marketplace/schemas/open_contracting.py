"""Which financial year's awards are asked for."""

from marshmallow import fields, validate

from marketplace.schemas.base import FormSchema


class PublishedYearSchema(FormSchema):
    """The year in which the financial year begins; None = the last that has ended."""

    year = fields.Integer(load_default=None, validate=validate.Range(2000, 2200))

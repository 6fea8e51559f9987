"""Which year's SEN2 return is asked for."""

from marshmallow import fields, validate

from marketplace.schemas.base import FormSchema


class SEN2QuerySchema(FormSchema):
    """A calendar year; None = the last whole one."""

    year = fields.Integer(load_default=None, validate=validate.Range(2020, 2100))

"""Which collection of the SEN2 census is asked for."""

from marshmallow import fields, validate

from marketplace.schemas.base import FormSchema


class CollectionYearSchema(FormSchema):
    """The year of the census day; None = the collection that is open, or comes next."""

    year = fields.Integer(load_default=None, validate=validate.Range(2020, 2200))

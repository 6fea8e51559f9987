"""Which financial year and page of the ledger are asked for."""

from marshmallow import fields, validate

from marketplace.schemas.base import FormSchema


class LedgerQuerySchema(FormSchema):
    """An account: the year in which the financial year begins; None = the present one."""

    year = fields.Integer(load_default=None, validate=validate.Range(2000, 2200))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))

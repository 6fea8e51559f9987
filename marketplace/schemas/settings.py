"""How a list of settings is narrowed, sorted and paged, as its address says."""

from marshmallow import fields, validate

from marketplace import vocabulary
from marketplace.schemas.base import CodesField, FormSchema, choice

SORTS = {"name": "Setting", "type": "Type", "authority": "Local authority"}
ORDERS = {"ascending": "Rising", "descending": "Falling"}


class SettingsQuerySchema(FormSchema):
    """What to look for; nothing is required."""

    q = fields.String(load_default=None, validate=validate.Length(max=200, error="Use a shorter name to search for."))
    type = CodesField(vocabulary.SETTING_TYPES, "Choose types of setting from the list.", load_default=list)
    kind = CodesField(vocabulary.KINDS, "Choose kinds of provision from the list.", load_default=list)
    need = choice(vocabulary.PRIMARY_NEEDS, "Choose a need from the list.", load_default=None)
    authority = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 2**63 - 1, error="Choose a local authority from the list."),
        error_messages={"invalid": "Choose a local authority from the list."},
    )
    closed = fields.Boolean(load_default=False)
    sort = choice(SORTS, "Sort by name, type or local authority.", load_default="name")
    order = choice(ORDERS, "Sort ascending or descending.", load_default="ascending")
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 10_000, error="Choose a page from the list."),
        error_messages={"invalid": "Choose a page from the list."},
    )

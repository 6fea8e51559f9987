"""Which prices are compared, how they are grouped and in what order, as the address says it."""

from marshmallow import fields, validate

from marketplace import vocabulary
from marketplace.schemas.base import CodesField, FormSchema, choice

VIEWS = {"chart": "Chart", "table": "Table"}
SORTS = {"label": "Name", "settings": "Settings", "median": "Median", "variance": "Variance"}
ORDERS = {"ascending": "Rising", "descending": "Falling"}


class PageSchema(FormSchema):
    """Which page of a list."""

    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 10_000, error="Choose a page from the list."),
        error_messages={"invalid": "Choose a page from the list."},
    )


class BenchmarksSchema(PageSchema):
    """A question to the survey of prices; nothing is required, and what is left out narrows nothing."""

    band = CodesField(vocabulary.BANDS, "Choose bands from the list.", load_default=list)
    pattern = CodesField(vocabulary.PATTERNS, "Choose patterns from the list.", load_default=list)
    type = CodesField(vocabulary.SETTING_TYPES, "Choose types of setting from the list.", load_default=list)
    need = choice(vocabulary.PRIMARY_NEEDS, "Choose a need from the list.", load_default=None)
    region = fields.List(
        fields.Integer(
            validate=validate.Range(1, 2**63 - 1, error="Choose regions from the list."),
            error_messages={"invalid": "Choose regions from the list."},
        ),
        load_default=list,
    )
    by = choice(vocabulary.GROUPS, "Group by one of the list.", load_default="la")
    view = choice(VIEWS, "Look at the chart or the table.", load_default="chart")
    sort = choice(SORTS, "Sort by name, settings, median or variance.", load_default="median")
    order = choice(ORDERS, "Sort ascending or descending.", load_default="descending")

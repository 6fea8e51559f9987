"""Budgets as people type them into one grid: a box for each authority, blank = no limit."""

from marshmallow import fields

from marketplace.schemas.base import FormSchema, PoundsField, missing
from marketplace.schemas.vacancies import PAGE, KeyedField


class BudgetSchema(FormSchema):
    """One authority: its budget in pence, None = no limit, and the version that the person saw, None = no budget."""

    amount = PoundsField(load_default=None)
    version = fields.Integer(load_default=None, error_messages={"invalid": PAGE})


class BudgetChangeSchema(FormSchema):
    """One authority's budget as a system sets it. Null must be said: no limit is nothing to come by in passing."""

    amount = PoundsField(
        required=True, allow_none=True, error_messages={"required": "Enter an amount, or null for no limit."}
    )


class BudgetsSchema(FormSchema):
    """The whole page: {"budgets": {authority id: row}}."""

    budgets = KeyedField(BudgetSchema, required=True, error_messages=missing(PAGE))

"""What is typed of a school's register of additional needs: a number for each primary need, in two columns."""

from marshmallow import fields, validate

from marketplace.models import Term
from marketplace.schemas.base import FormSchema, member, missing
from marketplace.vocabulary import PRIMARY_NEEDS

MOST = 5000
COUNT = f"Enter a number of pupils up to {MOST:,}, or leave it empty for none."


def _count() -> fields.Integer:
    return fields.Integer(validate=validate.Range(0, MOST, error=COUNT), error_messages={"invalid": COUNT})


class ColumnSchema(FormSchema):
    """The counts of a column, by primary need; what is left empty is none."""

    class Meta(FormSchema.Meta):
        include = {need: _count() for need in PRIMARY_NEEDS}  # noqa: RUF012 - marshmallow's own form


class RegisterSchema(FormSchema):
    """Both columns, and the version that was seen: 0 where nothing was entered yet."""

    version = fields.Integer(
        required=True, validate=validate.Range(0, 2**31 - 1), error_messages=missing("Open again.")
    )
    support = fields.Nested(ColumnSchema, load_default=dict)
    plans = fields.Nested(ColumnSchema, load_default=dict)


class RegisterQuerySchema(FormSchema):
    """Of which school year and term; none = this one."""

    year = fields.Integer(load_default=None, validate=validate.Range(2020, 2100))
    term = member(Term, "Choose a term.", load_default=None)

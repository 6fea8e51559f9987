"""Vacancies as people type them into the one grid of all their pools.

Numbers are whole or have one decimal: a tenth of a place is one session a week of a shared one. That hours go by
halves, and that rows do not overlap, the use case knows.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace import vocabulary
from marketplace.schemas.base import DayField, FormSchema, VersionSchema, choice, missing

AMOUNT = "Enter how many, like 2 or 0.5, with one decimal place at most; 0 removes the row."
MOST_ROWS = 500  # of one pool
PAGE = "Open the page again, then repeat what you did."


class AmountField(fields.Field[Decimal]):
    """Places or hours a week: 0 to 99,999.9 in tenths."""

    PATTERN = re.compile(r"[0-9]{0,5}(?:\.[0-9]0*)?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        text = str(value).replace(",", "")
        if not text or not self.PATTERN.fullmatch(text):
            raise ValidationError(AMOUNT)
        return Decimal(text)


class KeyedField(fields.Field[dict[int, Any]]):
    """Several of one thing, by whole number: an id, or the number of a row. Errors keep the numbers as typed."""

    def __init__(self, inner: type[FormSchema], **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[int, Any]:  # noqa: ARG002
        if not isinstance(value, Mapping) or not all(map(_is_numbered, value.items())):
            raise ValidationError(PAGE)
        loaded, errors = {}, {}
        for key in sorted(value, key=int):
            try:
                loaded[int(key)] = self.inner().load(value[key])
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


def _is_numbered(item: tuple[Any, Any]) -> bool:
    return re.fullmatch(r"[0-9]{1,18}", str(item[0])) is not None and isinstance(item[1], Mapping)


class VacancySchema(FormSchema):
    """One row: "2 places open to year 7 to 9 from 1 September 2027". One year when the second is left out; no date
    means from now on."""

    low_year = choice(vocabulary.YEAR_GROUPS, "Choose the first year group.", required=True)
    high_year = choice(vocabulary.YEAR_GROUPS, "Choose the last year group.", load_default=None)
    starts_on = DayField(
        load_default=None,
        validate=validate.Range(date(2000, 1, 1), date(2099, 12, 31), error="Enter a date in this century."),
    )
    amount = AmountField(required=True, error_messages=missing(AMOUNT))

    @post_load
    def fill(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """One year group where no last one is given."""
        return {**row, "high_year": row["low_year"] if row["high_year"] is None else row["high_year"]}

    @validates_schema
    def ordered(self, row: dict[str, Any], **_: Any) -> None:
        """From the lower to the higher year group."""
        if row.get("high_year") is not None and row["high_year"] < row["low_year"]:
            raise ValidationError("The last year group is below the first. Swap them.", "high_year")


class StatedPoolSchema(VersionSchema):
    """The rows of one pool, and the version of the pool that the person saw."""

    rows = KeyedField(VacancySchema, load_default=dict)

    @pre_load
    def drop_blank(self, pool: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """A row in which nothing is typed is no row."""
        rows = pool.get("rows")
        if not isinstance(rows, Mapping):
            return dict(pool)
        return {**pool, "rows": {key: row for key, row in rows.items() if not _is_blank(row)}}


def _is_blank(row: Any) -> bool:
    return isinstance(row, Mapping) and not any(str(value).strip() for value in row.values())


class PoolVacanciesSchema(FormSchema):
    """All rows of one pool, as a system states them; none = nothing is vacant."""

    rows = fields.List(
        fields.Nested(VacancySchema),
        required=True,
        validate=validate.Length(max=MOST_ROWS, error=f"Send {MOST_ROWS} rows at most."),
        error_messages=missing("Send the rows; an empty list where nothing is vacant."),
    )


class VacanciesSchema(FormSchema):
    """The whole page: {"pools": {id: {"version": …, "rows": {number: row}}}}."""

    pools = KeyedField(
        StatedPoolSchema, required=True, error_messages=missing("There is nothing to confirm. Add a provision first.")
    )

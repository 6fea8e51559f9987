"""Rows of the public files that reference data come from: the register of schools (GIAS) and postcode districts.

The columns are those of the files as published. What a file leaves blank stays not stated. It must never guess.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from marketplace import vocabulary
from marketplace.models import Sex
from marketplace.schemas.base import FormSchema, missing
from marketplace.schemas.gias import NEEDS, NOT_STATED, RESOURCED_COLUMN, SEXES, STATUSES, folded

NEED_COLUMNS = tuple(f"SEN{number} (name)" for number in range(1, 14))
GIAS_REQUIRED = (
    "URN", "LA (code)", "LA (name)", "EstablishmentName", "TypeOfEstablishment (name)", "EstablishmentStatus (name)",
    "StatutoryLowAge", "StatutoryHighAge", "Boarders (name)", "Gender (name)", "SchoolCapacity", "NumberOfPupils",
    "Section41Approved (name)", *NEED_COLUMNS, "Postcode", "Easting", "Northing", "GOR (name)",
)  # fmt: skip
GIAS_OPTIONAL = (
    RESOURCED_COLUMN, "ResourcedProvisionCapacity", "ResourcedProvisionOnRoll", "SenUnitCapacity", "SenUnitOnRoll",
)  # fmt: skip
HOME_AREA_COLUMNS = ("postcode", "eastings", "northings", "town")

LA_CODE = re.compile(r"[0-9]{3}\Z")
LONGEST_NAME = 200
EASTINGS, NORTHINGS = (80_000, 660_000), (5_000, 660_000)  # the national grid over England, in metres


class WordField(fields.Field[Any]):
    """One of the words of a table, as GIAS writes it."""

    def __init__(self, table: Mapping[str, Any], words: str, **options: Any) -> None:
        super().__init__(error_messages=missing(words), **options)
        self.table, self.words = table, words

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        if folded(value) not in self.table:
            raise ValidationError(self.words)
        return self.table[folded(value)]


class NeedTypeField(fields.Field[str | None]):
    """A primary need as "ASD - Autistic Spectrum Disorder"; only the code is read."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str | None:  # noqa: ARG002
        if folded(value) in NOT_STATED:
            return None
        code = NEEDS.get(value.partition(" - ")[0].strip().casefold())
        if code is None:
            codes = ", ".join(vocabulary.PRIMARY_NEEDS)
            raise ValidationError(f'Begin with the code of a primary need, like "ASD - ": one of {codes}.')
        return code


def _whole(column: str, low: int, high: int, words: str, **options: Any) -> fields.Integer:
    return fields.Integer(
        data_key=column,
        validate=validate.Range(low, high, error=words),
        error_messages={"invalid": words, "too_large": words, **missing(words)},
        **options,
    )


def _words(column: str, longest: int, words: str, **options: Any) -> fields.String:
    return fields.String(
        data_key=column, validate=validate.Length(1, longest, error=words), error_messages=missing(words), **options
    )


def _grid(column: str, limits: tuple[int, int]) -> fields.Integer:
    words = f"Write whole metres on the national grid in England, from {limits[0]:,} to {limits[1]:,}, without a comma."
    return _whole(column, *limits, words, required=True)


def _count(column: str) -> fields.Integer:
    return _whole(column, 0, 20_000, "Write a whole number from 0 to 20000, or leave it blank.", load_default=None)


def _age(column: str) -> fields.Integer:
    return _whole(column, 0, 99, "Write an age in whole years, or leave it blank.", load_default=None)


_CODE = "Write the DfE code of the local authority: three digits."
_DISTRICT = "Write a postcode district, like QX4."
_POSTCODE = "Write a postcode, like QX4 7AB, or leave it blank."


class GiasRowSchema(FormSchema):
    """One establishment that is a setting. Loads as the columns of the table of settings, with `authority_code`."""

    class Meta(FormSchema.Meta):
        include = {  # noqa: RUF012 - marshmallow's own form
            f"need_{place}": NeedTypeField(data_key=column, load_default=None)
            for place, column in enumerate(NEED_COLUMNS)
        }

    urn = _whole("URN", 100_000, 999_999, "Write the unique reference number: six digits.", required=True)
    authority_code = fields.String(
        data_key="LA (code)",
        required=True,
        validate=validate.Regexp(LA_CODE, error=_CODE),
        error_messages=missing(_CODE),
    )
    name = _words("EstablishmentName", LONGEST_NAME, "Write the name, in up to 200 characters.", required=True)
    status = WordField(
        STATUSES,
        'Write "Open", "Open, but proposed to close", "Proposed to open" or "Closed".',
        data_key="EstablishmentStatus (name)",
        required=True,
    )
    low_age = _age("StatutoryLowAge")
    high_age = _age("StatutoryHighAge")
    boarders = _words("Boarders (name)", 80, "Use up to 80 characters.", load_default=None)
    sex = WordField(
        SEXES, 'Write "Mixed", "Boys", "Girls" or "Not applicable".', data_key="Gender (name)", load_default=Sex.MIXED
    )
    capacity = _count("SchoolCapacity")
    pupils = _count("NumberOfPupils")
    postcode = fields.String(
        data_key="Postcode",
        load_default=None,
        validate=validate.Regexp(r"(?i)[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\Z", error=_POSTCODE),
    )
    easting = _grid("Easting", EASTINGS)
    northing = _grid("Northing", NORTHINGS)
    resourced_capacity = _count("ResourcedProvisionCapacity")
    resourced_pupils = _count("ResourcedProvisionOnRoll")
    unit_capacity = _count("SenUnitCapacity")
    unit_pupils = _count("SenUnitOnRoll")

    @validates_schema
    def aged(self, row: dict[str, Any], **_: Any) -> None:
        """The lowest age is not above the highest."""
        low, high = row.get("low_age"), row.get("high_age")
        if low is not None and high is not None and low > high:
            raise ValidationError(f"It is above the highest age, {high}. Put the two right.", "StatutoryLowAge")

    @post_load
    def settle(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put the needs into one list, None when none is stated, and words for "not stated" into None."""
        stated = {row.pop(f"need_{place}") for place in range(len(NEED_COLUMNS))}
        row["needs"] = [code for code in vocabulary.PRIMARY_NEEDS if code in stated] or None
        if row["boarders"] is not None and folded(row["boarders"]) in NOT_STATED:
            row["boarders"] = None
        if row["postcode"] is not None:
            row["postcode"] = row["postcode"].upper()
        return row


def of_resourced_provision(row: dict[str, Any], *, is_resourced: bool) -> dict[str, Any]:
    """Take the counts of the provision for those of the school: what a mainstream school holds in all says nothing of
    its resourced places, so without figures of their own these are not stated."""
    capacity = _sum(row.pop(name) for name in ("resourced_capacity", "unit_capacity"))
    pupils = _sum(row.pop(name) for name in ("resourced_pupils", "unit_pupils"))
    return {**row, "capacity": capacity, "pupils": pupils} if is_resourced else row


def _sum(counts: Iterable[int | None]) -> int | None:
    stated = [count for count in counts if count is not None]
    return sum(stated) if stated else None


class HomeAreaRowSchema(FormSchema):
    """One postcode district and its centre; where no post town is named, the district is its own name."""

    code = fields.String(
        data_key="postcode",
        required=True,
        validate=validate.Regexp(r"[A-Z]{1,2}[0-9][A-Z0-9]?\Z", error=_DISTRICT),
        error_messages=missing(_DISTRICT),
    )
    easting = _grid("eastings", EASTINGS)
    northing = _grid("northings", NORTHINGS)
    name = _words("town", 120, "Write the post town in up to 120 characters, or leave it blank.", load_default=None)

    @post_load
    def call(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Give a district without a post town its code for a name."""
        return {**row, "name": row["name"] or row["code"]}

"""What all schemas share: stray spaces go, unknown fields are dropped, messages are in plain words."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate


class FormSchema(Schema):
    """Base of all schemas. An empty text counts as not given; a field that is not declared is never read."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Strip texts and drop empty ones, so that "required" means what a person would mean by it."""
        tidied: dict[str, Any] = {}
        for name, value in data.items():
            kept = value.strip().replace("\x00", "") if isinstance(value, str) else value
            if kept not in ("", None):
                tidied[name] = kept
        return tidied


def missing(words: str) -> dict[str, Any]:
    """`error_messages` for a required field: what to do, not what is null."""
    return {"required": words, "null": words}


class PoundsField(fields.Field[int]):
    """Money as people type it ("£1,200.50", "1200") to whole pence. "1.2k" is refused: it is not a figure to pay."""

    PATTERN = re.compile(r"£?\s*([0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9})(?:\.([0-9]{2}))?")
    SHORTENED = re.compile(r"£?\s*[0-9][0-9.,]*\s*(k|m|thousand|million)", re.IGNORECASE)
    WORDS = "Enter an amount in pounds, like 48,000 or 1,200.50"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value).strip())
        if self.SHORTENED.fullmatch(str(value).strip()):
            raise ValidationError(f"{self.WORDS}, with all its digits: nobody should have to guess what was rounded.")
        if not matched:
            raise ValidationError(f"{self.WORDS}.")
        return int(matched[1].replace(",", "")) * 100 + int(matched[2] or 0)


class DayField(fields.Field[date]):
    """A date as people type it: "1 September 2027", "1/9/2027", or 2027-09-01."""

    MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> date:  # noqa: ARG002
        parts = re.split(r"[\s/.\-]+", str(value).strip().lower())
        try:
            if len(parts) != 3:
                raise ValueError
            year_first = len(parts[0]) == 4
            year, day = (parts[0], parts[2]) if year_first else (parts[2], parts[0])
            month = self.MONTHS.index(parts[1][:3]) + 1 if parts[1].isalpha() else int(parts[1])
            if len(year) != 4:
                raise ValueError
            return date(int(year), month, int(day))
        except (ValueError, OverflowError):  # OverflowError comes from a day of ten digits
            raise ValidationError("Enter a real date, like 1 September 2027.") from None


class CodesField(fields.List[str]):
    """Some of the codes, read into their one order, each once. An empty list is no answer where one is required."""

    def __init__(self, codes: Mapping[str, str], words: str, **options: Any) -> None:
        super().__init__(fields.String(), error_messages={"invalid": words, **missing(words)}, **options)
        self.codes, self.words = codes, words

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> list[str | None]:
        given = super()._deserialize(value, *arguments, **options)
        if not self.codes.keys() >= set(given) or (self.required and not given):
            raise ValidationError(self.words)
        return [code for code in self.codes if code in given]


def choice(codes: Mapping[Any, str], words: str, **options: Any) -> Any:
    """A field that takes one of the codes (all whole numbers, or all texts); `words` answer anything else."""
    field = fields.Integer if isinstance(next(iter(codes)), int) else fields.String
    return field(
        validate=validate.OneOf(list(codes), error=words),
        error_messages={"invalid": words, **missing(words)},
        **options,
    )


def member(enumeration: type[StrEnum], words: str, **options: Any) -> Any:
    """A field that takes the value of one member; `words` answer anything else."""
    return fields.Enum(enumeration, by_value=True, error_messages={"unknown": words, **missing(words)}, **options)


class VersionSchema(FormSchema):
    """The version of an object that a page was opened at, which the page carries back."""

    version = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**31 - 1, error="Open the page again, then send."),
        error_messages={**missing("Open the page again, then send."), "invalid": "Open the page again, then send."},
    )

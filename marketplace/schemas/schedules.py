"""Prices as people type them: one schema for a line, wherever it stands, and one for the grid of a draft.

The grid sends a line as three boxes, `lines-<key>-amount`, `-hours_a_week` and `-weeks`, the key as models.line_key
writes it. It must never ask the database anything, nor take a box left empty for a zero.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.models import Band, Discipline, Part
from marketplace.schemas.base import DayField, FormSchema, PoundsField, VersionSchema, member, missing
from pricing.schedule import HOURS_IN_A_WEEK, STAFF, WEEKS_IN_A_YEAR
from pricing.table import HIGHEST_POUNDS

NO_AMOUNT = "Enter the amount that goes with these hours or weeks (0 if nothing is charged), or clear them."
LOWEST_RAISE, HIGHEST_RAISE = Decimal(-50), Decimal(100)  # per cent; beyond this it is a slip of the keyboard


class HoursField(fields.Field[Decimal]):
    """Hours a week as people type them: "1.5", "2 hours"; hundredths at most, no more than a week has; 0 is none."""

    PATTERN = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*(?:h|hrs?|hours?)?", re.IGNORECASE)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value))
        if not matched or Decimal(matched[1]) > HOURS_IN_A_WEEK:
            raise ValidationError(f"Enter hours a week, like 1.5, at most {HOURS_IN_A_WEEK}, or 0 for none.")
        return Decimal(matched[1])


class WeeksField(fields.Field[int]):
    """Weeks a year as people type them: "38", "38 weeks"."""

    PATTERN = re.compile(r"([0-9]{1,2})\s*(?:w|wks?|weeks?)?", re.IGNORECASE)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value))
        if not matched or not 1 <= int(matched[1]) <= WEEKS_IN_A_YEAR:
            raise ValidationError(f"Enter weeks a year, from 1 to {WEEKS_IN_A_YEAR}.")
        return int(matched[1])


class PercentField(fields.Field[Decimal]):
    """A percentage as people type it: "4.5", "4.5%", "-2"."""

    PATTERN = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,2})?)\s*%?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value).replace("−", "-"))
        if not matched or not LOWEST_RAISE <= Decimal(matched[1]) <= HIGHEST_RAISE:
            raise ValidationError(f"Enter a percentage from {LOWEST_RAISE} to {HIGHEST_RAISE}, like 4.5.")
        return Decimal(matched[1])


class PriceLineSchema(FormSchema):
    """One part of the price of one provision for one band, in a grid, a JSON body or a row of a file."""

    provision_id = fields.Integer(required=True, strict=False, validate=validate.Range(1, 2**63 - 1))
    band = member(Band, "Use one of the bands.", required=True)
    part = member(Part, "Use one of the parts of a price.", required=True)
    discipline = member(Discipline, "Use one of the disciplines of therapy.", load_default=None)
    hours_a_week = HoursField(load_default=None)
    weeks = WeeksField(load_default=None)
    amount = PoundsField(
        required=True,
        error_messages=missing(NO_AMOUNT),
        validate=validate.Range(max=100 * HIGHEST_POUNDS, error=f"Enter at most £{HIGHEST_POUNDS:,}."),
    )

    @pre_load
    def nothing_for_none(self, line: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """0 hours a week are none, and none needs no amount: it is £0."""
        matched = HoursField.PATTERN.fullmatch(str(line.get("hours_a_week") or "").strip())
        is_none = matched is not None and not Decimal(matched[1])
        return {**line, "amount": "0"} if is_none and not str(line.get("amount") or "").strip() else {**line}

    @validates_schema(skip_on_field_errors=False)
    def complete(self, line: dict[str, Any], **_: Any) -> None:
        """Therapy names its discipline, nothing else has one; what buys staff time says how much; none is free. All of
        it in one pass, as far as the fields that it is about could be read."""
        errors = {}
        part, hours = line.get("part"), line.get("hours_a_week")
        if part and "discipline" in line and (part is Part.THERAPY) != (line["discipline"] is not None):
            errors["discipline"] = ["Name the discipline of a therapy line, and of no other."]
        if part in STAFF and "hours_a_week" in line and hours is None:
            errors["hours_a_week"] = ["Enter the hours a week that this amount buys, or 0 for none."]
        if part and hours == 0 and part not in STAFF:
            errors["hours_a_week"] = ["Enter more than 0 hours a week, or leave them out."]
        if part in STAFF and hours == 0 and line.get("amount"):
            errors["amount"] = ["0 hours a week are none, so nothing is charged for them."]
        if errors:
            raise ValidationError(errors)


class LinesField(fields.Field[list[dict[str, Any]]]):
    """The lines of a grid, by key; a line whose boxes are all empty is not stated and not there."""

    PARTS = "|".join(part for part in Part if part is not Part.THERAPY)
    THERAPIES = "|".join(Discipline)
    KEY = re.compile(rf"([0-9]{{1,18}})-({'|'.join(Band)})-(?:({PARTS})|{Part.THERAPY}-({THERAPIES}))")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        schema = PriceLineSchema()
        lines, errors = [], {}
        for key, boxes in value.items():
            matched = self.KEY.fullmatch(key)
            if not matched or not any(text.strip() for text in boxes.values()):
                continue
            provision_id, band, part, discipline = matched.groups()
            place = {"provision_id": provision_id, "band": band, "part": part or Part.THERAPY, "discipline": discipline}
            try:
                lines.append(schema.load({**boxes, **place}))
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return lines


class WeeksOfProvisionsField(fields.Field[dict[int, int]]):
    """The weeks a year that fill the empty boxes of a provision, by provision."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        weeks, errors = {}, {}
        for provision_id, text in value.items():
            try:
                if text.strip():
                    weeks[int(provision_id)] = WeeksField().deserialize(text.strip())
            except ValidationError as error:
                errors[provision_id] = error.messages
        if errors:
            raise ValidationError(errors)
        return weeks


class GridSchema(VersionSchema):
    """A draft as its page sends it: the save it was opened on, the start, and every box."""

    BOX = re.compile(r"lines-([0-9a-z_-]+)-(amount|hours_a_week|weeks)")
    FILL = re.compile(r"weeks-([0-9]{1,18})")

    starts_on = DayField(required=True, error_messages=missing("Enter the day from which these prices hold."))
    lines = LinesField(required=True)
    weeks = WeeksOfProvisionsField(required=True)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Put the boxes of a line together, and the fills together."""
        lines: dict[str, dict[str, str]] = {}
        weeks: dict[str, str] = {}
        for name, text in data.items():
            if box := self.BOX.fullmatch(name):
                lines.setdefault(box[1], {})[box[2]] = str(text)
            elif fill := self.FILL.fullmatch(name):
                weeks[fill[1]] = str(text)
        return {**data, "lines": lines, "weeks": weeks}

    @post_load
    def fill(self, answers: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Give the lines that a provision is paid each year, where they say none, the weeks it was filled with."""
        weeks = answers.pop("weeks")
        for line in answers["lines"]:
            if line["weeks"] is None and line["part"] is not Part.EQUIPMENT:
                line["weeks"] = weeks.get(line["provision_id"])
        return answers


class RaiseSchema(GridSchema):
    """The grid and the percentage by which to raise what is published."""

    percent = PercentField(required=True, error_messages=missing("Enter the percentage by which to raise, like 4.5."))

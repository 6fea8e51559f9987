"""What a scenario makes otherwise, as people type it; and what its pages are turned to.

Lists are typed one thing a line, in a box that works at any width; each error says its line. Whether there is such a
setting or pupil is the use case's to say, which has the base.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from marketplace import vocabulary
from marketplace.models.matching import MOST_LETTERS
from marketplace.schemas.base import CodesField, FormSchema, missing
from marketplace.schemas.policy import PolicyNumber
from marketplace.schemas.vacancies import KeyedField

MOST_LINES = 50
NAME = f"Enter a name, up to {MOST_LETTERS} letters, like Two more places at Ash Grove."
PERCENT = "Enter a percentage in whole numbers from 0 to 300, like 90."
URN = r"(?P<where>[0-9]{1,18}(?:\.[0-9A-Za-z_.\-]{1,40})?)"


class TypedLines(fields.Field[list[dict[str, Any]]]):
    """Lines of one form, as {"number", "where", and "name" or "amount"}; empty ones are left out. `example` is shown
    where one cannot be read."""

    def __init__(self, pattern: str, example: str, **options: Any) -> None:
        super().__init__(load_default=list, **options)
        self.pattern, self.example = re.compile(pattern), example

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:  # noqa: ARG002
        lines = list(self._lines(str(value)))
        if len(lines) > MOST_LINES:
            raise ValidationError(f"Write {MOST_LINES} lines at most.")
        return lines

    def _lines(self, text: str) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(text.splitlines(), start=1):
            if not (typed := line.strip()):
                continue
            matched = self.pattern.fullmatch(typed)
            if matched is None:
                raise ValidationError(f"Line {number} cannot be read. Write it like this: {self.example}.")
            parts = matched.groupdict()
            if "amount" in parts:
                parts["amount"] = float(parts["amount"].replace("−", "-").replace("–", "-"))  # as word processors write
            yield {"number": number, **parts}


class ShareSchema(FormSchema):
    """One authority: per cent of its budget in the base; nothing = the same."""

    percent = fields.Integer(
        load_default=100,
        validate=validate.Range(0, 300, error=PERCENT),
        error_messages={"invalid": PERCENT},
    )


class ScenarioSchema(FormSchema):
    """Its name, and everything that may be made otherwise. A number that is not given is the base's."""

    name = fields.String(
        required=True, validate=validate.Length(max=MOST_LETTERS, error=NAME), error_messages=missing(NAME)
    )
    budgets = KeyedField(ShareSchema, load_default=dict)
    places = TypedLines(rf"{URN}[\s,:]+(?P<amount>[+\-−–]?[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?)", "100001 +2")
    closed = TypedLines(URN, "100001")
    kinds = CodesField(vocabulary.KINDS, "Allow one kind of provision at least.", required=True)
    tariff_id = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 2**63 - 1, error="Choose a tariff from the list."),
        error_messages={"invalid": "Choose a tariff from the list."},
    )
    max_km = PolicyNumber("max_km")
    cost_weight = PolicyNumber("cost_weight")
    preference_weight = PolicyNumber("preference_weight")
    least_restrictive_weight = PolicyNumber("least_restrictive_weight")
    locked = TypedLines(rf"(?P<name>\S.{{0,99}}?)[\s,:]+{URN}", "NOR-1 100001")
    forbidden = TypedLines(rf"(?P<name>\S.{{0,99}}?)[\s,:]+{URN}", "NOR-1 100001")


class StandingSchema(FormSchema):
    """How many scenarios were under way when the page was drawn that asks how they stand now."""

    waiting = fields.Integer(load_default=0, validate=validate.Range(0, 1000))


class MovesSchema(FormSchema):
    """What the list of pupils who moved is turned to."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))

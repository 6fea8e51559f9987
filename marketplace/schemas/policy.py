"""The numbers of a matching policy, as a form or a policy file states them; what is not given stays as published.

Their bounds are those of the batch files. It must never hold a default: those are the optimiser's.
"""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from marketplace.schemas.base import FormSchema
from optimiser.policy_file import ENTRIES

# The numbers that stand or fall together: a list of which one is missing is none.
LISTS = {name: entry.length for name, entry in ENTRIES.items() if entry.length}


class PolicyNumber(fields.Field[float]):
    """A number within the bounds of a policy's entry: "16,000", "0.1", or a number of TOML."""

    PATTERN = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,12})?")

    def __init__(self, entry: str, *, is_whole: bool = False) -> None:
        super().__init__()
        self.low, self.high, self.is_whole = ENTRIES[entry].low, ENTRIES[entry].high, is_whole

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> float:  # noqa: ARG002
        if isinstance(value, str) and self.PATTERN.fullmatch(value):
            value = float(value.replace(",", ""))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not self.low <= value <= self.high or (self.is_whole and value != int(value)):
            kind = "whole number" if self.is_whole else "number"
            raise ValidationError(f"Enter a {kind} from {self.low:,.15g} to {self.high:,.15g}.")
        return int(value) if self.is_whole else float(value)


class PolicySchema(FormSchema):
    """The policy of a run, number by number, named as models.policy_numbers names them."""

    circuity = PolicyNumber("circuity")
    max_km = PolicyNumber("max_km")
    cost_weight = PolicyNumber("cost_weight")
    preference_weight = PolicyNumber("preference_weight")
    least_restrictive_weight = PolicyNumber("least_restrictive_weight")
    unplaced_1 = PolicyNumber("unplaced")
    unplaced_2 = PolicyNumber("unplaced")
    unplaced_3 = PolicyNumber("unplaced")
    unplaced_4 = PolicyNumber("unplaced")
    unplaced_5 = PolicyNumber("unplaced")
    transport_rate = PolicyNumber("transport_rate")
    free_below_km_1 = PolicyNumber("free_below_km")
    free_below_km_2 = PolicyNumber("free_below_km")
    journeys_day = PolicyNumber("journeys", is_whole=True)
    journeys_weekly = PolicyNumber("journeys", is_whole=True)
    journeys_termly = PolicyNumber("journeys", is_whole=True)
    journeys_annual = PolicyNumber("journeys", is_whole=True)
    co_occurrence = fields.Boolean(error_messages={"invalid": "Enter true or false."})
    bound_gap = PolicyNumber("bound_gap")

    @validates_schema
    def whole_lists(self, numbers: Mapping[str, Any], **_: Any) -> None:
        """A list is given whole or not at all."""
        lacking = {}
        for name, length in LISTS.items():
            members = [f"{name}_{place}" for place in range(1, length + 1)]
            missing = [member for member in members if member not in numbers]
            if 0 < len(missing) < length:
                lacking[missing[0]] = [f"Give all {length} of these numbers, or none."]
        if lacking:
            raise ValidationError(lacking)

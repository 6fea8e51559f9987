"""What people type of a destination plan: five pathways, each with its aim and its next steps, or left for later."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from marketplace.destination_words import PATHWAYS
from marketplace.models import Aim, Pathway, Step
from marketplace.models.destinations import STEPS
from marketplace.schemas.base import DayField, FormSchema, missing
from marketplace.schemas.case_dates import PAGE
from marketplace.schemas.uplifts import words

NUMBERS = range(STEPS)
PARTS = {"steps": "say what is done.", "who": "say who does it.", "by": "enter by when, like 1 September 2027."}


def _fields() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pathway in Pathway:
        found[f"{pathway}-aim"] = words("", most=2000, load_default=None)
        found[f"{pathway}-barriers"] = words("", most=2000, load_default=None)
        found[f"{pathway}-target_on"] = DayField(load_default=None)
        for number in NUMBERS:
            found[f"{pathway}-steps-{number}"] = words("", most=400, load_default=None)
            found[f"{pathway}-who-{number}"] = words("", most=120, load_default=None)
            found[f"{pathway}-by-{number}"] = DayField(load_default=None)
    return found


class DestinationPlanSchema(FormSchema):
    """A version. A pathway of which nothing is typed was not discussed yet. `version` is empty where there is none."""

    class Meta(FormSchema.Meta):
        include = _fields()

    version = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1, error=PAGE), error_messages={"invalid": PAGE}
    )
    held_on = DayField(required=True, error_messages=missing("Enter the day on which it was discussed."))
    next_on = DayField(required=True, error_messages=missing("Enter the day on which it is looked at again."))

    @validates_schema(skip_on_field_errors=False)
    def require_whole(self, data: dict[str, Any], **_: Any) -> None:
        """A pathway that was discussed has its aim and target; a step has who and when: all told at once."""
        errors: dict[str, list[str]] = {}
        for pathway in Pathway:
            name = PATHWAYS[pathway]
            if not any(value for key, value in data.items() if key.startswith(f"{pathway}-")):
                continue
            if not data.get(f"{pathway}-aim"):
                errors[f"{pathway}-aim"] = [f"{name}: enter the pupil’s aim, or leave the whole pathway empty."]
            if f"{pathway}-target_on" in data and not data[f"{pathway}-target_on"]:
                errors[f"{pathway}-target_on"] = [f"{name}: enter the day by which it is to be reached."]
            for number in NUMBERS:
                step = {part: data.get(f"{pathway}-{part}-{number}") for part in PARTS}
                if any(step.values()):
                    errors |= {
                        f"{pathway}-{part}-{number}": [f"{name}, step {number + 1}: {PARTS[part]}"]
                        for part in PARTS
                        if f"{pathway}-{part}-{number}" in data and not step[part]
                    }
        if errors:
            raise ValidationError(errors)

    @post_load
    def gather(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The pathways as the use case takes them."""
        aims = {}
        for pathway in Pathway:
            said = {name: data.pop(f"{pathway}-{name}") for name in ("aim", "barriers", "target_on")}
            steps = [[number, *(data.pop(f"{pathway}-{part}-{number}") for part in PARTS)] for number in NUMBERS]
            if said["aim"]:
                aims[pathway] = Aim(**said, steps=tuple(Step(*step) for step in steps if step[1]))
        return {**data, "aims": aims}

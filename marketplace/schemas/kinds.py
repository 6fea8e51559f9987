"""The assumptions of a comparison over three years, as its address carries them; all else stays as published."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from marketplace.schemas.base import FormSchema, PoundsField
from pricing.pathway import MOST_SESSIONS

PERCENT = "Enter a percentage from 0 to 20, like 3 or 2.5."
SESSIONS = "Enter a whole number of sessions from {} to {}."


def _sessions(fewest: int) -> fields.Integer:
    words = SESSIONS.format(fewest, MOST_SESSIONS)
    return fields.Integer(
        validate=validate.Range(fewest, MOST_SESSIONS, error=words), error_messages={"invalid": words}
    )


class PathwaySchema(FormSchema):
    """Sessions a week at the special setting year by year, percent a year, and pence a year."""

    sessions_1 = _sessions(1)
    sessions_2 = _sessions(0)
    sessions_3 = _sessions(0)
    uplift = fields.Decimal(
        places=2,
        allow_nan=False,
        validate=validate.Range(Decimal(0), Decimal(20), error=PERCENT),
        error_messages={"invalid": PERCENT, "special": PERCENT},
    )
    transport_full = PoundsField()
    transport_porous = PoundsField()
    support_meanwhile = PoundsField()
    support_after = PoundsField()

    @validates_schema
    def stays_back(self, values: Mapping[str, Any], **_: Any) -> None:
        """Once the pupil is back for the whole week the comparison has no way to the special setting again."""
        if values.get("sessions_2") == 0 and values.get("sessions_3"):
            words = "Enter 0: the pupil is back in the mainstream school the year before. Or change that year."
            raise ValidationError({"sessions_3": [words]})

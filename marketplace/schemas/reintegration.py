"""What people type of the way back to a school: a version of the plan, and what came of it."""

from typing import Any

from marshmallow import fields, post_load, validate

from marketplace.schemas.base import DayField, VersionSchema, choice, missing
from marketplace.schemas.porous_plans import URN
from marketplace.schemas.uplifts import YES_NO, words

ROLE = "Say who leads the return, by role."


class ReintegrationPlanSchema(VersionSchema):
    """A version: what the placement is for, until when, and how the pupil returns."""

    purpose = words("Say what the placement is for. Do not name the pupil.", most=1000, required=True)
    ends_on = DayField(required=True, error_messages=missing("Enter the last day of the placement."))
    school = words("Enter the school to which the pupil returns.", most=200, required=True)
    school_urn = fields.Integer(
        load_default=None, validate=validate.Range(100_000, 999_999, error=URN), error_messages={"invalid": URN}
    )
    returns_on = DayField(required=True, error_messages=missing("Enter the first day back at the school."))
    steps = words("Say by which steps the pupil returns. Do not name the pupil.", required=True)
    lead = words(ROLE, most=120, required=True)
    review_on = DayField(required=True, error_messages=missing("Enter the day of the next review."))
    reason = words("", load_default=None)


class ReintegrationResultSchema(VersionSchema):
    """Whether the pupil came back, when, and in words."""

    is_reached = choice(YES_NO, "Say whether the pupil is back at a school.", required=True)
    day = DayField(required=True, error_messages=missing("Enter the day."))
    words = words("Say in words what came of it. Both sides read it. Do not name the pupil.", required=True)

    @post_load
    def decide(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Yes or no."""
        return {**data, "is_reached": data["is_reached"] == "yes"}

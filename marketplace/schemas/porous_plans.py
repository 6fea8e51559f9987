"""What people type of a porous plan: the week session by session, its goal, and what the LA decides in writing."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from marketplace import vocabulary
from marketplace.models import At, Goal, WhyPlanned
from marketplace.models.porous import DAYS, SESSIONS
from marketplace.schemas.base import DayField, FormSchema, VersionSchema, choice, member, missing
from marketplace.schemas.uplifts import words

WEEK = [f"week-{number}" for number in range(SESSIONS)]
RIDES = [f"rides-{number}" for number in range(DAYS)]
URN = "Enter its six-digit URN, or leave it empty."
GOAL = "Enter how many sessions a week in mainstream meet the goal, from 0 to 10."
REVIEWS = "Enter how many weeks lie between reviews, from 1 to 26."


class PlanSchema(VersionSchema):
    """A version of the plan. The week is read into two lists: where each session is spent, who brings on each day."""

    class Meta(FormSchema.Meta):
        include = {  # noqa: RUF012 - marshmallow reads it so
            **{name: choice(vocabulary.SESSION_PLACES, "Say where.", required=True) for name in WEEK},
            **{name: choice(vocabulary.RIDES, "Say who brings the pupil.", required=True) for name in RIDES},
        }

    starts_on = DayField(required=True, error_messages=missing("Enter the day from which the week holds."))
    main = member(At, "Say which school keeps the roll.", required=True)
    school = words("Enter the name of the mainstream school.", most=200, required=True)
    school_urn = fields.Integer(
        load_default=None, validate=validate.Range(100_000, 999_999, error=URN), error_messages={"invalid": URN}
    )
    goal = member(Goal, "Say where the week is meant to lead.", required=True)
    goal_sessions = fields.Integer(
        required=True,
        validate=validate.Range(0, SESSIONS, error=GOAL),
        error_messages={"invalid": GOAL, **missing(GOAL)},
    )
    goal_on = DayField(load_default=None)
    special_staff = words("Say who looks after the pupil at the special setting, by role.", most=120, required=True)
    mainstream_staff = words("Say who looks after the pupil in mainstream, by role.", most=120, required=True)
    review_on = DayField(required=True, error_messages=missing("Enter the day of the first review."))
    review_weeks = fields.Integer(
        required=True,
        validate=validate.Range(1, 26, error=REVIEWS),
        error_messages={"invalid": REVIEWS, **missing(REVIEWS)},
    )
    why = member(WhyPlanned, "Say why this version is proposed.", required=True)
    reason = words("Say in words why this week. Both sides read it. Do not name the pupil.", required=True)

    @validates_schema(skip_on_field_errors=False)
    def require_goal_on(self, data: dict[str, Any], **_: Any) -> None:
        """A goal has its day, which is said together with what else is missing."""
        if data.get("goal") not in {None, Goal.STABLE} and not data.get("goal_on"):
            raise ValidationError({"goal_on": ["Enter the day by which the goal is to be met."]})

    @post_load
    def gather(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The week and the rides as lists."""
        week, rides = [data.pop(name) for name in WEEK], [data.pop(name) for name in RIDES]
        return {**data, "week": week, "rides": rides}


class DecisionSchema(VersionSchema):
    """What the LA decides of a version, in writing."""

    decision = words("Write what the authority decides, and why. Both sides read it.", required=True)

"""What people type of a review of a split week."""

from typing import Any

from marshmallow import post_load

from marketplace import vocabulary
from marketplace.models import ReviewNext
from marketplace.schemas.base import DayField, FormSchema, VersionSchema, choice, member, missing
from marketplace.schemas.uplifts import words

QUESTIONS = [f"belonging-{number}" for number in range(len(vocabulary.BELONGING_FROM_YEAR_7))]


class ReviewSchema(VersionSchema):
    """One review: the pupil's four answers, what each side says, and what comes next."""

    class Meta(FormSchema.Meta):
        include = {  # noqa: RUF012 - marshmallow reads it so
            name: choice(
                vocabulary.BELONGING_ANSWERS, "Say what the pupil answers, or that there is no answer.", required=True
            )
            for name in QUESTIONS
        }

    day = DayField(required=True, error_messages=missing("Enter the day of the review."))
    pupil = words("", load_default=None)
    family = words("", load_default=None)
    special = words("Say how it goes at the special setting. Do not name the pupil.", required=True)
    mainstream = words("Say how it goes in mainstream. Do not name the pupil.", required=True)
    outcome = member(ReviewNext, "Say what comes next.", required=True)
    next_on = DayField(load_default=None)

    @post_load
    def gather(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The answers as a list."""
        answers = [data.pop(name) for name in QUESTIONS]
        return {**data, "belonging": answers}

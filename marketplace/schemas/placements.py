"""What people type of a placement: the day of each step, what it changes, why.

It must never ask the database anything, nor decide whether a step may be taken.
"""

from typing import Any

from marshmallow import fields, post_load, validate

from marketplace import vocabulary
from marketplace.models import AfterEnd, Band
from marketplace.schemas.base import DayField, FormSchema, VersionSchema, choice, member, missing
from marketplace.schemas.schedules import HoursField
from marketplace.schemas.uplifts import YES_NO, words

ONE_TO_NINE = "Enter how many of the ten sessions of a week, from 1 to 9."
DAY = "Enter the day from which this holds."
LAST_DAY = "Enter the last day of the placement."
THEN = "Say what becomes of the need."
WHY = "Say why: both sides read it. Do not name the pupil."


class PlacementsQuerySchema(FormSchema):
    """What the list of placements is narrowed and turned to."""

    standing = fields.List(choice(vocabulary.PLACEMENT_STANDINGS, "Choose from the list."), load_default=list)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))


class DaySchema(VersionSchema):
    """A step that asks for its day only: start, resume, an accepted uplift."""

    day = DayField(required=True, error_messages=missing(DAY))


class VarySchema(DaySchema):
    """Other terms from a day on. Sessions and hours may stay empty where they do not apply."""

    provision_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1, error="Choose a provision."),
        error_messages={"invalid": "Choose a provision.", **missing("Choose a provision.")},
    )
    band = member(Band, "Choose a band.", required=True)
    sessions = fields.Integer(
        load_default=None, validate=validate.Range(1, 9, error=ONE_TO_NINE), error_messages={"invalid": ONE_TO_NINE}
    )
    hours_a_week = HoursField(load_default=None)
    reason = words(WHY, required=True)


class SuspendSchema(DaySchema):
    """A pupil who does not attend for a time."""

    is_paid = choice(YES_NO, "Say whether the place is paid for meanwhile.", required=True)
    reason = words(WHY, required=True)

    @post_load
    def decide(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Yes or no."""
        return {**data, "is_paid": data["is_paid"] == "yes"}


class ProviderNoticeSchema(VersionSchema):
    """Notice by the provider, who has no say in what becomes of the need."""

    last_day = DayField(required=True, error_messages=missing(LAST_DAY))
    reason = words(WHY, required=True)


class NoticeSchema(ProviderNoticeSchema):
    """Notice by the LA."""

    then = member(AfterEnd, THEN, required=True)


class EndSchema(VersionSchema):
    """The end of a placement. One that never began has no last day."""

    last_day = DayField(load_default=None)
    reason = words(WHY, required=True)
    then = member(AfterEnd, THEN, required=True)


class UndoSchema(VersionSchema):
    """The event that is undone, as the page named it, and why."""

    event_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1, error="Open the page again, then send."),
        error_messages={"invalid": "Open the page again, then send.", **missing("Open the page again, then send.")},
    )
    reason = words(WHY, required=True)

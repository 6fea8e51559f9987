"""What came of a pathway as people type it."""

from typing import Any

from marshmallow import fields, post_load, validate

from marketplace import destination_words
from marketplace.models import AimMet, Destination, Held
from marketplace.schemas.base import DayField, FormSchema, choice, member, missing
from marketplace.schemas.case_dates import NONE, PAGE
from marketplace.schemas.uplifts import words

HELD = {NONE: "Not asked yet", **destination_words.HELD}


class DestinationOutcomeSchema(FormSchema):
    """All of it on one page. `version` is empty where nothing was stated before."""

    version = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1, error=PAGE), error_messages={"invalid": PAGE}
    )
    code = member(Destination, "Choose what came of this pathway.", required=True)
    happened_on = DayField(required=True, error_messages=missing("Enter the day from which it is so."))
    aim_met = member(AimMet, "Say whether it was the pupil’s aim.", required=True)
    words = words("", most=2000, load_default=None)
    six_months = choice(HELD, "Say how it was after six months, or that nobody asked yet.", load_default=None)
    a_year = choice(HELD, "Say how it was after a year, or that nobody asked yet.", load_default=None)

    @post_load
    def members(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Whether it held, as the use case takes it."""
        held = {name: data[name] for name in ("six_months", "a_year")}
        return {**data, **{name: None if said in (None, NONE) else Held(said) for name, said in held.items()}}

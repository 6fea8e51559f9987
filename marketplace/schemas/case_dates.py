"""The dates of a case as people type them; each may stay empty.

It must never ask the database anything, nor say what follows from a date.
"""

from typing import Any

from marshmallow import fields, post_load, validate

from marketplace import vocabulary
from marketplace.models import ReviewOutcome, Transfer
from marketplace.schemas.base import DayField, FormSchema, choice

NONE = "none"
YEAR = "Enter the year with four digits, like 2027."
PAGE = "Open the page again, then send."


class CaseDatesSchema(FormSchema):
    """All of them on one page. `version` is empty where nothing was stated before."""

    version = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1, error=PAGE), error_messages={"invalid": PAGE}
    )
    requested_on = DayField(load_default=None)
    draft_sent_on = DayField(load_default=None)
    plan_issued_on = DayField(load_default=None)
    transfer = choice({NONE: "None", **vocabulary.TRANSFERS}, "Choose the move, or none.", load_default=None)
    transfer_year = fields.Integer(
        load_default=None, validate=validate.Range(2020, 2100, error=YEAR), error_messages={"invalid": YEAR}
    )
    review_held_on = DayField(load_default=None)
    review_decided_on = DayField(load_default=None)
    review_outcome = choice(
        {NONE: "Not decided", **vocabulary.REVIEW_OUTCOMES}, "Choose what was decided.", load_default=None
    )

    @post_load
    def members(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The move and the outcome as the use case takes them."""
        transfer, outcome = data["transfer"], data["review_outcome"]
        return {
            **data,
            "transfer": None if transfer in (None, NONE) else Transfer(transfer),
            "review_outcome": None if outcome in (None, NONE) else ReviewOutcome(outcome),
        }

"""A decision as its people type it, with what they saw; what a second person says to it; thresholds.

Only what belongs to the footing that is chosen is read: what was typed under another is no fault. It must never ask the
database anything, nor know what the law asks of a choice: what a decision may not leave out `award_checks` says, so
that all that is missing is told at once.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from marketplace.models import AwardBasis, Ground, RefusalCode, Route
from marketplace.schemas.base import DayField, FormSchema, PoundsField, VersionSchema, member, missing
from marketplace.schemas.uplifts import words
from marketplace.schemas.versions import VersionsField

LONGEST_REFERENCE = 80
LONGEST_NOTE = 2000
AGAIN = "Open the page again, then send."


def _number(most: int, **options: Any) -> fields.Integer:
    """A number that the page carries."""
    return fields.Integer(
        validate=validate.Range(1, most, error=AGAIN), error_messages={"invalid": AGAIN, **missing(AGAIN)}, **options
    )


class AnswersField(fields.Field[dict[str, str]]):
    """The answer to each reason of a refusal, by its code, where there is one."""

    LONGEST = 4000

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, str]:  # noqa: ARG002
        long = {
            code: [f"Use at most {self.LONGEST:,} characters."] for code in value if len(value[code]) > self.LONGEST
        }
        if long:
            raise ValidationError(long)
        return dict(value)


class AwardSchema(VersionSchema):
    """A decision. `consultation_version` and `total` (pence a year; 0 where the place costs nothing) are what the page
    showed. The boxes of answers are named answers-staffing and so on."""

    BOX = "answers-"

    consultation_version = _number(2**31 - 1, load_default=None)
    total = fields.Integer(
        required=True,
        validate=validate.Range(0, 10**13, error=AGAIN),
        error_messages={"invalid": AGAIN, **missing(AGAIN)},
    )
    route = member(Route, "Say on what footing the authority decides.", load_default=None)
    route_reason = words("Say why.", load_default=None)
    order_reference = words("Enter the tribunal's reference.", LONGEST_REFERENCE, load_default=None)
    starts_on = DayField(load_default=None)
    ground = member(Ground, "Choose a ground from the list.", load_default=None)
    ground_evidence = words("Say what shows it.", load_default=None)
    answers = AnswersField(load_default=dict)
    reasons = words("Give the authority's reasons.", load_default="")
    basis = member(AwardBasis, "Choose how the contract is awarded.", load_default=None)
    basis_reason = words("Say why.", LONGEST_NOTE, load_default=None)
    notice_reference = words("Enter the reference.", LONGEST_REFERENCE, load_default=None)

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Put the answers together, and leave out what belongs to another footing or basis."""
        texts = {
            code.value: str(data.get(f"{self.BOX}{code}") or "").strip().replace("\x00", "") for code in RefusalCode
        }
        kept = {**data, "answers": {code: text for code, text in texts.items() if text}}
        is_order = data.get("route") == Route.ORDER
        dropped = {
            "order_reference": not is_order,
            "ground": is_order,
            "ground_evidence": is_order,
            "answers": data.get("route") != Route.REFUSAL,
            "route_reason": data.get("route") in {Route.OFFER, Route.REFUSAL},
            "basis_reason": data.get("basis") != AwardBasis.DIRECT,
        }
        return {name: value for name, value in kept.items() if not dropped.get(name)}


class BulkSchema(FormSchema):
    """The awards that are ticked, each with the version that the page showed: "12:3"."""

    awards = VersionsField("Select an award to approve.", load_default=dict)

    @post_load
    def rename(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """As the use case takes it."""
        return {"versions": data["awards"]}


class ApproveSchema(VersionSchema):
    """An approval, with a note if there is one."""

    note = words("Say it in a note.", LONGEST_NOTE, load_default=None)


class ReturnSchema(VersionSchema):
    """Why a proposal is returned."""

    note = words("Say why it is returned: who proposed it reads it.", LONGEST_NOTE, required=True)


class ThresholdSchema(FormSchema):
    """From which cost on a second person approves, from a day on."""

    amount = PoundsField(required=True, error_messages=missing("Enter the amount, like 50,000, or 0 for every award."))
    starts_on = DayField(required=True, error_messages=missing("Enter the day from which it holds."))
    reason = words("Say why, or which decision of the authority states it.", LONGEST_NOTE, required=True)

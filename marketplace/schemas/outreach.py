"""What people type of an outreach order: what it is for, a price, a visit, a review, a result.

It must never ask the database anything, nor decide whether a step may be taken.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from marketplace import vocabulary
from marketplace.models import Grade, OrderResult
from marketplace.schemas.base import DayField, FormSchema, PoundsField, VersionSchema, choice, member, missing
from marketplace.schemas.schedules import HoursField
from marketplace.schemas.uplifts import words

MOST_PUPILS = 2000
PROVISION = "Choose the outreach."
SCHOOL = "Choose the school that was visited."
PUPILS = "Enter a number of pupils, like 3, or leave it empty for none."


class ValueField(fields.Field[Decimal]):
    """A value on a scale as people type it: "12", "4.5", "-1"."""

    PATTERN = re.compile(r"[+-]?[0-9]{1,6}(?:\.[0-9]{1,2})?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        text = str(value).replace("−", "-").replace(",", "")
        if not self.PATTERN.fullmatch(text):
            raise ValidationError("Enter a number, like 12 or 4.5.")
        return Decimal(text)


class AllHoursField(fields.Field[Decimal]):
    """Hours in all as people type them: "60", "1,200 hours"."""

    PATTERN = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,2})?)\s*(?:h|hrs?|hours?)?", re.IGNORECASE)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:  # noqa: ARG002
        matched = self.PATTERN.fullmatch(str(value).replace(",", ""))
        if not matched:
            raise ValidationError("Enter hours, like 60 or 1.5.")
        return Decimal(matched[1])


class SharesField(fields.Field[dict[str, int]]):
    """Schools with their shares, one a line: "Larch Primary School, 60". The share, in whole per cent, comes last."""

    LINE = re.compile(r"(.+?)[\s,:;]+([0-9]{1,3})\s*%?")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, int]:  # noqa: ARG002
        found: dict[str, int] = {}
        for number, line in enumerate(filter(None, map(str.strip, str(value).splitlines())), start=1):
            matched = self.LINE.fullmatch(line)
            if not matched or not 1 <= int(matched[2]) <= 100 or len(matched[1]) > 200:
                raise ValidationError(f"Line {number}: write the school, a comma, and its share from 1 to 100.")
            if matched[1] in found:
                raise ValidationError(f"Line {number}: {matched[1]} stands there twice. Write each school once.")
            found[matched[1]] = int(matched[2])
        if len(found) == 1:
            raise ValidationError("Hours are shared by two schools at least. Add the others, or leave this empty.")
        return found


class OrdersQuerySchema(FormSchema):
    """What the list of orders is narrowed and turned to."""

    standing = fields.List(choice(vocabulary.ORDER_STANDINGS, "Choose from the list."), load_default=list)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))


class TermsSchema(FormSchema):
    """What an order is for, how it is measured, whom it serves."""

    outcome = words("Say what is to be different at the end. Do not name a pupil.", 1000, required=True)
    measure = words("Name the scale on which it is measured.", 200, required=True)
    baseline = ValueField(required=True, error_messages=missing("Enter what the measure shows today."))
    target = ValueField(required=True, error_messages=missing("Enter what the measure is to show at the end."))
    hours = AllHoursField(required=True, error_messages=missing("Enter all hours of the whole order."))
    hours_a_week = HoursField(
        required=True,
        error_messages=missing("Enter the hours a week."),
        validate=validate.Range(Decimal(0), min_inclusive=False, error="Enter the hours a week, more than 0."),
    )
    grade = member(Grade, "Choose who gives the outreach.", required=True)
    school = words("Name the school that is served.", 200, required=True)
    urn = fields.Integer(
        load_default=None,
        validate=validate.Range(100_000, 999_999, error="A URN has six digits. Leave it empty if you do not know it."),
        error_messages={"invalid": "A URN has six digits. Leave it empty if you do not know it."},
    )
    year_group = choice(vocabulary.YEAR_GROUPS, "Choose a year group.", load_default=None)
    pupils_with = fields.Integer(
        load_default=0, validate=validate.Range(0, MOST_PUPILS, error=PUPILS), error_messages={"invalid": PUPILS}
    )
    pupils_without = fields.Integer(
        load_default=0, validate=validate.Range(0, MOST_PUPILS, error=PUPILS), error_messages={"invalid": PUPILS}
    )
    purpose = words("", 1000, load_default=None)
    starts_on = DayField(required=True, error_messages=missing("Enter the first day."))
    ends_on = DayField(required=True, error_messages=missing("Enter the last day."))
    next_review_on = DayField(load_default=None)
    shares = SharesField(load_default=dict)


class OrderSchema(TermsSchema):
    """An order without a placement: at which provision."""

    provision_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1, error=PROVISION),
        error_messages={"invalid": PROVISION, **missing(PROVISION)},
    )


class PlacementOrderSchema(TermsSchema):
    """What the outreach of a placement is for: its hours a week, the placement says."""

    hours_a_week = HoursField(load_default=None)


class PriceSchema(VersionSchema):
    """The price for the whole order, at which the provider accepts."""

    price = PoundsField(required=True, error_messages=missing("Enter the price for the whole order."))


class ReasonSchema(VersionSchema):
    """Why an order is declined or withdrawn."""

    reason = words("Say why: both sides read it. Do not name a pupil.", 2000, required=True)


class VisitSchema(FormSchema):
    """A visit: the day, the hours, which school where several share them, a few words."""

    day = DayField(required=True, error_messages=missing("Enter the day of the visit."))
    hours = AllHoursField(required=True, error_messages=missing("Enter the hours of this visit."))
    share_id = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**63 - 1, error=SCHOOL), error_messages={"invalid": SCHOOL}
    )
    words = words("", 1000, load_default=None)


class ReviewSchema(VersionSchema):
    """Where an order stands on its measure."""

    day = DayField(required=True, error_messages=missing("Enter the day of the review."))
    value = ValueField(required=True, error_messages=missing("Enter what the measure shows."))
    words = words("Say what was seen. Do not name a pupil.", 2000, required=True)
    next_review_on = DayField(load_default=None)


class EndSchema(VersionSchema):
    """What came of an order."""

    last_day = DayField(required=True, error_messages=missing("Enter the last day of the outreach."))
    result = member(OrderResult, "Say what came of it.", required=True)
    value = ValueField(required=True, error_messages=missing("Enter what the measure shows at the end."))
    words = words("Say in words what came of it. Do not name a pupil.", 2000, required=True)

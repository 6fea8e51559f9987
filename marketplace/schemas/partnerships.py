"""What people type of a partnership: its name, whom it asks, its decisions and what came of them."""

from marshmallow import fields, validate

from marketplace.schemas.base import DayField, FormSchema, VersionSchema, missing
from marketplace.schemas.uplifts import words

URN = "A URN has six digits. Schools and settings have one."
AUTHORITY = "Choose an authority."
REPORT = validate.Range(1, 2**63 - 1)


def _urn() -> fields.Integer:
    return fields.Integer(
        required=True,
        validate=validate.Range(100_000, 999_999, error=URN),
        error_messages={"invalid": URN, **missing(URN)},
    )


class PartnershipQuerySchema(FormSchema):
    """Which term's figures are asked for; none = the latest."""

    report = fields.Integer(load_default=None, validate=REPORT)


class PartnershipSchema(FormSchema):
    """A new partnership."""

    name = words("Enter the name of the partnership.", 200, required=True)
    starts_on = DayField(required=True, error_messages=missing("Enter the day from which it exists."))


class AskAuthoritySchema(FormSchema):
    """Which authority is asked."""

    authority_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1, error=AUTHORITY),
        error_messages={"invalid": AUTHORITY, **missing(AUTHORITY)},
    )


class AskSettingSchema(FormSchema):
    """Which setting is asked."""

    setting_urn = _urn()


class SchoolSchema(FormSchema):
    """A mainstream school."""

    school = words("Enter the name of the school.", 200, required=True)
    urn = _urn()


class DecisionSchema(FormSchema):
    """What was decided."""

    day = DayField(required=True, error_messages=missing("Enter the day of the decision."))
    decided = words("Say what was decided.", 2000, required=True)
    reasons = words("Say why. Do not name a pupil.", 4000, required=True)
    alternatives = words("Say what else was considered, or that nothing else was.", 4000, required=True)
    deciders = words("Say who decided, by role.", 400, required=True)
    expected = words("Say what is to come of it.", 2000, required=True)
    due_on = DayField(required=True, error_messages=missing("Enter the day by which something is to come of it."))


class ResultSchema(VersionSchema):
    """What came of a decision."""

    day = DayField(required=True, error_messages=missing("Enter the day on which this was seen."))
    result = words("Say what came of it. Do not name a pupil.", 4000, required=True)

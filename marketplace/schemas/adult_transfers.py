"""A transfer to a service for adults as people type it."""

from marshmallow import fields, validate

from marketplace.schemas.base import DayField, FormSchema, missing
from marketplace.schemas.case_dates import PAGE
from marketplace.schemas.uplifts import words


class AdultTransferSchema(FormSchema):
    """All of it on one page. `version` is empty where nothing was stated before."""

    version = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1, error=PAGE), error_messages={"invalid": PAGE}
    )
    team = words("Say which team or service takes over.", most=200, required=True)
    planned_on = DayField(required=True, error_messages=missing("Enter the day on which the service is to take over."))
    requested_on = DayField(load_default=None)
    assessed_on = DayField(load_default=None)
    agreed_on = DayField(load_default=None)
    done_on = DayField(load_default=None)
    closed_on = DayField(load_default=None)

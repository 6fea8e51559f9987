"""Whom an LA consults, reminds and looks for, as pages send it. It must never ask the database anything."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from marketplace import vocabulary
from marketplace.schemas.base import CodesField, FormSchema, VersionSchema, choice

MOST = 500  # of one form


class IdsField(fields.List[int]):
    """The ids of rows that are ticked, each once, in the order in which they came."""

    def __init__(self, words: str, **options: Any) -> None:
        super().__init__(fields.Integer(), load_default=list, error_messages={"invalid": words}, **options)
        self.words = words

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> list[int | None]:
        try:
            given = list(dict.fromkeys(super()._deserialize(value, *arguments, **options)))
        except ValidationError:
            raise ValidationError(self.words) from None
        if len(given) > MOST or not all(each is not None and 1 <= each < 2**63 for each in given):
            raise ValidationError(self.words)
        return given


class ChosenSchema(FormSchema):
    """The provisions that are ticked on the ranked options."""

    provision_ids = IdsField("Choose from the list again.")


class ConsultSchema(ChosenSchema, VersionSchema):
    """The settings to consult, and the version of the need that the page showed."""


class ReminderSchema(FormSchema):
    """The consultations to send a reminder of, and the case to go back to."""

    consultation_ids = IdsField("Select from the list again.")
    need_id = fields.Integer(load_default=None, validate=validate.Range(1, 2**63 - 1))


class SentSchema(FormSchema):
    """The consultations that were sent together."""

    consultation_ids = IdsField("Open the case, which has all of them.")


class ConsultationsQuerySchema(FormSchema):
    """What the list of consultations is narrowed and turned to."""

    SEEN = {"yes": "Seen", "no": "Not seen yet"}  # noqa: RUF012

    status = CodesField(vocabulary.CONSULTATION_STATUSES, "Choose from the list.", load_default=list)
    overdue = fields.Boolean(load_default=False)
    seen = choice(SEEN, "Choose seen or not seen.", load_default=None)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))


class InboxQuerySchema(FormSchema):
    """Whether a provider looks at what is open or what has ended, and at which page of it."""

    ended = fields.Boolean(load_default=False)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))

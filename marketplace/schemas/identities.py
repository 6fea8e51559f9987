"""Who a pupil is, as people type it."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from marketplace.models import DocumentKind
from marketplace.schemas.base import DayField, FormSchema, member, missing

LONGEST_NAME = 200  # characters
LONGEST_VIEW = 4000


class UpnField(fields.Field[str]):
    """A unique pupil number: a check letter and twelve digits, the last of which is a letter in a temporary one.

    The check letter follows from the sum of the others, each times its place (2 to 13), modulo 23; I, O and S are not
    used. Source: government data standards catalogue, Unique Pupil Number 2.0.
    """

    LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
    FORM = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:  # noqa: ARG002
        text = re.sub(r"[\s-]", "", str(value)).upper()
        if not self.FORM.fullmatch(text):
            raise ValidationError("Enter a unique pupil number: a letter and 12 digits, like A123456789012.")
        if text[0] != self.check_letter(text):
            raise ValidationError(f"{text} is no pupil number: its first letter does not fit. Check each digit.")
        return text

    @classmethod
    def check_letter(cls, upn: str) -> str:
        """The letter with which a number begins, whatever it does begin with.

        >>> UpnField.check_letter("?80120000500" + "1")
        'B'
        """
        worth = [int(each) if each.isdigit() else cls.LETTERS.index(each) for each in upn[1:]]
        return cls.LETTERS[sum(place * value for place, value in enumerate(worth, start=2)) % len(cls.LETTERS)]


def _view(limit: int = LONGEST_VIEW) -> fields.String:
    return fields.String(
        load_default=None, validate=validate.Length(max=limit, error=f"Use {limit:,} characters or fewer.")
    )


class IdentitySchema(FormSchema):
    """Who the pupil is, and what the family and the child say."""

    version = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 2**31 - 1, error="Open the page again, then send."),
        error_messages={"invalid": "Open the page again, then send."},
    )
    name = fields.String(
        required=True,
        validate=validate.Length(max=LONGEST_NAME, error=f"Use {LONGEST_NAME} characters or fewer."),
        error_messages=missing("Enter the pupil’s name."),
    )
    birth_date = DayField(required=True, error_messages=missing("Enter the pupil’s date of birth."))
    upn = UpnField(load_default=None)
    family_view = _view()
    child_view = _view()


class DocumentSchema(FormSchema):
    """What a document is; the file comes beside it."""

    kind = member(DocumentKind, "Choose what the document is.", required=True)

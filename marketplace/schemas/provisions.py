"""Provisions as people type them.

What the kind requires, whether the pool counts the right unit and whether an LA exists, the use case knows.
"""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from marketplace import vocabulary
from marketplace.models import Pattern, Sex
from marketplace.schemas.base import CodesField, FormSchema, VersionSchema, choice, member, missing

NEW_POOL = "new"
LONGEST_NAME = 120
LEVEL = "Choose the highest level that you meet."
RADIUS = "Enter how far your staff travel in km, from 0.1 to 500, or leave it blank."


def _name(words: str, **options: Any) -> fields.String:
    too_long = validate.Length(max=LONGEST_NAME, error=f"Use {LONGEST_NAME} characters or fewer.")
    return fields.String(validate=too_long, error_messages=missing(words), **options)


class NewProvisionSchema(FormSchema):
    """What may be said of a provision of a given kind."""

    name = _name("Enter a name, such as Autism day school.", required=True)
    pool = fields.String(
        required=True,
        validate=validate.Regexp(rf"^(?:{NEW_POOL}|[0-9]{{1,18}})\Z", error="Choose a pool from the list."),
        error_messages=missing("Choose what it draws on."),
    )
    pool_name = _name("Enter a name for the new pool.", load_default=None)
    pattern = member(Pattern, "Choose day or a pattern of boarding.", load_default=Pattern.DAY)
    sessions = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 9, error="Enter 1 to 9 sessions of the 10 in a week."),
        error_messages={"invalid": "Enter 1 to 9 sessions of the 10 in a week."},
    )
    shares = choice(vocabulary.SHARES, "Choose how a place is shared.", load_default=None)
    radius_km = fields.Decimal(
        places=1,
        allow_nan=False,
        load_default=None,
        validate=validate.Range(min=0.1, max=500, error=RADIUS),
        error_messages=dict.fromkeys(("invalid", "special"), RADIUS),
    )
    low_year = choice(vocabulary.YEAR_GROUPS, "Choose the first year group.", required=True)
    high_year = choice(vocabulary.YEAR_GROUPS, "Choose the last year group.", required=True)
    sex = member(Sex, "Choose whom it takes.", load_default=Sex.MIXED)
    needs = CodesField(vocabulary.PRIMARY_NEEDS, "Choose at least one primary need that you meet.", required=True)
    max_ci = choice(vocabulary.LEVELS, LEVEL, required=True)
    max_cl = choice(vocabulary.LEVELS, LEVEL, required=True)
    max_semh = choice(vocabulary.LEVELS, LEVEL, required=True)
    max_sp = choice(vocabulary.LEVELS, LEVEL, required=True)
    facilities = CodesField(vocabulary.FACILITIES, "Choose facilities from the list.", load_default=list)
    las = fields.List(fields.String(validate=validate.Regexp(r"^[0-9]{3}\Z")), load_default=list)

    @validates_schema
    def ordered(self, said: dict[str, Any], **_: Any) -> None:
        """From the lower to the higher year group."""
        if said["high_year"] < said["low_year"]:
            raise ValidationError("The last year group is below the first. Swap them.", "high_year")

    @validates_schema
    def named(self, said: dict[str, Any], **_: Any) -> None:
        """A new pool has a name."""
        if said["pool"] == NEW_POOL and not said["pool_name"]:
            raise ValidationError("Enter a name for the new pool.", "pool_name")

    @post_load
    def choose(self, said: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Either the id of a pool or the name of a new one; each LA once, in order."""
        pool, las = said.pop("pool"), sorted(set(said.pop("las")))
        if pool == NEW_POOL:
            return {**said, "las": las, "pool_id": None}
        return {**said, "las": las, "pool_id": int(pool), "pool_name": None}


class ProvisionSchema(NewProvisionSchema, VersionSchema):
    """A provision changed, and the version that the person saw."""

"""Needs as people type them: one schema for each question page, and one of all of them.

It must never ask the database anything: whether a district, setting or framework exists, the use case knows.
"""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from marketplace import vocabulary
from marketplace.models import Band, Footing, Ground, Pattern, WhyProfiled
from marketplace.schemas.base import CodesField, DayField, FormSchema, choice, member, missing
from marketplace.schemas.consultations import IdsField

WISHES = 3  # the optimiser tells no more than three apart
LONGEST_TEXT = 4000  # characters
LONGEST_REASON = 2000
LONGEST_BARRIER = 1000
LONGEST_SCHOOL = 200


class ReferenceField(fields.Field[str]):
    """The LA's own pseudonymous reference: with a number in it, and nothing like a name or a national number."""

    ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
    IDENTITY = re.compile(r"[A-Za-z]\d{11}[\dA-Za-z]|\d{10}")  # unique pupil number; learner or NHS number
    NAME_PART = re.compile(r"[A-Z][a-z]{2,}")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:  # noqa: ARG002
        text = str(value)
        if not self.ALLOWED.fullmatch(text):
            raise ValidationError("Use up to 40 letters, numbers, dots, dashes and slashes, like EX-1042.")
        if self.IDENTITY.fullmatch(text):
            raise ValidationError("This looks like a pupil or NHS number. Use your own reference, like EX-1042.")
        if not re.search(r"\d", text) or len(self.NAME_PART.findall(text)) > 1:
            raise ValidationError("This looks like a name. Use your own reference with a number in it, like EX-1042.")
        return text


class HomeField(fields.Field[dict[str, Any]]):
    """Where the pupil lives, no finer than matching needs: a postcode district, or an OSGB grid reference in metres.

    Of a full postcode only the district is read. Loads as {"home_area": "QX4"} or {"easting": …, "northing": …}.
    """

    POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: *[0-9][A-Z]{2})?")
    GRID = re.compile(r"(\d{5,6})(?: *, *| +)(\d{4,6})")
    ENGLAND = ((80_000, 660_000), (5_000, 660_000))  # easting, northing

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, Any]:  # noqa: ARG002
        text = str(value).upper()
        if grid := self.GRID.fullmatch(text):
            easting, northing = int(grid[1]), int(grid[2])
            if any(not low <= at <= high for at, (low, high) in zip((easting, northing), self.ENGLAND, strict=True)):
                raise ValidationError("This grid reference is not in England. Enter easting, then northing, in metres.")
            return {"home_area": None, "easting": easting, "northing": northing}
        if postcode := self.POSTCODE.fullmatch(text):
            return {"home_area": postcode[1]}
        raise ValidationError("Enter a postcode district, like QX4, or a grid reference, like 405000, 305000.")


def _text(limit: int, words: str = "", **options: Any) -> Any:
    too_long = f"Use {limit:,} characters or fewer."
    return fields.String(validate=validate.Length(max=limit, error=too_long), error_messages=missing(words), **options)


def _id(words: str, **options: Any) -> fields.Integer:
    """The id of a row that is chosen from a list."""
    return fields.Integer(
        validate=validate.Range(1, 2**63 - 1, error=words),
        error_messages={"invalid": words, **missing(words)},
        **options,
    )


class PupilSchema(FormSchema):
    """Question 1: which pupil, where and when, without saying who."""

    reference = ReferenceField(required=True, error_messages=missing(vocabulary.MISSING["reference"]))
    footing = member(Footing, "Say whether the pupil has an EHCP.", load_default=Footing.EHCP)
    last_education_on = DayField(load_default=None)
    roll_school = _text(LONGEST_SCHOOL, load_default=None)
    year_group = choice(vocabulary.YEAR_GROUPS, vocabulary.MISSING["year_group"], required=True)
    sex = choice(vocabulary.SEXES, "Choose female or male, or leave it open.", load_default=None)
    home = HomeField(required=True, error_messages=missing(vocabulary.MISSING["home"]))
    starts_on = DayField(load_default=None)

    @post_load
    def place(self, answers: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put the parts of the home beside the other answers."""
        home = answers.pop("home")
        return {**answers, **home}


class MainstreamSchema(FormSchema):
    """Question 2: what would make mainstream work, and which kinds of provision would suit."""

    mainstream = _text(LONGEST_TEXT, vocabulary.MISSING["mainstream"], required=True)
    kinds = CodesField(vocabulary.KINDS, vocabulary.MISSING["kinds"], required=True)


class ProfileSchema(FormSchema):
    """Question 3: the needs profile on the four areas of the SEND Code, and what the setting must have."""

    level_ci = choice(vocabulary.LEVELS, vocabulary.MISSING["level_ci"], required=True)
    level_cl = choice(vocabulary.LEVELS, vocabulary.MISSING["level_cl"], required=True)
    level_semh = choice(vocabulary.LEVELS, vocabulary.MISSING["level_semh"], required=True)
    level_sp = choice(vocabulary.LEVELS, vocabulary.MISSING["level_sp"], required=True)
    barrier_ci, barrier_cl, barrier_semh, barrier_sp = (_text(LONGEST_BARRIER, load_default=None) for _ in range(4))
    helps_ci, helps_cl, helps_semh, helps_sp = (_text(LONGEST_BARRIER, load_default=None) for _ in range(4))
    primary_need = choice(vocabulary.PRIMARY_NEEDS, vocabulary.MISSING["primary_need"], required=True)
    secondary_needs = CodesField(vocabulary.PRIMARY_NEEDS, "Choose secondary needs from the list.", load_default=list)
    requirements = CodesField(vocabulary.FACILITIES, "Choose facilities from the list.", load_default=list)
    pattern = member(Pattern, vocabulary.MISSING["pattern"], required=True)
    band_override = member(Band, "Choose a band from the list.", load_default=None)
    band_override_reason = _text(LONGEST_REASON, load_default=None)

    @validates_schema
    def told_apart(self, answers: dict[str, Any], **_: Any) -> None:
        """The primary need is not also a secondary one."""
        if answers.get("primary_need") in answers.get("secondary_needs", []):
            raise ValidationError("Take the primary need out of the secondary needs.", "secondary_needs")

    @validates_schema
    def reasoned(self, answers: dict[str, Any], **_: Any) -> None:
        """A band other than the derived one is somebody's decision, and a decision has its reason."""
        if answers.get("band_override") and not answers.get("band_override_reason"):
            raise ValidationError("Give the reason for another band than the derived one.", "band_override_reason")
        if answers.get("band_override_reason") and not answers.get("band_override"):
            raise ValidationError("Choose the band that the reason is for, or clear the reason.", "band_override")

    @post_load
    def by_area(self, answers: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What gets in the way and what helps, each as one list, in the order of the areas."""
        texts = {
            name: [answers.pop(f"{field}_{area}") or "" for area in vocabulary.AREAS]
            for name, field in (("barriers", "barrier"), ("adjustments", "helps"))
        }
        return {**answers, **texts}


class ProfileChangeSchema(ProfileSchema):
    """The same of a need that is published: from when the profile holds, and why it was written anew."""

    profiled_on = DayField(load_default=None)
    profile_why = member(WhyProfiled, "Choose why the profile changes.", load_default=WhyProfiled.CORRECTED)


class RequestSchema(FormSchema):
    """Question 4: the parents' request and wishes, the journey, the priority."""

    request_id = _id("Choose the setting from the list.", load_default=None)
    ground = member(Ground, "Choose a ground from the list.", load_default=None)
    ground_evidence = _text(LONGEST_TEXT, load_default=None)
    wish_1 = _id("Choose the setting from the list.", load_default=None)
    wish_2 = _id("Choose the setting from the list.", load_default=None)
    wish_3 = _id("Choose the setting from the list.", load_default=None)
    is_transport_entitled = fields.Boolean(load_default=False)
    max_km = fields.Decimal(
        places=1,
        allow_nan=False,
        load_default=None,
        validate=validate.Range(
            min=0, max=500, min_inclusive=False, error="Enter the longest journey in km, up to 500, or leave it blank."
        ),
        error_messages=dict.fromkeys(
            ("invalid", "special"), "Enter the longest journey in km, like 25, or leave it blank."
        ),
    )
    priority = choice(vocabulary.PRIORITIES, vocabulary.MISSING["priority"], required=True)

    @validates_schema
    def grounded(self, answers: dict[str, Any], **_: Any) -> None:
        """A request is set aside only on a ground, and a ground stands only on evidence, child by child."""
        if answers.get("ground") and not answers.get("request_id"):
            raise ValidationError("Choose the setting that the ground is about, or take the ground out.", "request_id")
        if answers.get("ground") and not answers.get("ground_evidence"):
            raise ValidationError("Record the evidence for this ground, for this child.", "ground_evidence")
        if answers.get("ground_evidence") and not answers.get("ground"):
            raise ValidationError("Choose the ground that the evidence is for, or clear the evidence.", "ground")

    @post_load
    def rank(self, answers: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The wishes as one list in order, each setting once."""
        wishes = [answers.pop(f"wish_{place}") for place in range(1, WISHES + 1)]
        return {**answers, "wishes": list(dict.fromkeys(wish for wish in wishes if wish is not None))}


class NeedSchema(PupilSchema, MainstreamSchema, ProfileSchema, RequestSchema):
    """A whole need: every question at once, for the JSON API and for rows of a file."""


class NeedChangeSchema(ProfileChangeSchema, NeedSchema):
    """A whole need as it is to be from now on; once it is published, also from when the profile holds, and why."""


class WithdrawalSchema(FormSchema):
    """Why a need is withdrawn."""

    reason = choice(vocabulary.WITHDRAWALS, "Choose why the need is withdrawn.", required=True)


class FixSchema(FormSchema):
    """A provision that an order fixes; none lifts it."""

    fix_provision_id = _id("Choose the provision from the list.", load_default=None)
    fix_reason = _text(LONGEST_REASON, "Say which order, of which day.", required=True)


class RuleOutSchema(FormSchema):
    """A provision that the authority rules out, and why."""

    rule_provision_id = _id("Choose the provision from the list.", required=True)
    rule_reason = _text(LONGEST_REASON, "Say why it is ruled out for this child.", required=True)


class AllowSchema(FormSchema):
    """A provision that is no longer ruled out."""

    provision_id = _id("Choose the provision from the list.", required=True)


class CaseloadSchema(FormSchema):
    """What the list of needs is narrowed to, sorted by and turned to."""

    to_do = CodesField(vocabulary.TO_DO, "Choose from the list.", load_default=list)
    status = CodesField(vocabulary.NEED_STATUSES, "Choose statuses from the list.", load_default=list)
    year_group = fields.List(choice(vocabulary.YEAR_GROUPS, vocabulary.MISSING["year_group"]), load_default=list)
    primary_need = CodesField(vocabulary.PRIMARY_NEEDS, "Choose needs from the list.", load_default=list)
    band = CodesField({**vocabulary.BANDS, "none": "No band"}, "Choose bands from the list.", load_default=list)
    sort = fields.String(
        load_default="priority",
        validate=validate.OneOf(["priority", "reference", "year_group", "primary_need", "band", "starts_on"]),
    )
    order = fields.String(load_default="ascending", validate=validate.OneOf(["ascending", "descending"]))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))


class OptionsSchema(FormSchema):
    """What the ranked options are narrowed to, sorted by and turned to, and the refusals asked for."""

    kind = CodesField(vocabulary.KINDS, "Choose kinds from the list.", load_default=list)
    type = CodesField(vocabulary.SETTING_TYPES, "Choose types from the list.", load_default=list)
    within = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 1000, error="Enter a distance in whole km, like 25."),
        error_messages={"invalid": "Enter a distance in whole km, like 25."},
    )
    vacant = fields.Boolean(load_default=False)
    sort = fields.String(load_default="suitability", validate=validate.OneOf(["suitability", "distance", "total"]))
    order = fields.String(load_default="ascending", validate=validate.OneOf(["ascending", "descending"]))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))
    refused = choice(vocabulary.REFUSALS, "Choose a reason from the list.", load_default=None)
    provision_ids = IdsField("Choose from the list again.")  # ticked on other pages of the list

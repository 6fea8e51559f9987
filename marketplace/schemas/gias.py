"""What the words of GIAS mean here: types of establishment, resourced provision, statuses, gender, need types.

It must never guess: words that GIAS is not known to use are refused, so that no new kind of school is passed over.
"""

from collections.abc import Mapping

from marshmallow import ValidationError

from marketplace import vocabulary
from marketplace.models import SettingStatus, SettingType, Sex

RESOURCED_COLUMN = "TypeOfResourcedProvision (name)"

# GIAS's words are compared in lower case, with a space for each dash: it has written them in several ways.
NOT_STATED = {"", "not applicable", "not recorded", "not known", "none recorded", "does not apply"}
INDEPENDENT_SPECIAL = "other independent special school"
SPECIAL = {
    **dict.fromkeys(
        (
            "community special school", "foundation special school", "academy special converter",
            "academy special sponsor led", "free schools special",
        ),
        SettingType.STATE_SPECIAL,
    ),
    **dict.fromkeys(
        (
            "pupil referral unit", "academy alternative provision converter",
            "academy alternative provision sponsor led", "free schools alternative provision",
        ),
        SettingType.AP,
    ),
    "non maintained special school": SettingType.NMSS,
}  # fmt: skip
MAINSTREAM = {
    "community school", "voluntary aided school", "voluntary controlled school", "foundation school",
    "city technology college", "academy sponsor led", "academy converter", "free schools", "free schools 16 to 19",
    "university technical college", "studio schools", "academy 16 19 converter", "academy 16 to 19 converter",
    "academy 16 19 sponsor led", "academy 16 to 19 sponsor led", "local authority nursery school",
}  # fmt: skip
ELSEWHERE = {  # neither special nor able to have resourced provision
    "other independent school", "further education", "secure units", "offshore schools", "british schools overseas",
    "service children's education", "miscellaneous", "higher education institutions", "welsh establishment",
    "sixth form centres", "special post 16 institution", "children's centre", "children's centre linked site",
    "online provider", "institution funded by other government department", "academy secure 16 to 19",
    "private nursery", "playing for success centres", "eyfs setting", "legacy types", "special college",
}  # fmt: skip
RESOURCED = {"resourced provision", "sen unit", "resourced provision and sen unit"}
STATUSES = {
    "open": SettingStatus.OPEN,
    "open, but proposed to close": SettingStatus.CLOSING,
    "proposed to open": SettingStatus.PROPOSED,
    "closed": SettingStatus.CLOSED,
}
SEXES = {"mixed": Sex.MIXED, "boys": Sex.MALE, "girls": Sex.FEMALE, **dict.fromkeys(NOT_STATED, Sex.MIXED)}
NEEDS = {code.casefold(): code for code in vocabulary.PRIMARY_NEEDS}


def folded(text: str) -> str:
    """GIAS's words as the tables above have them."""
    return " ".join(text.casefold().replace("-", " ").replace("’", "'").split())


def setting_type(cells: Mapping[str, str]) -> SettingType | None:
    """What an establishment is in law and in money; None for one that the marketplace does not keep.

    "Other independent special school" is two things, told apart by the approval under section 41 alone: whatever GIAS
    does not call approved is not. A mainstream school counts when it has resourced provision or a SEN unit. Raises
    ValidationError, by column, for words that GIAS is not known to use.
    """
    kind, resourced = folded(cells["TypeOfEstablishment (name)"]), folded(cells.get(RESOURCED_COLUMN, ""))
    if kind == INDEPENDENT_SPECIAL:
        approval = folded(cells["Section41Approved (name)"])
        if approval not in {"approved", "not approved"} | NOT_STATED:
            raise ValidationError({"Section41Approved (name)": ['Write "Approved" or "Not approved".']})
        return SettingType.SECTION41 if approval == "approved" else SettingType.INDEPENDENT
    if kind in SPECIAL:
        return SPECIAL[kind]
    if kind not in MAINSTREAM | ELSEWHERE:
        words = "This type of establishment is not known here. Write it as GIAS does, or take the row out."
        raise ValidationError({"TypeOfEstablishment (name)": [words]})
    if resourced not in RESOURCED | NOT_STATED:
        words = 'Write "Resourced provision", "SEN unit", "Resourced provision and SEN unit" or "Not applicable".'
        raise ValidationError({RESOURCED_COLUMN: [words]})
    return SettingType.RESOURCED_MAINSTREAM if kind in MAINSTREAM and resourced in RESOURCED else None


def status_of(cells: Mapping[str, str]) -> SettingStatus | None:
    """The status of an establishment; None for words that are not known."""
    return STATUSES.get(folded(cells["EstablishmentStatus (name)"]))


def has_no_place(cells: Mapping[str, str]) -> bool:
    """Whether the grid reference is not given: such is a setting that is only proposed."""
    return all(cells[column].strip() in {"", "0"} for column in ("Easting", "Northing"))

"""The right and the test in law that apply to a request for a setting, by what the setting is.

Words and grounds as the statutes stand in England. It must never say how a request is to be decided.
"""

from dataclasses import dataclass

from marketplace.models import Ground, SettingType


@dataclass(frozen=True, slots=True)
class LegalTest:
    """What a parent may ask for, what the authority must then do, and the grounds on which it need not."""

    is_binding: bool
    right: str
    test: str
    grounds: tuple[Ground, ...]


REQUEST = LegalTest(
    is_binding=True,
    right="The parents have the right to request this setting: Children and Families Act 2014, section 38(3).",
    test="The authority must name it unless a ground of section 39(4) is shown for this child, with evidence. "
    "The authority's budget is not such a ground by itself.",
    grounds=(Ground.UNSUITABLE, Ground.EDUCATION_OF_OTHERS, Ground.RESOURCES),
)
WISH = LegalTest(
    is_binding=False,
    right="There is no right to request this setting, because it is an independent school that is not approved under "
    "section 41. It needs the setting's consent.",
    test="The authority must have regard to the parents' wishes so far as that is compatible with efficient "
    "instruction and the avoidance of unreasonable public expenditure: Education Act 1996, section 9.",
    grounds=(Ground.PUBLIC_EXPENDITURE,),
)
APPEAL = (
    "The parents may appeal to the First-tier Tribunal about the school named in the plan: "
    "Children and Families Act 2014, section 51."
)


def test_of(setting_type: SettingType) -> LegalTest:
    """The test that applies to a request for a setting of this type."""
    return WISH if setting_type is SettingType.INDEPENDENT else REQUEST

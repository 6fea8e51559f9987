"""The right and the test in law that apply to a request for a setting, by what the setting is.

Words and grounds as the statutes stand in England. It must never say how a request is to be decided, only what may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.models import ConsultationStatus, Ground, Route, SettingType


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


NO_REQUEST = (
    "The parents have requested no setting. The authority names one, or a type, that would be appropriate: "
    "Children and Families Act 2014, section 40."
)
CONSENT = (
    "An independent school that is not approved under section 41 has no duty to admit, so it needs the setting's "
    "consent: award on its offer."
)
# On what footing an award may rest, by what the setting has said. Silence counts only once the 15 days are over.
ROUTES: Mapping[ConsultationStatus | None, tuple[Route, ...]] = {
    None: (Route.ORDER,),  # not consulted
    ConsultationStatus.SENT: (Route.SILENCE, Route.ORDER),
    ConsultationStatus.OFFERED: (Route.OFFER, Route.ORDER),
    ConsultationStatus.FULL: (Route.FULL, Route.ORDER),
    ConsultationStatus.REFUSED: (Route.REFUSAL, Route.ORDER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the law asks of an award of one setting. `routes` is empty where it cannot be awarded, and `obstacle` says
    why. `grounds` are those of which one must be recorded, with evidence, because the parents' request is not followed;
    `is_regard_due`: no ground, but how regard was had to the parents' wishes."""

    test: str
    routes: tuple[Route, ...]
    obstacle: str = ""
    grounds: tuple[Ground, ...] = ()
    is_regard_due: bool = False


def verdict(
    named: SettingType,
    *,
    requested: SettingType | None,
    is_named_requested: bool,
    reply: ConsultationStatus | None,
    is_overdue: bool,
) -> Verdict:
    """What the law asks of an award of a setting of type `named`, where the parents request one of type `requested`, or
    none; `reply` is where the consultation of the named setting stands, None where it was not consulted."""
    routes = [route for route in ROUTES.get(reply, ()) if route is not Route.SILENCE or is_overdue]
    obstacle = ""
    if named is SettingType.INDEPENDENT:
        routes = [route for route in routes if route is Route.OFFER]
        obstacle = "" if routes else CONSENT
    elif not routes:
        obstacle = "This consultation is over. Consult the setting again."
    if requested is None:
        return Verdict(test=NO_REQUEST, routes=tuple(routes), obstacle=obstacle)
    test = test_of(requested)
    if is_named_requested:
        return Verdict(test=test.test, routes=tuple(routes), obstacle=obstacle)
    return Verdict(
        test=test.test,
        routes=tuple(routes),
        obstacle=obstacle,
        grounds=test.grounds if test.is_binding else (),
        is_regard_due=not test.is_binding,
    )

"""The right and the test in law that apply to a request for a setting, by what the setting is.

Words and grounds as the statutes stand in England. It must never say how a request is to be decided, only what may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.models import ConsultationStatus, Footing, Ground, Route, SettingType


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
    "An independent school that is not approved under section 41, or a setting that is not registered as a school, has "
    "no duty to admit, so it needs the setting's consent: award on its offer. A tribunal's order binds the "
    "authority, not the setting."
)
# Without an EHCP nobody requests, nothing is named and no tribunal orders: what the authority must do instead.
DUTIES: Mapping[Footing, str] = {
    Footing.EXCLUDED: "The pupil is permanently excluded and has no EHCP. The authority must arrange suitable, "
    "full-time education from the sixth school day of the exclusion: Education Act 1996, section 19(3A).",
    Footing.SUSPENDED: "The pupil is suspended for more than five school days and has no EHCP. The governing board of "
    "the school must arrange suitable full-time education from the sixth school day: Education and Inspections Act "
    "2006, section 100.",
    Footing.AT_RISK: "The pupil is at risk of exclusion and has no EHCP. The pupil stays on the school's roll, and may "
    "be educated elsewhere for a time and a purpose, to improve behaviour: Education Act 2002, section 29A, for "
    "maintained schools; others by their own powers.",
    Footing.OUT_OF_SCHOOL: "The pupil is out of school for health or another reason and has no EHCP. The authority "
    "must arrange suitable education, full-time unless the pupil's health makes less right: Education Act 1996, "
    "section 19(1) and (3A) to (3AA).",
}
REMEDIES: Mapping[Footing, str] = {
    Footing.EXCLUDED: "The parents may ask an independent review panel to review a decision not to reinstate the "
    "pupil: Education Act 2002, section 51A. They have 15 school days from the notice of it.",
    Footing.SUSPENDED: "The parents may make representations to the school's governing board, which considers whether "
    "to reinstate the pupil: Education Act 2002, section 51A.",
    Footing.AT_RISK: "The parents may complain to the school, which reviews such a placement with them.",
    Footing.OUT_OF_SCHOOL: "The parents may complain to the authority, then to the Local Government and Social Care "
    "Ombudsman.",
}
NO_PLAN = (
    "Nobody can request a setting, because there is no EHCP in which it would be named. Alternative provision is "
    "commissioned for a purpose and a time."
)
ASSESSMENT = (
    "The parents may ask for an assessment of education, health and care needs at any time: Children and Families Act "
    "2014, section 36."
)
AGREEMENT = (
    "Without an EHCP no setting has a duty to admit the pupil, so it needs the setting's agreement: award on its offer."
)
OVER = "This consultation is over. Consult the setting again."
ORDERED = "A tribunal's order fixes another provision for this pupil. Award that one, or lift the order first."

# On what footing an award may rest, by what the setting has said. Silence counts only once the 15 days are over. A
# tribunal's order fixes a placement whatever was said, however late.
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
    why, or why by order alone. `grounds` are those of which one must be recorded, with evidence, because the parents'
    request is not followed; `is_regard_due`: no ground, but how regard was had to the parents' wishes;
    `is_consent_due`: an order needs the setting's consent on record, because it has no duty to admit."""

    test: str
    routes: tuple[Route, ...]
    obstacle: str = ""
    grounds: tuple[Ground, ...] = ()
    is_regard_due: bool = False
    is_consent_due: bool = False


def verdict(
    named: SettingType,
    *,
    requested: SettingType | None,
    is_named_requested: bool,
    reply: ConsultationStatus | None,
    is_overdue: bool,
    is_ordered_elsewhere: bool = False,
    footing: Footing = Footing.EHCP,
) -> Verdict:
    """What the law asks of an award of a setting of type `named`, where the parents request one of type `requested`, or
    none; `reply` is where the consultation of the named setting stands, None where it was not consulted. Under an order
    neither ground nor regard is asked for: the tribunal has decided. Without an EHCP there is neither request nor
    order, and the setting agrees or does not."""
    if not footing.has_plan:
        return _without_plan(footing, reply)
    routes, obstacle = _routes(named, reply, is_overdue=is_overdue)
    if is_ordered_elsewhere:
        routes, obstacle = (), ORDERED
    test = test_of(requested) if requested is not None else None
    is_set_aside = test is not None and not is_named_requested
    return Verdict(
        test=test.test if test else NO_REQUEST,
        routes=routes,
        obstacle=obstacle,
        grounds=test.grounds if test and is_set_aside and test.is_binding else (),
        is_regard_due=test is not None and is_set_aside and not test.is_binding,
        is_consent_due=named is SettingType.INDEPENDENT and Route.OFFER not in routes and Route.ORDER in routes,
    )


def _without_plan(footing: Footing, reply: ConsultationStatus | None) -> Verdict:
    if reply is ConsultationStatus.OFFERED:
        return Verdict(test=DUTIES[footing], routes=(Route.OFFER,))
    return Verdict(test=DUTIES[footing], routes=(), obstacle=AGREEMENT if reply in ROUTES else OVER)


def remedies(footing: Footing) -> tuple[str, ...]:
    """By which route somebody may have a decision looked at again."""
    return (APPEAL,) if footing.has_plan else (REMEDIES[footing], ASSESSMENT)


def _routes(named: SettingType, reply: ConsultationStatus | None, *, is_overdue: bool) -> tuple[tuple[Route, ...], str]:
    routes = tuple(route for route in ROUTES.get(reply, ()) if route is not Route.SILENCE or is_overdue)
    if not routes:
        return (), OVER
    if named is SettingType.INDEPENDENT and Route.OFFER not in routes:
        return (Route.ORDER,), CONSENT
    return routes, ""

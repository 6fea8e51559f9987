"""What a setting that is not registered as a school may take: part of a week, and the roll stays with a school.

Sources: Education Act 1996, section 463 (a school gives full-time education to five pupils of compulsory school age, or
to one with an EHCP); Education and Skills Act 2008, section 96 (running one that is not registered is an offence);
Department for Education, "Registration of independent schools" (2019): full-time is all, or substantially all, of a
child's education, generally more than 18 hours a week; and "Length of the school week" (2023): 32.5 hours.

Ten sessions are 32.5 hours, so five are 16.25 and six are 19.5: six are more than 18. One pupil with an EHCP is enough
to make a school where five others are, so such a pupil has fewer than half of the ten there: four. That four is this
marketplace's caution, not a figure of the law. The database has both figures too (migration 0026).
"""

from marketplace.models import Footing, Kind, Setting

MOST_SESSIONS = 5
MOST_SESSIONS_WITH_PLAN = 4


def most_sessions(footing: Footing | None) -> int:
    """How many of the ten sessions of a week such a setting may take; None: of whichever pupil.

    >>> most_sessions(None), most_sessions(Footing.EXCLUDED), most_sessions(Footing.EHCP)
    (5, 5, 4)
    """
    return MOST_SESSIONS_WITH_PLAN if footing is Footing.EHCP else MOST_SESSIONS


def fault(
    setting: Setting, kind: Kind, sessions: int | None, *, footing: Footing | None = None, is_on_roll: bool = False
) -> str | None:
    """What of a provision, a placement or a plan a setting that is not registered may not take, in a sentence; None
    where it may. `footing` is the pupil's, None where none is meant yet."""
    if setting.is_registered or kind is Kind.OUTREACH:
        return None
    name = f"{setting.name} is not registered as a school, so it"
    if kind is Kind.FULL:
        return f"{name} takes nobody full-time. It may take part of a week, or give outreach."
    if is_on_roll:
        return f"{name} keeps no roll. Say that the mainstream school keeps it."
    most = most_sessions(footing)
    if sessions is not None and sessions > most:
        whom = " a pupil with an EHCP" if footing is Footing.EHCP else ""
        return f"{name} takes{whom or ' a pupil'} for {most} of the ten sessions of a week at most."
    return None

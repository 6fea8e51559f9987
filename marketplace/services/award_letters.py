"""The letter that tells a family where their child is to go: the setting, the test in law, the ground where their
request is not followed, and the right of appeal. Kept on the day of the decision, for the same file for ever.

The child by the LA's reference only: the LA sends it on with the name. It must never name another provider's price
unless the ground rests on that comparison.

Sources: Children and Families Act 2014, sections 38 to 42, 51 to 57; Special Educational Needs and Disability
Regulations 2014, regulation 14; Tribunal Procedure (First-tier Tribunal) (Health, Education and Social Care Chamber)
Rules 2008, rule 20; SEND Code of Practice (2015), chapter 11.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.errors import NotFound
from marketplace.models import Award, Footing, Kind, Organisation, Route, london_day
from marketplace.permissions import Actor
from marketplace.services import law
from marketplace.services.award_checks import ON_COST
from marketplace.services.letters import Letter, set_letter
from marketplace.vocabulary import GROUND_STATUTES, GROUNDS, KINDS, PATTERNS, in_words
from pricing.money import pounds

NAMED = "The authority will name this setting in section I of the education, health and care plan."
PROVIDED = (
    "This is provision in section F of the education, health and care plan. The school that section I names, and the "
    "child's place on its roll, stay as they are."
)
WITHOUT_PLAN = (
    "Your child has no education, health and care plan, so no plan names this setting. The placement is alternative "
    "provision: for a purpose and a time, with a plan of the way back to a school."
)
APPEAL = (
    "If you disagree, you (the parents; or the young person, once over compulsory school age) may appeal to the "
    "First-tier Tribunal (Special Educational Needs and Disability): Children and Families Act 2014, section 51. The "
    "tribunal must receive the appeal within two months of the day on which the authority sends you the final plan, or "
    "within one month of the day of a mediation certificate, whichever is later."
)
MEDIATION = (
    "You may ask for mediation, and for disagreement resolution, both free and independent of the authority. Neither "
    "takes away your right of appeal. Before an appeal you contact a mediation adviser for a certificate; you need "
    "none where you appeal only about the school, or type of school, that the plan names (section 55)."
)
ADVICE = "Your local SEND information, advice and support service helps families with this, free and in confidence."


def letter_of(session: Session, actor: Actor, award: Award, *, at: datetime) -> Letter:
    """What the letter of an award that is made says."""
    authority = session.get_one(Organisation, award.authority_id)
    return Letter(
        on=london_day(at).isoformat(),
        reference=f"{award.need.reference}, award {award.id}",
        sender=authority.name,
        recipient=f"To the parents of the child with our reference {award.need.reference}",
        title=f"Where your child is to go: {award.setting.name}",
        opening=[
            f"{authority.name} has decided on the placement below for your child.",
            _as_provision(award),
        ],
        facts=_facts(award),
        rows=_costs(award),
        quoted=award.reasons,
        closing=[*_law(award), *rights_of(award.need.footing), ADVICE],
        officer=actor.name,
    )


def rights_of(footing: Footing) -> tuple[str, ...]:
    """How a family may have a decision looked at again: before the tribunal only where there is a plan."""
    return (APPEAL, MEDIATION) if footing.has_plan else tuple(map(to_family, law.remedies(footing)))


def to_family(words: str) -> str:
    """The law's words as they are said to a family."""
    for theirs, yours in (
        ("The parents", "You"),
        ("They", "You"),
        ("The pupil", "Your child"),
        ("the pupil", "your child"),
    ):
        words = words.replace(theirs, yours)
    return words


def _as_provision(award: Award) -> str:
    if not award.need.footing.has_plan:
        return WITHOUT_PLAN
    return NAMED if award.provision.kind is Kind.FULL else PROVIDED


def letter_file(award: Award) -> bytes:
    """The letter of an award as PDF. Raises NotFound where there is none yet."""
    if award.letter is None:
        raise NotFound("There is no letter: the award is not made.")
    return set_letter(award.letter)  # type: ignore[arg-type]


def _facts(award: Award) -> list[list[str]]:
    provision = award.provision
    kind = KINDS[provision.kind].lower()
    facts = [
        ["Setting", f"{award.setting.name} ({award.setting.number})"],
        ["Provision", f"{provision.name}: {kind}, {PATTERNS[provision.pattern].lower()}"],
        ["From", in_words(award.starts_on)],
    ]
    if award.route is Route.ORDER:
        facts.append(["Tribunal’s order", award.order_reference or ""])
    return facts


def _law(award: Award) -> list[str]:
    """The test that applied, and how it was met."""
    if not award.need.footing.has_plan:
        return [to_family(award.evidence["test"])]
    said = [f"The test in law. {award.evidence['test']}"]
    if award.route is Route.ORDER:
        return ["The tribunal has ordered this placement, and the authority carries the order out."]
    if award.is_requested:
        return [*said, "This is the setting that you requested."]
    if award.ground is not None:
        requested = _requested(award)
        name = requested["setting"] if requested else "The setting"
        ground = f"{GROUNDS[award.ground]} ({GROUND_STATUTES[award.ground]})"
        said.append(f"{name}, which you requested, is not named on this ground: {ground}.")
        said.append(f"What shows it for your child: {award.ground_evidence}")
    elif award.ground_evidence:
        said.append(f"How your wishes were regarded: {award.ground_evidence}")
    return said


def _costs(award: Award) -> list[list[str]]:
    """The comparison of costs on which the ground rests, where it is one of cost and both are known."""
    requested = _requested(award)
    if award.ground not in ON_COST or requested is None or requested["total"] is None:
        return []
    return [
        ["Cost to the public, a year", "Place", "Transport", "In all"],
        [f"{requested['setting']}, as requested", *_pence(requested["place"], requested["transport"])],
        [award.setting.name, *_pence(award.marginal - award.transport, award.transport)],
        ["Difference", "", "", pounds(requested["total"] - award.marginal)],
    ]


def _pence(place: int, transport: int) -> list[str]:
    return [pounds(place), pounds(transport), pounds(place + transport)]


def _requested(award: Award) -> dict[str, Any] | None:
    return next((each for each in award.evidence["choices"] if each["is_requested"]), None)

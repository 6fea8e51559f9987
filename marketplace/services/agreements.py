"""Individual placement agreements (IPA): what one says, kept on the day of the award, for the same file for ever.

The pupil by the LA's reference only: who it is stands nowhere in it.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from marketplace.errors import NotFound
from marketplace.models import Award, Organisation, Placement, PlanStatus, PorousPlan, london_day
from marketplace.permissions import Actor
from marketplace.services.letters import Letter, set_letter
from marketplace.services.porous_versions import plans_of
from marketplace.services.porous_week import week_in_words
from marketplace.services.published_prices import line_words
from marketplace.services.reintegration_versions import held_version
from marketplace.vocabulary import BANDS, KINDS, MAIN_SCHOOLS, PATTERNS, in_words
from pricing.money import pounds

PRICE = (
    "The price is that of the published price schedule named above for as long as this agreement runs. A later "
    "schedule changes it only where the authority accepts that in writing."
)
END = (
    "Either side may end the agreement by notice. It ends by itself when the pupil moves to the next phase of "
    "education, or when the plan names another setting."
)
END_WITHOUT_PLAN = (
    "The agreement ends on the last day that the plan of the way back states. Either side may end it before by notice."
)
NEWS = (
    "The setting tells the authority at once when the pupil does not attend, when needs change, and before it excludes."
)


def agreement_of(session: Session, actor: Actor, award: Award, *, at: datetime) -> Letter:
    """What the agreement of an award says."""
    authority = session.get_one(Organisation, award.authority_id)
    provider = session.get_one(Organisation, award.provider_id)
    provision = award.provision
    kind = KINDS[provision.kind]
    facts = [
        ["Pupil", f"{award.need.reference} (the authority's reference)"],
        ["Setting", f"{award.setting.name} ({award.setting.number})"],
        ["Provision", f"{provision.name}: {kind.lower()}, {PATTERNS[provision.pattern].lower()}"],
        ["Band", BANDS[award.band]],
        ["From", in_words(award.starts_on)],
        ["Prices", f"published schedule version {award.schedule.version}, from {in_words(award.schedule.starts_on)}"],
    ]
    if provision.sessions:
        facts.append(["Sessions", f"{provision.sessions} of 10 a week, by the approved plan of the week"])
    if award.hours_a_week:
        facts.append(["Hours", f"{award.hours_a_week.normalize():f} a week"])
    if award.variation_reason:
        facts.append(["Variation", f"{pounds(award.variation)}: {award.variation_reason}"])
    return Letter(
        on=london_day(at).isoformat(),
        reference=f"Agreement {award.id}",
        sender=authority.name,
        recipient=provider.name,
        title="Individual placement agreement",
        opening=[f"{authority.name} and {provider.name} agree on the placement below."],
        facts=facts,
        rows=[["Price", "Amount"], *_rows(award)],
        quoted="",
        closing=[PRICE, END if award.need.footing.has_plan else END_WITHOUT_PLAN, NEWS],
        officer=actor.name,
    )


def agreement_file(session: Session, *, award_id: int) -> bytes:
    """The agreement of an award as PDF, of a porous placement with each version of its week that is approved. Raises
    NotFound where there is none, or none yet."""
    placement = session.scalar(
        select(Placement).where(Placement.award_id == award_id).options(undefer(Placement.agreement))
    )
    if placement is None:
        raise NotFound("There is no agreement: the award is not made.")
    agreement = placement.agreement
    facts = [*agreement["facts"], *_weeks(session, placement.id), *_way_back(session, placement.id)]
    return set_letter({**agreement, "facts": facts})  # type: ignore[typeddict-item]


def _weeks(session: Session, placement_id: int) -> list[list[str]]:
    """The split of the week, from each day on which it changes."""
    approved = [row for row in plans_of(session, placement_id) if row.status is PlanStatus.APPROVED]
    return [[f"Week from {in_words(row.starts_on)}", _week(row)] for row in reversed(approved)]


def _way_back(session: Session, placement_id: int) -> list[list[str]]:
    """What the placement is for, its end and the way back, as the last version says."""
    plan = held_version(session, placement_id)
    if plan is None:
        return []
    back = f"{plan.school}, from {in_words(plan.returns_on)}. {plan.steps} Led by: {plan.lead}."
    return [["Purpose", plan.purpose], ["Last day", in_words(plan.ends_on)], ["The way back", back]]


def _week(plan: PorousPlan) -> str:
    by = f"Version {plan.number}, approved by {plan.decided_by}"
    return f"{week_in_words(plan.week)} ({plan.school}). {MAIN_SCHOOLS[plan.main]}. {by}"


def _rows(award: Award) -> list[list[str]]:
    rows = [list(line_words(line)) for line in award.lines]
    if award.variation:
        rows.append(["Variation", f"{pounds(award.variation)} a year"])
    rows.append(["In all, a year", pounds(award.price)])
    owed = award.marginal - award.transport
    if owed != award.price:
        rows.append(["Less place funding that is paid anyway", pounds(owed - award.price)])
        rows.append(["The authority pays, a year", pounds(owed)])
    return rows

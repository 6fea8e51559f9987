"""Uplifts of the demonstration: the illustrative indices, and three requests: just sent, in the middle of its
negotiation, and agreed with answers that are overdue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Kind,
    PriceIndex,
    PriceSchedule,
    Provider,
    Role,
    ScheduleStatus,
    Setting,
    StepKind,
    Uplift,
    UpliftAnswer,
    UpliftCount,
    UpliftStatus,
    UpliftStep,
    User,
    school_year,
)
from marketplace.services.demonstration import names
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.people import People
from marketplace.services.demonstration.supply import Offered
from marketplace.services.people import actor_of
from marketplace.services.schedule_drafts import next_september
from marketplace.services.uplift_assessment import affected
from marketplace.services.uplift_effects import default_link
from marketplace.services.uplift_letters import agreement_letter, answer_letter
from marketplace.services.uplift_negotiation import ANSWER_DAYS
from marketplace.services.uplift_steps import EVENTS
from pricing.indices import DEMONSTRATION_INDICES, load_indices

ASKERS = (names.COMPANIES[4], names.CHARITIES[1], names.COMPANIES[4], names.CHARITIES[0])
REASONS = (
    "The pay award for teachers and support staff, and the rise in employers' pension contributions, come to more than"
    " the rest of our costs together. Energy has fallen; food and insurance have not."
)
COUNTER = "Our budgets rise by less than half of that. We accept the pay award in full and not the other costs."
AGAIN = "We have taken out what insurance would add, and spread it over two years."
YES = "Our panel found the evidence complete and the places well used."
NO = "We have no budget for it this year, and shall speak about each placement at its review."


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a request has come: the percentages proposed in turn, days ago of each, and whether it is agreed."""

    percents: tuple[str, ...]
    days: tuple[int, ...]
    is_agreed: bool = False


PLANS = (
    Plan(("6.5", "3", "4.25"), (68, 55, 41), is_agreed=True),
    Plan(("5.5", "2.5", "4.5"), (30, 18, 6)),
    Plan(("7",), (4,)),
)


def add_indices(session: Session, *, at: datetime, starts_on: str) -> None:
    """Keep the illustrative indices, from a day that the demonstration reaches."""
    for index in load_indices(DEMONSTRATION_INDICES):
        session.add(
            PriceIndex(
                part=index.part,
                name=index.name,
                percent=index.percent,
                starts_on=date.fromisoformat(starts_on),
                source=index.source,
                loaded_at=at,
            )
        )
    session.flush()


def add_uplifts(session: Session, people: People, supply: Sequence[Offered], *, seed: int, on: date) -> None:
    """Add the requests, each for another setting."""
    random = chance("uplifts", seed)
    wanted = [
        offered.setting
        for name in dict.fromkeys(ASKERS)
        for offered in sorted(supply, key=lambda each: each.setting.name)
        if offered.setting.provider is not None and offered.setting.provider.name == name
    ]
    for plan, setting in zip(PLANS, wanted, strict=False):
        _add(session, people, setting, plan, random, on=on)


def _add(session: Session, people: People, setting: Setting, plan: Plan, random: Random, *, on: date) -> None:
    provider = setting.provider
    assert provider is not None
    base = session.scalars(
        select(PriceSchedule).where(
            PriceSchedule.setting_id == setting.id, PriceSchedule.status == ScheduleStatus.PUBLISHED
        )
    ).one()
    start = next_september(on)
    uplift = Uplift(
        setting=setting, provider=provider, status=UpliftStatus.DRAFT, percent=Decimal(plan.percents[0]),
        starts_on=start, year=school_year(start), staff=Decimal(72), premises=Decimal(11), other=Decimal(17),
        reasons=REASONS, authority_ids=[], counts=_counts(people, base, random),
    )  # fmt: skip
    session.add(uplift)
    session.flush()
    rows = affected(session, setting.id, on=start)
    link = session.get_one(Authority, default_link(session, rows))
    with session.no_autoflush:
        uplift.base, uplift.sent_at, uplift.status = base, _at(on, plan.days[0]), UpliftStatus.NEGOTIATING
        uplift.authority_ids = sorted({row.authority_id for row in rows})
        uplift.link = link
        uplift.answers = [UpliftAnswer(authority_id=each) for each in uplift.authority_ids]
        uplift.steps = [
            _step(people, link if number % 2 else provider, StepKind.PROPOSED, number + 1, _at(on, days), percent,
                  (REASONS, COUNTER, AGAIN)[number])
            for number, (percent, days) in enumerate(zip(plan.percents, plan.days, strict=True))
        ]  # fmt: skip
        uplift.steps[-1].is_open = not plan.is_agreed
    session.flush()
    if plan.is_agreed:
        _agree(session, people, uplift, link, on=on)


def _counts(people: People, base: PriceSchedule, random: Random) -> list[UpliftCount]:
    """Placements of four LAs, in the bands of the full placements that are priced."""
    cells = sorted(
        {(line.provision_id, line.band) for line in base.lines if line.provision.kind is Kind.FULL},
        key=lambda cell: (cell[0], cell[1].level),
    )
    found = []
    for authority in sorted(random.sample(people.authorities, 4), key=lambda each: each.code):
        for provision_id, band in sorted(random.sample(cells, min(2, len(cells)))):
            found.append(
                UpliftCount(authority=authority, provision_id=provision_id, band=band, stated=random.randint(1, 9))
            )
    return found


def _agree(session: Session, people: People, uplift: Uplift, link: Authority, *, on: date) -> None:
    """The link LA agreed to the last proposal; the first LA accepted, the second declined, the others are overdue."""
    at = _at(on, ANSWER_DAYS + 5)
    percent = uplift.steps[-1].percent
    officer = actor_of(people.who(link, Role.PROCUREMENT))
    with session.no_autoflush:
        uplift.agreed_percent, uplift.answer_by = percent, at.date() + timedelta(days=ANSWER_DAYS)
        uplift.agreement = dict(agreement_letter(session, officer, uplift, at=at))
        uplift.status = UpliftStatus.AGREED
        step = _step(people, link, StepKind.AGREED, len(uplift.steps) + 1, at, str(percent), None)
        uplift.steps.append(step)
        for row, is_accepted in zip(uplift.answers, (True, False), strict=False):
            authority = session.get_one(Authority, row.authority_id)
            who = actor_of(people.who(authority, Role.PROCUREMENT))
            counts = [each for each in uplift.counts if each.authority_id == row.authority_id]
            reason, given_at = YES if is_accepted else NO, at + timedelta(days=12)
            letter = answer_letter(who, uplift, counts=counts, is_accepted=is_accepted, reason=reason, at=given_at)
            row.is_accepted, row.reason, row.officer, row.answered_at = is_accepted, reason, who.name, given_at
            row.letter = dict(letter)
    session.flush()


def _step(
    people: People, who: Authority | Provider, kind: StepKind, number: int, at: datetime, percent: str,
    reasons: str | None,
) -> UpliftStep:  # fmt: skip
    return UpliftStep(
        number=number, kind=kind, organisation_id=who.id, officer=people.who(who, officer_role(who)).name, at=at,
        percent=Decimal(percent), reasons=reasons,
    )  # fmt: skip


def happened(session: Session, people: People) -> Iterator[tuple[str, Uplift, datetime, User, dict[str, object]]]:
    """The events that the steps and answers would have left: event, request, when, who, data."""
    for uplift in session.scalars(select(Uplift).order_by(Uplift.id)):
        for step in uplift.steps:
            who = people.who(step.organisation, officer_role(step.organisation))
            yield EVENTS[step.kind], uplift, step.at, who, {"step": step.number, "percent": str(step.percent)}
        for answer in uplift.answers:
            if answer.answered_at is not None:
                who = people.who(answer.authority, officer_role(answer.authority))
                words = "uplift accepted" if answer.is_accepted else "uplift declined"
                yield words, uplift, answer.answered_at, who, {}


def officer_role(who: object) -> Role:
    """Which of an organisation's people takes its steps."""
    return Role.PROCUREMENT if isinstance(who, Authority) else Role.PROVIDER_EDITOR


def _at(on: date, days: int) -> datetime:
    return datetime.combine(on - timedelta(days=days), time(10, 30), UTC)

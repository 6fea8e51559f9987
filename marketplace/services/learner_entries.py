"""What a learner record says, in words for the pupil and the family: each thing with its day, out of the rows that keep
it. No price, no band, no code, nobody's name of staff, and no other child.

It must never decide who may read: what the actor's transaction shows is what is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import vocabulary
from marketplace.models import (
    EventKind,
    Need,
    OrderStatus,
    OutreachOrder,
    Placement,
    PlacementEvent,
    PlanStatus,
    PorousPlan,
    Profile,
    Provision,
    WhyPlanned,
    WhyProfiled,
)
from marketplace.services.placement_charges import events_that_hold
from marketplace.services.placement_lists import placements_of
from marketplace.services.porous_reviews import reviews_of, year_group_of
from marketplace.services.porous_versions import plans_of
from marketplace.services.porous_week import week_in_words
from marketplace.vocabulary import in_words


class Part(StrEnum):
    """Of what an entry tells; of one day in this order."""

    PROFILE = "profile"
    PLACEMENT = "placement"
    WEEK = "week"
    OUTREACH = "outreach"
    REVIEW = "review"
    AIM = "aim"  # where the pupil is to go
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing of a day: `facts` are labels with values, `quotes` who said what."""

    on: date
    part: Part
    title: str
    facts: Sequence[tuple[str, str]] = ()
    quotes: Sequence[tuple[str, str]] = ()


TOLD = {
    EventKind.AWARDED: "A placement at {setting} was agreed",
    EventKind.STARTED: "Started at {setting}",
    EventKind.VARIED: "What {setting} provides was changed",
    EventKind.SUSPENDED: "The placement at {setting} was paused",
    EventKind.RESUMED: "The placement at {setting} went on",
    EventKind.NOTICE_GIVEN: "Notice was given that the placement at {setting} ends on this day",
    EventKind.ENDED: "The placement at {setting} ended",
    EventKind.TRANSFERRED: "The placement at {setting} ended with the move to the next phase of education",
}
_SAYS_WHAT = frozenset({EventKind.AWARDED, EventKind.VARIED})


def profiles_of(session: Session, need: Need) -> list[Profile]:
    """The versions of a need's profile, the first first."""
    return list(session.scalars(select(Profile).where(Profile.need_id == need.id).order_by(Profile.number)))


def of_profiles(session: Session, need: Need) -> Iterator[Entry]:
    """What was needed, whole, at each time; a level that has changed says what it was."""
    before: Profile | None = None
    for row in profiles_of(session, need):
        facts = [("School year", vocabulary.YEAR_GROUPS[row.year_group])]
        facts += [(name.capitalize(), _area(row, before, at)) for at, name in enumerate(vocabulary.AREAS.values())]
        needs = [vocabulary.PRIMARY_NEEDS[code] for code in (row.primary_need, *row.secondary_needs)]
        facts.append(("Main need, then others", "; ".join(needs)))
        why = "first written down" if row.why is WhyProfiled.POSTED else vocabulary.WHY_PROFILED[row.why].lower()
        yield Entry(on=row.on, part=Part.PROFILE, title=f"Needs: {why}", facts=facts)
        before = row


def _area(row: Profile, before: Profile | None, at: int) -> str:
    area = tuple(vocabulary.AREAS)[at]
    level, was = (getattr(each, f"level_{area}") if each else None for each in (row, before))
    assert level is not None
    parts = [f"{vocabulary.LEVELS[level]}: {vocabulary.LEVEL_DESCRIPTIONS[area][level]}"]
    if was is not None and was != level:
        parts.append(f"Before: {vocabulary.LEVELS[was].lower()}.")
    if row.barriers[at]:
        parts.append(f"What gets in the way: {row.barriers[at]}")
    if row.adjustments[at]:
        parts.append(f"What helps: {row.adjustments[at]}")
    return " ".join(parts)


def of_placements(session: Session, need: Need) -> Iterator[Entry]:
    """What happened to each placement, but for what was entered by mistake, and for money."""
    placements = {row.id: row for row in placements_of(session, need)}
    for placement_id, events in events_that_hold(session, placements).items():
        for event in events:
            if event.kind in TOLD:
                yield _placed(session, placements[placement_id], event)


def _placed(session: Session, placement: Placement, event: PlacementEvent) -> Entry:
    facts = []
    if event.kind in _SAYS_WHAT:
        provision = session.get_one(Provision, event.after["provision_id"])
        facts.append(("What", f"{provision.name}: {vocabulary.KINDS[provision.kind].lower()}"))
        if event.after["sessions"] is not None:
            facts.append(("At the setting", f"{event.after['sessions']} sessions of ten a week"))
        if event.after["hours_a_week"] is not None:
            facts.append(("From its staff", f"{event.after['hours_a_week']} hours a week"))
    if event.kind is EventKind.AWARDED:
        facts.append(("From", in_words(placement.starts_on)))
    if then := event.after.get("then") if event.kind is EventKind.ENDED else None:
        facts.append(("What came next", vocabulary.AFTER_END[then]))
    title = TOLD[event.kind].format(setting=placement.setting.name)
    return Entry(on=event.on, part=Part.PLACEMENT, title=title, facts=facts)


def of_weeks(session: Session, need: Need) -> Iterator[Entry]:
    """The versions of a split week that were approved, and its reviews, with what each said."""
    for placement in placements_of(session, need):
        for plan in reversed(plans_of(session, placement.id)):
            if plan.status is PlanStatus.APPROVED:
                yield _week(placement, plan)
        questions = vocabulary.belonging_questions(year_group_of(session, placement))
        for review in reversed(reviews_of(session, placement.id)):
            answers = [vocabulary.BELONGING_ANSWERS[answer] for answer in review.belonging]
            said = (
                ("The pupil", review.pupil), ("The family", review.family),
                (placement.setting.name, review.special), (review.plan.school, review.mainstream),
            )  # fmt: skip
            facts = [
                *zip(questions, answers, strict=True),
                ("What comes next", vocabulary.REVIEW_NEXT[review.outcome].partition(":")[0]),
            ]
            if review.next_on:
                facts.append(("Next review", in_words(review.next_on)))
            yield Entry(
                on=review.on, part=Part.REVIEW, title="Review of the split week", facts=facts,
                quotes=[(who, words) for who, words in said if words],
            )  # fmt: skip


def _week(placement: Placement, plan: PorousPlan) -> Entry:
    facts = [
        ("The week", week_in_words(plan.week)),
        ("Schools", f"{placement.setting.name}; {plan.school}"),
        ("Where it is meant to lead", vocabulary.GOALS[plan.goal]),
    ]
    if plan.goal_on:
        facts.append(("Goal", f"{plan.goal_sessions} sessions of ten in mainstream by {in_words(plan.goal_on)}"))
    if plan.why is not WhyPlanned.FIRST:
        facts.append(("Why it changes", vocabulary.WHY_PLANNED[plan.why]))
    title = f"A split week: {plan.special} sessions at the special setting, {plan.mainstream} in mainstream"
    return Entry(on=plan.starts_on, part=Part.WEEK, title=title, facts=facts, quotes=[("Why", plan.reason)])


def of_outreach(session: Session, need: Need) -> Iterator[Entry]:
    """What outreach was for, how that was measured, and what came of it."""
    rows = session.scalars(
        select(OutreachOrder)
        .join(OutreachOrder.placement)
        .where(Placement.need_id == need.id, OutreachOrder.status.in_([OrderStatus.RUNNING, OrderStatus.ENDED]))
        .options(joinedload(OutreachOrder.setting))
        .order_by(OutreachOrder.id)
    )
    for order in rows:
        scale = f"{order.measure}: from {_plain(order.baseline)} to {_plain(order.target)}"
        facts = [("To be reached", order.outcome), ("How it is measured", scale), ("School", order.school)]
        title = f"Staff of {order.setting.name} came to help"
        yield Entry(on=order.starts_on, part=Part.OUTREACH, title=title, facts=facts)
        for review in order.reviews:
            facts = [(order.measure, f"{_plain(review.value)}; the target is {_plain(order.target)}")]
            yield Entry(
                on=review.on, part=Part.REVIEW, title="Review of outreach", facts=facts, quotes=[("Said", review.words)]
            )
        if order.status is OrderStatus.ENDED:
            assert order.result
            assert order.last_value is not None
            facts = [
                ("What came of it", vocabulary.ORDER_RESULTS[order.result]),
                (order.measure, f"{_plain(order.last_value)}, from {_plain(order.baseline)} at the start"),
            ]
            yield Entry(
                on=order.last_day, part=Part.OUTREACH, title=f"Outreach of {order.setting.name} ended", facts=facts,
                quotes=[("Said", order.result_words or "")],
            )  # fmt: skip


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"

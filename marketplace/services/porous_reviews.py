"""Reviews of a split week: due by the plan, kept by either side with the pupil's own answers, never changed.

It must never change the plan or the placement: what a review comes to, people do.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import Consultation, Placement, PlacementStatus, PorousReview, ReviewNext
from marketplace.permissions import Actor, can_give_notice
from marketplace.services.placement_steps import lock
from marketplace.services.porous_versions import last_plan, plan_on
from marketplace.vocabulary import in_words

FARTHEST = timedelta(weeks=26)  # from one review to the next


def reviews_of(session: Session, placement_id: int) -> list[PorousReview]:
    """The reviews of a placement's week, the newest first."""
    rows = select(PorousReview).where(PorousReview.placement_id == placement_id).order_by(PorousReview.number.desc())
    return list(session.scalars(rows))


def next_review(session: Session, placement: Placement) -> date | None:
    """The day of the next review: as the last one says, or as the plan does that was approved last. None where the
    last one ends the split week, or nothing is planned."""
    plan, kept = last_plan(session, placement.id), reviews_of(session, placement.id)
    if plan is None or placement.status is PlacementStatus.ENDED:
        return None
    if kept and kept[0].on >= plan.starts_on:
        return kept[0].next_on
    return plan.review_on


def year_group_of(session: Session, placement: Placement) -> int | None:
    """The pupil's year group when the setting was consulted, which both sides may know; None where it was not."""
    brief = session.scalar(
        select(Consultation.brief)
        .where(
            Consultation.need_id == placement.need_id,
            Consultation.provider_id == placement.provider_id,
            Consultation.setting_id == placement.setting_id,
        )
        .order_by(Consultation.id.desc())
        .limit(1)
    )
    return brief["year_group"] if brief else None


def keep_review(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    day: date,
    outcome: ReviewNext,
    next_on: date | None,
    on: date,
    at: datetime,
    **said: Any,
) -> PorousReview:
    """Keep what a review of a day said, by either side. Raises Invalid, by field; Stale where another one was kept
    meanwhile; InvalidTransition where no plan is approved."""
    placement = lock(
        session, actor, placement_id, version,
        may=lambda actor, row: can_give_notice(actor, row.authority_id, row.provider_id),
    )  # fmt: skip
    kept = reviews_of(session, placement.id)
    first = kept[0].on if kept else placement.starts_on
    if not first <= day <= on:
        raise Invalid({"day": [f"Enter the day of the review: from {in_words(first)} to today."]})
    plan = plan_on(session, placement.id, day)
    if plan is None:
        raise InvalidTransition("No plan of this placement's week held on that day, so there is nothing to review.")
    if (outcome is ReviewNext.END) != (next_on is None) or (next_on and not day < next_on <= day + FARTHEST):
        words = "Enter a day within 26 weeks of this review; leave it empty only where the split week should end."
        raise Invalid({"next_on": [words]})
    review = PorousReview(
        placement=placement, plan=plan, number=len(kept) + 1, on=day, outcome=outcome, next_on=next_on,
        organisation_id=actor.organisation_id, officer=actor.name, at=at, **said,
    )  # fmt: skip
    session.add(review)
    session.flush()
    # A page that was opened before has not seen this review.
    session.execute(update(Placement).where(Placement.id == placement.id).values(version=Placement.version + 1))
    session.expire(placement)
    audit.record(session, actor, "porous week reviewed", review, placement_id=placement.id, number=review.number)
    return review

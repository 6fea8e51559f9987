"""Reviews of a split week: due by the plan, kept by either side with the pupil's own answers, and never changed."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import AuditEvent, PlanStatus, PorousReview, ReviewNext
from marketplace.permissions import Actor
from marketplace.services import placements, porous_reviews
from marketplace.vocabulary import BELONGING_FROM_YEAR_7, BELONGING_TO_YEAR_6, belonging_questions
from tests import commissioning
from tests.commissioning import STARTS_ON
from tests.running import Running, running

SIX_WEEKS = STARTS_ON + timedelta(weeks=6)
SAID: dict[str, Any] = {
    "belonging": [4, 2, 3, 0], "pupil": "I have a friend now.", "family": None, "special": "Calm.",
    "mainstream": "Joins in.",
}  # fmt: skip


@pytest.fixture
def case(session: Session) -> Running:
    """A split week that has started."""
    case = running(session, kind="porous")
    commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)
    session.flush()
    return case


def keep(
    session: Session, case: Running, *, by: Actor | None = None, on: date = SIX_WEEKS, **changes: Any
) -> PorousReview:
    said = {"day": on, "outcome": ReviewNext.GO_ON, "next_on": on + timedelta(weeks=6), **SAID, **changes}
    return porous_reviews.keep_review(session, by or case.editor, **case.of(on), **said)


def test_reviews_are_due_by_the_plan_and_then_as_the_last_one_says(session: Session, case: Running) -> None:
    assert porous_reviews.next_review(session, case.placement) == SIX_WEEKS
    first = keep(session, case)
    assert porous_reviews.next_review(session, case.placement) == SIX_WEEKS + timedelta(weeks=6)
    later = SIX_WEEKS + timedelta(weeks=5)
    second = keep(session, case, by=case.commissioner, on=later, outcome=ReviewNext.END, next_on=None)
    assert porous_reviews.next_review(session, case.placement) is None
    assert porous_reviews.reviews_of(session, case.placement.id) == [second, first]
    kept = session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type == "porous_reviews")).all()
    assert kept == ["porous week reviewed"] * 2


def test_another_version_brings_its_own_first_review(session: Session, case: Running) -> None:
    keep(session, case)
    day = SIX_WEEKS + timedelta(weeks=1)
    commissioning.plan(session, case.placement, number=2, status=PlanStatus.APPROVED, starts_on=day, review_on=day)
    assert porous_reviews.next_review(session, case.placement) == day


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": STARTS_ON - timedelta(days=1)}, "day"),
        ({"day": SIX_WEEKS + timedelta(days=1)}, "day"),
        ({"next_on": None}, "next_on"),
        ({"next_on": SIX_WEEKS}, "next_on"),
        ({"next_on": SIX_WEEKS + timedelta(weeks=27)}, "next_on"),
        ({"outcome": ReviewNext.END}, "next_on"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    session: Session, case: Running, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        keep(session, case, **changes)
    assert field in refused.value.errors


def test_no_review_is_of_a_day_before_the_last_one(session: Session, case: Running) -> None:
    keep(session, case)
    with pytest.raises(Invalid):
        keep(session, case, on=SIX_WEEKS + timedelta(days=1), day=SIX_WEEKS - timedelta(days=1))


def test_nothing_is_reviewed_that_was_not_planned(session: Session) -> None:
    case = running(session)
    with pytest.raises(InvalidTransition, match="nothing to review"):
        keep(session, case)


def test_of_two_who_review_the_same_week_at_once_the_second_is_told(session: Session, case: Running) -> None:
    seen = case.of(SIX_WEEKS)
    keep(session, case)
    with pytest.raises(Stale):
        porous_reviews.keep_review(
            session, case.commissioner, **seen, day=SIX_WEEKS, outcome=ReviewNext.GO_ON,
            next_on=SIX_WEEKS + timedelta(weeks=1), **SAID,
        )  # fmt: skip


def test_who_is_of_neither_side_keeps_none_and_a_stale_page_is_told(session: Session, case: Running) -> None:
    with pytest.raises(NotPermitted):
        keep(session, case, by=running(session).editor)
    with pytest.raises(Stale):
        porous_reviews.keep_review(
            session, case.editor, **(case.of(SIX_WEEKS) | {"version": 1}), day=SIX_WEEKS, outcome=ReviewNext.GO_ON,
            next_on=SIX_WEEKS + timedelta(weeks=1), **SAID,
        )  # fmt: skip


def test_the_pupil_is_asked_in_words_of_their_age(session: Session, case: Running) -> None:
    assert porous_reviews.year_group_of(session, case.placement) == case.need.year_group
    assert belonging_questions(6) == BELONGING_TO_YEAR_6
    assert belonging_questions(7) == belonging_questions(None) == BELONGING_FROM_YEAR_7

"""A cohort over three years, lived through the use cases: every past week is rebuilt, and every figure of the reports
is the simulation's. (40 pupils in the suite; `COHORT=500` before pytest lives 500.)"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import mean, median

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace import db
from marketplace.models import At, Claim, Placement, PlacementStatus, PlanStatus, PorousPlan
from marketplace.permissions import SYSTEM
from marketplace.services import verify
from marketplace.services.learner_entries import Part, of_weeks
from marketplace.services.movement import ALL, POINTS, Movement, means, movements, paths
from marketplace.services.porous_versions import plan_on
from marketplace.services.small_groups import FEWEST
from tests.cohort import WEEKS, Course, Driver, monday, simulate, weeks_of
from tests.contention import require_sums

PUPILS = int(os.environ.get("COHORT", "40"))
MANY = 500  # of whom groups are shown apart
LAST = WEEKS - 1


@pytest.fixture(scope="module")
def lived(application: Engine, cleaner: Engine) -> Iterator[tuple[list[Course], list[int], Driver]]:
    """The courses, their placements, and the marketplace after three years."""
    from tests.conftest import empty  # noqa: PLC0415

    db.configure(application)
    empty(cleaner)
    courses = simulate(PUPILS, seed=8)
    with db.transaction(SYSTEM) as session:
        driver = Driver(session)
        driver.build()
        ids = [placement.id for placement in driver.live(courses)]
    yield courses, ids, driver
    empty(cleaner)


@pytest.fixture
def session(lived: object) -> Iterator[Session]:  # noqa: ARG001
    with db.transaction(SYSTEM) as session:
        yield session


Lived = tuple[list[Course], list[int], Driver]


def test_any_past_week_of_each_pupil_is_rebuilt_exactly(lived: Lived, session: Session) -> None:
    courses, _, _ = lived
    found = paths(session, on=monday(LAST))
    assert len(found) == len(courses)
    # Paths come by placement, and placements were begun by week and pupil.
    order = sorted(range(len(courses)), key=lambda number: (courses[number].first, number))
    for path, number in zip(found, order, strict=True):
        course = courses[number]
        for day, count in weeks_of(course):
            assert path.in_mainstream(day) == count, (number, day)
            assert path.in_mainstream(day + timedelta(days=6)) == count, (number, day)
        reached = None if course.reached is None else monday(course.reached)
        assert path.reached_on == reached, number


@pytest.mark.parametrize("until", [51, 103, LAST])
def test_the_report_of_any_year_is_the_simulations(lived: Lived, session: Session, until: int) -> None:
    courses, _, driver = lived
    begun = [course for course in courses if course.first <= until]
    found = paths(session, on=monday(until))
    assert len(found) == len(begun)
    authorities, providers = ({name: at for at, name in enumerate(names)} for names in driver.names)
    for by, of in (
        (lambda path: path.provider, lambda course, name: course.provider == providers[name]),
        (lambda path: path.authority, lambda course, name: course.authority == authorities[name]),
    ):
        rows = movements(found, by)
        assert rows[-1].name == ALL
        assert rows[-1].n == len(begun)
        assert sum(row.n for row in rows[:-1]) in {0, len(begun)}  # no group alone where all are of few
        assert len(rows) > 1 or PUPILS < MANY
        for row in rows:
            if row.name == ALL:
                _require(row, begun, until)
            elif row.name in providers | authorities:
                _require(row, [course for course in begun if of(course, row.name)], until)
    for weeks, shown in zip(POINTS, means(found, on=monday(until)), strict=True):
        counts = [c.mainstream[c.first + weeks] for c in begun if c.first + weeks <= until]
        known = [count for count in counts if count is not None]
        assert shown == (pytest.approx(mean(known)) if len(known) >= FEWEST else None)


def _require(row: Movement, courses: list[Course], until: int) -> None:
    """What is shown is what the simulation counts; what is hidden is few, or hides few."""
    assert row.n == len(courses)
    ways = Counter(course.way(until) for course in courses)
    shown = {way.value: count for way, count in row.counts.items() if count is not None}
    assert shown == {way: ways[way] for way in shown}
    hidden = [ways[way.value] for way, count in row.counts.items() if count is None]
    assert len(hidden) != 1
    assert sum(hidden) == 0 or sum(hidden) >= FEWEST
    weeks = [c.reached - c.first for c in courses if c.reached is not None and c.reached <= until]
    if row.reached is None:
        assert 0 < min(len(weeks), len(courses) - len(weeks)) < FEWEST
    else:
        assert (row.reached, row.median_weeks) == (len(weeks), median(weeks) if weeks else None)


def test_no_pupil_ever_has_more_than_ten_sessions_two_main_schools_or_more_than_one_place(
    lived: Lived, session: Session
) -> None:
    courses, ids, _ = lived
    for course, placement_id in zip(courses, ids, strict=True):
        for day, count in weeks_of(course):
            plan = plan_on(session, placement_id, day) if day == monday(course.first) or _changes(course, day) else None
            if plan is not None:
                assert count == plan.mainstream
                assert plan.special + plan.mainstream == 10
                assert plan.main is At.MAINSTREAM
    live = select(Claim.award_id, func.sum(Claim.amount)).where(Claim.ended_at.is_(None)).group_by(Claim.award_id)
    taken = dict(session.execute(live).all())
    for placement in session.scalars(select(Placement).order_by(Placement.id)):
        if placement.status is PlacementStatus.ENDED:
            assert placement.award_id not in taken
        else:
            assert placement.sessions is not None
            assert taken[placement.award_id] == Decimal(placement.sessions) / 10 <= 1


def _changes(course: Course, day: object) -> bool:
    return any(monday(week) == day for week in course.changes)


def test_places_conserve_and_every_rule_of_the_data_holds(lived: Lived) -> None:  # noqa: ARG001
    require_sums()
    with db.transaction(SYSTEM) as session:
        broken = {found.rule.name for found in verify.verify(session) if found.count}
        assert broken <= {"audit of awards"}  # awards are the builders' rows; all that follows is done by use cases


def test_each_learner_record_has_every_version_and_every_review(lived: Lived, session: Session) -> None:
    courses, ids, _ = lived
    for course, placement_id in zip(courses, ids, strict=True):
        parts = Counter(entry.part for entry in of_weeks(session, session.get_one(Placement, placement_id).need))
        assert parts[Part.WEEK] == 1 + len(course.changes)
        assert parts[Part.REVIEW] == len(course.reviews)
    approved = session.scalar(select(func.count()).where(PorousPlan.status == PlanStatus.APPROVED))
    assert approved == sum(1 + len(course.changes) for course in courses)

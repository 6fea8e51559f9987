"""A made-up cohort of pupils whose week is split, over three years, by weeks: what happens to each, and the same done
to the marketplace by its use cases. What the simulation knows it knows from itself alone, so reports can be held to it.

A review is held every twelve weeks; at it the week may change, from that day on. A pupil who has met the goal stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    AfterEnd,
    Authority,
    ConsultationStatus,
    Framework,
    Goal,
    Kind,
    NeedStatus,
    Placement,
    Provision,
    ReviewNext,
    Role,
    WhyPlanned,
)
from marketplace.permissions import Actor
from marketplace.services import capacity, placement_ends, placements, porous_plans, porous_reviews
from tests import builders, commissioning

MONDAY = date(2027, 1, 4)  # of week 0
WEEKS = 156
BETWEEN = 12  # weeks from one review to the next
AUTHORITIES, PROVIDERS = 4, 5


@dataclass
class Course:
    """What happens to one pupil. `mainstream`: sessions there in each week, None before the start and after an end that
    was no return; after a return they are ten."""

    authority: int
    provider: int
    first: int  # the week of the start
    goal: Goal
    goal_sessions: int
    mainstream: list[int | None]
    reviews: list[int] = field(default_factory=list)  # their weeks
    changes: list[int] = field(default_factory=list)  # weeks from which another version holds
    last: int | None = None  # the last week, where it ends
    has_returned: bool = False

    @property
    def reached(self) -> int | None:
        """The first week in which the goal is met."""
        if self.goal is Goal.STABLE:
            return None
        for week in range(self.first + 1, len(self.mainstream)):
            count = self.mainstream[week]
            if count is not None and self._meets(count):
                return week
        return None

    def _meets(self, count: int) -> bool:
        return count >= self.goal_sessions if self.goal is Goal.TOWARDS_MAINSTREAM else count <= self.goal_sessions

    def way(self, until: int) -> str:
        """Which way the week has moved up to a week."""
        known = [count for count in self.mainstream[: until + 1] if count is not None]
        ups, downs = (any(sign * (after - before) > 0 for before, after in pairwise(known)) for sign in (1, -1))
        return "both" if ups and downs else "mainstream" if ups else "special" if downs else "none"


def simulate(pupils: int, *, seed: int) -> list[Course]:
    """So many pupils, the same for the same seed."""
    random = Random(seed)  # noqa: S311 - a simulation
    return [_course(random) for _ in range(pupils)]


def _course(random: Random) -> Course:
    first, count = random.randrange(40), random.randrange(2, 8)
    goal = random.choices(list(Goal), (6, 2, 2))[0]
    wanted = {
        Goal.TOWARDS_MAINSTREAM: min(10, count + random.randrange(1, 5)),
        Goal.TOWARDS_SPECIAL: max(0, count - random.randrange(1, 4)),
        Goal.STABLE: count,
    }[goal]
    course = Course(
        random.randrange(AUTHORITIES), random.randrange(PROVIDERS), first, goal, wanted, [None] * first + [count]
    )
    for week in range(first + 1, WEEKS):
        if course.last is None and (week - first) % BETWEEN == 0:
            count = _review(course, random, week, count)
        course.mainstream.append(count if course.last is None or course.has_returned else None)
    return course


def _review(course: Course, random: Random, week: int, count: int) -> int:
    """One review: the week goes on, changes, or is to end the day before the next one."""
    course.reviews.append(week)
    fate = random.random()
    if fate < 0.04:  # over, and not by a return
        course.last = week - 1
    elif fate < 0.10 and course.goal is Goal.TOWARDS_MAINSTREAM:
        course.last, course.has_returned = week - 1, True
        return 10
    elif fate < 0.55 and course.goal is not Goal.STABLE and course.reached is None:
        likely = 1 if course.goal is Goal.TOWARDS_MAINSTREAM else -1
        after = count + random.choices((likely, 2 * likely, -likely), (5, 3, 2))[0]
        if 1 <= after <= 9:
            course.changes.append(week)
            return after
    return count


def monday(week: int) -> date:
    """The first day of a week."""
    return MONDAY + timedelta(weeks=week)


@dataclass
class Driver:
    """The marketplace in which the cohort lives, and who acts there."""

    session: Session
    authorities: list[Authority] = field(default_factory=list)
    provisions: list[Provision] = field(default_factory=list)
    commissioners: list[Actor] = field(default_factory=list)
    editors: list[Actor] = field(default_factory=list)
    names: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))  # of LAs, of providers
    framework: Framework | None = None

    def build(self) -> None:
        """The LAs, and providers with one setting each and room for everybody."""
        self.framework = builders.framework(self.session)
        builders.tariff(self.session, framework=self.framework)
        region = builders.region(self.session)
        for _ in range(AUTHORITIES):
            la = builders.authority(self.session, region)
            self.authorities.append(la)
            self.names[0].append(la.name)
            self.commissioners.append(builders.acting(builders.user(self.session, la, Role.COMMISSIONER)))
        for _ in range(PROVIDERS):
            provider = builders.provider(self.session)
            self.names[1].append(provider.name)
            setting = builders.setting(self.session, self.authorities[0], provider)
            pool = builders.pool(self.session, setting, (-1, 14, date(2026, 9, 1), "1000"))
            provision = builders.provision(self.session, pool, kind=Kind.POROUS, sessions=5)
            builders.schedule(self.session, provision)
            self.provisions.append(provision)
            self.editors.append(builders.acting(builders.user(self.session, provider, Role.PROVIDER_EDITOR)))

    def live(self, courses: list[Course]) -> list[Placement]:
        """All of it, week by week; the placements, in the order of their pupils."""
        running: dict[int, Placement] = {}
        for week in range(WEEKS):
            for number, course in enumerate(courses):
                if week == course.first:
                    running[number] = self._begin(course)
                elif week in course.reviews:
                    self._review(course, running[number], week)
            self.session.flush()
        return [running[number] for number in range(len(courses))]

    def _begin(self, course: Course) -> Placement:
        day, provision = monday(course.first), self.provisions[course.provider]
        la, commissioner = self.authorities[course.authority], self.commissioners[course.authority]
        need = builders.need(self.session, la, self.framework, status=NeedStatus.PLACED)
        asked = commissioning.consultation(self.session, need, provision, status=ConsultationStatus.AWARDED)
        award = commissioning.award(self.session, need, provision, asked, starts_on=day)
        capacity.take(
            self.session, commissioner, provision=provision, year_group=8, on=day,
            amount=capacity.use_of(provision), authority_id=la.id, subject=award,
        )  # fmt: skip
        placement = placements.begin(self.session, commissioner, award=award, agreement={}, on=day, at=_noon(day))
        self._plan(course, placement, course.first, why=WhyPlanned.FIRST)
        placements.start_placement(self.session, commissioner, **_of(placement, day), day=day)
        return placement

    def _review(self, course: Course, placement: Placement, week: int) -> None:
        day, is_over = monday(week), course.last is not None and week > course.last
        porous_reviews.keep_review(
            self.session, self.editors[course.provider], **_of(placement, day), day=day, belonging=[4, 3, 2, 1],
            pupil="I know both my classes.", family=None, special="Settled.", mainstream="Joins in.",
            outcome=ReviewNext.END if is_over else ReviewNext.GO_ON,
            next_on=None if is_over else day + timedelta(weeks=BETWEEN),
        )  # fmt: skip
        if is_over:
            placement_ends.end_placement(
                self.session, self.commissioners[course.authority], **_of(placement, day),
                last_day=day - timedelta(days=1), reason="As the review found.",
                then=AfterEnd.NOT_NEEDED if course.has_returned else AfterEnd.NEEDED_AGAIN,
            )  # fmt: skip
        elif week in course.changes:
            self._plan(course, placement, week, why=WhyPlanned.PROGRESS)

    def _plan(self, course: Course, placement: Placement, week: int, *, why: WhyPlanned) -> None:
        day, count = monday(week), course.mainstream[week]
        assert count is not None
        is_met = course.reached is not None and week >= course.reached
        goal = {"goal": Goal.STABLE, "goal_sessions": count, "goal_on": None} if is_met else _goal(course, day)
        said = commissioning.said(
            week=commissioning.week(10 - count), starts_on=day, review_on=day + timedelta(weeks=BETWEEN),
            review_weeks=BETWEEN, why=why, **goal,
        )  # fmt: skip
        plan = porous_plans.propose_plan(self.session, self.editors[course.provider], **_of(placement, day), **said)
        porous_plans.approve_plan(
            self.session, self.commissioners[course.authority], plan_id=plan.id, version=plan.version,
            decision="As proposed.", on=day, at=_noon(day),
        )  # fmt: skip


def _goal(course: Course, day: date) -> dict[str, Any]:
    goal_on = None if course.goal is Goal.STABLE else day + timedelta(days=700)
    return {"goal": course.goal, "goal_sessions": course.goal_sessions, "goal_on": goal_on}


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _of(placement: Placement, day: date) -> dict[str, Any]:
    return {"placement_id": placement.id, "version": placement.version, "on": day, "at": _noon(day)}


def weeks_of(course: Course) -> Iterator[tuple[date, int | None]]:
    """Each week of three years, by its first day, with the sessions in mainstream."""
    return ((monday(week), count) for week, count in enumerate(course.mainstream))

"""Split weeks of the demonstration: planned by the setting, approved by the authority, reviewed with the pupil's own
answers."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from marketplace.models import At, Goal, Placement, ReviewNext, Ride, User, WhyPlanned
from marketplace.models.porous import DAYS, SESSIONS
from marketplace.services import porous_plans, porous_reviews
from marketplace.services.demonstration.acts import act, morning
from marketplace.services.porous_versions import last_plan
from marketplace.services.porous_week import day_of_week

SCHOOL = "Little Elms School"
BETWEEN = timedelta(weeks=6)


@dataclass(frozen=True, slots=True)
class SplitWeek:
    """The week of one placement, and who plans and who approves it."""

    session: Session
    placement: Placement
    editor: User
    officer: User

    def plan(self, starts_on: date, days_before: int) -> None:
        """Propose a version and approve it, so many days before it holds: the first with the sessions that were agreed,
        each later one with one session more in mainstream."""
        day, before = starts_on - timedelta(days=days_before), last_plan(self.session, self.placement.id)
        agreed = self.placement.sessions
        assert agreed is not None
        special = agreed if before is None else max(1, agreed - 1)
        week = [At.SPECIAL.value] * special + [At.MAINSTREAM.value] * (SESSIONS - special)
        rides = [Ride.AUTHORITY if At.SPECIAL in day_of_week(week, each) else Ride.NONE for each in range(DAYS)]
        plan = act(
            self.session, self.editor, day, porous_plans.propose_plan,
            placement_id=self.placement.id, version=self.placement.version, on=day, at=morning(day),
            starts_on=starts_on, main=At.MAINSTREAM, school=SCHOOL, school_urn=None, week=week, rides=rides,
            goal=Goal.TOWARDS_MAINSTREAM, goal_sessions=SESSIONS, goal_on=starts_on + timedelta(days=300),
            special_staff="Class teacher", mainstream_staff="SENCO", review_on=starts_on + BETWEEN,
            review_weeks=BETWEEN.days // 7, why=WhyPlanned.PROGRESS if before else WhyPlanned.FIRST,
            reason="One more afternoon with the class, as the pupil asked." if before else "As both schools agreed.",
        )  # fmt: skip
        act(
            self.session, self.officer, day, porous_plans.approve_plan, plan_id=plan.id, version=plan.version,
            decision="Agreed with both schools and the family.", on=day, at=morning(day),
        )  # fmt: skip

    def review(self, day: date) -> None:
        """Keep what was said on a day."""
        act(
            self.session, self.editor, day, porous_reviews.keep_review,
            placement_id=self.placement.id, version=self.placement.version, day=day, on=day, at=morning(day),
            belonging=[3, 4, 4, 2], pupil="I like art with my class. I want to stay for lunch.",
            family="Mornings are calmer.", special="Settled, and ready for more.", mainstream="Joins in with a friend.",
            outcome=ReviewNext.CHANGE, next_on=day + BETWEEN,
        )  # fmt: skip

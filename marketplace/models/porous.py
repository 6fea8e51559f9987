"""Porous plans: how a pupil's ten sessions of the week are split between a special setting and a mainstream school, to
what end, and in which versions. One placement has one plan, one main school and one roll: never two placements."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.placements import Placement

SESSIONS = 10  # of a school week: morning and afternoon, Monday to Friday
DAYS = 5


class At(StrEnum):
    """Where a session is spent."""

    SPECIAL = "special"
    MAINSTREAM = "mainstream"


class Goal(StrEnum):
    """Where a split week is meant to lead. Without one, movement tends to go one way."""

    TOWARDS_MAINSTREAM = "towards_mainstream"
    TOWARDS_SPECIAL = "towards_special"
    STABLE = "stable"


class Ride(StrEnum):
    """Who brings the pupil to the special setting and back on a day."""

    NONE = "none"  # no session there on this day
    FAMILY = "family"
    AUTHORITY = "authority"  # at the LA's cost
    SCHOOLS = "schools"


class WhyPlanned(StrEnum):
    """Why a version is proposed. The first of a placement is FIRST."""

    FIRST = "first"
    PROGRESS = "progress"
    DIFFICULTY = "difficulty"
    PUPIL = "pupil"
    FAMILY = "family"
    STAFFING = "staffing"
    OTHER = "other"


class PlanStatus(StrEnum):
    """Where a version stands. The allowed moves are PLAN_MOVES."""

    PROPOSED = "proposed"  # waits for the LA's written approval
    APPROVED = "approved"  # holds from its day until the next approved version does
    RETURNED = "returned"  # by the LA, with its reason
    WITHDRAWN = "withdrawn"  # by the side that proposed it


PLAN_MOVES: dict[PlanStatus, frozenset[PlanStatus]] = {
    PlanStatus.PROPOSED: frozenset({PlanStatus.APPROVED, PlanStatus.RETURNED, PlanStatus.WITHDRAWN}),
    PlanStatus.APPROVED: frozenset(),
    PlanStatus.RETURNED: frozenset(),
    PlanStatus.WITHDRAWN: frozenset(),
}


class PorousPlan(Base):
    """One dated version. `week`: where each of the ten sessions is spent, Monday morning first; `rides`: who brings the
    pupil on each of the five days. `main` keeps the roll and the place funding, and is named in Section I. The goal is
    met when `goal_sessions` a week are spent in mainstream. Versions are added, never changed, but for the decision."""

    __tablename__ = "porous_plans"
    __table_args__ = (
        UniqueConstraint("placement_id", "number"),
        Index("uq_porous_plans_proposed", "placement_id", unique=True, postgresql_where=text("status = 'proposed'")),
        CheckConstraint("cardinality(week) = 10 AND week <@ ARRAY['special', 'mainstream']::varchar[]", name="week"),
        CheckConstraint("'special' = ANY (week) AND 'mainstream' = ANY (week)", name="split"),
        CheckConstraint(
            "cardinality(rides) = 5 AND rides <@ ARRAY['none', 'family', 'authority', 'schools']::varchar[]",
            name="rides",
        ),
        CheckConstraint("goal_sessions BETWEEN 0 AND 10", name="goal_sessions"),
        CheckConstraint("(goal = 'stable') = (goal_on IS NULL)", name="goal_on"),
        CheckConstraint("review_weeks BETWEEN 1 AND 26", name="review_weeks"),
        CheckConstraint("(status IN ('approved', 'returned')) = (decided_at IS NOT NULL)", name="decided_at"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decision"),
    )

    id: Mapped[Id]
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), index=True)
    number: Mapped[int]
    status: Mapped[PlanStatus] = mapped_column(by_value(PlanStatus, "status"), default=PlanStatus.PROPOSED)
    starts_on: Mapped[date]
    main: Mapped[At] = mapped_column(by_value(At, "main"))
    school: Mapped[str] = mapped_column(String(200))  # the mainstream school
    school_urn: Mapped[int | None]
    week: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    rides: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    goal: Mapped[Goal] = mapped_column(by_value(Goal, "goal"))
    goal_sessions: Mapped[int]
    goal_on: Mapped[date | None]
    special_staff: Mapped[str] = mapped_column(String(120))
    mainstream_staff: Mapped[str] = mapped_column(String(120))
    review_on: Mapped[date]  # the first review
    review_weeks: Mapped[int]  # from one review to the next
    why: Mapped[WhyPlanned] = mapped_column(by_value(WhyPlanned, "why"))
    reason: Mapped[str] = mapped_column(String(4000))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # whose proposal
    officer: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[Instant] = mapped_column(default=now)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decision: Mapped[str | None] = mapped_column(String(4000))  # the LA's, in writing
    version: Mapped[int] = mapped_column(Integer)

    placement: Mapped[Placement] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def special(self) -> int:
        """Sessions a week at the special setting."""
        return self.week.count(At.SPECIAL)

    @property
    def mainstream(self) -> int:
        """Sessions a week in the mainstream school."""
        return SESSIONS - self.special

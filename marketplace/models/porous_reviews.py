"""Reviews of a split week: what the pupil says of belonging, what family and both schools say, and what comes next."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.placements import Placement
from marketplace.models.porous import PorousPlan


class ReviewNext(StrEnum):
    """What a review comes to. A change is another version of the plan; an end is that of the placement."""

    GO_ON = "go_on"
    CHANGE = "change"
    END = "end"


class PorousReview(Base):
    """One review. `belonging`: the pupil's answers to the four questions, 1 (no) to 4 (yes), 0 where there is none.
    Rows are added, never changed."""

    __tablename__ = "porous_reviews"
    __table_args__ = (
        UniqueConstraint("placement_id", "number"),
        CheckConstraint("cardinality(belonging) = 4 AND belonging <@ ARRAY[0, 1, 2, 3, 4]", name="belonging"),
        CheckConstraint('"next_on" > "on"', name="next_on"),
        CheckConstraint("(outcome = 'end') = (next_on IS NULL)", name="next_unless_it_ends"),
    )

    id: Mapped[Id]
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("porous_plans.id"))  # the version that held on the day
    number: Mapped[int]
    on: Mapped[date]
    belonging: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    pupil: Mapped[str | None] = mapped_column(String(4000))  # in the pupil's own words
    family: Mapped[str | None] = mapped_column(String(4000))
    special: Mapped[str] = mapped_column(String(4000))
    mainstream: Mapped[str] = mapped_column(String(4000))
    outcome: Mapped[ReviewNext] = mapped_column(by_value(ReviewNext, "outcome"))
    next_on: Mapped[date | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    officer: Mapped[str] = mapped_column(String(120))
    at: Mapped[Instant] = mapped_column(default=now)

    placement: Mapped[Placement] = relationship()
    plan: Mapped[PorousPlan] = relationship()

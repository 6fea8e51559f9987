"""Plans of the way back to a school from alternative provision, in dated versions, and what came of them."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, now
from marketplace.models.placements import Placement


class ReintegrationPlan(Base):
    """One dated version, kept by the LA: what the placement is for, its end date, and the way back. From the second on
    each says why, as where the end is put off, or what a review found. Versions are added, never changed."""

    __tablename__ = "reintegration_plans"
    __table_args__ = (
        UniqueConstraint("placement_id", "number"),
        CheckConstraint("(number = 1) = (reason IS NULL)", name="reason"),
        CheckConstraint("review_on <= ends_on", name="review_on"),
        CheckConstraint("returns_on <= ends_on + 31", name="returns_on"),
        CheckConstraint("school_urn BETWEEN 100000 AND 999999", name="school_urn"),
    )

    id: Mapped[Id]
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"))
    number: Mapped[int]
    ends_on: Mapped[date]  # the last day of the placement
    purpose: Mapped[str] = mapped_column(String(1000))
    school: Mapped[str] = mapped_column(String(200))  # to which the pupil returns
    school_urn: Mapped[int | None]
    returns_on: Mapped[date]  # the first day back, of few sessions or all
    steps: Mapped[str] = mapped_column(String(4000))
    lead: Mapped[str] = mapped_column(String(120))  # who leads it, by role
    review_on: Mapped[date]  # the next review
    reason: Mapped[str | None] = mapped_column(String(4000))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    officer: Mapped[str] = mapped_column(String(120))
    at: Mapped[Instant] = mapped_column(default=now)

    placement: Mapped[Placement] = relationship()


class ReintegrationResult(Base):
    """Whether the pupil came back, and on which day that was so or was known not to be; added once, never changed."""

    __tablename__ = "reintegration_results"

    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), primary_key=True)
    is_reached: Mapped[bool]
    on: Mapped[date]
    words: Mapped[str] = mapped_column(String(4000))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    officer: Mapped[str] = mapped_column(String(120))
    at: Mapped[Instant] = mapped_column(default=now)

    placement: Mapped[Placement] = relationship()

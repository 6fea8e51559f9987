"""The dates from which a case's clocks run: the law counts weeks from them (SEN Regulations 2014)."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, by_value
from marketplace.models.needs import Need


class Transfer(StrEnum):
    """A move between phases of education, with the day by which the plan must name the new setting (regulation 18)."""

    SCHOOL = "school"  # 15 February
    POST_16 = "post_16"  # 31 March


class ReviewOutcome(StrEnum):
    """What the LA decided after an annual review (regulation 20)."""

    MAINTAIN = "maintain"  # as it is
    AMEND = "amend"
    CEASE = "cease"


class Clock(StrEnum):
    """What is due, in the order of the process."""

    FINAL_PLAN = "final_plan"
    FAMILY_REPLY = "family_reply"  # the family's time, not the LA's
    TRANSFER = "transfer"
    REVIEW_DECISION = "review_decision"
    REVIEW_PLAN = "review_plan"
    SIXTH_DAY = "sixth_day"  # full-time education of a pupil who is excluded


class CaseDates(Base):
    """What has happened to a pupil's plan outside the marketplace, as the LA states it; each date may be unknown. What
    the LA must do next, and by when, follows from them (services/deadlines) and is kept for lists to go by."""

    __tablename__ = "case_dates"
    __table_args__ = (
        CheckConstraint("(transfer IS NULL) = (transfer_year IS NULL)", name="transfer_year"),
        CheckConstraint("transfer_year BETWEEN 2020 AND 2100", name="year"),
        CheckConstraint("draft_sent_on >= requested_on", name="draft_after_request"),
        CheckConstraint("(review_decided_on IS NULL) = (review_outcome IS NULL)", name="review_outcome_of_decision"),
        CheckConstraint(
            "review_decided_on IS NULL OR coalesce(review_decided_on >= review_held_on, false)",
            name="decided_after_review",
        ),
        CheckConstraint("(next_due_on IS NULL) = (next_clock IS NULL)", name="next"),
    )

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    requested_on: Mapped[date | None]  # an assessment was requested: 20 weeks to the final plan
    draft_sent_on: Mapped[date | None]  # the family has at least 15 days on the draft (regulation 13)
    plan_issued_on: Mapped[date | None]  # the final plan, or the last amended one
    transfer: Mapped[Transfer | None] = mapped_column(by_value(Transfer, "transfer"))
    transfer_year: Mapped[int | None]  # the year in whose September the pupil moves
    review_held_on: Mapped[date | None]  # annual review: decision within 4 weeks, final plan within 12
    review_decided_on: Mapped[date | None]
    review_outcome: Mapped[ReviewOutcome | None] = mapped_column(by_value(ReviewOutcome, "review_outcome"))
    next_due_on: Mapped[date | None] = mapped_column(index=True)
    next_clock: Mapped[Clock | None] = mapped_column(by_value(Clock, "next_clock"))
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

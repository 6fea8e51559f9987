"""Plans: what of a run's recommendations an LA acts upon. One person proposes, a second approves and applies: then the
settings are consulted, each as by hand. A plan can be undone as long as the settings have not replied."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.consultations import Consultation
from marketplace.models.matching import MatchingRun, Recommendation
from marketplace.models.organisations import Authority
from marketplace.models.users import User


class ApplicationStatus(StrEnum):
    """Where a plan stands. The allowed moves are APPLICATION_MOVES."""

    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # by a second person; nobody is consulted yet
    RETURNED = "returned"  # with the reason, by the second person, or taken back by the first
    APPLIED = "applied"  # the settings are consulted
    UNDONE = "undone"  # those that had not replied are consulted no longer


APPLICATION_MOVES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    ApplicationStatus.PROPOSED: frozenset({ApplicationStatus.APPROVED, ApplicationStatus.RETURNED}),
    ApplicationStatus.APPROVED: frozenset({ApplicationStatus.APPLIED, ApplicationStatus.RETURNED}),
    ApplicationStatus.RETURNED: frozenset(),
    ApplicationStatus.APPLIED: frozenset({ApplicationStatus.UNDONE}),
    ApplicationStatus.UNDONE: frozenset(),
}
LIVE_APPLICATIONS = (ApplicationStatus.PROPOSED, ApplicationStatus.APPROVED, ApplicationStatus.APPLIED)


class RowResult(StrEnum):
    """What applying a plan came to for one pupil."""

    CONSULTED = "consulted"
    SKIPPED = "skipped"  # the setting is consulted about the pupil already
    LEFT_OUT = "left_out"  # by the person who applied it


class RowUndone(StrEnum):
    """What undoing a plan came to for one pupil."""

    WITHDRAWN = "withdrawn"
    STAYS = "stays"  # the setting has replied, or what is done goes on without the plan


class RunApplication(Base):
    """A plan: one LA's part of one run, of the pupils that it chose. A run has one live plan of each LA."""

    NOUN = "plan"
    __tablename__ = "run_applications"
    __table_args__ = (
        Index(
            "uq_run_applications_live",
            *("run_id", "authority_id"),
            unique=True,
            postgresql_where=text("status IN ('proposed', 'approved', 'applied')"),
        ),
        CheckConstraint("approved_by_id <> proposed_by_id", name="two_people"),
        CheckConstraint("applied_by_id <> proposed_by_id", name="applied_by_second"),
        CheckConstraint(
            "status NOT IN ('approved', 'applied', 'undone') OR num_nulls(approved_at, approved_by_id) = 0",
            name="approved",
        ),
        CheckConstraint("(status = 'returned') = (returned_at IS NOT NULL)", name="returned"),
        CheckConstraint("(status = 'returned') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint(
            "(status IN ('applied', 'undone')) = (num_nulls(applied_at, applied_by_id) = 0)", name="applied"
        ),
        CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name="undone"),
    )

    id: Mapped[Id]
    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    status: Mapped[ApplicationStatus] = mapped_column(
        by_value(ApplicationStatus, "status"), default=ApplicationStatus.PROPOSED
    )
    proposed_at: Mapped[Instant] = mapped_column(default=now)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    returned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(2000))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(Integer)

    run: Mapped[MatchingRun] = relationship()
    authority: Mapped[Authority] = relationship()
    rows: Mapped[list["ApplicationRow"]] = relationship(back_populates="application", order_by="ApplicationRow.id")
    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    returned_by: Mapped[User | None] = relationship(foreign_keys=[returned_by_id])
    applied_by: Mapped[User | None] = relationship(foreign_keys=[applied_by_id])
    undone_by: Mapped[User | None] = relationship(foreign_keys=[undone_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ApplicationRow(Base):
    """One pupil of a plan: whom to consult is in the recommendation. `result` and `words` once the plan is applied:
    what came of it, and why where nobody was consulted; `undone` once it is undone."""

    __tablename__ = "application_rows"
    __table_args__ = (
        UniqueConstraint("application_id", "recommendation_id"),
        UniqueConstraint("consultation_id"),
        CheckConstraint("coalesce(result = 'consulted', false) = (consultation_id IS NOT NULL)", name="consulted"),
        CheckConstraint("coalesce(result IN ('skipped', 'left_out'), false) = (words IS NOT NULL)", name="words"),
        CheckConstraint("undone IS NULL OR consultation_id IS NOT NULL", name="undone_of_consulted"),
    )

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey("run_applications.id"), index=True)
    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendations.id"))
    result: Mapped[RowResult | None] = mapped_column(by_value(RowResult, "result"))
    words: Mapped[str | None] = mapped_column(String(1000))
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultations.id"))
    undone: Mapped[RowUndone | None] = mapped_column(by_value(RowUndone, "undone"))

    application: Mapped[RunApplication] = relationship(back_populates="rows")
    recommendation: Mapped[Recommendation] = relationship()
    consultation: Mapped[Consultation | None] = relationship()

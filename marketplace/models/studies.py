"""Studies of a done matching run: where one more place would help, who gains and who pays, what no matching would have
given. They show; they change nothing."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base
from marketplace.models.matching import MatchingRun
from marketplace.models.work import Work


class Study(Work, Base):
    """What a worker found when it asked a run's frozen problem what would change; of the scope that asked for the run.
    `figures` is as `services.matching.study_figures` writes it."""

    NOUN, TASK, IS_TOLD = "study", "run_study", False
    __tablename__ = "studies"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "scope_id"], ["matching_runs.id", "matching_runs.scope_id"]),
        Index("uq_studies_active", "run_id", unique=True, postgresql_where=text("status IN ('queued', 'running')")),
        CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name="error_of_failed"),
        CheckConstraint("(status = 'done') = (figures IS NOT NULL)", name="result_of_done"),
    )

    run_id: Mapped[int] = mapped_column(BigInteger, index=True)
    scope_id: Mapped[int] = mapped_column(BigInteger)
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)

    run: Mapped[MatchingRun] = relationship()

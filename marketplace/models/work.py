"""Work that a worker does: what every run keeps of its life, whatever it computes.

A run moves as RUN_MOVES says. `token` fences off a worker that comes back from the dead: only the holder of the current
token may write.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from marketplace.models.base import Id, Instant, by_value, now
from marketplace.models.users import User


class RunStatus(StrEnum):
    """Where a run stands. The allowed moves are RUN_MOVES."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # by a person, before it had ended


RUN_MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset({RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.DONE: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}
UNDER_WAY = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


class Work:
    """What the table of each kind of run has. `NOUN` is how sentences and the audit trail call it, `TASK` its job;
    with `IS_TOLD` who started it is told by mail when it has ended."""

    NOUN: ClassVar[str]
    TASK: ClassVar[str]
    IS_TOLD: ClassVar[bool] = False

    id: Mapped[Id]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None = the operator's command line
    status: Mapped[RunStatus] = mapped_column(by_value(RunStatus, "status"), default=RunStatus.QUEUED)
    token: Mapped[UUID | None]
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # its worker's last sign of life
    error: Mapped[str | None] = mapped_column(String(400))
    created_at: Mapped[Instant] = mapped_column(default=now)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @declared_attr
    def requested_by(cls) -> Mapped[User | None]:  # noqa: N805 - of the class, as SQLAlchemy wants it
        """Who asked for it."""
        return relationship(User)

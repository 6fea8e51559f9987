"""What a scenario makes otherwise than its base. The scenario itself is a matching run (`models.matching`)."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base
from marketplace.models.matching import MatchingRun


class ScenarioChanges(Base):
    """The changes of one scenario, as `services.matching.changes` writes them, and in sentences. For the scope that
    asked alone: they name pupils and budgets of every LA of a region."""

    __tablename__ = "scenario_changes"

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), primary_key=True)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[list[str]] = mapped_column(JSONB)

    run: Mapped[MatchingRun] = relationship()

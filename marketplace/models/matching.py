"""Matching runs: what was asked, what was frozen, what came out. A recommendation says whom to consult, never more."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Pence, by_value
from marketplace.models.needs import Need
from marketplace.models.organisations import Authority, Organisation
from marketplace.models.provisions import Provision
from marketplace.models.work import Work

MOST_SECONDS = 3600  # that a run may be allowed to solve
MOST_LETTERS = 80  # of the name of a scenario


class Phase(StrEnum):
    """Duties in law come first, then choices."""

    DUTIES = "duties"
    CHOICES = "choices"


class Budget(Base):
    """What an LA can spend on the placements of one run, pence a year. No row = no limit."""

    __tablename__ = "budgets"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    amount: Mapped[Pence]
    version: Mapped[int] = mapped_column()

    authority: Mapped[Authority] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class MatchingRun(Work, Base):
    """One run over the published needs of a region or an LA; one is active per scope. Or a scenario: a named run on the
    frozen problem of such a run, its base, with something made otherwise (`ScenarioChanges`)."""

    NOUN, TASK, IS_TOLD = "matching run", "run_matching", True
    __tablename__ = "matching_runs"
    __table_args__ = (
        Index(
            "uq_matching_runs_active",
            "scope_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running') AND base_id IS NULL"),
        ),
        UniqueConstraint("id", "scope_id"),
        UniqueConstraint("base_id", "name"),
        ForeignKeyConstraint(["base_id", "scope_id"], ["matching_runs.id", "matching_runs.scope_id"]),
        CheckConstraint("(base_id IS NULL) = (name IS NULL)", name="scenario"),
        CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name="error_of_failed"),
        CheckConstraint(f"seconds BETWEEN 1 AND {MOST_SECONDS}", name="seconds"),
        CheckConstraint("memory_gb > 0", name="memory_gb"),
        CheckConstraint("file_name IS NULL OR base_id IS NULL", name="file_has_no_base"),
    )

    scope_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # a region or an LA
    on: Mapped[date] = mapped_column("on_date")  # vacancies and prices as of this day
    seconds: Mapped[int]
    memory_gb: Mapped[float | None] = mapped_column(Double)  # that its worker may come to hold; None = as solving says
    file_name: Mapped[str | None] = mapped_column(String(200))  # of files that were sent: its problem is theirs
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    base_id: Mapped[int | None] = mapped_column(
        BigInteger
    )  # of a scenario: a done run of the same scope that is none itself
    name: Mapped[str | None] = mapped_column(String(MOST_LETTERS))

    scope: Mapped[Organisation] = relationship()
    base: Mapped["MatchingRun | None"] = relationship(
        primaryjoin="foreign(MatchingRun.base_id) == remote(MatchingRun.id)", viewonly=True
    )
    result: Mapped["RunResult | None"] = relationship(back_populates="run")


def policy_numbers(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's entries one by one, as forms name them: those of a list name_1, name_2 …, those of a table name_key.

    >>> policy_numbers({"circuity": 1.4, "free_below_km": [3.2, 4.8], "journeys": {"day": 380}})
    {'circuity': 1.4, 'free_below_km_1': 3.2, 'free_below_km_2': 4.8, 'journeys_day': 380}
    """
    numbers: dict[str, Any] = {}
    for name, value in policy.items():
        if isinstance(value, Mapping):
            numbers |= {f"{name}_{key}": inner for key, inner in value.items()}
        elif isinstance(value, list | tuple):
            numbers |= {f"{name}_{place}": inner for place, inner in enumerate(value, start=1)}
        else:
            numbers[name] = value
    return numbers


class RunResult(Base):
    """What a run read and found, for the scope that asked: the frozen problem (a zip of the batch files) and, once all
    of it is there, the answer (a zip of the batch answer) with what its page shows of it."""

    __tablename__ = "run_results"

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), primary_key=True)
    problem: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))  # of the problem, as summary.json states it
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # summary.json of the batch answer
    pools: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)  # rows of pools.csv, with names

    run: Mapped[MatchingRun] = relationship(back_populates="result")


class RunBudget(Base):
    """What a run leaves of one LA's budget, in pence a year: a row of budgets.csv. Its LA sees it; other LAs do not.
    `shadow_price`: what £1,000 more would improve the objective by, km-equivalents."""

    __tablename__ = "run_budgets"

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    amount: Mapped[Pence]
    duties: Mapped[Pence]
    choices: Mapped[Pence]
    remaining: Mapped[Pence]
    shadow_price: Mapped[float] = mapped_column(Double)

    @property
    def overspent(self) -> int:
        """What the duties, which the law puts before any budget, cost beyond it."""
        return max(0, self.duties - self.amount)


class Recommendation(Base):
    """What a run proposes for one need: a provision, or none and why. Its LA sees it; other LAs do not."""

    __tablename__ = "recommendations"
    __table_args__ = (
        UniqueConstraint("run_id", "need_id"),
        CheckConstraint("(provision_id IS NULL) = (reason IS NOT NULL)", name="placed_or_reason"),
        CheckConstraint("provision_id IS NULL OR (price IS NOT NULL AND transport IS NOT NULL)", name="cost"),
    )

    id: Mapped[Id]
    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    phase: Mapped[Phase] = mapped_column(by_value(Phase, "phase"))
    provision_id: Mapped[int | None] = mapped_column(ForeignKey("provisions.id"))
    band: Mapped[str | None] = mapped_column(String(20))
    fte: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    road_km: Mapped[Decimal | None] = mapped_column(Numeric(8, 3))
    child_km: Mapped[Decimal | None] = mapped_column(Numeric(8, 3))  # one way, weighted by the days it is travelled
    price: Mapped[int | None] = mapped_column(BigInteger)  # pence a year, the LA's marginal cost
    transport: Mapped[int | None] = mapped_column(BigInteger)  # pence a year
    wish: Mapped[int | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(1000))
    moved_because: Mapped[str | None] = mapped_column(String(400))  # in a scenario: why elsewhere than in its base
    # What it rests on, as services.matching.versions has it; None of runs that were done before it was kept.
    versions: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    run: Mapped[MatchingRun] = relationship()
    need: Mapped[Need] = relationship()
    provision: Mapped[Provision | None] = relationship()

"""Placement sets, and what is computed on one: calibrations, shadow runs, corridors. They show; they change nothing.

A set is the file as it was checked, in one canonical form, and never edited: what was computed on it stays true of it.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.organisations import Organisation
from marketplace.models.tariffs import Tariff
from marketplace.models.users import User
from marketplace.models.work import Work

MOST_STEP = 1_000_000  # £ from band to band
MOST_LIMIT = 10_000  # hundredths of a per cent a year


class PriceBasis(StrEnum):
    """What all prices of a placement set are: like for like (a band's standard content), or as contracted."""

    LIKE_FOR_LIKE = "like_for_like"
    CONTRACTED = "contracted"


class PlacementSet(Base):
    """Placements with what is paid for them in a period, of one LA or region. `contents` counts what is in the file."""

    __tablename__ = "placement_sets"
    __table_args__ = (
        UniqueConstraint("owner_id", "name"),
        UniqueConstraint("id", "owner_id"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("placements > 0", name="placements"),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # an LA or a region
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    basis: Mapped[PriceBasis] = mapped_column(by_value(PriceBasis, "basis"))
    placements: Mapped[int]
    price: Mapped[Pence]  # the sum of what is paid, pence a year
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)
    file: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[Instant] = mapped_column(default=now)

    owner: Mapped[Organisation] = relationship()
    added_by: Mapped[User | None] = relationship()


class PriceRun(Work):
    """What a calibration, a shadow run and a corridor share. The owner is that of the set; `figures` is what the page
    shows, `files` the bytes that the command writes: a file, or a zip of its folder."""

    owner_id: Mapped[int] = mapped_column(BigInteger)
    placement_set_id: Mapped[int] = mapped_column(BigInteger, index=True)

    @declared_attr
    def figures(cls) -> Mapped[dict[str, Any] | None]:  # noqa: N805
        """What the page shows, before small groups are taken together."""
        return mapped_column(JSONB, deferred=True)

    @declared_attr
    def files(cls) -> Mapped[bytes | None]:  # noqa: N805
        """What the command would write."""
        return mapped_column(LargeBinary, deferred=True)

    @declared_attr
    def placement_set(cls) -> Mapped[PlacementSet]:  # noqa: N805
        """The placements that it is computed on."""
        return relationship(PlacementSet)


def _rules(table: str, *more: SchemaItem) -> tuple[SchemaItem, ...]:
    """The rules of each such table: the set is the owner's, one of an owner is under way, it ends whole or in words."""
    return (
        ForeignKeyConstraint(["placement_set_id", "owner_id"], ["placement_sets.id", "placement_sets.owner_id"]),
        Index(f"uq_{table}_active", "owner_id", unique=True, postgresql_where=text("status IN ('queued', 'running')")),
        CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name="error_of_failed"),
        CheckConstraint("(status = 'done') = (figures IS NOT NULL AND files IS NOT NULL)", name="result_of_done"),
        *more,
    )


class Calibration(PriceRun, Base):
    """A tariff fitted to a set. `multipliers` is the content of the tariff whose multipliers were taken to start from;
    its file is TARIFF.toml."""

    NOUN, TASK = "calibration", "run_calibration"
    __tablename__ = "calibrations"
    __table_args__ = _rules("calibrations", CheckConstraint(f"step BETWEEN 0 AND {MOST_STEP}", name="step"))

    name: Mapped[str] = mapped_column(String(120))  # of the tariff
    valid_from: Mapped[date]
    step: Mapped[int]  # least rise from band to band, whole £
    is_neutral: Mapped[bool]
    fits_multipliers: Mapped[bool]
    multipliers: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ShadowRun(PriceRun, Base):
    """A tariff over a set. `content` is the tariff's as it was then, which also outlives a draft that was removed;
    `limit` how far a price moves in a year."""

    NOUN, TASK = "shadow run", "run_shadow"
    __tablename__ = "shadow_runs"
    __table_args__ = _rules("shadow_runs", CheckConstraint(f"year_limit BETWEEN 1 AND {MOST_LIMIT}", name="year_limit"))

    tariff_id: Mapped[int | None] = mapped_column(ForeignKey("tariffs.id", ondelete="SET NULL"), index=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    limit: Mapped[int] = mapped_column("year_limit")  # hundredths of a per cent of the year before

    tariff: Mapped[Tariff | None] = relationship()

    @property
    def per_cent(self) -> Decimal:
        """The limit in per cent a year."""
        return Decimal(self.limit) / 100


class Corridor(PriceRun, Base):
    """Where the prices of a set lie, `on` the day that they are of."""

    NOUN, TASK = "corridor", "run_corridor"
    __tablename__ = "corridors"
    __table_args__ = _rules("corridors")

    on: Mapped[date] = mapped_column("on_date")

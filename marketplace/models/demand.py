"""Demand: what a provider is told of the needs posted around each of its settings, worked out beforehand.

A provider reads no need. What it may know of all of them together stands in rows of its own.
"""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Codes, Id, by_value
from marketplace.models.settings import Setting


class Dimension(StrEnum):
    """What the needs are told apart by."""

    ALL = "all"
    NEED = "need"  # the primary one
    LEVEL = "level"  # the highest of the four areas
    YEARS = "years"


class Demand(Base):
    """What one provider is told about one of its settings. It stays as it is until the month of `on` is over."""

    __tablename__ = "demands"
    __table_args__ = (UniqueConstraint("provider_id", "setting_id"),)

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"))
    on: Mapped[date]

    setting: Mapped[Setting] = relationship()
    counts: Mapped[list["DemandCount"]] = relationship(
        cascade="all, delete-orphan", order_by="DemandCount.id", passive_deletes=True
    )


class DemandCount(Base):
    """About how many needs of some kind lie within a distance band: whole groups of five or more, rounded to fives.
    `codes`: one kind, or several that are counted together because one of them has too few. `reach`: up to so many km,
    from the next smaller reach on."""

    __tablename__ = "demand_counts"
    __table_args__ = (
        UniqueConstraint("demand_id", "dimension", "codes", "reach"),
        CheckConstraint("amount >= 5 AND amount % 5 = 0", name="discreet"),
        CheckConstraint("reach IN (10, 25, 50)", name="reach"),
    )

    id: Mapped[Id]
    demand_id: Mapped[int] = mapped_column(ForeignKey("demands.id", ondelete="CASCADE"))
    dimension: Mapped[Dimension] = mapped_column(by_value(Dimension, "dimension"))
    codes: Mapped[Codes]
    reach: Mapped[int]
    amount: Mapped[int]

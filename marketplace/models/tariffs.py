"""Frameworks (how a needs profile becomes a band) and tariffs (guide prices of bands): dated, versioned data.

The content is kept as the file said it and read by `pricing`, so that there is one reader of it."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, by_value
from pricing.framework import Status as TariffStatus


class Framework(Base):
    """A rule that turns a needs profile into a band, with its reasons."""

    __tablename__ = "frameworks"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(40))
    status: Mapped[TariffStatus] = mapped_column(by_value(TariffStatus, "status"))
    starts_on: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Tariff(Base):
    """Guide prices by band and pattern. `is_illustrative` puts the demonstration banner on every page."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("name", "starts_on"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # None = national
    framework_id: Mapped[int] = mapped_column(ForeignKey("frameworks.id"))
    name: Mapped[str] = mapped_column(String(120))
    status: Mapped[TariffStatus] = mapped_column(by_value(TariffStatus, "status"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)

    framework: Mapped[Framework] = relationship()

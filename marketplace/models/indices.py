"""Indices of costs: how much a part of a provider's costs has risen, from a day on, as somebody published it."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.models.base import Base, Id, Instant, by_value, now
from pricing.indices import CostPart


class PriceIndex(Base):
    """The change of one part of the costs in a year, in per cent. It holds from `starts_on` until the next of its part;
    a revised figure is another row with a start of its own, never an edit."""

    __tablename__ = "price_indices"
    __table_args__ = (
        UniqueConstraint("part", "starts_on"),
        CheckConstraint("percent BETWEEN -50 AND 100", name="percent"),
        CheckConstraint("starts_with(url, 'https://')", name="url"),
    )

    id: Mapped[Id]
    part: Mapped[CostPart] = mapped_column(by_value(CostPart, "part"))
    name: Mapped[str] = mapped_column(String(120))
    percent: Mapped[Decimal] = mapped_column(Numeric())  # exactly as published
    starts_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(400))
    url: Mapped[str | None] = mapped_column(String(400))
    loaded_at: Mapped[Instant] = mapped_column(default=now)

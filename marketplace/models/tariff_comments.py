"""What providers say of a tariff in consultation, band by band and in general."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.organisations import Provider
from marketplace.models.tariffs import Tariff
from pricing.profile import Band

LONGEST_COMMENT = 2000


class Stance(StrEnum):
    """What a provider thinks of a guide price."""

    AGREE = "agree"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    UNCLEAR = "unclear"


class TariffComment(Base):
    """What one provider says of one band, or of the tariff as a whole (band None): once each, changed until the
    consultation closes."""

    __tablename__ = "tariff_comments"
    __table_args__ = (
        UniqueConstraint(
            "tariff_id", "provider_id", "band", name="uq_tariff_comments_band", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("words <> ''", name="words"),
    )

    id: Mapped[Id]
    tariff_id: Mapped[int] = mapped_column(ForeignKey("tariffs.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    band: Mapped[Band | None] = mapped_column(by_value(Band, "band"))
    stance: Mapped[Stance] = mapped_column(by_value(Stance, "stance"))
    words: Mapped[str | None] = mapped_column(String(LONGEST_COMMENT))
    at: Mapped[Instant] = mapped_column(default=now)

    tariff: Mapped[Tariff] = relationship()
    provider: Mapped[Provider] = relationship()

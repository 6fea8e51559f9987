"""What providers say of a tariff or a framework in consultation, band by band and in general."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.organisations import Provider
from marketplace.models.tariffs import Framework, Tariff
from pricing.profile import Band

LONGEST_COMMENT = 2000


class Stance(StrEnum):
    """What a provider thinks of a band's guide price, or of what a band contains as standard."""

    AGREE = "agree"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    UNCLEAR = "unclear"


class Comment:
    """What one provider says of one band, or of the whole (band None): once each, changed until the consultation
    closes. `subject` is what it is said of."""

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    band: Mapped[Band | None] = mapped_column(by_value(Band, "band"))
    stance: Mapped[Stance] = mapped_column(by_value(Stance, "stance"))
    words: Mapped[str | None] = mapped_column(String(LONGEST_COMMENT))
    at: Mapped[Instant] = mapped_column(default=now)

    @declared_attr
    def provider(cls) -> Mapped[Provider]:  # noqa: N805 - of the class, as SQLAlchemy wants it
        """Who says it."""
        return relationship(Provider)


def _rules(table: str, subject: str) -> tuple[SchemaItem, ...]:
    return (
        UniqueConstraint(subject, "provider_id", "band", name=f"uq_{table}_band", postgresql_nulls_not_distinct=True),
        CheckConstraint("words <> ''", name="words"),
    )


class TariffComment(Comment, Base):
    """Of a tariff."""

    __tablename__ = "tariff_comments"
    __table_args__ = _rules("tariff_comments", "tariff_id")

    subject_id: Mapped[int] = mapped_column("tariff_id", ForeignKey("tariffs.id"))

    subject: Mapped[Tariff] = relationship()


class FrameworkComment(Comment, Base):
    """Of a framework."""

    __tablename__ = "framework_comments"
    __table_args__ = _rules("framework_comments", "framework_id")

    subject_id: Mapped[int] = mapped_column("framework_id", ForeignKey("frameworks.id"))

    subject: Mapped[Framework] = relationship()

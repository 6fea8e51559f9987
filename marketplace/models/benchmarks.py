"""The survey of published prices, like for like on a day, and what each provider is told of its peers.

Buyers read the survey. A provider reads no row of it: what it may know was worked out beforehand, in rows of its own.
"""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.models.base import Base, Id, Instant, Pence, by_value
from pricing.framework import SettingType
from pricing.profile import Band
from pricing.tariff import Pattern


class Survey(Base):
    """All published prices of full placements in force on a day, like for like. `state` is a digest of everything that
    they follow from, so that a change is noticed; `left_out` counts the prices that lack figures to be compared."""

    __tablename__ = "surveys"
    __table_args__ = (CheckConstraint("left_out >= 0", name="left_out"),)

    id: Mapped[Id]
    on: Mapped[date]
    made_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(32))
    left_out: Mapped[int]
    tariffs: Mapped[list[str]] = mapped_column(ARRAY(String(200)))  # by which the prices were compared
    corridor: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # None = too few prices for one


class SurveyedPrice(Base):
    """One price of one provision for one band, like for like, beside the band's price; pence a year."""

    __tablename__ = "surveyed_prices"
    __table_args__ = (
        UniqueConstraint("survey_id", "provision_id", "band"),
        CheckConstraint("guide > 0", name="guide"),
        Index(None, "survey_id", "band", "pattern"),
    )

    id: Mapped[Id]
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    pattern: Mapped[Pattern] = mapped_column(by_value(Pattern, "pattern"))
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"))
    setting_type: Mapped[SettingType] = mapped_column(by_value(SettingType, "setting_type"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))  # in whose area it lies
    amount: Mapped[Pence]
    guide: Mapped[Pence]


class Standing(Base):
    """What one provider is told of a band and pattern at settings of a type in a region: its peers' quartiles and the
    corridor, rounded, None where they could give a rival away. Once shown it stays as it is until the month is over."""

    __tablename__ = "standings"
    __table_args__ = (
        UniqueConstraint("provider_id", "region_id", "setting_type", "band", "pattern"),
        CheckConstraint("num_nulls(area, settings, providers, lower, median, upper) IN (0, 6)", name="peers"),
        CheckConstraint("settings >= 5 AND providers >= 3", name="discreet"),
        CheckConstraint("num_nulls(low, middle, high) IN (0, 3)", name="corridor"),
    )

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"))
    setting_type: Mapped[SettingType] = mapped_column(by_value(SettingType, "setting_type"))
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    pattern: Mapped[Pattern] = mapped_column(by_value(Pattern, "pattern"))
    on: Mapped[date]
    area: Mapped[str | None] = mapped_column(String(200))
    settings: Mapped[int | None]
    providers: Mapped[int | None]
    lower: Mapped[int | None] = mapped_column(BigInteger)
    median: Mapped[int | None] = mapped_column(BigInteger)
    upper: Mapped[int | None] = mapped_column(BigInteger)
    low: Mapped[int | None] = mapped_column(BigInteger)
    middle: Mapped[int | None] = mapped_column(BigInteger)
    high: Mapped[int | None] = mapped_column(BigInteger)

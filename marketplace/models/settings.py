"""Settings (one school or service at one place, key: GIAS URN) and home areas (postcode districts)."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, by_value
from marketplace.models.organisations import Authority, Provider
from pricing.framework import SettingType


class SettingStatus(StrEnum):
    """As GIAS says, in four words."""

    OPEN = "open"
    PROPOSED = "proposed"
    CLOSING = "closing"
    CLOSED = "closed"


class Sex(StrEnum):
    """Whom a setting or provision takes."""

    MIXED = "mixed"
    FEMALE = "F"
    MALE = "M"


# GIAS has given no URN above 200,000. What is not registered as a school has none: a number from here on stands in.
FIRST_UNREGISTERED = 990_000


class Setting(Base):
    """One school or service. What GIAS leaves blank is None: not stated, never none. One that is not registered as a
    school (alternative provision only) has a number of the marketplace's own in place of a URN."""

    __tablename__ = "settings"
    __table_args__ = (
        CheckConstraint("urn BETWEEN 100000 AND 999999", name="urn"),
        CheckConstraint("is_registered OR type = 'ap'", name="unregistered_is_ap"),
        CheckConstraint(f"is_registered = (urn < {FIRST_UNREGISTERED})", name="unregistered_number"),
        CheckConstraint("low_age <= high_age", name="ages"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("pupils >= 0", name="pupils"),
    )

    id: Mapped[Id]
    urn: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(200))
    type: Mapped[SettingType] = mapped_column(by_value(SettingType, "type"))
    status: Mapped[SettingStatus] = mapped_column(by_value(SettingStatus, "status"), default=SettingStatus.OPEN)
    is_registered: Mapped[bool] = mapped_column(default=True)  # as a school
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)  # where it lies
    low_age: Mapped[int | None]
    high_age: Mapped[int | None]
    sex: Mapped[Sex] = mapped_column(by_value(Sex, "sex"), default=Sex.MIXED)
    boarders: Mapped[str | None] = mapped_column(String(80))  # GIAS's words
    capacity: Mapped[int | None]
    pupils: Mapped[int | None]
    needs: Mapped[list[str] | None] = mapped_column(ARRAY(String(4)))  # primary-need codes; None = not stated
    postcode: Mapped[str | None] = mapped_column(String(8))
    easting: Mapped[int]
    northing: Mapped[int]

    provider: Mapped[Provider | None] = relationship()
    authority: Mapped[Authority] = relationship()

    @property
    def number(self) -> str:
        """By what people find it elsewhere: its URN, or that it has none."""
        return f"URN {self.urn}" if self.is_registered else "not registered as a school"


class HomeArea(Base):
    """A postcode district and its centre: where a pupil lives, as finely as matching needs and no finer."""

    __tablename__ = "home_areas"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    easting: Mapped[int]
    northing: Mapped[int]

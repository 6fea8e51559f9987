"""Profiles: what a pupil needs, as it was written at each time. The database keeps them, by a trigger on needs."""

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.models.base import Base, Codes, Id, Instant, by_value
from marketplace.models.needs import WhyProfiled
from pricing.profile import Band


class Profile(Base):
    """One version of a need's profile, whole: from the need's publication on each change of it adds one. `barriers` and
    `adjustments`: what gets in the way, and what helps, in each of the four areas."""

    __tablename__ = "profiles"
    __table_args__ = (UniqueConstraint("need_id", "number"),)

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    number: Mapped[int]
    on: Mapped[date]  # from which it holds
    why: Mapped[WhyProfiled] = mapped_column(by_value(WhyProfiled, "why"))
    year_group: Mapped[int]
    level_ci: Mapped[int]
    level_cl: Mapped[int]
    level_semh: Mapped[int]
    level_sp: Mapped[int]
    primary_need: Mapped[str] = mapped_column(String(4))
    secondary_needs: Mapped[Codes]
    requirements: Mapped[Codes]
    band: Mapped[Band | None] = mapped_column(by_value(Band, "band"))
    barriers: Mapped[list[str]] = mapped_column(ARRAY(String(1000)))
    adjustments: Mapped[list[str]] = mapped_column(ARRAY(String(1000)))
    at: Mapped[Instant]

"""Providers' published prices: versioned, dated, made of lines, never edited once published, only superseded."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Pence, by_value
from marketplace.models.provisions import Provision
from marketplace.models.settings import Setting
from pricing.profile import Band
from pricing.schedule import Discipline, Part, ScheduleStatus


def line_key(provision_id: int, band: Band, part: Part, discipline: Discipline | None = None) -> str:
    """What one line is called within its schedule, by forms and their errors: "12-moderate-therapy-salt"."""
    return "-".join(str(word) for word in (provision_id, band, part, discipline) if word is not None)


class PriceSchedule(Base):
    """One version of a setting's prices, valid from `starts_on` until before `ends_on` (None = until superseded).
    No two published versions of a setting are valid on the same day; there is one draft at most."""

    __tablename__ = "price_schedules"
    __table_args__ = (
        UniqueConstraint("setting_id", "version"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_at"),
        ExcludeConstraint(
            (func.int8range(text("setting_id"), text("setting_id"), text("'[]'")), "&&"),
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name="ex_price_schedules_overlap",
            using="gist",
            where=text("status <> 'draft'"),
        ),
    )

    id: Mapped[Id]
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    version: Mapped[int]
    status: Mapped[ScheduleStatus] = mapped_column(by_value(ScheduleStatus, "status"), default=ScheduleStatus.DRAFT)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    uploaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # when a file gave it its lines
    edit: Mapped[int] = mapped_column(Integer)  # counts saves of the draft, so that a stale form is noticed

    setting: Mapped[Setting] = relationship()
    lines: Mapped[list["PriceLine"]] = relationship(
        cascade="all, delete-orphan",
        back_populates="schedule",
        order_by="(PriceLine.provision_id, PriceLine.band, PriceLine.part, PriceLine.discipline, PriceLine.id)",
    )

    __mapper_args__ = {"version_id_col": edit}  # noqa: RUF012


class PriceLine(Base):
    """One part of the price of one provision for one band. An outreach core line states the hours a week it buys; 0
    hours of a therapy or of one-to-one support state that there are none."""

    __tablename__ = "price_lines"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("weeks BETWEEN 1 AND 52", name="weeks"),
        CheckConstraint("hours_a_week BETWEEN 0 AND 168", name="hours"),
        CheckConstraint("hours_a_week > 0 OR (part IN ('therapy', 'one_to_one') AND amount = 0)", name="none"),
        CheckConstraint("(part = 'therapy') = (discipline IS NOT NULL)", name="discipline_of_therapy"),
        CheckConstraint("part NOT IN ('therapy', 'one_to_one') OR hours_a_week IS NOT NULL", name="hours_of_staff"),
        UniqueConstraint(
            "schedule_id",
            "provision_id",
            "band",
            "part",
            "discipline",
            name="uq_price_lines_part",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("price_schedules.id", ondelete="CASCADE"), index=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"), index=True)
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    part: Mapped[Part] = mapped_column(by_value(Part, "part"))
    discipline: Mapped[Discipline | None] = mapped_column(by_value(Discipline, "discipline"))
    hours_a_week: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    weeks: Mapped[int | None]  # None = not stated
    amount: Mapped[Pence]  # pence a year; for equipment, pence once

    schedule: Mapped[PriceSchedule] = relationship(back_populates="lines")
    provision: Mapped[Provision] = relationship()

    @property
    def key(self) -> str:
        """What the line is called within its schedule; it has no second of the same key."""
        return line_key(self.provision_id, self.band, self.part, self.discipline)

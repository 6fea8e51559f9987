"""What a setting offers (full, porous, outreach), the pool it draws on, and the vacancies of that pool."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Codes, Id, by_value, london_day
from marketplace.models.settings import Setting, Sex
from marketplace.models.users import User
from pricing.guide import Kind
from pricing.tariff import Pattern


class Unit(StrEnum):
    """What a pool counts: places, or staff hours a week."""

    PLACES = "places"
    HOURS = "hours"


class Pool(Base):
    """Capacity that provisions of one setting share. `confirmed_at`: when its vacancies were last said to be right."""

    __tablename__ = "pools"
    __table_args__ = (UniqueConstraint("id", "setting_id"),)  # for a provision to name its pool and setting together

    id: Mapped[Id]
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    unit: Mapped[Unit] = mapped_column(by_value(Unit, "unit"))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(Integer)

    setting: Mapped[Setting] = relationship()
    confirmed_by: Mapped[User | None] = relationship()  # seen by people of the same organisation only
    vacancies: Mapped[list["Vacancy"]] = relationship(
        back_populates="pool",
        cascade="all, delete-orphan",
        order_by="(Vacancy.starts_on, Vacancy.low_year, Vacancy.id)",
    )
    provisions: Mapped[list["Provision"]] = relationship(
        back_populates="pool", order_by="Provision.id", primaryjoin="Pool.id == Provision.pool_id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def days_since_confirmed(self, on: date) -> int | None:
        """Whole days in London since the vacancies were last said to be right; None when they never were."""
        return (on - london_day(self.confirmed_at)).days if self.confirmed_at else None

    @property
    def free(self) -> list["Vacancy"]:
        """The vacancies of which something is free."""
        return [row for row in self.vacancies if row.free]

    @property
    def taken(self) -> Decimal:
        """What placements and holds have taken of its vacancies."""
        return sum((row.used for row in self.vacancies), Decimal(0))

    def open_on(self, on: date) -> Decimal:
        """What is free on a day over all year groups: the sum of the rows that have started."""
        return sum((row.free for row in self.free if row.starts_on <= on), Decimal(0))


class Vacancy(Base):
    """Places (or hours) that open to some year groups on a date, and stay open; `used` of them are taken
    (models/claims). What is free on a day is the sum of what the rows that have started have left. Rows of one pool and
    date never overlap in year groups."""

    __tablename__ = "vacancies"
    __table_args__ = (
        CheckConstraint("low_year BETWEEN -1 AND 14 AND high_year BETWEEN -1 AND 14", name="years"),
        CheckConstraint("low_year <= high_year", name="year_order"),
        CheckConstraint("amount >= 0 AND amount <= 100000", name="amount"),
        CheckConstraint("used BETWEEN 0 AND amount", name="used"),  # nothing is oversold
        ExcludeConstraint(
            (func.int8range(text("pool_id"), text("pool_id"), text("'[]'")), "&&"),
            (func.int4range(text("low_year"), text("high_year"), text("'[]'")), "&&"),
            (func.daterange(text("starts_on"), text("starts_on"), text("'[]'")), "&&"),
            name="ex_vacancies_overlap",
            using="gist",
        ),
    )

    id: Mapped[Id]
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    low_year: Mapped[int]
    high_year: Mapped[int]
    starts_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    used: Mapped[Decimal] = mapped_column(Numeric(8, 2), default=Decimal(0))

    pool: Mapped[Pool] = relationship(back_populates="vacancies")

    @property
    def free(self) -> Decimal:
        """What nobody has taken."""
        return self.amount - self.used


class Provision(Base):
    """One thing that a setting offers, from a pool of that setting. What `needs` and levels say is what it can meet, as
    the provider states it."""

    __tablename__ = "provisions"
    __table_args__ = (
        ForeignKeyConstraint(["pool_id", "setting_id"], ["pools.id", "pools.setting_id"]),
        CheckConstraint("low_year BETWEEN -1 AND 14 AND high_year BETWEEN -1 AND 14", name="years"),
        CheckConstraint("low_year <= high_year", name="year_order"),
        CheckConstraint("(kind = 'porous') = (sessions IS NOT NULL)", name="sessions_of_porous"),
        CheckConstraint("sessions BETWEEN 1 AND 9", name="sessions"),
        CheckConstraint("shares IS NULL OR kind = 'porous'", name="shares_of_porous"),
        CheckConstraint("shares IN (1, 2, 4, 5)", name="shares"),
        CheckConstraint("kind = 'full' OR pattern = 'day'", name="pattern_of_full"),
        CheckConstraint("radius_km IS NULL OR (kind = 'outreach' AND radius_km > 0)", name="radius_of_outreach"),
        CheckConstraint(
            "max_ci BETWEEN 0 AND 5 AND max_cl BETWEEN 0 AND 5 AND max_semh BETWEEN 0 AND 5 AND max_sp BETWEEN 0 AND 5",
            name="levels",
        ),
        CheckConstraint("cardinality(needs) > 0", name="needs"),
    )

    id: Mapped[Id]
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    pool_id: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Kind] = mapped_column(by_value(Kind, "kind"))
    pattern: Mapped[Pattern] = mapped_column(by_value(Pattern, "pattern"), default=Pattern.DAY)
    low_year: Mapped[int]
    high_year: Mapped[int]
    sex: Mapped[Sex] = mapped_column(by_value(Sex, "sex"), default=Sex.MIXED)
    needs: Mapped[Codes]
    max_ci: Mapped[int]
    max_cl: Mapped[int]
    max_semh: Mapped[int]
    max_sp: Mapped[int]
    facilities: Mapped[Codes]
    las: Mapped[Codes]  # codes of the LAs served; empty = any
    sessions: Mapped[int | None]
    shares: Mapped[int | None]  # of a place, of which a porous pupil takes whole ones; None: ten, one for each session
    radius_km: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))
    is_offered: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer)

    setting: Mapped[Setting] = relationship()
    pool: Mapped[Pool] = relationship(back_populates="provisions", primaryjoin=Pool.id == pool_id)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

"""Frameworks (how a needs profile becomes a band) and tariffs (guide prices of bands): dated, versioned data.

The content is kept as the file said it and read by `pricing`, so that there is one reader of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, ForeignKey, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, by_value
from marketplace.models.organisations import Organisation
from marketplace.models.users import User
from pricing.framework import Status as TariffStatus

# What may become of a tariff. In consultation its content no longer changes; adopted, nothing of it does.
TARIFF_MOVES: dict[TariffStatus, frozenset[TariffStatus]] = {
    TariffStatus.DRAFT: frozenset({TariffStatus.IN_CONSULTATION}),
    TariffStatus.IN_CONSULTATION: frozenset({TariffStatus.ADOPTED}),
    TariffStatus.ADOPTED: frozenset({TariffStatus.SUPERSEDED}),
    TariffStatus.SUPERSEDED: frozenset(),
}


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
    """Guide prices by band and pattern, valid from `starts_on` until before `ends_on` (None = until superseded).

    No two adopted tariffs of one owner are valid on the same day. Who drafted it, changed it or opened it for
    consultation is one of its `makers` and cannot be who adopts it. `is_illustrative` puts the demonstration banner on
    every page."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint(
            "owner_id", "name", "version", name="uq_tariffs_owner_id_name_version", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        CheckConstraint("adopted_by_id <> ALL (makers)", name="two_people"),
        CheckConstraint(
            "CASE status WHEN 'draft' THEN closes_on IS NULL WHEN 'in_consultation' THEN closes_on IS NOT NULL"
            " ELSE true END",
            name="consultation",
        ),
        CheckConstraint("closes_on < starts_on", name="closes_before_it_starts"),
        CheckConstraint(
            "closes_on IS NULL OR (status = 'in_consultation') = (adopted_by_id IS NULL)", name="adopted_by"
        ),
        ExcludeConstraint(  # 0 is nobody's id: it stands for the nation
            (func.int8range(text("coalesce(owner_id, 0)"), text("coalesce(owner_id, 0)"), text("'[]'")), "&&"),
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name="ex_tariffs_overlap",
            using="gist",
            where=text("status IN ('adopted', 'superseded')"),
        ),
    )

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)  # None = national
    framework_id: Mapped[int] = mapped_column(ForeignKey("frameworks.id"))
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(40))
    status: Mapped[TariffStatus] = mapped_column(by_value(TariffStatus, "status"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    makers: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)  # ids of users
    closes_on: Mapped[date | None]  # the last day on which providers may comment
    adopted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None also where a command loaded it
    adopted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    edit: Mapped[int] = mapped_column()  # counts saves, so that a stale form is noticed

    owner: Mapped[Organisation | None] = relationship()
    framework: Mapped[Framework] = relationship()
    adopted_by: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": edit}  # noqa: RUF012

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

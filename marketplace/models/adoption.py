"""What tariffs and frameworks share: draft, consultation, adopted by a second person, superseded. Rules are dated data.

The content is kept as the file said it and read by `pricing`, so that there is one reader of it."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, ForeignKey, String, func, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from marketplace.models.base import Id, by_value
from marketplace.models.users import User
from pricing.framework import Status as TariffStatus

# What may become of either. In consultation the content no longer changes; adopted, nothing of it does.
TARIFF_MOVES: dict[TariffStatus, frozenset[TariffStatus]] = {
    TariffStatus.DRAFT: frozenset({TariffStatus.IN_CONSULTATION}),
    TariffStatus.IN_CONSULTATION: frozenset({TariffStatus.ADOPTED}),
    TariffStatus.ADOPTED: frozenset({TariffStatus.SUPERSEDED}),
    TariffStatus.SUPERSEDED: frozenset(),
}


class Adoptable:
    """What the table of each has: in force from `starts_on` until before `ends_on` (None = until superseded).

    No two adopted ones of one owner hold on the same day. Who drafted it, changed it or opened it for consultation is
    one of its `makers` and cannot be who adopts it. `NOUN` is how sentences, addresses and the audit trail call it.
    `edit` counts saves, so that a stale form is noticed."""

    NOUN: ClassVar[str]

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(40))
    status: Mapped[TariffStatus] = mapped_column(by_value(TariffStatus, "status"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    makers: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)  # ids of users
    closes_on: Mapped[date | None]  # the last day on which providers may comment
    adopted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None also where a command loaded it
    adopted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @declared_attr
    def adopted_by(cls) -> Mapped[User | None]:  # noqa: N805 - of the class, as SQLAlchemy wants it
        """Who adopted it."""
        return relationship(User)

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


def rules_of_life(table: str, *owner: Any) -> tuple[SchemaItem, ...]:
    """The rules of each such table. `owner`: what makes two of them one owner's, as elements of the overlap rule."""
    return (
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
        ExcludeConstraint(
            *owner,
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name=f"ex_{table}_overlap",
            using="gist",
            where=text("status IN ('adopted', 'superseded')"),
        ),
    )

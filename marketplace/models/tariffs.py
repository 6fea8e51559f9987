"""Frameworks (how a needs profile becomes a band) and tariffs (guide prices of bands): dated, versioned data."""

from typing import ClassVar

from sqlalchemy import ColumnElement, ForeignKey, UniqueConstraint, func, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.adoption import Adoptable, rules_of_life
from marketplace.models.base import Base
from marketplace.models.organisations import Organisation


class Framework(Adoptable, Base):
    """A rule that turns a needs profile into a band, with its reasons. All are national: the operator keeps them."""

    NOUN = "framework"
    __tablename__ = "frameworks"
    __table_args__ = (UniqueConstraint("name", "version"), *rules_of_life("frameworks"))

    edit: Mapped[int] = mapped_column()

    owner_id: ClassVar[None] = None

    __mapper_args__ = {"version_id_col": edit}  # noqa: RUF012

    def is_of_same_owner(self) -> ColumnElement[bool]:
        """The condition under which another one is of this one's owner."""
        return true()


class Tariff(Adoptable, Base):
    """Guide prices by band and pattern. `is_illustrative` puts the demonstration banner on every page."""

    NOUN = "tariff"
    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint(
            "owner_id", "name", "version", name="uq_tariffs_owner_id_name_version", postgresql_nulls_not_distinct=True
        ),
        *rules_of_life(
            "tariffs",  # 0 is nobody's id: it stands for the nation
            (func.int8range(text("coalesce(owner_id, 0)"), text("coalesce(owner_id, 0)"), text("'[]'")), "&&"),
        ),
    )

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)  # None = national
    framework_id: Mapped[int] = mapped_column(ForeignKey("frameworks.id"))
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    edit: Mapped[int] = mapped_column()

    owner: Mapped[Organisation | None] = relationship()
    framework: Mapped[Framework] = relationship()

    __mapper_args__ = {"version_id_col": edit}  # noqa: RUF012

    def is_of_same_owner(self) -> ColumnElement[bool]:
        """The condition under which another one is of this one's owner."""
        return Tariff.owner_id.is_not_distinct_from(self.owner_id)

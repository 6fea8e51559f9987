"""Who takes part: authorities, providers, regions, the operator. An organisation's id is the scope of its data."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from marketplace.models.base import Base, Id, by_value


class OrganisationKind(StrEnum):
    """What an organisation is in the marketplace."""

    LA = "la"
    PROVIDER = "provider"
    REGION = "region"
    OPERATOR = "operator"


class Organisation(Base):
    """Anybody who signs in belongs to exactly one."""

    __tablename__ = "organisations"
    __table_args__: tuple[SchemaItem, ...] = (Index("uq_organisations_kind_name", "kind", "name", unique=True),)

    id: Mapped[Id]
    kind: Mapped[OrganisationKind] = mapped_column(by_value(OrganisationKind, "kind"))
    name: Mapped[str] = mapped_column(String(200))

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}  # noqa: RUF012 - SQLAlchemy's own form


class Region(Organisation):
    """One of the nine English regions, or a group of LAs that buys together."""

    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)

    __mapper_args__ = {"polymorphic_identity": OrganisationKind.REGION}  # noqa: RUF012


class Authority(Organisation):
    """A local authority: the commissioner. Its key is the three-digit DfE code."""

    __tablename__ = "authorities"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{3}$'", name="code"),
        CheckConstraint("area_factor BETWEEN 0.5 AND 2", name="area_factor"),
    )

    id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(3), unique=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)
    area_factor: Mapped[float] = mapped_column(Numeric(6, 4, asdecimal=False), default=1.0)
    # GeoJSON geometry in longitude and latitude (WGS84), for maps only
    boundary: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)

    region: Mapped[Region] = relationship(foreign_keys=[region_id])

    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": OrganisationKind.LA,
        "inherit_condition": id == Organisation.id,
    }


class Provider(Organisation):
    """The proprietor or trust that runs settings."""

    __tablename__ = "providers"

    id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)

    __mapper_args__ = {"polymorphic_identity": OrganisationKind.PROVIDER}  # noqa: RUF012


class Operator(Organisation):
    """Whoever runs the marketplace itself."""

    __mapper_args__ = {"polymorphic_identity": OrganisationKind.OPERATOR}  # noqa: RUF012

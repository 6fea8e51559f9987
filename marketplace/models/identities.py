"""Who a pupil is, and what is written about them: kept apart from the need, sealed, and open to few.

The LA's own people read it; a consulted setting reads it as long as its consultation is open or the pupil is placed
there.
"""

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Integer, LargeBinary
from sqlalchemy import Identity as Numbered
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models import sealed
from marketplace.models.base import Base, Instant, by_value, now
from marketplace.models.needs import Need
from marketplace.models.sealed import Sealed


class Identity(Base):
    """Who the pupil of a need is, and what the family and the child say. Every text is sealed."""

    __tablename__ = "identities"
    SEALED_FOR = ("need_id",)

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    sealed_name: Mapped[bytes] = mapped_column("name", LargeBinary)
    sealed_birth_date: Mapped[bytes] = mapped_column("birth_date", LargeBinary)
    sealed_upn: Mapped[bytes | None] = mapped_column("upn", LargeBinary)
    sealed_family_view: Mapped[bytes | None] = mapped_column("family_view", LargeBinary)
    sealed_child_view: Mapped[bytes | None] = mapped_column("child_view", LargeBinary)
    version: Mapped[int] = mapped_column(Integer)

    name: Sealed[str] = sealed.text()
    birth_date: Sealed[date] = sealed.day()
    upn: Sealed[str | None] = sealed.text()  # unique pupil number
    family_view: Sealed[str | None] = sealed.text()
    child_view: Sealed[str | None] = sealed.text()

    need: Mapped[Need] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DocumentKind(StrEnum):
    """What a document is."""

    PLAN = "plan"
    ADVICE = "advice"
    REVIEW = "review"
    OTHER = "other"


class Document(Base):
    """A PDF about a pupil, sealed. What is removed stays known as removed, its content and its name gone."""

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint("size BETWEEN 1 AND 10000000", name="size"),
        CheckConstraint("(removed_at IS NULL) = (content IS NOT NULL)", name="removed"),
    )
    SEALED_FOR = ("need_id", "id")

    id: Mapped[int] = mapped_column(BigInteger, Numbered(), primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(by_value(DocumentKind, "kind"))
    sealed_name: Mapped[bytes] = mapped_column("name", LargeBinary)
    sealed_content: Mapped[bytes | None] = mapped_column("content", LargeBinary, deferred=True)
    size: Mapped[int]  # bytes, before sealing
    added_at: Mapped[Instant] = mapped_column(default=now)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    name: Sealed[str] = sealed.text()
    content: Sealed[bytes | None] = sealed.content()

    need: Mapped[Need] = relationship()

    def __init__(self, **fields: Any) -> None:
        """The id is drawn here, because the document is sealed for it before the database would count one out."""
        super().__init__(**{"id": 1 + secrets.randbits(62), **fields})

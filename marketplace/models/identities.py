"""Who a pupil is, and what is written about them: kept apart from the need, sealed, and open to few.

The LA's own people read it; a consulted setting reads it as long as its consultation is open or the pupil is placed
there.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.needs import Need


class Identity(Base):
    """Who the pupil of a need is, and what the family and the child say. Every text is sealed (AES-256-GCM)."""

    __tablename__ = "identities"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    birth_date: Mapped[bytes] = mapped_column(LargeBinary)  # ISO
    upn: Mapped[bytes | None] = mapped_column(LargeBinary)
    family_view: Mapped[bytes | None] = mapped_column(LargeBinary)
    child_view: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DocumentKind(StrEnum):
    """What a document is."""

    PLAN = "plan"
    ADVICE = "advice"
    REVIEW = "review"
    OTHER = "other"


class Document(Base):
    """A PDF about a pupil, sealed. What is removed stays known as removed, its content gone."""

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint("size BETWEEN 1 AND 10000000", name="size"),
        CheckConstraint("(removed_at IS NULL) = (content IS NOT NULL)", name="removed"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(by_value(DocumentKind, "kind"))
    name: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int]  # bytes, before sealing
    added_at: Mapped[Instant] = mapped_column(default=now)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    need: Mapped[Need] = relationship()

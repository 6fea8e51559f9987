"""Consultations: an LA asks a setting about a pupil; the setting offers a place, says it is full, or refuses."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.needs import Need
from marketplace.models.organisations import Authority, Provider
from marketplace.models.provisions import Provision
from marketplace.models.schedules import PriceSchedule
from marketplace.models.settings import Setting
from pricing.profile import Band


class ConsultationStatus(StrEnum):
    """Where a consultation stands. The allowed moves are CONSULTATION_MOVES."""

    SENT = "sent"
    OFFERED = "offered"
    FULL = "full"  # "we are full": in law no refusal (Code 9.83, domain.md section 3)
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the LA, or with the need: the setting sees the pupil's identity no longer
    AWARDED = "awarded"
    CLOSED = "closed"  # the pupil was placed elsewhere, or the placement here has ended


_REPLIES = frozenset({ConsultationStatus.OFFERED, ConsultationStatus.FULL, ConsultationStatus.REFUSED})
_ENDS = frozenset({ConsultationStatus.WITHDRAWN, ConsultationStatus.AWARDED, ConsultationStatus.CLOSED})

# The one table of allowed moves. A setting may change its reply until the LA has decided.
CONSULTATION_MOVES: dict[ConsultationStatus, frozenset[ConsultationStatus]] = {
    ConsultationStatus.SENT: _REPLIES | _ENDS,
    ConsultationStatus.OFFERED: _REPLIES | _ENDS,
    ConsultationStatus.FULL: _REPLIES | _ENDS,
    ConsultationStatus.REFUSED: _REPLIES | _ENDS,
    ConsultationStatus.WITHDRAWN: frozenset(),
    ConsultationStatus.AWARDED: frozenset({ConsultationStatus.CLOSED}),
    ConsultationStatus.CLOSED: frozenset({ConsultationStatus.AWARDED}),  # the end of its placement is undone
}
# While it is one of these the setting may read who the pupil is, and the documents.
OPEN_CONSULTATIONS = frozenset({ConsultationStatus.SENT, *_REPLIES})


class RefusalCode(StrEnum):
    """Why a setting cannot meet a need, as it says. FULL is no refusal in law and stands alone."""

    UNSUITABLE_AGE = "unsuitable_age"
    UNSUITABLE_NEED = "unsuitable_need"
    EDUCATION_OF_OTHERS = "education_of_others"
    STAFFING = "staffing"
    THERAPY = "therapy"
    PREMISES = "premises"
    RESIDENTIAL = "residential"
    INFORMATION = "information"  # more must be known first
    FULL = "full"
    OTHER = "other"


class Consultation(Base):
    """One setting consulted about one pupil, on one of its provisions. `brief` is what the setting reads: frozen when
    it was sent, and shown to the LA before; the need itself no provider ever reads. The reply is due at the end of
    `due_on`, in London."""

    __tablename__ = "consultations"
    __table_args__ = (
        Index(
            "uq_consultations_open",
            "need_id",
            "setting_id",
            unique=True,
            postgresql_where=text("status NOT IN ('withdrawn', 'closed')"),
        ),
        CheckConstraint("status NOT IN ('offered', 'full', 'refused') OR replied_at IS NOT NULL", name="replied_at"),
        CheckConstraint("(status IN ('withdrawn', 'awarded', 'closed')) = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("reminded IN (0, 7, 12, 15)", name="reminded"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)  # who ran the setting that day
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    status: Mapped[ConsultationStatus] = mapped_column(
        by_value(ConsultationStatus, "status"), default=ConsultationStatus.SENT
    )
    brief: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sent_at: Mapped[Instant] = mapped_column(default=now)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date]
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # by the setting, first
    replied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded: Mapped[int] = mapped_column(default=0)  # the last day of the 15 on which a reminder was sent
    chased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # by a person
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()  # seen by the LA and its region only
    authority: Mapped[Authority] = relationship()
    setting: Mapped[Setting] = relationship()
    provider: Mapped[Provider] = relationship()
    provision: Mapped[Provision] = relationship()
    offer: Mapped["Offer | None"] = relationship(back_populates="consultation", cascade="all, delete-orphan")
    reasons: Mapped[list["RefusalReason"]] = relationship(
        back_populates="consultation", cascade="all, delete-orphan", order_by="RefusalReason.id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Offer(Base):
    """That a setting can meet the need: from when, at which band and price. The price is that of the published
    `schedule` for the provision and band; `variation` is what is asked beside it, with its reason. Pence a year."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("price >= 0 AND price + variation >= 0", name="price"),
        CheckConstraint("(variation = 0) = (variation_reason IS NULL)", name="variation_reason"),
        CheckConstraint("hours_a_week > 0", name="hours"),
    )

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    starts_on: Mapped[date]  # from when
    hours_a_week: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))  # of outreach
    schedule_id: Mapped[int] = mapped_column(ForeignKey("price_schedules.id"))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # as published, kept
    price: Mapped[Pence]
    variation: Mapped[Pence] = mapped_column(default=0)
    variation_reason: Mapped[str | None] = mapped_column(String(2000))
    note: Mapped[str | None] = mapped_column(String(4000))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # a place is kept for the pupil

    consultation: Mapped[Consultation] = relationship(back_populates="offer")
    provision: Mapped[Provision] = relationship()
    schedule: Mapped[PriceSchedule] = relationship()

    @property
    def total(self) -> int:
        """Price and variation, pence a year."""
        return self.price + self.variation


class RefusalReason(Base):
    """One coded reason for which a setting says that it cannot meet the need, in its own words."""

    __tablename__ = "refusal_reasons"
    __table_args__ = (
        UniqueConstraint("consultation_id", "code"),
        CheckConstraint("length(words) > 0 OR code = 'full'", name="words"),
    )

    id: Mapped[Id]
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id", ondelete="CASCADE"), index=True)
    code: Mapped[RefusalCode] = mapped_column(by_value(RefusalCode, "code"))
    words: Mapped[str] = mapped_column(String(4000))

    consultation: Mapped[Consultation] = relationship(back_populates="reasons")

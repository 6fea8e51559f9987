"""Placements: the running agreement for one pupil (IPA), and each thing that happened to it, with its day and money."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.awards import Award
from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.needs import Need
from marketplace.models.organisations import Authority, Provider
from marketplace.models.provisions import Provision
from marketplace.models.schedules import PriceSchedule
from marketplace.models.settings import Setting
from pricing.profile import Band


class PlacementStatus(StrEnum):
    """Where a placement stands. The allowed moves are PLACEMENT_MOVES."""

    AGREED = "agreed"  # awarded, not yet begun
    STARTED = "started"
    SUSPENDED = "suspended"
    ENDED = "ended"


PLACEMENT_MOVES: dict[PlacementStatus, frozenset[PlacementStatus]] = {
    PlacementStatus.AGREED: frozenset({PlacementStatus.STARTED, PlacementStatus.ENDED}),
    # Agreed again only where the start was entered by mistake, and is undone.
    PlacementStatus.STARTED: frozenset({PlacementStatus.SUSPENDED, PlacementStatus.ENDED, PlacementStatus.AGREED}),
    PlacementStatus.SUSPENDED: frozenset({PlacementStatus.STARTED, PlacementStatus.ENDED}),
    # Only where the end was entered by mistake, and is undone.
    PlacementStatus.ENDED: frozenset({PlacementStatus.AGREED, PlacementStatus.STARTED, PlacementStatus.SUSPENDED}),
}


class EventKind(StrEnum):
    """What happened to a placement."""

    AWARDED = "awarded"
    STARTED = "started"
    VARIED = "varied"  # band, provision, sessions or hours
    REPRICED = "repriced"  # an uplift that the LA accepted
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    NOTICE_GIVEN = "notice_given"
    ENDED = "ended"
    TRANSFERRED = "transferred"  # ended by the move to the next phase of education
    CARRIED = "carried"  # charged for a further financial year
    UNDONE = "undone"  # an event that was entered by mistake holds no more


class AfterEnd(StrEnum):
    """What becomes of the need when its placement ends."""

    NEEDED_AGAIN = "needed_again"  # posted anew
    NOT_NEEDED = "not_needed"
    TRANSFER = "transfer"  # the next phase of education is decided on a need of its own


class Placement(Base):
    """What holds of one placement by what was entered last. `reference` is the LA's for the pupil on the day of the
    award: all that a provider reads of the need. `price` is what the LA pays, the fee less place funding that is paid
    anyway, and `transport` an estimate, pence a year; `schedule` states its prices: that of the award, until an uplift
    is accepted; `ends_on` is its last day, known once notice was given or it has ended; `agreement` is what the
    individual placement agreement says."""

    __tablename__ = "placements"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on - 1", name="dates"),  # the day before = never begun
        CheckConstraint("status <> 'ended' OR ends_on IS NOT NULL", name="ends_on"),
        CheckConstraint("price >= 0 AND transport >= 0", name="amounts"),
        CheckConstraint("sessions BETWEEN 1 AND 9", name="sessions"),
        CheckConstraint("hours_a_week > 0", name="hours"),
    )

    id: Mapped[Id]
    award_id: Mapped[int] = mapped_column(ForeignKey("awards.id"), unique=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    schedule_id: Mapped[int] = mapped_column(ForeignKey("price_schedules.id"))
    reference: Mapped[str] = mapped_column(String(40))
    status: Mapped[PlacementStatus] = mapped_column(by_value(PlacementStatus, "status"), default=PlacementStatus.AGREED)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    sessions: Mapped[int | None]  # of ten, of a porous placement
    hours_a_week: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))  # of outreach
    is_on_roll: Mapped[bool] = mapped_column(default=False)  # porous: the setting is the main school, and keeps a place
    price: Mapped[Pence]
    transport: Mapped[Pence]
    agreement: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    version: Mapped[int] = mapped_column(Integer)

    award: Mapped[Award] = relationship()
    need: Mapped[Need] = relationship()
    authority: Mapped[Authority] = relationship()
    setting: Mapped[Setting] = relationship()
    provider: Mapped[Provider] = relationship()
    provision: Mapped[Provision] = relationship()
    schedule: Mapped[PriceSchedule] = relationship()
    events: Mapped[list["PlacementEvent"]] = relationship(back_populates="placement", order_by="PlacementEvent.number")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PlacementEvent(Base):
    """One thing that happened: the day from which it holds, and what held before and after. What it changes in the
    ledger are the lines that name it. Rows are added, never changed: a mistake is undone by an event that names it."""

    __tablename__ = "placement_events"
    __table_args__ = (
        UniqueConstraint("placement_id", "number"),
        CheckConstraint("(kind = 'undone') = (undoes_id IS NOT NULL)", name="undoes"),
    )

    id: Mapped[Id]
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), index=True)
    number: Mapped[int]
    kind: Mapped[EventKind] = mapped_column(by_value(EventKind, "kind"))
    on: Mapped[date]
    at: Mapped[Instant] = mapped_column(default=now)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # whose; None = the system's
    officer: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(4000))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("placement_events.id"), unique=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    placement: Mapped[Placement] = relationship(back_populates="events")

"""Awards: an LA's decision to place a pupil, with the law, the money and the evidence that it rests on."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.consultations import Consultation
from marketplace.models.needs import Ground, Need
from marketplace.models.organisations import Authority, Provider
from marketplace.models.provisions import Provision
from marketplace.models.schedules import PriceSchedule
from marketplace.models.settings import Setting
from marketplace.models.users import User
from pricing.profile import Band


class AwardStatus(StrEnum):
    """Where an award stands. The allowed moves are AWARD_MOVES."""

    PROPOSED = "proposed"  # waits for a second person; the place is held
    MADE = "made"
    RETURNED = "returned"  # by the second person
    LAPSED = "lapsed"  # nobody decided in time, or it was taken back
    ENDED = "ended"  # its placement has ended


AWARD_MOVES: dict[AwardStatus, frozenset[AwardStatus]] = {
    AwardStatus.PROPOSED: frozenset({AwardStatus.MADE, AwardStatus.RETURNED, AwardStatus.LAPSED}),
    AwardStatus.MADE: frozenset({AwardStatus.ENDED}),
    AwardStatus.RETURNED: frozenset(),
    AwardStatus.LAPSED: frozenset(),
    AwardStatus.ENDED: frozenset({AwardStatus.MADE}),  # the end was entered by mistake, and is undone
}


class Route(StrEnum):
    """On what footing the LA decides: what the setting has said, or an order."""

    OFFER = "offer"
    SILENCE = "silence"  # no reply within the 15 days
    FULL = "full"
    REFUSAL = "refusal"  # against it: each reason is answered (Swalcliffe Park v Wokingham, 2023)
    ORDER = "order"  # the tribunal's


class AwardBasis(StrEnum):
    """How the contract is awarded under the Procurement Act 2023; NO_CONTRACT where a maintained school is named."""

    NO_CONTRACT = "no_contract"
    FRAMEWORK = "framework"
    DYNAMIC_MARKET = "dynamic_market"
    USER_CHOICE = "user_choice"  # Schedule 5: direct award
    BELOW_THRESHOLD = "below_threshold"
    DIRECT = "direct"  # another ground of Schedule 5


class Award(Base):
    """One decision. Prices are kept as they stood: `lines` of the published `schedule`, `price` with the `variation`,
    `transport`, and `marginal`, the marginal public cost; pence a year. `evidence` is what was compared; `answers` the
    answer to each reason of a refusal, by its code; `letter` what the family is told, once it is made. Over
    `threshold` somebody else than who proposed decides.

    A need has one live award."""

    __tablename__ = "awards"
    __table_args__ = (
        Index("uq_awards_live", "need_id", unique=True, postgresql_where=text("status IN ('proposed', 'made')")),
        CheckConstraint("least(price, transport, marginal, threshold) >= 0", name="amounts"),
        CheckConstraint("(variation = 0) = (variation_reason IS NULL)", name="variation_reason"),
        CheckConstraint("ground IS NULL OR ground_evidence IS NOT NULL", name="ground_evidence"),
        CheckConstraint("(status = 'proposed') = (held_until IS NOT NULL)", name="held_until"),
        CheckConstraint("(status IN ('made', 'returned', 'ended')) = (decided_at IS NOT NULL)", name="decided_at"),
        CheckConstraint("status <> 'returned' OR decision_note IS NOT NULL", name="decision_note"),
        CheckConstraint("(status IN ('made', 'ended')) = (letter IS NOT NULL)", name="letter"),
        CheckConstraint(
            "status NOT IN ('made', 'ended') OR marginal <= threshold"
            " OR coalesce(decided_by_id <> proposed_by_id, false)",
            name="two_people",
        ),
        CheckConstraint("route <> 'order' OR order_reference IS NOT NULL", name="order_reference"),
        CheckConstraint("route IN ('silence', 'full', 'order') OR consultation_id IS NOT NULL", name="consultation"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultations.id"), index=True)
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    status: Mapped[AwardStatus] = mapped_column(by_value(AwardStatus, "status"))
    route: Mapped[Route] = mapped_column(by_value(Route, "route"))
    route_reason: Mapped[str | None] = mapped_column(String(4000))
    order_reference: Mapped[str | None] = mapped_column(String(80))
    band: Mapped[Band] = mapped_column(by_value(Band, "band"))
    starts_on: Mapped[date]
    hours_a_week: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    schedule_id: Mapped[int] = mapped_column(ForeignKey("price_schedules.id"))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    price: Mapped[Pence]
    variation: Mapped[Pence] = mapped_column(default=0)
    variation_reason: Mapped[str | None] = mapped_column(String(2000))
    transport: Mapped[Pence]
    marginal: Mapped[Pence]
    is_requested: Mapped[bool]  # the setting is the one that the parents request
    ground: Mapped[Ground | None] = mapped_column(by_value(Ground, "ground"))
    ground_evidence: Mapped[str | None] = mapped_column(String(4000))  # why another setting than the requested one
    reasons: Mapped[str] = mapped_column(String(4000))
    answers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    basis: Mapped[AwardBasis] = mapped_column(by_value(AwardBasis, "basis"))
    basis_reason: Mapped[str | None] = mapped_column(String(2000))
    notice_reference: Mapped[str | None] = mapped_column(String(80))
    threshold: Mapped[Pence]
    proposed_at: Mapped[Instant] = mapped_column(default=now)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision_note: Mapped[str | None] = mapped_column(String(2000))
    letter: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()
    authority: Mapped[Authority] = relationship()
    consultation: Mapped[Consultation | None] = relationship()
    setting: Mapped[Setting] = relationship()
    provider: Mapped[Provider] = relationship()
    provision: Mapped[Provision] = relationship()
    schedule: Mapped[PriceSchedule] = relationship()
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])  # seen by people of the LA only
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ApprovalThreshold(Base):
    """From which marginal public cost on (more than `amount` pence a year) an award of an LA needs a second person,
    from a day on. Where an LA has stated none, each does."""

    __tablename__ = "approval_thresholds"
    __table_args__ = (
        UniqueConstraint("authority_id", "starts_on"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    starts_on: Mapped[date]
    amount: Mapped[Pence]
    reason: Mapped[str] = mapped_column(String(2000))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[Instant] = mapped_column(default=now)

    set_by: Mapped[User | None] = relationship()  # seen by people of the LA only

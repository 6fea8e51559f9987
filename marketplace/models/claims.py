"""Claims: what of a vacancy is taken, by a placement, by an outreach order or, for a time, by a hold. Taken and free
add up to what is open."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.awards import Award
from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.consultations import Consultation
from marketplace.models.outreach import OutreachOrder
from marketplace.models.provisions import Pool, Vacancy


class ClaimEnd(StrEnum):
    """What became of what was taken."""

    FREED = "freed"  # it is vacant again
    KEPT = "kept"  # a placement that had started ended: whether a place opens the provider says, nobody guesses


class Claim(Base):
    """So many places, or hours a week, of one vacancy. A hold is for an offer or for an award that waits for a second
    person, and ends by itself when `held_until` has passed; without `held_until` it is a placement's."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(ended_at IS NULL) = (vacancy_id IS NOT NULL)", name="vacancy"),
        CheckConstraint("(ended_at IS NULL) = (end_kind IS NULL)", name="ended"),
        CheckConstraint("num_nonnulls(award_id, consultation_id, order_id) = 1", name="one_of_three"),
        CheckConstraint("consultation_id IS NULL OR held_until IS NOT NULL", name="offer_is_hold"),
    )

    id: Mapped[Id]
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), index=True)
    vacancy_id: Mapped[int | None] = mapped_column(ForeignKey("vacancies.id"), index=True)  # None once it has ended
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    award_id: Mapped[int | None] = mapped_column(ForeignKey("awards.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultations.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("outreach_orders.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    taken_at: Mapped[Instant] = mapped_column(default=now)
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_kind: Mapped[ClaimEnd | None] = mapped_column(by_value(ClaimEnd, "end_kind"))

    pool: Mapped[Pool] = relationship()
    vacancy: Mapped[Vacancy | None] = relationship()
    award: Mapped[Award | None] = relationship()
    consultation: Mapped[Consultation | None] = relationship()
    order: Mapped[OutreachOrder | None] = relationship()

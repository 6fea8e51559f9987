"""The ledger: what each placement, and each outreach order with its own price, costs its LA in each financial year, in
pence. Lines are added, never changed; what was wrong or no longer holds is reversed by a line of its own."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.organisations import Authority
from marketplace.models.outreach import OutreachOrder
from marketplace.models.placements import Placement, PlacementEvent
from pricing.profile import Band


class LedgerLine(Base):
    """Pence for the days from `starts_on` to `ends_on`, both included, which lie in one financial year: that which
    begins on 1 April of `year`; of a placement, by which event, or of an outreach order. A reversal has the amount of
    what it reverses, with the other sign."""

    __tablename__ = "ledger_lines"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="dates"),
        CheckConstraint(
            "year = extract(year FROM starts_on - interval '3 months')"
            " AND year = extract(year FROM ends_on - interval '3 months')",
            name="year",
        ),
        CheckConstraint("num_nonnulls(placement_id, order_id) = 1", name="of_one"),
        CheckConstraint(
            "num_nonnulls(event_id, band) = CASE WHEN placement_id IS NULL THEN 0 ELSE 2 END", name="of_placement"
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("placement_events.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("outreach_orders.id"), index=True)
    year: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    band: Mapped[Band | None] = mapped_column(by_value(Band, "band"))
    fee: Mapped[Pence]  # a school year, or of the whole order, of which the amount is the part for these days
    amount: Mapped[Pence]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_lines.id"), unique=True)
    at: Mapped[Instant] = mapped_column(default=now)

    authority: Mapped[Authority] = relationship()
    placement: Mapped[Placement | None] = relationship()
    event: Mapped[PlacementEvent | None] = relationship()
    order: Mapped[OutreachOrder | None] = relationship()


class LedgerTotal(Base):
    """The sum of an LA's lines of one financial year, kept by the database as lines are added."""

    __tablename__ = "ledger_totals"

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[Pence]

    authority: Mapped[Authority] = relationship()

"""Outreach orders: what outreach is for, how that is measured, and what came of it; with the shares of the schools that
it serves, the visits delivered and the reviews.

An order of a placement only says what the placement's hours are for: money and capacity are the placement's. One
without a placement serves a school, its pupils with or without a plan, or the school as a whole: it has a price of its
own and takes hours of its own.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, Pence, by_value, now
from marketplace.models.organisations import Authority, Provider
from marketplace.models.placements import Placement
from marketplace.models.provisions import Provision
from marketplace.models.settings import Setting
from pricing.tariff import Grade


class OrderStatus(StrEnum):
    """Where an outreach order stands. The allowed moves are ORDER_MOVES."""

    ASKED = "asked"  # by the LA; the provider accepts or declines
    ACCEPTED = "accepted"  # at the provider's price, its hours taken; the LA agrees or withdraws
    RUNNING = "running"
    ENDED = "ended"  # with its result
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


ORDER_MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.ASKED: frozenset({OrderStatus.ACCEPTED, OrderStatus.DECLINED, OrderStatus.WITHDRAWN}),
    OrderStatus.ACCEPTED: frozenset({OrderStatus.RUNNING, OrderStatus.DECLINED, OrderStatus.WITHDRAWN}),
    # Withdrawn only while nothing was delivered and, where it has a price of its own, before its first day.
    OrderStatus.RUNNING: frozenset({OrderStatus.ENDED, OrderStatus.WITHDRAWN}),
    OrderStatus.ENDED: frozenset(),
    OrderStatus.DECLINED: frozenset(),
    OrderStatus.WITHDRAWN: frozenset(),
}
HOLDING = frozenset({OrderStatus.ACCEPTED, OrderStatus.RUNNING})  # hours, where they are no placement's


class OrderResult(StrEnum):
    """What came of an order, as the LA says at its end."""

    MET = "met"  # the target was reached
    PARTLY = "partly"
    NOT_MET = "not_met"


class OutreachOrder(Base):
    """`measure` names a scale, on which the school or the pupils stand at `baseline` and are to reach `target`: higher
    is better where the target is above the baseline. `hours` are those in all. `price` is pence for the whole order,
    None for an order of a placement; `threshold` that of the LA on the day on which it agreed. `ends_on` is the last
    day as ordered, `ended_on` the last in fact."""

    __tablename__ = "outreach_orders"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("target <> baseline", name="target"),
        CheckConstraint("hours_a_week > 0 AND hours >= hours_a_week", name="hours"),
        CheckConstraint("least(pupils_with, pupils_without) >= 0", name="pupils"),
        CheckConstraint("purpose IS NOT NULL OR pupils_with + pupils_without > 0", name="served"),
        CheckConstraint("urn BETWEEN 100000 AND 999999", name="urn"),
        CheckConstraint("year_group BETWEEN -1 AND 14", name="year_group"),
        CheckConstraint(
            "CASE WHEN placement_id IS NOT NULL THEN price IS NULL"
            " WHEN status IN ('accepted', 'running', 'ended') THEN coalesce(price >= 0, false) ELSE true END",
            name="price",
        ),
        CheckConstraint(
            "placement_id IS NOT NULL OR status NOT IN ('running', 'ended')"
            " OR coalesce(price <= threshold OR agreed_by_id <> asked_by_id, false)",
            name="two_people",
        ),
        CheckConstraint("placement_id IS NULL OR status IN ('running', 'ended', 'withdrawn')", name="of_placement"),
        CheckConstraint("(status IN ('declined', 'withdrawn')) = (reason IS NOT NULL)", name="reason"),
        CheckConstraint(
            "num_nonnulls(result, last_value, ended_on, result_words) = CASE WHEN status = 'ended' THEN 4 ELSE 0 END",
            name="ended",
        ),
        CheckConstraint("ended_on BETWEEN starts_on AND ends_on", name="ended_on"),
        CheckConstraint(
            "result <> 'met' OR CASE WHEN target > baseline THEN last_value >= target ELSE last_value <= target END",
            name="met",
        ),
        Index(
            "uq_outreach_orders_placement_id",
            "placement_id",
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"))
    status: Mapped[OrderStatus] = mapped_column(by_value(OrderStatus, "status"), default=OrderStatus.ASKED)
    outcome: Mapped[str] = mapped_column(String(1000))
    measure: Mapped[str] = mapped_column(String(200))
    baseline: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    target: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    hours: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    hours_a_week: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    grade: Mapped[Grade] = mapped_column(by_value(Grade, "grade"))
    school: Mapped[str] = mapped_column(String(200))  # which is served
    urn: Mapped[int | None]  # of that school
    year_group: Mapped[int | None]  # None = several, or the whole school
    pupils_with: Mapped[int]  # an EHCP
    pupils_without: Mapped[int]
    purpose: Mapped[str | None] = mapped_column(String(1000))  # for the whole school
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    next_review_on: Mapped[date | None]
    price: Mapped[Pence | None]
    threshold: Mapped[Pence | None]
    asked_at: Mapped[Instant] = mapped_column(default=now)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(2000))  # why it was declined or withdrawn
    result: Mapped[OrderResult | None] = mapped_column(by_value(OrderResult, "result"))
    last_value: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    ended_on: Mapped[date | None]
    result_words: Mapped[str | None] = mapped_column(String(2000))
    version: Mapped[int] = mapped_column(Integer)

    authority: Mapped[Authority] = relationship()
    setting: Mapped[Setting] = relationship()
    provider: Mapped[Provider] = relationship()
    provision: Mapped[Provision] = relationship()
    placement: Mapped[Placement | None] = relationship()
    shares: Mapped[list["OrderShare"]] = relationship(order_by="OrderShare.id")
    visits: Mapped[list["OrderVisit"]] = relationship(order_by="(OrderVisit.on, OrderVisit.id)")
    reviews: Mapped[list["OrderReview"]] = relationship(order_by="(OrderReview.on, OrderReview.id)")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def reaches(self, value: Decimal) -> bool:
        """Whether a value on the measure is the target or better."""
        return value >= self.target if self.target > self.baseline else value <= self.target

    @property
    def last_day(self) -> date:
        """The last day, in fact or as ordered."""
        return self.ended_on or self.ends_on


class OrderShare(Base):
    """A school's share, in whole per cent, of the hours that a partnership of schools has of one order."""

    __tablename__ = "order_shares"
    __table_args__ = (
        UniqueConstraint("order_id", "school"),
        CheckConstraint("share BETWEEN 1 AND 100", name="share"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("outreach_orders.id"))
    school: Mapped[str] = mapped_column(String(200))
    share: Mapped[int]


class OrderVisit(Base):
    """Hours delivered on a day, to which school where they are shared. One that was entered by mistake is undone."""

    __tablename__ = "order_visits"
    __table_args__ = (CheckConstraint("hours > 0 AND hours <= 24", name="hours"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("outreach_orders.id"), index=True)
    share_id: Mapped[int | None] = mapped_column(ForeignKey("order_shares.id"))
    on: Mapped[date]
    hours: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    words: Mapped[str | None] = mapped_column(String(1000))
    logged_at: Mapped[Instant] = mapped_column(default=now)
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    share: Mapped[OrderShare | None] = relationship()


class OrderReview(Base):
    """Where an order stands on its measure on a day, as either side found."""

    __tablename__ = "order_reviews"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("outreach_orders.id"), index=True)
    on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    words: Mapped[str] = mapped_column(String(2000))
    reviewed_at: Mapped[Instant] = mapped_column(default=now)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))  # whose
    officer: Mapped[str] = mapped_column(String(120))

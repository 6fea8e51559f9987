"""Uplifts: a provider's request for higher prices, who is affected, each step of the negotiation, each LA's answer."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, london_day
from marketplace.models.organisations import Authority, Organisation, Provider
from marketplace.models.provisions import Provision
from marketplace.models.schedules import PriceSchedule
from marketplace.models.settings import Setting
from pricing.indices import CostPart
from pricing.profile import Band

Share = Numeric(5, 2)  # per cent of the provider's costs
Percent = Numeric(5, 2)


class UpliftStatus(StrEnum):
    """Where a request stands. The allowed moves are UPLIFT_MOVES."""

    DRAFT = "draft"
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


# The one table of allowed moves. A draft that is given up is removed: nobody else has seen it.
UPLIFT_MOVES: dict[UpliftStatus, frozenset[UpliftStatus]] = {
    UpliftStatus.DRAFT: frozenset({UpliftStatus.NEGOTIATING}),
    UpliftStatus.NEGOTIATING: frozenset({UpliftStatus.AGREED, UpliftStatus.WITHDRAWN}),
    UpliftStatus.AGREED: frozenset({UpliftStatus.PUBLISHED, UpliftStatus.WITHDRAWN}),
    UpliftStatus.PUBLISHED: frozenset(),
    UpliftStatus.WITHDRAWN: frozenset(),
}


class StepKind(StrEnum):
    """What a step of the negotiation was."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    LINK_OFFERED = "link_offered"  # another LA offers to negotiate for all
    LINK_CHANGED = "link_changed"
    LINK_KEPT = "link_kept"
    WITHDRAWN = "withdrawn"
    PUBLISHED = "published"


def school_year(day: date) -> int:
    """The year in which the school year of a day began, on 1 September."""
    return day.year - (day.month < 9)


class Uplift(Base):
    """A request of one provider for one setting: `percent` on every published price, or a new schedule (its lines as
    sent in `asked`); one of the two. From sending on it stands against `base`, the published schedule of that day, for
    the LAs of `authority_ids`; `link` negotiates for all of them. One a setting and school year, unless withdrawn."""

    __tablename__ = "uplifts"
    __table_args__ = (
        CheckConstraint("percent IS NULL OR asked IS NULL", name="one_of_two"),
        CheckConstraint("status = 'draft' OR percent IS NOT NULL OR asked IS NOT NULL", name="asks"),
        CheckConstraint("percent BETWEEN -50 AND 100 AND agreed_percent BETWEEN -50 AND 100", name="percent"),
        CheckConstraint("least(staff, premises, other) >= 0 AND staff + premises + other = 100", name="shares"),
        CheckConstraint("year = extract(year FROM starts_on - interval '8 months')", name="year"),
        CheckConstraint(
            "(status = 'draft') = (sent_at IS NULL) AND (sent_at IS NULL) = (base_id IS NULL)"
            " AND (sent_at IS NULL) = (link_id IS NULL)",
            name="sent",
        ),
        CheckConstraint("link_id IS NULL OR link_id = ANY(authority_ids)", name="link"),
        CheckConstraint(
            "successor_id IS NULL OR (successor_id = ANY(authority_ids) AND successor_id <> link_id)", name="successor"
        ),
        CheckConstraint(
            "(agreed_percent IS NULL) = (answer_by IS NULL) AND (agreed_percent IS NULL) = (agreement IS NULL)"
            " AND (status NOT IN ('agreed', 'published') OR agreed_percent IS NOT NULL)",
            name="agreed",
        ),
        CheckConstraint("(status = 'published') = (published_id IS NOT NULL)", name="published"),
        Index("uq_uplifts_open", "setting_id", "year", unique=True, postgresql_where=text("status <> 'withdrawn'")),
    )

    id: Mapped[Id]
    setting_id: Mapped[int] = mapped_column(ForeignKey("settings.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)  # who asked
    status: Mapped[UpliftStatus] = mapped_column(by_value(UpliftStatus, "status"), default=UpliftStatus.DRAFT)
    percent: Mapped[Decimal | None] = mapped_column(Percent)
    asked: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    starts_on: Mapped[date]
    year: Mapped[int]  # school year of starts_on
    staff: Mapped[Decimal] = mapped_column(Share)
    premises: Mapped[Decimal] = mapped_column(Share)
    other: Mapped[Decimal] = mapped_column(Share)
    reasons: Mapped[str] = mapped_column(String(4000))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    base_id: Mapped[int | None] = mapped_column(ForeignKey("price_schedules.id"))
    authority_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))  # who offers to take its place
    agreed_percent: Mapped[Decimal | None] = mapped_column(Percent)
    is_as_asked: Mapped[bool] = mapped_column(default=False)  # the new schedule was agreed as it was asked for
    answer_by: Mapped[date | None]
    agreement: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)  # the letter
    published_id: Mapped[int | None] = mapped_column(ForeignKey("price_schedules.id"))
    version: Mapped[int] = mapped_column(Integer)

    setting: Mapped[Setting] = relationship()
    provider: Mapped[Provider] = relationship()
    base: Mapped[PriceSchedule | None] = relationship(foreign_keys=[base_id])
    link: Mapped[Authority | None] = relationship(foreign_keys=[link_id])
    successor: Mapped[Authority | None] = relationship(foreign_keys=[successor_id])
    counts: Mapped[list["UpliftCount"]] = relationship(
        cascade="all, delete-orphan",
        order_by="(UpliftCount.authority_id, UpliftCount.provision_id, UpliftCount.band)",
    )
    steps: Mapped[list["UpliftStep"]] = relationship(cascade="all, delete-orphan", order_by="UpliftStep.number")
    answers: Mapped[list["UpliftAnswer"]] = relationship(
        cascade="all, delete-orphan", order_by="UpliftAnswer.authority_id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def shares(self) -> dict[CostPart, Decimal]:
        """What the provider spends by part, in per cent."""
        return {CostPart.STAFF: self.staff, CostPart.PREMISES: self.premises, CostPart.OTHER: self.other}

    @property
    def is_of_schedule(self) -> bool:
        """Whether a new schedule is asked for, and not a percentage."""
        return self.percent is None

    def is_as_sent(self, step: "UpliftStep") -> bool:
        """Whether a step proposes the new schedule as it was sent, and not a percentage on what is published."""
        return self.is_of_schedule and step.number == 1

    @property
    def open_step(self) -> "UpliftStep | None":
        """The proposal that waits for an answer; there is one at most."""
        return next((step for step in self.steps if step.is_open), None)

    @property
    def turn_id(self) -> int | None:
        """The organisation that answers the open proposal: the link LA that of the provider, and the other way round;
        None when nothing is open."""
        step = self.open_step
        if step is None:
            return None
        return self.link_id if step.organisation_id == self.provider_id else self.provider_id


class UpliftCount(Base):
    """How many placements an LA has at a provision in a band: as the provider stated, and as the LA corrected it."""

    __tablename__ = "uplift_counts"
    __table_args__ = (
        CheckConstraint("stated BETWEEN 1 AND 999", name="stated"),
        CheckConstraint("corrected BETWEEN 0 AND 999", name="corrected"),
    )

    uplift_id: Mapped[int] = mapped_column(ForeignKey("uplifts.id", ondelete="CASCADE"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    provision_id: Mapped[int] = mapped_column(ForeignKey("provisions.id"), primary_key=True)
    band: Mapped[Band] = mapped_column(by_value(Band, "band"), primary_key=True)
    stated: Mapped[int]
    corrected: Mapped[int | None]

    authority: Mapped[Authority] = relationship()
    provision: Mapped[Provision] = relationship()

    @property
    def placements(self) -> int:
        """What holds."""
        return self.stated if self.corrected is None else self.corrected


class UpliftStep(Base):
    """One step, for the timeline and, where it proposes, for the negotiation. One proposal at most is open."""

    __tablename__ = "uplift_steps"
    __table_args__ = (
        UniqueConstraint("uplift_id", "number"),
        CheckConstraint("(kind IN ('proposed', 'agreed')) = (percent IS NOT NULL)", name="percent_of_kind"),
        CheckConstraint("percent BETWEEN -50 AND 100", name="percent"),
        CheckConstraint("NOT is_open OR kind = 'proposed'", name="open_proposal"),
        Index("uq_uplift_steps_open", "uplift_id", unique=True, postgresql_where=text("is_open")),
    )

    id: Mapped[Id]
    uplift_id: Mapped[int] = mapped_column(ForeignKey("uplifts.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(by_value(StepKind, "kind"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    officer: Mapped[str] = mapped_column(String(120))  # who acted for it, by name, as the letters say
    at: Mapped[Instant]
    percent: Mapped[Decimal | None] = mapped_column(Percent)
    reasons: Mapped[str | None] = mapped_column(String(4000))
    is_open: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation] = relationship()


class UpliftAnswer(Base):
    """What one LA answers to the agreement, for itself. None of it until it does: silence is not acceptance."""

    __tablename__ = "uplift_answers"
    __table_args__ = (
        CheckConstraint(
            "num_nulls(is_accepted, reason, officer, answered_at, letter) IN (0, 5)",
            name="whole",
        ),
    )

    uplift_id: Mapped[int] = mapped_column(ForeignKey("uplifts.id", ondelete="CASCADE"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    is_accepted: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(String(2000))
    officer: Mapped[str | None] = mapped_column(String(120))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    letter: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)

    authority: Mapped[Authority] = relationship()

    @property
    def answered_on(self) -> date | None:
        """The day in London on which it was given: late where it is after that by which it was due."""
        return london_day(self.answered_at) if self.answered_at else None

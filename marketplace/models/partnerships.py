"""Partnerships: authorities and schools of an area that look at their capacity together (local area inclusion
partnerships); what is entered for them, what they decide, and what they are told."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Codes, Id, Instant, by_value, now
from marketplace.models.organisations import Authority, Organisation
from marketplace.models.settings import Setting
from marketplace.models.uplifts import school_year


class MemberKind(StrEnum):
    """What takes part."""

    AUTHORITY = "authority"
    SETTING = "setting"  # of the marketplace; its provider answers
    SCHOOL = "school"  # a mainstream school, entered by its authority


class MemberStatus(StrEnum):
    """Where a membership stands. The allowed moves are MEMBER_MOVES."""

    INVITED = "invited"  # by the authority that leads; nothing is counted yet
    AGREED = "agreed"
    DECLINED = "declined"
    ENDED = "ended"


MEMBER_MOVES: dict[MemberStatus, frozenset[MemberStatus]] = {
    MemberStatus.INVITED: frozenset({MemberStatus.AGREED, MemberStatus.DECLINED, MemberStatus.ENDED}),
    MemberStatus.AGREED: frozenset({MemberStatus.ENDED}),
    MemberStatus.DECLINED: frozenset(),
    MemberStatus.ENDED: frozenset(),
}


class Term(StrEnum):
    """The three terms of a school year, by the first months of the school census."""

    AUTUMN = "autumn"
    SPRING = "spring"
    SUMMER = "summer"


class ReportPart(StrEnum):
    """What figures are of, each a table."""

    CAPACITY_BY_KIND = "capacity_by_kind"
    CAPACITY_BY_SETTING = "capacity_by_setting"
    MONEY_BY_KIND = "money_by_kind"
    MONEY_BY_AUTHORITY = "money_by_authority"
    MOVEMENT = "movement"
    GOALS = "goals"
    WAITING = "waiting"
    WAITED = "waited"
    REGISTER_BY_SCHOOL = "register_by_school"
    REGISTER_BY_NEED = "register_by_need"
    REFUSALS = "refusals"


MONEY = frozenset({ReportPart.MONEY_BY_KIND, ReportPart.MONEY_BY_AUTHORITY})  # read by authorities and regions only


def term_of(day: date) -> tuple[int, Term]:
    """The school year in which a day lies, and the term: September to December, January to March, April to August.

    >>> [term_of(date(2027, month, 1)) for month in (1, 4, 8, 9)]
    [(2026, <Term.SPRING: 'spring'>), (2026, <Term.SUMMER: 'summer'>), (2026, <Term.SUMMER: 'summer'>), \
(2027, <Term.AUTUMN: 'autumn'>)]
    """
    term = Term.AUTUMN if day.month >= 9 else Term.SPRING if day.month <= 3 else Term.SUMMER
    return school_year(day), term


class Partnership(Base):
    """One group. `lead` makes it and keeps it, and is itself a member that has agreed."""

    __tablename__ = "partnerships"
    __table_args__ = (UniqueConstraint("lead_id", "name"), CheckConstraint("name <> ''", name="name"))

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    lead_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    starts_on: Mapped[date]
    made_at: Mapped[Instant] = mapped_column(default=now)

    lead: Mapped[Authority] = relationship()


class PartnershipMember(Base):
    """Who takes part from `starts_on` until `ends_on`. `organisation` answers for it: the authority itself, the
    setting's provider, or the authority that entered a mainstream school. What is over stays."""

    __tablename__ = "partnership_members"
    __table_args__ = (
        CheckConstraint("(kind = 'setting') = (setting_id IS NOT NULL)", name="setting"),
        CheckConstraint("(kind = 'school') = (school IS NOT NULL)", name="school"),
        CheckConstraint("(school IS NULL) = (urn IS NULL)", name="urn_of_school"),
        CheckConstraint("urn BETWEEN 100000 AND 999999", name="urn"),
        CheckConstraint("(status IN ('declined', 'ended')) = (ends_on IS NOT NULL)", name="ends_on"),
        CheckConstraint("status = 'invited' OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint("kind <> 'school' OR status IN ('agreed', 'ended')", name="entered"),
        Index(
            "uq_partnership_members_authority",
            *("partnership_id", "organisation_id"),
            unique=True,
            postgresql_where=text("kind = 'authority' AND ends_on IS NULL"),
        ),
        Index(
            "uq_partnership_members_setting",
            *("partnership_id", "setting_id"),
            unique=True,
            postgresql_where=text("ends_on IS NULL"),
        ),
        Index(
            "uq_partnership_members_urn",
            *("partnership_id", "urn"),
            unique=True,
            postgresql_where=text("ends_on IS NULL"),
        ),
    )

    id: Mapped[Id]
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnerships.id"), index=True)
    kind: Mapped[MemberKind] = mapped_column(by_value(MemberKind, "kind"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    setting_id: Mapped[int | None] = mapped_column(ForeignKey("settings.id"))
    school: Mapped[str | None] = mapped_column(String(200))
    urn: Mapped[int | None]
    status: Mapped[MemberStatus] = mapped_column(by_value(MemberStatus, "status"), default=MemberStatus.INVITED)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer)

    partnership: Mapped[Partnership] = relationship()
    organisation: Mapped[Organisation] = relationship()
    setting: Mapped[Setting | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def name(self) -> str:
        """The authority, the setting or the school."""
        return self.school or (self.setting or self.organisation).name


class Register(Base):
    """How many pupils of a mainstream school have additional needs in a term, as the school census counts them: by
    primary need (`needs`), those with SEN support and those with a plan. Only the school's authority reads it."""

    __tablename__ = "registers"
    __table_args__ = (
        UniqueConstraint("member_id", "year", "term"),
        CheckConstraint(
            "cardinality(needs) = cardinality(support) AND cardinality(needs) = cardinality(plans)", name="whole"
        ),
        CheckConstraint("0 <= ALL (support) AND 0 <= ALL (plans)", name="counts"),
    )

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("partnership_members.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    term: Mapped[Term] = mapped_column(by_value(Term, "term"))
    needs: Mapped[Codes]
    support: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    plans: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    entered_at: Mapped[Instant] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(Integer)

    member: Mapped[PartnershipMember] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PartnershipDecision(Base):
    """What a partnership decided on a day, why, what else was considered, by whom, and what is to come of it by when;
    later, what did. But for that it is never changed."""

    __tablename__ = "partnership_decisions"
    __table_args__ = (
        CheckConstraint('due_on >= "on"', name="due_on"),
        CheckConstraint("(result IS NULL) = (result_on IS NULL)", name="result"),
        CheckConstraint('result_on >= "on"', name="result_on"),
    )

    id: Mapped[Id]
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnerships.id"), index=True)
    on: Mapped[date]
    decided: Mapped[str] = mapped_column(String(2000))
    reasons: Mapped[str] = mapped_column(String(4000))
    alternatives: Mapped[str] = mapped_column(String(4000))
    deciders: Mapped[str] = mapped_column(String(400))
    expected: Mapped[str] = mapped_column(String(2000))
    due_on: Mapped[date]
    result: Mapped[str | None] = mapped_column(String(4000))
    result_on: Mapped[date | None]
    at: Mapped[Instant] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(Integer)

    partnership: Mapped[Partnership] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PartnershipReport(Base):
    """The figures of a term, worked out on a day and never again. `counted`: the authorities whose pupils count;
    `absent`: those which were asked and have not agreed; `settings`: the settings at which they count."""

    __tablename__ = "partnership_reports"
    __table_args__ = (UniqueConstraint("partnership_id", "year", "term"),)

    id: Mapped[Id]
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnerships.id"))
    year: Mapped[int]
    term: Mapped[Term] = mapped_column(by_value(Term, "term"))
    on: Mapped[date]
    counted: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    absent: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    settings: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    at: Mapped[Instant] = mapped_column(default=now)

    partnership: Mapped[Partnership] = relationship()
    rows: Mapped[list["ReportRow"]] = relationship(order_by="ReportRow.number")


class ReportRow(Base):
    """A row of one of the tables: what it is of (`names`, or codes; several where each by itself would be too few), and
    its figures by column, as they may be shown."""

    __tablename__ = "report_rows"
    __table_args__ = (
        UniqueConstraint("report_id", "number"),
        CheckConstraint(
            "coalesce((figures ->> 'pupils')::integer % 5, 0) = 0"
            " AND coalesce((figures ->> 'support')::integer % 5, 0) = 0"
            " AND coalesce((figures ->> 'plans')::integer % 5, 0) = 0",
            name="discreet",
        ),
    )

    id: Mapped[Id]
    report_id: Mapped[int] = mapped_column(ForeignKey("partnership_reports.id"))
    part: Mapped[ReportPart] = mapped_column(by_value(ReportPart, "part"))
    number: Mapped[int]
    names: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)

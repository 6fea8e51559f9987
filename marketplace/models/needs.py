"""Needs: what a pupil requires, posted by an LA under its own pseudonymous reference. No identity is kept here."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Codes, Id, Instant, by_value, now
from marketplace.models.organisations import Authority
from marketplace.models.settings import Setting
from marketplace.models.tariffs import Framework
from pricing.profile import Band
from pricing.tariff import Pattern


class NeedStatus(StrEnum):
    """Where a need stands. The allowed moves are NEED_MOVES."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CONSULTING = "consulting"
    OFFERED = "offered"
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


# The one table of allowed moves; the diagram in ARCHITECTURE.md is drawn from it.
NEED_MOVES: dict[NeedStatus, frozenset[NeedStatus]] = {
    NeedStatus.DRAFT: frozenset({NeedStatus.PUBLISHED, NeedStatus.WITHDRAWN}),
    # Placed without a consultation: by an order.
    NeedStatus.PUBLISHED: frozenset({NeedStatus.CONSULTING, NeedStatus.PLACED, NeedStatus.WITHDRAWN}),
    NeedStatus.CONSULTING: frozenset(
        {NeedStatus.OFFERED, NeedStatus.PLACED, NeedStatus.PUBLISHED, NeedStatus.WITHDRAWN}
    ),
    NeedStatus.OFFERED: frozenset(
        {NeedStatus.PLACED, NeedStatus.CONSULTING, NeedStatus.PUBLISHED, NeedStatus.WITHDRAWN}
    ),
    NeedStatus.PLACED: frozenset({NeedStatus.PUBLISHED, NeedStatus.WITHDRAWN}),  # once its placement has ended
    NeedStatus.WITHDRAWN: frozenset({NeedStatus.PLACED}),  # the end of its placement is undone
}


class Footing(StrEnum):
    """On which footing a need stands: on an EHCP, or without one on the LA's duty to arrange education (Education Act
    1996, section 19)."""

    EHCP = "ehcp"
    EXCLUDED = "excluded"  # permanently
    SUSPENDED = "suspended"  # for more than five school days
    AT_RISK = "at_risk"  # of exclusion, and in school
    OUT_OF_SCHOOL = "out_of_school"  # for health or another reason

    @property
    def has_plan(self) -> bool:
        """Whether the pupil has an EHCP."""
        return self is Footing.EHCP


OUT_OF_EDUCATION = frozenset({Footing.EXCLUDED, Footing.SUSPENDED, Footing.OUT_OF_SCHOOL})
_OUT = "'excluded', 'suspended', 'out_of_school'"


class Ground(StrEnum):
    """The recorded exception for which a parent's request is not followed (CFA 2014 s.39(4), EA 1996 s.9)."""

    UNSUITABLE = "unsuitable"
    EDUCATION_OF_OTHERS = "education_of_others"
    RESOURCES = "resources"
    PUBLIC_EXPENDITURE = "public_expenditure"


class WhyProfiled(StrEnum):
    """Why a profile was written. The first of a need is POSTED."""

    POSTED = "posted"
    REVIEW = "review"  # an annual review
    REASSESSED = "reassessed"
    CORRECTED = "corrected"


_COMPLETE = " AND ".join(
    f"{column} IS NOT NULL"
    for column in (
        "year_group", "easting", "northing", "level_ci", "level_cl", "level_semh", "level_sp", "primary_need",
        "pattern", "priority", "framework_id", "published_at",
    )
)  # fmt: skip


class Need(Base):
    """What one pupil requires. A draft may lack answers; a published need lacks none. `band` is what holds: as derived
    by the framework, or as a person decided, with the reason; None when every level is universal."""

    __tablename__ = "needs"
    __table_args__ = (
        UniqueConstraint("authority_id", "reference"),
        CheckConstraint("reference ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$'", name="reference"),
        CheckConstraint(f"status IN ('draft', 'withdrawn') OR ({_COMPLETE})", name="complete"),
        CheckConstraint("year_group BETWEEN -1 AND 14", name="year_group"),
        CheckConstraint("sex IN ('F', 'M')", name="sex"),
        CheckConstraint(
            "level_ci BETWEEN 0 AND 5 AND level_cl BETWEEN 0 AND 5"
            " AND level_semh BETWEEN 0 AND 5 AND level_sp BETWEEN 0 AND 5",
            name="levels",
        ),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
        CheckConstraint("max_km > 0", name="max_km"),
        CheckConstraint("kinds <@ ARRAY['full', 'porous', 'outreach']::varchar[]", name="kinds"),
        CheckConstraint("cardinality(barriers) = 4 AND cardinality(adjustments) = 4", name="areas"),
        CheckConstraint("(band_override IS NULL) = (band_override_reason IS NULL)", name="override_reason"),
        CheckConstraint("(ground IS NULL) = (ground_evidence IS NULL)", name="ground_evidence"),
        CheckConstraint("ground IS NULL OR request_id IS NOT NULL", name="ground_of_request"),
        CheckConstraint("footing = 'ehcp' OR (request_id IS NULL AND locked_id IS NULL)", name="request_of_ehcp"),
        CheckConstraint(
            f"status IN ('draft', 'withdrawn') OR footing NOT IN ({_OUT}) OR last_education_on IS NOT NULL",
            name="last_education",
        ),
        CheckConstraint("status IN ('draft', 'withdrawn') OR footing = 'ehcp' OR roll_school IS NOT NULL", name="roll"),
        CheckConstraint("footing <> 'at_risk' OR last_education_on IS NULL", name="at_risk_in_school"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    reference: Mapped[str] = mapped_column(String(40))  # the LA's own, pseudonymous
    status: Mapped[NeedStatus] = mapped_column(by_value(NeedStatus, "status"), default=NeedStatus.DRAFT)
    footing: Mapped[Footing] = mapped_column(by_value(Footing, "footing"), default=Footing.EHCP)
    last_education_on: Mapped[date | None]  # the last day of education, of a pupil who is out of it
    roll_school: Mapped[str | None] = mapped_column(String(200))  # on whose roll the pupil is, or was last
    year_group: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(String(1))
    home_area: Mapped[str | None] = mapped_column(String(4))  # postcode district, when given so
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    starts_on: Mapped[date | None]  # when the placement is needed
    mainstream: Mapped[str | None] = mapped_column(String(4000))  # "What would make mainstream work?"
    level_ci: Mapped[int | None]
    level_cl: Mapped[int | None]
    level_semh: Mapped[int | None]
    level_sp: Mapped[int | None]
    # Of each of the four areas: what gets in the way, and what helps.
    barriers: Mapped[list[str]] = mapped_column(ARRAY(String(1000)), default=lambda: [""] * 4)
    adjustments: Mapped[list[str]] = mapped_column(ARRAY(String(1000)), default=lambda: [""] * 4)
    profiled_on: Mapped[date | None]  # from which the profile holds; None = as it was published
    profiled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    profile_why: Mapped[WhyProfiled] = mapped_column(by_value(WhyProfiled, "profile_why"), default=WhyProfiled.POSTED)
    primary_need: Mapped[str | None] = mapped_column(String(4))
    secondary_needs: Mapped[Codes]
    requirements: Mapped[Codes]
    kinds: Mapped[Codes]
    pattern: Mapped[Pattern | None] = mapped_column(by_value(Pattern, "pattern"))
    priority: Mapped[int | None]
    max_km: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))
    is_transport_entitled: Mapped[bool] = mapped_column(default=False)  # True = whatever the distance
    request_id: Mapped[int | None] = mapped_column(ForeignKey("settings.id"))
    ground: Mapped[Ground | None] = mapped_column(by_value(Ground, "ground"))
    ground_evidence: Mapped[str | None] = mapped_column(String(4000))
    wishes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)  # setting ids, most wished first
    framework_id: Mapped[int | None] = mapped_column(ForeignKey("frameworks.id"))
    derived_band: Mapped[Band | None] = mapped_column(by_value(Band, "derived_band"))
    band_reasons: Mapped[list[str]] = mapped_column(ARRAY(String(400)), default=list)
    band_override: Mapped[Band | None] = mapped_column(by_value(Band, "band_override"))
    band_override_reason: Mapped[str | None] = mapped_column(String(2000))
    locked_id: Mapped[int | None] = mapped_column(ForeignKey("provisions.id"))
    forbidden: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)  # provision ids
    created_at: Mapped[Instant] = mapped_column(default=now)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer)

    authority: Mapped[Authority] = relationship()
    request: Mapped[Setting | None] = relationship()
    framework: Mapped[Framework | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def band(self) -> Band | None:
        """The band that holds."""
        return self.band_override or self.derived_band

    @property
    def levels(self) -> tuple[int, int, int, int]:
        """The four levels of a profile that is complete."""
        levels = (self.level_ci, self.level_cl, self.level_semh, self.level_sp)
        assert all(level is not None for level in levels)
        return levels  # type: ignore[return-value]

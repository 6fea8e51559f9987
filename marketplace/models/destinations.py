"""Where a pupil means to go as an adult, and what came of it: dated versions of the plan with its five pathways, the
transfers to services for adults, and the outcomes once the pupil has left.

Sources: SEND Code of Practice (2015), chapter 8 (preparing for adulthood, from year 9 at the latest); Children and
Families Act 2014 s.46 (a plan may go on to the end of the academic year of the 25th birthday); Care Act 2014 s.58
(the assessment before the transition to adult care).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.needs import Need
from marketplace.models.placements import Placement

STEPS = 3  # of a pathway: what is done next, not everything that ever will be


class Pathway(StrEnum):
    """What preparing for adulthood is about, each by itself (Code 8.7; education is what the others are learnt in)."""

    EDUCATION = "education"
    EMPLOYMENT = "employment"
    INDEPENDENT_LIVING = "independent_living"
    COMMUNITY = "community"
    HEALTH = "health"


class AdultService(StrEnum):
    """Which service for adults takes over."""

    SOCIAL_CARE = "social_care"
    HEALTH = "health"
    MENTAL_HEALTH = "mental_health"
    CONTINUING_CARE = "continuing_care"


class Destination(StrEnum):
    """What came of a pathway. Which may be said of which is OUTCOMES_OF."""

    SCHOOL_SIXTH_FORM = "school_sixth_form"
    FE_COLLEGE = "fe_college"
    SPECIAL_POST_16 = "special_post_16"
    SUPPORTED_INTERNSHIP = "supported_internship"
    APPRENTICESHIP = "apprenticeship"
    HIGHER_EDUCATION = "higher_education"
    TRAINING = "training"
    WORKING = "working"
    PAID = "paid"
    PAID_WITH_SUPPORT = "paid_with_support"
    VOLUNTARY = "voluntary"
    STUDYING = "studying"
    NEET = "neet"
    OWN_HOME = "own_home"
    SUPPORTED_LIVING = "supported_living"
    SHARED_LIVES = "shared_lives"
    FAMILY_HOME = "family_home"
    RESIDENTIAL = "residential"
    TAKES_PART = "takes_part"
    TAKES_PART_WITH_SUPPORT = "takes_part_with_support"
    HARDLY_TAKES_PART = "hardly_takes_part"
    ADULT_SERVICES = "adult_services"
    GP = "gp"
    WAITING = "waiting"
    NO_SERVICE = "no_service"
    NOT_NEEDED = "not_needed"
    UNKNOWN = "unknown"


OUTCOMES_OF: dict[Pathway, tuple[Destination, ...]] = {
    Pathway.EDUCATION: (
        Destination.SCHOOL_SIXTH_FORM, Destination.FE_COLLEGE, Destination.SPECIAL_POST_16,
        Destination.SUPPORTED_INTERNSHIP, Destination.APPRENTICESHIP, Destination.HIGHER_EDUCATION,
        Destination.TRAINING, Destination.WORKING, Destination.NEET, Destination.UNKNOWN,
    ),
    Pathway.EMPLOYMENT: (
        Destination.PAID, Destination.PAID_WITH_SUPPORT, Destination.VOLUNTARY, Destination.STUDYING,
        Destination.NEET, Destination.UNKNOWN,
    ),
    Pathway.INDEPENDENT_LIVING: (
        Destination.OWN_HOME, Destination.SUPPORTED_LIVING, Destination.SHARED_LIVES, Destination.FAMILY_HOME,
        Destination.RESIDENTIAL, Destination.UNKNOWN,
    ),
    Pathway.COMMUNITY: (
        Destination.TAKES_PART, Destination.TAKES_PART_WITH_SUPPORT, Destination.HARDLY_TAKES_PART,
        Destination.UNKNOWN,
    ),
    Pathway.HEALTH: (
        Destination.ADULT_SERVICES, Destination.GP, Destination.WAITING, Destination.NO_SERVICE,
        Destination.NOT_NEEDED, Destination.UNKNOWN,
    ),
}  # fmt: skip
_OF_PATHWAY = " ".join(
    f"WHEN '{pathway}' THEN code IN ({', '.join(repr(code.value) for code in codes)})"
    for pathway, codes in OUTCOMES_OF.items()
)


class AimMet(StrEnum):
    """Whether what came of a pathway is what the pupil was aiming at: the pupil's measure, not the service's."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    NO_AIM = "no_aim"  # this pathway was never discussed


class Held(StrEnum):
    """Whether an outcome was still so when somebody asked again."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, by whom, and by when; `number` is its place among the steps, from 0."""

    number: int
    words: str
    who: str
    by: date


@dataclass(frozen=True, slots=True)
class Aim:
    """What is said of a pathway, before it is kept."""

    aim: str
    barriers: str | None
    target_on: date
    steps: tuple[Step, ...]


class DestinationPlan(Base):
    """One dated version, numbered by `version`: what was agreed on the day of a meeting, with an aim for each pathway
    that was discussed by then. Rows are added, never changed."""

    __tablename__ = "destination_plans"
    __table_args__ = (
        UniqueConstraint("need_id", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint('"next_on" > "on"', name="next_on"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    on: Mapped[date]
    next_on: Mapped[date]  # when it is looked at again
    officer: Mapped[str] = mapped_column(String(120))
    at: Mapped[Instant] = mapped_column(default=now)

    need: Mapped[Need] = relationship()
    aims: Mapped[list["DestinationAim"]] = relationship(order_by="DestinationAim.id")

    def aim_of(self, pathway: str) -> "DestinationAim | None":
        """What this version says of a pathway; None where it was not discussed yet."""
        return next((aim for aim in self.aims if aim.pathway == pathway), None)


class DestinationAim(Base):
    """One pathway of a version: the aim in the pupil's own words, what is in the way, and the next steps, each with who
    takes it and by when (three lists of one length). Rows are added, never changed."""

    __tablename__ = "destination_aims"
    __table_args__ = (
        UniqueConstraint("plan_id", "pathway"),
        CheckConstraint("cardinality(steps) = cardinality(who)", name="who"),
        CheckConstraint("cardinality(steps) = cardinality(by)", name="by"),
        CheckConstraint(f"cardinality(steps) <= {STEPS}", name="steps"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("destination_plans.id"))
    pathway: Mapped[Pathway] = mapped_column(by_value(Pathway, "pathway"))
    aim: Mapped[str] = mapped_column(String(2000))
    barriers: Mapped[str | None] = mapped_column(String(2000))
    target_on: Mapped[date]
    steps: Mapped[list[str]] = mapped_column(ARRAY(String(400)))
    who: Mapped[list[str]] = mapped_column(ARRAY(String(120)))
    by: Mapped[list[date]] = mapped_column(ARRAY(Date))


class AdultTransfer(Base):
    """The transfer to one service for adults, as the LA states it. `requested_on` and `assessed_on` are those of the
    assessment before it; `agreed_on` is the day on which the service agreed to take over, `done_on` that on which it
    did, `closed_on` that on which it was clear that it will not."""

    __tablename__ = "adult_transfers"
    __table_args__ = (
        UniqueConstraint("need_id", "service"),
        CheckConstraint(
            "assessed_on IS NULL OR coalesce(assessed_on >= requested_on, false)", name="assessed_after_request"
        ),
        CheckConstraint("done_on IS NULL OR coalesce(done_on >= agreed_on, false)", name="done_after_agreement"),
        CheckConstraint("num_nonnulls(done_on, closed_on) <= 1", name="one_end"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    service: Mapped[AdultService] = mapped_column(by_value(AdultService, "service"))
    team: Mapped[str] = mapped_column(String(200))  # whom it is agreed with
    planned_on: Mapped[date]
    requested_on: Mapped[date | None]
    assessed_on: Mapped[date | None]
    agreed_on: Mapped[date | None]
    done_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DestinationOutcome(Base):
    """What came of one pathway when the pupil had left, and whether it was still so after six months and a year.
    `placement` is the last one that ended, whose provider it is counted for; None where there was none."""

    __tablename__ = "destination_outcomes"
    __table_args__ = (
        UniqueConstraint("need_id", "pathway"),
        CheckConstraint(f"CASE pathway {_OF_PATHWAY} END", name="code_of_pathway"),
        CheckConstraint("a_year IS NULL OR six_months IS NOT NULL", name="year_after_six_months"),
        CheckConstraint("NOT coalesce(six_months = 'no' AND a_year = 'yes', false)", name="sustained"),
    )

    id: Mapped[Id]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"), index=True)
    pathway: Mapped[Pathway] = mapped_column(by_value(Pathway, "pathway"))
    code: Mapped[Destination] = mapped_column(by_value(Destination, "code"))
    on: Mapped[date]
    aim_met: Mapped[AimMet] = mapped_column(by_value(AimMet, "aim_met"))
    words: Mapped[str | None] = mapped_column(String(2000))
    six_months: Mapped[Held | None] = mapped_column(by_value(Held, "six_months"))
    a_year: Mapped[Held | None] = mapped_column(by_value(Held, "a_year"))
    version: Mapped[int] = mapped_column(Integer)

    need: Mapped[Need] = relationship()
    placement: Mapped[Placement | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

"""Tables, by noun. Importing this package registers all of them."""

from marketplace.models.adoption import TARIFF_MOVES
from marketplace.models.audit import AuditEvent, AuditHead, AuditLink
from marketplace.models.awards import (
    AWARD_MOVES,
    ApprovalThreshold,
    Award,
    AwardBasis,
    AwardStatus,
    Route,
)
from marketplace.models.base import Base, clock_at, london_day, now, today
from marketplace.models.benchmarks import Standing, Survey, SurveyedPrice
from marketplace.models.case_dates import CaseDates, Clock, ReviewOutcome, Transfer
from marketplace.models.claims import Claim, ClaimEnd
from marketplace.models.comments import LONGEST_COMMENT, FrameworkComment, Stance, TariffComment
from marketplace.models.consultations import (
    CONSULTATION_MOVES,
    OPEN_CONSULTATIONS,
    Consultation,
    ConsultationStatus,
    Offer,
    RefusalCode,
    RefusalReason,
)
from marketplace.models.demand import Demand, DemandCount, Dimension
from marketplace.models.effects import Effect
from marketplace.models.identities import Document, DocumentKind, Identity
from marketplace.models.indices import PriceIndex
from marketplace.models.ledger import LedgerLine, LedgerTotal
from marketplace.models.matching import (
    Budget,
    MatchingRun,
    Phase,
    Recommendation,
    RunBudget,
    RunResult,
    policy_numbers,
)
from marketplace.models.messages import Message, MessageStatus
from marketplace.models.needs import (
    NEED_MOVES,
    OUT_OF_EDUCATION,
    Footing,
    Ground,
    Need,
    NeedStatus,
    WhyProfiled,
)
from marketplace.models.organisations import Authority, Operator, Organisation, OrganisationKind, Provider, Region
from marketplace.models.outreach import (
    HOLDING,
    ORDER_MOVES,
    OrderResult,
    OrderReview,
    OrderShare,
    OrderStatus,
    OrderVisit,
    OutreachOrder,
)
from marketplace.models.partnerships import (
    MEMBER_MOVES,
    MONEY,
    MemberKind,
    MemberStatus,
    Partnership,
    PartnershipDecision,
    PartnershipMember,
    PartnershipReport,
    Register,
    ReportPart,
    ReportRow,
    Term,
    term_of,
)
from marketplace.models.placements import (
    PLACEMENT_MOVES,
    AfterEnd,
    EventKind,
    Placement,
    PlacementEvent,
    PlacementStatus,
)
from marketplace.models.porous import PLAN_MOVES, At, Goal, PlanStatus, PorousPlan, Ride, WhyPlanned
from marketplace.models.porous_reviews import PorousReview, ReviewNext
from marketplace.models.price_runs import Calibration, Corridor, PlacementSet, PriceBasis, PriceRun, ShadowRun
from marketplace.models.profiles import Profile
from marketplace.models.provisions import Pool, Provision, Unit, Vacancy
from marketplace.models.reintegration import ReintegrationPlan, ReintegrationResult
from marketplace.models.schedules import PriceLine, PriceSchedule, line_key
from marketplace.models.settings import FIRST_UNREGISTERED, HomeArea, Setting, SettingStatus, Sex
from marketplace.models.tariffs import Framework, Tariff
from marketplace.models.uplifts import (
    UPLIFT_MOVES,
    StepKind,
    Uplift,
    UpliftAnswer,
    UpliftCount,
    UpliftStatus,
    UpliftStep,
    school_year,
)
from marketplace.models.users import RateLimit, Role, User, UserRole, UserSession
from marketplace.models.work import RUN_MOVES, RunStatus, Work
from pricing.framework import SettingType
from pricing.framework import Status as TariffStatus
from pricing.guide import Kind
from pricing.indices import CostPart
from pricing.profile import Band
from pricing.schedule import Discipline, Part, ScheduleStatus
from pricing.tariff import Grade, Pattern

__all__ = [
    "AWARD_MOVES",
    "CONSULTATION_MOVES",
    "FIRST_UNREGISTERED",
    "HOLDING",
    "LONGEST_COMMENT",
    "MEMBER_MOVES",
    "MONEY",
    "NEED_MOVES",
    "OPEN_CONSULTATIONS",
    "ORDER_MOVES",
    "OUT_OF_EDUCATION",
    "PLACEMENT_MOVES",
    "PLAN_MOVES",
    "RUN_MOVES",
    "TARIFF_MOVES",
    "UPLIFT_MOVES",
    "AfterEnd",
    "ApprovalThreshold",
    "At",
    "AuditEvent",
    "AuditHead",
    "AuditLink",
    "Authority",
    "Award",
    "AwardBasis",
    "AwardStatus",
    "Band",
    "Base",
    "Budget",
    "Calibration",
    "CaseDates",
    "Claim",
    "ClaimEnd",
    "Clock",
    "Consultation",
    "ConsultationStatus",
    "Corridor",
    "CostPart",
    "Demand",
    "DemandCount",
    "Dimension",
    "Discipline",
    "Document",
    "DocumentKind",
    "Effect",
    "EventKind",
    "Footing",
    "Framework",
    "FrameworkComment",
    "Goal",
    "Grade",
    "Ground",
    "HomeArea",
    "Identity",
    "Kind",
    "LedgerLine",
    "LedgerTotal",
    "MatchingRun",
    "MemberKind",
    "MemberStatus",
    "Message",
    "MessageStatus",
    "Need",
    "NeedStatus",
    "Offer",
    "Operator",
    "OrderResult",
    "OrderReview",
    "OrderShare",
    "OrderStatus",
    "OrderVisit",
    "Organisation",
    "OrganisationKind",
    "OutreachOrder",
    "Part",
    "Partnership",
    "PartnershipDecision",
    "PartnershipMember",
    "PartnershipReport",
    "Pattern",
    "Phase",
    "Placement",
    "PlacementEvent",
    "PlacementSet",
    "PlacementStatus",
    "PlanStatus",
    "Pool",
    "PorousPlan",
    "PorousReview",
    "PriceBasis",
    "PriceIndex",
    "PriceLine",
    "PriceRun",
    "PriceSchedule",
    "Profile",
    "Provider",
    "Provision",
    "RateLimit",
    "Recommendation",
    "RefusalCode",
    "RefusalReason",
    "Region",
    "Register",
    "ReintegrationPlan",
    "ReintegrationResult",
    "ReportPart",
    "ReportRow",
    "ReviewNext",
    "ReviewOutcome",
    "Ride",
    "Role",
    "Route",
    "RunBudget",
    "RunResult",
    "RunStatus",
    "ScheduleStatus",
    "Setting",
    "SettingStatus",
    "SettingType",
    "Sex",
    "ShadowRun",
    "Stance",
    "Standing",
    "StepKind",
    "Survey",
    "SurveyedPrice",
    "Tariff",
    "TariffComment",
    "TariffStatus",
    "Term",
    "Transfer",
    "Unit",
    "Uplift",
    "UpliftAnswer",
    "UpliftCount",
    "UpliftStatus",
    "UpliftStep",
    "User",
    "UserRole",
    "UserSession",
    "Vacancy",
    "WhyPlanned",
    "WhyProfiled",
    "Work",
    "clock_at",
    "line_key",
    "london_day",
    "now",
    "policy_numbers",
    "school_year",
    "term_of",
    "today",
]

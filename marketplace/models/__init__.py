"""Tables, by noun. Importing this package registers all of them."""

from marketplace.models.adoption import TARIFF_MOVES
from marketplace.models.audit import AuditEvent
from marketplace.models.base import Base, london_day, now, today
from marketplace.models.benchmarks import Standing, Survey, SurveyedPrice
from marketplace.models.comments import LONGEST_COMMENT, FrameworkComment, Stance, TariffComment
from marketplace.models.indices import PriceIndex
from marketplace.models.matching import (
    Budget,
    MatchingRun,
    Phase,
    Recommendation,
    RunBudget,
    RunResult,
    policy_numbers,
)
from marketplace.models.needs import NEED_MOVES, Ground, Need, NeedStatus
from marketplace.models.organisations import Authority, Operator, Organisation, OrganisationKind, Provider, Region
from marketplace.models.price_runs import Calibration, Corridor, PlacementSet, PriceBasis, PriceRun, ShadowRun
from marketplace.models.provisions import Pool, Provision, Unit, Vacancy
from marketplace.models.schedules import PriceLine, PriceSchedule, line_key
from marketplace.models.settings import HomeArea, Setting, SettingStatus, Sex
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
from pricing.tariff import Pattern

__all__ = [
    "LONGEST_COMMENT",
    "NEED_MOVES",
    "RUN_MOVES",
    "TARIFF_MOVES",
    "UPLIFT_MOVES",
    "AuditEvent",
    "Authority",
    "Band",
    "Base",
    "Budget",
    "Calibration",
    "Corridor",
    "CostPart",
    "Discipline",
    "Framework",
    "FrameworkComment",
    "Ground",
    "HomeArea",
    "Kind",
    "MatchingRun",
    "Need",
    "NeedStatus",
    "Operator",
    "Organisation",
    "OrganisationKind",
    "Part",
    "Pattern",
    "Phase",
    "PlacementSet",
    "Pool",
    "PriceBasis",
    "PriceIndex",
    "PriceLine",
    "PriceRun",
    "PriceSchedule",
    "Provider",
    "Provision",
    "RateLimit",
    "Recommendation",
    "Region",
    "Role",
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
    "Work",
    "line_key",
    "london_day",
    "now",
    "policy_numbers",
    "school_year",
    "today",
]

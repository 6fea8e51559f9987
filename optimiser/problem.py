"""The matching problem: pupils, provisions, pools, prices, budgets, travel and policy, as rows.

The words and columns are those of the batch files; `optimiser.files` reads and writes them.
A row holds what was said and nothing derived. It must never import the web or the database.
"""

from dataclasses import dataclass, field

AREAS = ("ci", "cl", "semh", "sp")  # the four areas of need of the SEND Code of Practice
BANDS = ("universal", "mild", "moderate", "intensive", "profound", "exceptional")  # by level, 0 to 5
KINDS = ("full", "porous", "outreach")
PATTERNS = ("day", "weekly", "termly", "annual")
SETTING_TYPES = ("nmss", "section41", "independent", "state_special", "ap", "resourced_mainstream")
GROUNDS = ("unsuitable", "education_of_others", "resources", "public_expenditure")
PRIMARY_NEEDS = ("SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS", "OTH")

Levels = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A pupil to place, by the LA's pseudonymous reference. Eastings and northings are OSGB36 metres."""

    pupil: str
    la: str
    easting: int
    northing: int
    year_group: int
    levels: Levels
    primary_need: str
    sex: str = ""
    secondary_needs: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ("full",)
    pattern: str = "day"
    priority: int = 3
    max_km: float | None = None
    transport: bool = False
    request: str = ""
    ground: str = ""
    wishes: tuple[str, ...] = ()
    locked: str = ""
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """Something a setting offers: full, porous or outreach, drawing on one pool."""

    provision: str
    setting: str
    provider: str
    setting_type: str
    kind: str
    easting: int
    northing: int
    low_year: int
    high_year: int
    needs: tuple[str, ...]
    max_levels: Levels
    pool: str
    pattern: str = "day"
    sex: str = "mixed"
    facilities: tuple[str, ...] = ()
    las: tuple[str, ...] = ()
    sessions: int | None = None
    radius_km: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Capacity: places, or staff hours a week."""

    pool: str
    setting: str
    unit: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The LA's marginal cost of a provision for a band, whole £ a year; `hours` a week for outreach."""

    provision: str
    band: str
    price: int
    hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an LA can spend in this run, whole £ a year. An LA without a row has no limit."""

    la: str
    budget: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """One-way road km from a pupil's home to a setting; overrides the estimate."""

    pupil: str
    setting: str
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers that somebody might argue with; each default is that of the published model."""

    circuity: float = 1.4
    max_km: float = 40.0
    cost_weight: float = 0.1
    preference_weight: float = 5.0
    unplaced: tuple[float, float, float, float, float] = (16000.0, 8000.0, 4000.0, 2000.0, 1000.0)
    transport_rate: float = 1.5
    free_below_km: tuple[float, float] = (3.219, 4.828)
    journeys: dict[str, int] = field(default_factory=lambda: {"day": 380, "weekly": 76, "termly": 12, "annual": 12})
    co_occurrence: bool = True
    bound_gap: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything one run decides on."""

    pupils: tuple[Pupil, ...] = ()
    provisions: tuple[Provision, ...] = ()
    pools: tuple[Pool, ...] = ()
    prices: tuple[Price, ...] = ()
    budgets: tuple[Budget, ...] = ()
    travel: tuple[Travel, ...] = ()
    policy: Policy = field(default_factory=Policy)

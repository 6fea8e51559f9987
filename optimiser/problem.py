"""The matching problem: pupils, provisions, pools, prices, budgets, travel and policy, as rows.

The words and columns are those of the batch files; `optimiser.files` reads and writes them.
A row holds what was said and nothing derived. It must never import the web or the database.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

AREAS = ("ci", "cl", "semh", "sp")  # the four areas of need of the SEND Code of Practice
BANDS = ("universal", "mild", "moderate", "intensive", "profound", "exceptional")  # by level, 0 to 5
KINDS = ("full", "porous", "outreach")
RESTRICTION = {"outreach": 0, "porous": 1, "full": 2}  # steps away from a whole week in the mainstream school
SHARES = (1, 2, 4, 5, 10)  # into which a place may be divided: sums of them are exact in hundredths
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
    """Something a setting offers: full, porous or outreach, drawing on one pool.

    `shares`: into how many equal parts a place is divided for split weeks (None: 10, one for each session). A pupil
    takes whole ones, as many as the sessions need, so a setting that cannot fill odd sessions is not oversold.
    """

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
    shares: int | None = None
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
    least_restrictive_weight: float = 0.0
    unplaced: tuple[float, float, float, float, float] = (16000.0, 8000.0, 4000.0, 2000.0, 1000.0)
    transport_rate: float = 1.5
    free_below_km: tuple[float, float] = (3.219, 4.828)
    journeys: dict[str, int] = field(default_factory=lambda: {"day": 380, "weekly": 76, "termly": 12, "annual": 12})
    co_occurrence: bool = True
    bound_gap: float = 0.001

    @property
    def leaves_full_unplaced(self) -> bool:
        """Whether a full place would count no better than none because of its kind alone, however near it is and free
        of charge: the weight is to choose between kinds, and may leave nobody without a place."""
        weight = self.least_restrictive_weight
        return weight > 0 and RESTRICTION["full"] * weight >= min(self.unplaced)


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

    def ordered(self) -> "Problem":
        """The same problem with every table sorted by its key: the canonical order that answers are made in."""
        return Problem(
            pupils=tuple(sorted(self.pupils, key=lambda row: row.pupil)),
            provisions=tuple(sorted(self.provisions, key=lambda row: row.provision)),
            pools=tuple(sorted(self.pools, key=lambda row: row.pool)),
            prices=tuple(sorted(self.prices, key=lambda row: (row.provision, BANDS.index(row.band)))),
            budgets=tuple(sorted(self.budgets, key=lambda row: row.la)),
            travel=tuple(sorted(self.travel, key=lambda row: (row.pupil, row.setting))),
            policy=self.policy,
        )

    def contradictions(self) -> list[str]:
        """What keeps the tables from being one problem: a last guard, not the report that a person reads on a file."""
        return [*self._repeated_keys(), *self._broken_references(), *self._wrong_values()]

    def _repeated_keys(self) -> Iterator[str]:
        keys: dict[str, Iterable[object]] = {
            "pupil": (row.pupil for row in self.pupils),
            "provision": (row.provision for row in self.provisions),
            "pool": (row.pool for row in self.pools),
            "price": ((row.provision, row.band) for row in self.prices),
            "budget": (row.la for row in self.budgets),
            "travel": ((row.pupil, row.setting) for row in self.travel),
        }
        for table, values in keys.items():
            yield from (f"{table} {key} is given twice" for key, count in Counter(values).items() if count > 1)

    def _broken_references(self) -> Iterator[str]:
        pools = {row.pool for row in self.pools}
        provisions = {row.provision: row for row in self.provisions}
        types: dict[str, str] = {}
        for row in self.provisions:
            if row.pool not in pools:
                yield f"provision {row.provision} draws on the unknown pool {row.pool}"
            if types.setdefault(row.setting, row.setting_type) != row.setting_type:
                yield f"setting {row.setting} has two types, {types[row.setting]} and {row.setting_type}"
        for pupil in self.pupils:
            if pupil.locked and pupil.locked not in provisions:
                yield f"pupil {pupil.pupil} is locked to the unknown provision {pupil.locked}"
            if pupil.request and pupil.request not in types:  # unseen, it would bind nobody: a duty lost
                yield f"pupil {pupil.pupil} requests the unknown setting {pupil.request}"
        for price in self.prices:
            if price.provision not in provisions:
                yield f"there is a price for the unknown provision {price.provision}"
            elif provisions[price.provision].kind == "outreach" and price.hours is None:
                yield f"the outreach price of {price.provision} for {price.band} has no hours"

    def _wrong_values(self) -> Iterator[str]:
        for pupil in self.pupils:
            if pupil.priority not in range(1, 6):
                yield f"pupil {pupil.pupil} has priority {pupil.priority}, which is not 1 to 5"
            if any(level not in range(6) for level in pupil.levels):
                yield f"pupil {pupil.pupil} has levels {pupil.levels}, which are not all 0 to 5"
        for row in self.provisions:
            if row.kind == "porous" and row.sessions not in range(1, 10):
                yield f"porous provision {row.provision} has {row.sessions} sessions, which is not 1 to 9"
            if row.shares is not None and row.shares not in SHARES:
                yield f"provision {row.provision} divides a place into {row.shares} shares, not into one of {SHARES}"
            if row.kind != "full" and row.pattern != "day":
                yield f"{row.kind} provision {row.provision} has the pattern {row.pattern}, which is not day"
        amounts: Iterable[tuple[str, float]] = (
            *((f"pool {pool.pool}", pool.amount) for pool in self.pools),
            *((f"the price of {price.provision} for {price.band}", price.price) for price in self.prices),
            *((f"the hours of {price.provision} for {price.band}", price.hours or 0.0) for price in self.prices),
            *((f"the budget of {budget.la}", budget.budget) for budget in self.budgets),
            *((f"travel of {travel.pupil} to {travel.setting}", travel.km) for travel in self.travel),
        )
        yield from (f"{what} is {value}, not 0 or more" for what, value in amounts if not 0 <= value < math.inf)
        if self.policy.journeys.keys() != set(PATTERNS) or self.policy.journeys["day"] <= 0:
            yield "the policy's journeys must name day (above 0), weekly, termly and annual"
        if self.policy.leaves_full_unplaced:
            yield "the policy's least_restrictive_weight counts a full place as no better than none"

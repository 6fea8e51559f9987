"""Every option of every pupil as columns, with what it costs and counts; and the ranked options of one pupil.

An option is a pupil and a provision for which the pupil is eligible. It must know no capacity and no solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.eligibility import REASONS, Catalogue, Floats, Ints
from optimiser.problem import BANDS, Problem, Provision, Pupil

_BLOCK_CELLS = 1_000_000  # pupils x provisions looked at together: bounds the memory, not the result
_HOURS_OF_FULL_TIME = 25  # a week
_WORST_WISH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options as columns, sorted by pupil, then provision; indices are places in the tables ordered by id.

    `start[p]:start[p + 1]` are the options of pupil p. `use` is in the unit of the provision's pool, km one way,
    money whole £ a year, `objective` in km-equivalents. `refusals` is pupils x REASONS: how many provisions each
    reason was the first to refuse.
    """

    start: Ints
    pupil: Ints
    provision: Ints
    road_km: Floats
    child_km: Floats
    use: Floats
    fte: Floats
    price: Ints
    transport: Ints
    cost: Ints
    wish: Ints
    objective: Floats
    refusals: Ints

    def __len__(self) -> int:
        return len(self.pupil)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One provision that a pupil is eligible for; money in whole £ a year, `objective` in km-equivalents."""

    provision: str
    setting: str
    kind: str
    pattern: str
    band: str
    pool: str
    use: float
    fte: float
    road_km: float
    child_km: float
    price: int
    transport: int
    cost: int
    wish: int
    objective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One provision that a pupil is not eligible for, with the first of REASONS that refuses it."""

    provision: str
    setting: str
    kind: str
    road_km: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All provisions for one pupil: the options, best objective first, and the refused, nearest first; ties by id."""

    options: tuple[Option, ...]
    refused: tuple[Refused, ...]


def find_options(problem: Problem, catalogue: Catalogue) -> Options:
    """The options of all pupils of an ordered problem."""
    block = max(1, _BLOCK_CELLS // max(1, len(catalogue.provisions)))
    starts = range(0, max(1, len(problem.pupils)), block)
    parts = [_columns(catalogue, problem.pupils[at : at + block], first=at) for at in starts]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    start = np.searchsorted(columns["pupil"], np.arange(len(problem.pupils) + 1)).astype(np.int64)
    return Options(start=start, **columns)


def options_for(problem: Problem, pupil: Pupil) -> Ranking:
    """All provisions for one pupil, who need not be a row of the problem."""
    catalogue = Catalogue(problem)
    road = catalogue.road_km([pupil])
    codes = catalogue.refusals([pupil], road)[0]
    found = find_options(replace(problem, pupils=(pupil,)), catalogue)
    options = [option_at(found, i, catalogue, pupil) for i in range(len(found))]
    refused = [
        Refused(
            provision=row.provision, setting=row.setting, kind=row.kind, road_km=float(km), reason=REASONS[code - 1]
        )
        for row, code, km in zip(catalogue.provisions, codes.tolist(), road[0], strict=True)
        if code
    ]
    return Ranking(
        options=tuple(sorted(options, key=lambda row: (row.objective, row.provision))),
        refused=tuple(sorted(refused, key=lambda row: (row.road_km, row.provision))),
    )


def refusal(problem: Problem, pupil: Pupil, provision: Provision) -> str | None:
    """The first of REASONS that refuses the pupil a provision of the problem; None where the pupil is eligible."""
    catalogue = Catalogue(problem)
    code = int(catalogue.refusals([pupil], catalogue.road_km([pupil]))[0, catalogue.position[provision.provision]])
    return REASONS[code - 1] if code else None


def option_at(options: Options, at: int, catalogue: Catalogue, pupil: Pupil) -> Option:
    """One row of the columns as an Option; `pupil` is the pupil of that row."""
    row = catalogue.provisions[options.provision[at]]
    return Option(
        provision=row.provision,
        setting=row.setting,
        kind=row.kind,
        pattern=row.pattern,
        band=BANDS[catalogue.band(pupil)],
        pool=row.pool,
        use=float(options.use[at]),
        fte=float(options.fte[at]),
        road_km=float(options.road_km[at]),
        child_km=float(options.child_km[at]),
        price=int(options.price[at]),
        transport=int(options.transport[at]),
        cost=int(options.cost[at]),
        wish=int(options.wish[at]),
        objective=float(options.objective[at]),
    )


def half_up(amounts: Floats) -> Ints:
    """To the nearest whole number, a half upwards. `x - floor(x)` is exact, so a half is a half and 0.4999… is not."""
    floors = np.floor(amounts)
    return floors.astype(np.int64) + (amounts - floors >= 0.5)


def _columns(catalogue: Catalogue, pupils: Sequence[Pupil], *, first: int) -> dict[str, NDArray[Any]]:
    """All columns of Options but `start` for some pupils; `first` is the place of the first one in the problem."""
    policy = catalogue.policy
    all_km = catalogue.road_km(pupils)
    codes = catalogue.refusals(pupils, all_km)
    row, provision = np.nonzero(codes == 0)
    road_km = all_km[row, provision]
    band = np.array([catalogue.band(p) for p in pupils], dtype=np.int64)[row]
    hours = catalogue.hours[band, provision]
    trips, child_share, use_share = _shares(catalogue)
    is_outreach = np.array([v.kind == "outreach" for v in catalogue.provisions], dtype=bool)[provision]
    free_below = policy.free_below_km
    limit = np.array([free_below[p.year_group > 2] for p in pupils], dtype=np.float64)[row]
    entitled = np.array([p.transport for p in pupils], dtype=bool)[row] | (road_km > limit)
    transport = np.where(entitled, half_up(policy.transport_rate * road_km * trips[provision]), 0)
    price = catalogue.price[band, provision]
    cost = price + transport
    child_km = road_km * child_share[provision]
    wish = _wishes(catalogue, pupils)[row, provision]
    refusals = [np.count_nonzero(codes == code + 1, axis=1) for code in range(len(REASONS))]
    return {
        "pupil": row + first,
        "provision": provision,
        "road_km": road_km,
        "child_km": child_km,
        "use": np.where(is_outreach, hours, use_share[provision]),
        "fte": np.where(is_outreach, hours / _HOURS_OF_FULL_TIME, use_share[provision]),
        "price": price,
        "transport": transport,
        "cost": cost,
        "wish": wish,
        "objective": child_km + policy.cost_weight * cost / 1000 + policy.preference_weight * wish,
        "refusals": np.stack(refusals, axis=1).astype(np.int64),
    }


def _shares(catalogue: Catalogue) -> tuple[Floats, Floats, Floats]:
    """For each provision: one-way trips a year, child's km per road km, use of the pool (0 for outreach: its hours)."""
    journeys = catalogue.policy.journeys
    rows: list[tuple[float, float, float]] = []
    for row in catalogue.provisions:
        if row.kind == "outreach":
            rows.append((0.0, 0.0, 0.0))
        elif row.kind == "porous":
            sessions = row.sessions or 0
            rows.append((journeys["day"] * sessions / 10, sessions / 10, sessions / 10))
        else:
            rows.append((journeys[row.pattern], journeys[row.pattern] / journeys["day"], 1.0))
    trips, child_share, use_share = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return trips, child_share, use_share


def _wishes(catalogue: Catalogue, pupils: Sequence[Pupil]) -> Ints:
    """Pupils x provisions: steps down the pupil's wishes, 0 where there are none, 3 where the setting is absent."""
    ranks = np.zeros((len(pupils), len(catalogue.provisions)), dtype=np.int64)
    for i, pupil in enumerate(pupils):
        wishes = catalogue.wishes(pupil)
        if wishes:
            ranks[i] = _WORST_WISH
            for rank, wish in reversed(list(enumerate(wishes[:_WORST_WISH]))):
                ranks[i, catalogue.setting == wish] = rank
    return ranks

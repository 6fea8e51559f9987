"""Every option of every pupil as columns, what each costs and counts; and the ranked options of one pupil.

An option is a pupil and a provision for which the pupil is eligible. It must know no capacity and no solver.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.eligibility import REASONS, Bools, Catalogue, Floats, Ints, replace_by_setting
from optimiser.problem import BANDS, RESTRICTION, Problem, Provision, Pupil

_BLOCK_CELLS = 2_000_000  # pupils x provisions looked at together: bounds the memory, not the result
_RUN = 50  # blocks joined at a time: many small arrays kept till the end would leave holes that nothing else fits
HOURS_OF_FULL_TIME = 25  # a week
_WORST_WISH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the programme needs of every option, sorted by pupil, then objective, then provision; the rest is in
    `details`.

    `start[p]:start[p + 1]` are the options of pupil p; `provision` is a place in the table ordered by id. `use` is in
    the unit of the provision's pool, `cost` whole £ a year, `objective` in km-equivalents.
    """

    start: Ints
    provision: NDArray[np.int32]
    use: Floats
    cost: Ints
    objective: Floats

    def __len__(self) -> int:
        return len(self.provision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Everything about some options, as columns: km one way, money in whole £ a year, `objective` in km-equivalents."""

    provision: Ints
    road_km: Floats
    child_km: Floats
    use: Floats
    fte: Floats
    price: Ints
    transport: Ints
    wish: Ints
    cost: Ints
    objective: Floats


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


_Columns = tuple[NDArray[np.int32], Floats, Ints, Floats]
_NUMBERS = ("use", "fte", "road_km", "child_km", "price", "transport", "cost", "wish", "objective")


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


def find_options(problem: Problem, catalogue: Catalogue, tick: Callable[[], None] = lambda: None) -> Options:
    """The options of all pupils of an ordered problem; `tick` is called after each block of pupils.

    The memory is that of the options kept and of one block.
    """
    block = max(1, _BLOCK_CELLS // max(1, len(catalogue.provisions)))
    counts = np.zeros(len(problem.pupils) + 1, dtype=np.int64)
    parts: list[_Columns] = []
    runs: list[_Columns] = []
    for at in range(0, max(1, len(problem.pupils)), block):
        pupils = problem.pupils[at : at + block]
        row, provision, road_km = catalogue.eligible(pupils)
        found = details(catalogue, pupils, row, provision, road_km)
        counts[at + 1 : at + 1 + len(pupils)] = np.bincount(row, minlength=len(pupils))
        order = np.lexsort((provision, found.objective, row))
        parts.append((provision[order].astype(np.int32), found.use[order], found.cost[order], found.objective[order]))
        if len(parts) == _RUN:
            runs.append(_joined(parts))
            parts.clear()
        tick()
    provisions, uses, costs, objectives = _joined([*runs, *parts])
    return Options(start=np.cumsum(counts), provision=provisions, use=uses, cost=costs, objective=objectives)


def _joined(parts: Sequence[_Columns]) -> _Columns:
    provision, use, cost, objective = zip(*parts, strict=True)
    return np.concatenate(provision), np.concatenate(use), np.concatenate(cost), np.concatenate(objective)


def options_for(problem: Problem, pupil: Pupil) -> Ranking:
    """All provisions for one pupil, who need not be a row of the problem."""
    catalogue = Catalogue(problem)
    row, provision, road_km = catalogue.eligible([pupil])
    options = rows_of(details(catalogue, [pupil], row, provision, road_km), catalogue, [pupil])
    codes = catalogue.refusals([pupil])[0]
    every = np.arange(len(catalogue.provisions))
    refused = [
        Refused(provision=v.provision, setting=v.setting, kind=v.kind, road_km=km, reason=REASONS[code - 1])
        for v, code, km in zip(
            catalogue.provisions,
            codes.tolist(),
            catalogue.road_km([pupil], np.zeros_like(every), every).tolist(),
            strict=True,
        )
        if code
    ]
    return Ranking(
        options=tuple(sorted(options, key=lambda row: (row.objective, row.provision))),
        refused=tuple(sorted(refused, key=lambda row: (row.road_km, row.provision))),
    )


def refusal(problem: Problem, pupil: Pupil, provision: Provision) -> str | None:
    """The first of REASONS that refuses the pupil a provision of the problem; None where the pupil is eligible."""
    catalogue = Catalogue(problem)
    code = int(catalogue.refusals([pupil])[0, catalogue.position[provision.provision]])
    return REASONS[code - 1] if code else None


def rows_of(found: Details, catalogue: Catalogue, pupils: Sequence[Pupil]) -> list[Option]:
    """The columns as rows; `pupils` are those of each column, or the one of all."""
    owners = list(pupils) * (len(found.provision) if len(pupils) == 1 else 1)
    offers = [catalogue.provisions[at] for at in found.provision.tolist()]
    columns = {name: getattr(found, name).tolist() for name in _NUMBERS}
    return [
        Option(
            provision=offer.provision,
            setting=offer.setting,
            kind=offer.kind,
            pattern=offer.pattern,
            band=BANDS[catalogue.band(owner)],
            pool=offer.pool,
            **dict(zip(_NUMBERS, numbers, strict=True)),
        )
        for owner, offer, *numbers in zip(owners, offers, *columns.values(), strict=True)
    ]


def half_up(amounts: Floats) -> Ints:
    """To the nearest whole number, a half upwards. `x - floor(x)` is exact, so a half is a half and 0.4999… is not."""
    floors = np.floor(amounts)
    return floors.astype(np.int64) + (amounts - floors >= 0.5)


def details(catalogue: Catalogue, pupils: Sequence[Pupil], row: Ints, provision: Ints, road_km: Floats) -> Details:
    """All that matching.md section 6 counts of pairs sorted by `row`, a place in `pupils`, with their km by road."""
    policy = catalogue.policy
    band = np.array([catalogue.band(p) for p in pupils], dtype=np.int64)[row]
    hours = catalogue.hours[band, provision]
    trips, child_share, use_share, week_share, is_outreach = (column[provision] for column in _shares(catalogue))
    steps = np.array([RESTRICTION[row.kind] for row in catalogue.provisions], dtype=np.float64)[provision]
    free_below = policy.free_below_km
    limit = np.array([free_below[p.year_group > 2] for p in pupils], dtype=np.float64)[row]
    entitled = np.array([p.transport for p in pupils], dtype=bool)[row] | (road_km > limit)
    transport = np.where(entitled, half_up(policy.transport_rate * road_km * trips), 0)
    price = catalogue.price[band, provision]
    cost = price + transport
    child_km = road_km * child_share
    wish = _wishes(catalogue, pupils, row, provision)
    return Details(
        provision=provision,
        road_km=road_km,
        child_km=child_km,
        use=np.where(is_outreach, hours, use_share),
        fte=np.where(is_outreach, hours / HOURS_OF_FULL_TIME, week_share),
        price=price,
        transport=transport,
        wish=wish,
        cost=cost,
        objective=child_km
        + policy.cost_weight * cost / 1000
        + policy.preference_weight * wish
        + policy.least_restrictive_weight * steps,
    )


def _shares(catalogue: Catalogue) -> tuple[Floats, Floats, Floats, Floats, Bools]:
    """For each provision: one-way trips a year, child's km per road km, use of the pool, FTE, whether the hours are
    used. Of a place that is divided into shares a split week uses whole ones."""
    journeys = catalogue.policy.journeys
    rows: list[tuple[float, float, float, float]] = []
    for row in catalogue.provisions:
        if row.kind == "outreach":
            rows.append((0.0, 0.0, 0.0, 0.0))
        elif row.kind == "porous":
            sessions, shares = row.sessions or 0, row.shares or 10
            use = -(-sessions * shares // 10) / shares
            rows.append((journeys["day"] * sessions / 10, sessions / 10, use, sessions / 10))
        else:
            rows.append((journeys[row.pattern], journeys[row.pattern] / journeys["day"], 1.0, 1.0))
    trips, child_share, use_share, week_share = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    is_outreach = np.array([row.kind == "outreach" for row in catalogue.provisions], dtype=bool)
    return trips, child_share, use_share, week_share, is_outreach


def _wishes(catalogue: Catalogue, pupils: Sequence[Pupil], row: Ints, provision: Ints) -> Ints:
    """Steps down the pupil's wishes of each pair, 0 where there are none, 3 where the setting is absent."""
    ranks: list[dict[int, float]] = []
    for pupil in pupils:
        wishes = catalogue.wishes(pupil)[:_WORST_WISH]
        first = {wish: rank for rank, wish in reversed(list(enumerate(wishes)))}
        ranks.append({catalogue.settings[wish]: rank for wish, rank in first.items() if wish in catalogue.settings})
    has_wishes = np.array([bool(catalogue.wishes(pupil)) for pupil in pupils], dtype=bool)
    steps = np.where(has_wishes[row], _WORST_WISH, 0)
    replace_by_setting(steps, row, catalogue.setting[provision], ranks)
    return steps

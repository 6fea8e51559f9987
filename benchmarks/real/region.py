"""A region of England as one matching problem: the settings, LAs, pupils, prices and budgets brought together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.real.demand import SHORT_JOURNEY_KM, Demand, build_demand, usual_pupils
from benchmarks.real.figures import NEEDS, Figures
from benchmarks.real.needs import FACILITY_OF_NEED
from benchmarks.real.preferences import Preferences, draw_preferences
from benchmarks.real.schools import Schools, read_schools
from benchmarks.real.sources import DataError, Sources, read_sources
from benchmarks.real.supply import Supply, build_supply
from optimiser.band import band_index
from optimiser.problem import BANDS, GROUNDS, PATTERNS, Budget, Levels, Policy, Problem, Pupil

ALL = "all"
DEFAULT_SEED = 2025
TRANSPORT_A_PUPIL = 8_116.0  # £ a year, England's mean for a pupil with SEND
TIGHTNESS = 0.75  # budget over expected cost: some LAs' budgets bind, most do not


@dataclass(frozen=True)
class Region:
    """The problem, and what its output must say about how it was made."""

    names: tuple[str, ...]
    problem: Problem
    schools: Schools
    usual_pupils: int
    substituted: Mapping[str, tuple[str, ...]]


def build_region(folder: Path, names: Sequence[str], *, pupils: int | None = None, seed: int = DEFAULT_SEED) -> Region:
    """The problem of these regions (`all`: every region with settings) from the public data in `folder`.

    `pupils` None takes a usual year's. Any other number scales what is free and the budgets with it, so that a larger
    run is a larger region and not a shortage. Same data, names, number and seed: the same problem.
    Raises DataError for data or a region that are not there.
    """
    sources = read_sources(folder)
    chosen = _chosen(sources, names)
    authorities = sources["authorities"]
    figures = Figures(sources, sorted(authorities["la_code"][np.isin(authorities["region"], chosen)].tolist()))
    schools = read_schools(sources, figures.las, seed)
    usual = usual_pupils(figures, schools.ehcps)
    demand = build_demand(sources, figures, pupils or usual, seed)
    supply = build_supply(sources, schools.schools, figures, len(demand) / usual)
    preferences = draw_preferences(demand, supply.provisions, seed)
    rows = tuple(_pupil(demand, preferences, at) for at in range(len(demand)))
    problem = Problem(
        pupils=rows,
        provisions=tuple(supply.provisions),
        pools=tuple(supply.pools),
        prices=tuple(supply.prices),
        budgets=tuple(_budgets(rows, supply)),
    )
    substituted = {what: tuple(sorted(las)) for what, las in sorted(figures.substituted.items()) if las}
    return Region(chosen, problem.ordered(), schools, usual, substituted)


def _chosen(sources: Sources, names: Sequence[str]) -> tuple[str, ...]:
    known = {name.casefold(): name for name in np.unique(sources["settings"]["region"]).tolist() if name}
    asked = [name.strip().casefold() for name in names]
    if asked == [ALL]:
        return tuple(sorted(known.values()))
    for name in asked:
        if name not in known:
            raise DataError(
                f"settings.csv holds no region {name!r}: give {ALL} or some of {', '.join(known.values())}."
            )
    return tuple(sorted({known[name] for name in asked}))


def _pupil(demand: Demand, preferences: Preferences, at: int) -> Pupil:
    """The row of one pupil. Plain Python values: the numbers of the columns would not be written alike."""
    la, code = demand.las[demand.la[at]], NEEDS[demand.need[at]]
    second, ground = int(demand.second[at]), int(preferences.ground[at])
    request, locked, forbidden = preferences.singled_out(at)
    return Pupil(
        pupil=f"{la}-{demand.number[at]:06d}",
        la=la,
        easting=int(demand.easting[at]),
        northing=int(demand.northing[at]),
        year_group=int(demand.year[at]),
        sex="F" if demand.is_girl[at] else "M",
        levels=_levels(demand, at),
        primary_need=code,
        secondary_needs=(NEEDS[second],) if second >= 0 else (),
        requirements=(FACILITY_OF_NEED[code],) if demand.requires[at] else (),
        options=demand.kinds(at),
        pattern=PATTERNS[demand.pattern[at]],
        priority=int(demand.priority[at]),
        max_km=SHORT_JOURNEY_KM if demand.has_short_journey[at] else None,
        transport=bool(demand.has_transport[at]),
        request=request.setting if request else "",
        ground=GROUNDS[ground] if ground >= 0 else "",
        wishes=preferences.wishes(at),
        locked=locked.provision if locked else "",
        forbidden=(forbidden.provision,) if forbidden else (),
    )


def _levels(demand: Demand, at: int) -> Levels:
    ci, cl, semh, sp = demand.levels[at].tolist()
    return ci, cl, semh, sp


def _budgets(pupils: Sequence[Pupil], supply: Supply) -> Iterator[Budget]:
    """By LA: TIGHTNESS × the sum over its pupils of the mean price of a full place of their band and pattern,
    weighted by what is free, and of the mean transport; to the next £1,000 below."""
    mean = _mean_prices(supply)
    co_occurrence = Policy().co_occurrence
    expected: dict[str, float] = {}
    for pupil in pupils:
        band = BANDS[band_index(pupil.levels, co_occurrence=co_occurrence)]
        expected[pupil.la] = expected.get(pupil.la, 0.0) + mean[pupil.pattern, band] + TRANSPORT_A_PUPIL
    for la, cost in sorted(expected.items()):
        yield Budget(la=la, budget=int(cost * TIGHTNESS / 1000) * 1000)


def _mean_prices(supply: Supply) -> dict[tuple[str, str], float]:
    free = {pool.pool: pool.amount for pool in supply.pools}
    full = {provision.provision: provision for provision in supply.provisions if provision.kind == "full"}
    weights: dict[tuple[str, str], float] = {}
    totals: dict[tuple[str, str], float] = {}
    for price in supply.prices:
        if price.provision in full:
            provision = full[price.provision]
            of, weight = (provision.pattern, price.band), free[provision.pool] + 1e-9
            weights[of] = weights.get(of, 0.0) + weight
            totals[of] = totals.get(of, 0.0) + weight * price.price
    mean = {of: totals[of] / weights[of] for of in totals}
    return {
        (pattern, band): mean.get((pattern, band), mean.get(("day", band), 0.0))
        for pattern in PATTERNS
        for band in BANDS
    }

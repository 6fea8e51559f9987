"""Synthetic pupils: as many, as old and with such needs as the statistics say, placed on real small areas.

A pupil stands at the centre of a small area of the LA, drawn by its population aged 5 to 17; never at a home. No
pupil is real. Everything is held as columns, so that 100,000 pupils take seconds; rows are made once, at the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.real.figures import ALTERNATIVE, FIRST_AGE, NEEDS, SPECIAL, Figures
from benchmarks.real.needs import FACILITY_OF_NEED, Ints, draw_levels, drawn
from benchmarks.real.sources import Numbers, Sources
from optimiser.problem import KINDS

Flags = NDArray[np.bool_]

STREAM = 1
RESIDENTIAL_FROM_YEAR = 3
# Share judged suitable for the kind, by highest level: moderate, intensive, profound, exceptional.
POROUS_SUITABLE = (0.5, 0.25, 0.05, 0.0)
OUTREACH_SUITABLE = (0.35, 0.1, 0.0, 0.0)
PHASE_TRANSFER_YEARS = (0, 7, 12)
PHASE_TRANSFER_PRIORITY = 2
PRIORITIES = (0.08, 0.17, 0.55, 0.15, 0.05)  # 1 (most urgent) … 5, outside phase transfers
SHORT_JOURNEY, SHORT_JOURNEY_KM = 0.06, 20.0  # share for whom health sets a shorter journey
ALWAYS_TRANSPORT = (0.05, 0.15, 0.5, 0.8)  # by highest level: cannot walk whatever the distance
SECOND_NEED = 0.4
NEEDS_FACILITY = 0.6  # share, among the needs that may require one


@dataclass(frozen=True)
class Demand:
    """Pupils as columns, by LA and number. `la`, `need`, `second` (-1: none) and `pattern` are indices."""

    las: tuple[str, ...]
    la: Ints
    number: Ints
    easting: Ints
    northing: Ints
    year: Ints
    need: Ints
    second: Ints
    levels: Ints
    is_girl: Flags
    pattern: Ints
    takes_porous: Flags
    takes_outreach: Flags
    requires: Flags
    priority: Ints
    has_short_journey: Flags
    has_transport: Flags

    def __len__(self) -> int:
        return len(self.la)

    def kinds(self, at: int) -> tuple[str, ...]:
        """The kinds that suit the pupil: full always."""
        suits = {"full": True, "porous": self.takes_porous[at], "outreach": self.takes_outreach[at]}
        return tuple(kind for kind in KINDS if suits[kind])


def usual_pupils(figures: Figures, ehcps: float) -> int:
    """A year's specialist starts of the LAs × the share of their specialist stock that the settings at hand teach."""
    coverage = min(1.0, ehcps / float(figures.specialist_stock.sum()))
    return max(1, round(float(figures.starts_by_age.sum()) * coverage))


def build_demand(sources: Sources, figures: Figures, pupils: int, seed: int) -> Demand:
    """`pupils` pupils, shared out over LAs by their starts of a year."""
    random = np.random.default_rng([seed, STREAM])
    starts = figures.starts_by_age
    quota = shared_out(starts.sum(axis=1), pupils)
    la = np.repeat(np.arange(len(figures.las)), quota)
    age = drawn((starts / starts.sum(axis=1, keepdims=True))[la], random)
    need = _draw_needs(figures, la, age, random)
    levels = draw_levels(need, random)
    severity = levels.max(axis=1) - 2
    year = age + FIRST_AGE - 4
    easting, northing = _draw_places(sources, figures, quota, random)
    pattern = np.where(year >= RESIDENTIAL_FROM_YEAR, _draw_patterns(figures, la, random), 0)
    mix = figures.need_mix((SPECIAL, ALTERNATIVE))
    second = drawn(mix[la], random)
    has_second = (random.random(pupils) < SECOND_NEED) & (second != need)
    may_require = np.array([code in FACILITY_OF_NEED for code in NEEDS])[need]
    priority = np.where(
        np.isin(year, PHASE_TRANSFER_YEARS),
        PHASE_TRANSFER_PRIORITY,
        1 + random.choice(len(PRIORITIES), size=pupils, p=PRIORITIES),
    )
    return Demand(
        figures.las,
        la,
        np.arange(pupils) - np.repeat(quota.cumsum() - quota, quota) + 1,
        easting,
        northing,
        year,
        need,
        np.where(has_second, second, -1),
        levels,
        random.random(pupils) < figures.girls[need],
        pattern,
        (random.random(pupils) < np.array(POROUS_SUITABLE)[severity]) & (pattern == 0),
        (random.random(pupils) < np.array(OUTREACH_SUITABLE)[severity]) & (pattern == 0),
        may_require & (random.random(pupils) < NEEDS_FACILITY),
        priority,
        random.random(pupils) < SHORT_JOURNEY,
        random.random(pupils) < np.array(ALWAYS_TRANSPORT)[severity],
    )


def shared_out(weights: Numbers, total: int) -> Ints:
    """Whole shares of `total` by weight: the largest remainders take what rounding leaves, the earlier first."""
    exact = weights / weights.sum() * total
    shares: Ints = np.floor(exact).astype(np.int64)
    left = total - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:left]] += 1
    return shares


def _draw_needs(figures: Figures, la: Ints, age: Ints, random: np.random.Generator) -> Ints:
    """The LA's specialist mix, tilted by how England's EHCPs with each need lie over ages."""
    tilt = figures.need_mix((SPECIAL, ALTERNATIVE))[:, None, :] * figures.need_by_age[None, :, :]
    return drawn((tilt / tilt.sum(axis=2, keepdims=True))[la, age], random)


def _draw_patterns(figures: Figures, la: Ints, random: np.random.Generator) -> Ints:
    """Day, or residential as often as in the LA's statistics; 38 to 51 weeks are half weekly, half termly boarding."""
    boarding, annual = figures.residential.T
    shares = np.column_stack([1 - boarding - annual, boarding / 2, boarding / 2, annual])
    return drawn(shares[la], random)


def _draw_places(sources: Sources, figures: Figures, quota: Ints, random: np.random.Generator) -> tuple[Ints, Ints]:
    table = sources["small_areas"]
    codes = table["la_code"]
    points = np.column_stack([table.numbers("easting"), table.numbers("northing")]).astype(np.int64)
    weights = table.numbers("est_pop_5_17")
    chosen = [np.empty(0, dtype=np.int64)]
    for la, pupils in zip(figures.las, quota.tolist(), strict=True):
        areas = np.flatnonzero(codes == la)
        chosen.append(random.choice(areas, size=pupils, p=weights[areas] / weights[areas].sum()))
    places = points[np.concatenate(chosen)]
    return places[:, 0], places[:, 1]

"""What parents request and wish, what an order fixes and what is ruled out. Invented, among suitable nearby settings.

No statistic is published on any of it; the shares are here in one place. A setting is suitable when the pupil's need,
year, sex, levels, pattern, facility and LA fit its full placement.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.real.demand import Demand, Flags
from benchmarks.real.figures import NEEDS
from benchmarks.real.needs import FACILITY_OF_NEED, Ints
from optimiser.problem import GROUNDS, PATTERNS, Provision

STREAM = 2
NEAREST = 12  # settings looked at for each pupil
CHOICES = 3  # the nearest suitable ones that are kept
REQUESTED = 0.25  # share of pupils whose parent requests a setting
GROUND = 0.1  # share of requests with an exception recorded
WISHED = 0.3  # share with wishes that do not bind
ORDERED = 0.01  # share whose place a tribunal's order or a running placement fixes
RULED_OUT = 0.01  # share for whom the nearest suitable setting is ruled out


@dataclass(frozen=True)
class Preferences:
    """By pupil: indices into the full provisions (-1: none), and the ground (-1: none)."""

    full: tuple[Provision, ...]
    nearby: Ints  # pupil × CHOICES, nearest first
    request: Ints
    ground: Ints
    has_wishes: Flags
    locked: Ints
    forbidden: Ints

    def singled_out(self, at: int) -> tuple[Provision | None, Provision | None, Provision | None]:
        """The provisions of one pupil: requested, locked, forbidden."""
        return self._full(self.request[at]), self._full(self.locked[at]), self._full(self.forbidden[at])

    def wishes(self, at: int) -> tuple[str, ...]:
        """The settings that one pupil's parent wishes for, in order of preference."""
        if not self.has_wishes[at]:
            return ()
        return tuple(self.full[index].setting for index in self.nearby[at] if index >= 0)

    def _full(self, index: np.int64) -> Provision | None:
        return self.full[index] if index >= 0 else None


def draw_preferences(demand: Demand, provisions: list[Provision], seed: int) -> Preferences:
    """Draw them for every pupil; a pupil with no suitable setting nearby has none."""
    random = np.random.default_rng([seed, STREAM])
    full = tuple(provision for provision in provisions if provision.kind == "full")
    nearby = _nearby(demand, full)
    pupils = len(demand)
    picked = nearby[np.arange(pupils), random.integers(CHOICES, size=pupils)]
    chance = random.random(pupils)
    is_locked = chance < ORDERED
    is_requested = ~is_locked & (chance < ORDERED + REQUESTED)
    is_ruled_out = ~is_locked & ~is_requested & (chance < ORDERED + REQUESTED + RULED_OUT)
    has_ground = is_requested & (picked >= 0) & (random.random(pupils) < GROUND)
    return Preferences(
        full,
        nearby,
        np.where(is_requested, picked, -1),
        np.where(has_ground, random.integers(len(GROUNDS), size=pupils), -1),
        random.random(pupils) < WISHED,
        np.where(is_locked, nearby[:, 0], -1),
        np.where(is_ruled_out, nearby[:, 0], -1),
    )


def _nearby(demand: Demand, full: tuple[Provision, ...]) -> Ints:
    """Pupil × CHOICES: the nearest suitable of the NEAREST full provisions, -1 where there are fewer."""
    pupils, nearest = len(demand), min(NEAREST, len(full))
    points = np.array([(provision.easting, provision.northing) for provision in full])
    homes = np.column_stack([demand.easting, demand.northing])
    found = np.asarray(cKDTree(points).query(homes, k=np.arange(1, nearest + 1))[1], dtype=np.int64)
    suits = _suits(demand, full, found)
    order = np.argsort(~suits, axis=1, kind="stable")
    ranked = np.where(np.take_along_axis(suits, order, axis=1), np.take_along_axis(found, order, axis=1), -1)
    nearby: Ints = np.full((pupils, CHOICES), -1)
    kept = min(CHOICES, nearest)
    nearby[:, :kept] = ranked[:, :kept]
    return nearby


def _suits(demand: Demand, full: tuple[Provision, ...], found: Ints) -> Flags:
    """Pupil × found provision: whether it is suitable."""
    needs = np.array([[code in provision.needs for code in NEEDS] for provision in full])
    served = np.array([[not provision.las or la in provision.las for la in demand.las] for provision in full])
    years = np.array([(provision.low_year, provision.high_year) for provision in full])
    levels = np.array([provision.max_levels for provision in full])
    pattern = np.array([PATTERNS.index(provision.pattern) for provision in full])
    takes = np.array([[provision.sex != "F", provision.sex != "M"] for provision in full])
    has_facility = np.array(
        [[FACILITY_OF_NEED.get(code, "") in ("", *provision.facilities) for code in NEEDS] for provision in full]
    )
    year, need, la = demand.year[:, None], demand.need[:, None], demand.la[:, None]
    suits: Flags = (
        needs[found, need]
        & served[found, la]
        & (years[found, 0] <= year)
        & (year <= years[found, 1])
        & (demand.levels[:, None, :] <= levels[found]).all(axis=2)
        & (pattern[found] == demand.pattern[:, None])
        & takes[found, demand.is_girl[:, None].astype(np.int64)]
        & (~demand.requires[:, None] | has_facility[found, need])
    )
    return suits

"""Which provisions a pupil is eligible for, and the first reason that refuses each of the others.

Works on blocks of pupils against all provisions at once. It must know no objective and no capacity.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.band import band_index
from optimiser.problem import BANDS, Problem, Provision, Pupil, Travel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]

# The settings whose name in Section I a parent may request (Children and Families Act 2014, s.38(3)).
BINDING_TYPES = frozenset({"nmss", "section41", "state_special", "ap", "resourced_mainstream"})

# Conditions that depend on one value of the pupil and on the provision alone: reason, the pupil's value, the test.
_CONDITIONS: tuple[tuple[str, Callable[[Pupil], Any], Callable[[Provision, Any], bool]], ...] = (
    ("kind", lambda p: p.options, lambda v, options: v.kind in options),
    ("pattern", lambda p: p.pattern, lambda v, pattern: v.pattern == pattern),
    ("age", lambda p: p.year_group, lambda v, year: v.low_year <= year <= v.high_year),
    ("sex", lambda p: p.sex, lambda v, sex: v.sex == "mixed" or sex in ("", v.sex)),
    ("need", lambda p: p.primary_need, lambda v, need: need in v.needs),
    ("level", lambda p: p.levels, lambda v, levels: all(a <= b for a, b in zip(levels, v.max_levels, strict=True))),
    ("facilities", lambda p: frozenset(p.requirements), lambda v, required: required.issubset(v.facilities)),
    ("la", lambda p: p.la, lambda v, la: not v.las or la in v.las),
    ("forbidden", lambda p: frozenset(p.forbidden), lambda v, forbidden: v.provision not in forbidden),
)

# Every reason in the order in which the first that fails is given. The first three say that the table of conditions
# is not reached: no provision is needed, another provision is locked, another setting is bindingly requested.
REASONS = ("universal", "locked", "request", *(reason for reason, _, _ in _CONDITIONS), "price", "travel")

_LIFTED_BY_REQUEST = frozenset({"la", "forbidden", "travel"})
_KEPT_BY_LOCK = frozenset({"universal", "locked", "price"})


class Catalogue:
    """The provisions of a problem as columns, by order of id, ready to be asked about any pupil.

    `price` and `hours` have a row for each of BANDS; a price of -1 says that there is none.
    """

    def __init__(self, problem: Problem) -> None:
        self.policy = problem.policy
        self.provisions = tuple(sorted(problem.provisions, key=lambda row: row.provision))
        self.position = {row.provision: i for i, row in enumerate(self.provisions)}
        self.easting = np.array([row.easting for row in self.provisions], dtype=np.int64)
        self.northing = np.array([row.northing for row in self.provisions], dtype=np.int64)
        self.setting = np.array([row.setting for row in self.provisions], dtype=object)
        self.setting_types = {row.setting: row.setting_type for row in self.provisions}
        self.price = np.full((len(BANDS), len(self.provisions)), -1, dtype=np.int64)
        self.hours = np.zeros((len(BANDS), len(self.provisions)))
        for row in problem.prices:
            at = BANDS.index(row.band), self.position[row.provision]
            self.price[at], self.hours[at] = row.price, row.hours or 0.0
        self._daily = np.array([row.pattern == "day" and row.kind != "outreach" for row in self.provisions], dtype=bool)
        radii = [row.radius_km if row.kind == "outreach" else None for row in self.provisions]
        self._radius = np.array([np.inf if radius is None else radius for radius in radii], dtype=np.float64)
        self._travel: dict[str, list[Travel]] = {}
        for journey in problem.travel:
            self._travel.setdefault(journey.pupil, []).append(journey)
        self._rows: dict[tuple[str, Any], Bools] = {}

    def band(self, pupil: Pupil) -> int:
        """The pupil's band as an index into BANDS."""
        return band_index(pupil.levels, co_occurrence=self.policy.co_occurrence)

    def is_binding(self, pupil: Pupil) -> bool:
        """Whether the parent's request must be met: a setting of a binding type and no recorded ground against it."""
        return not pupil.ground and self.setting_types.get(pupil.request) in BINDING_TYPES

    def is_duty(self, pupil: Pupil) -> bool:
        """Whether the law places the pupil before any budget is looked at."""
        return bool(pupil.locked) or self.is_binding(pupil)

    def wishes(self, pupil: Pupil) -> tuple[str, ...]:
        """The settings wished for, best first; a request to an independent setting, never binding, comes first."""
        if self.setting_types.get(pupil.request) == "independent":
            return (pupil.request, *(wish for wish in pupil.wishes if wish != pupil.request))
        return pupil.wishes

    def road_km(self, pupils: Sequence[Pupil]) -> Floats:
        """One-way km by road, pupils x provisions: circuity x straight line, or the row of the travel table."""
        east = np.array([p.easting for p in pupils], dtype=np.int64)[:, None] - self.easting
        north = np.array([p.northing for p in pupils], dtype=np.int64)[:, None] - self.northing
        road: Floats = self.policy.circuity * (np.sqrt(east * east + north * north) / 1000)
        for i, pupil in enumerate(pupils):
            for journey in self._travel.get(pupil.pupil, ()):
                road[i, self.setting == journey.setting] = journey.km
        return road

    def refusals(self, pupils: Sequence[Pupil], road_km: Floats) -> Codes:
        """Pupils x provisions: 0 where eligible, else 1 + the index in REASONS of the first reason that refuses."""
        locked = np.array([bool(p.locked) for p in pupils], dtype=bool)
        binding = np.array([self.is_binding(p) for p in pupils], dtype=bool)
        codes = np.zeros(road_km.shape, dtype=np.uint8)
        for code in range(len(REASONS), 0, -1):  # backwards, so that the first reason is the one that stays
            reason = REASONS[code - 1]
            holds = self._holds(reason, pupils, road_km)
            if reason not in _KEPT_BY_LOCK:
                holds = holds | locked[:, None]
            if reason in _LIFTED_BY_REQUEST:
                holds = holds | binding[:, None]
            codes[~holds] = code
        return codes

    def _holds(self, reason: str, pupils: Sequence[Pupil], road_km: Floats) -> Bools:
        shape = road_km.shape
        if reason == "travel":
            default = self.policy.max_km
            limits = np.array([default if p.max_km is None else p.max_km for p in pupils], dtype=np.float64)
            return np.asarray(road_km <= np.where(self._daily, limits[:, None], self._radius))
        if reason == "price":
            bands = np.array([self.band(p) for p in pupils], dtype=np.int64)
            return np.asarray(self.price[bands] >= 0)
        values = [self._value(reason, p) for p in pupils]
        return np.array([self._row(reason, value) for value in values], dtype=bool).reshape(shape)

    def _value(self, reason: str, pupil: Pupil) -> Any:
        if reason == "universal":
            return self.band(pupil) > 0
        if reason == "locked":
            return pupil.locked
        if reason == "request":
            return pupil.request if self.is_binding(pupil) else ""
        return _VALUES[reason](pupil)

    def _row(self, reason: str, value: Any) -> Bools:
        """One condition over all provisions; computed once for each value that a pupil brings."""
        row = self._rows.get((reason, value))
        if row is None:
            holds = _TESTS[reason]
            row = np.fromiter((holds(v, value) for v in self.provisions), dtype=bool, count=len(self.provisions))
            self._rows[reason, value] = row
        return row


_VALUES: dict[str, Callable[[Pupil], Any]] = {reason: value for reason, value, _ in _CONDITIONS}
_TESTS: dict[str, Callable[[Provision, Any], bool]] = {
    "universal": lambda _, is_needed: bool(is_needed),
    "locked": lambda v, locked: locked in ("", v.provision),
    "request": lambda v, request: request in ("", v.setting),
    **{reason: test for reason, _, test in _CONDITIONS},
}

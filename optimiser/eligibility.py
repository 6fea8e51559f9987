"""Which provisions a pupil is eligible for, and the first reason that refuses each of the others.

Every condition but travel depends on one value of the pupil and on the provision alone, so it is a row of bits over all
provisions, made once for each value; a pupil's row is the conjunction of its rows. It must know no objective and no
capacity.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.band import band_index
from optimiser.problem import BANDS, Problem, Provision, Pupil

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Bits = NDArray[np.uint8]

# The settings whose name in Section I a parent may request (Children and Families Act 2014, s.38(3)).
BINDING_TYPES = frozenset({"nmss", "section41", "state_special", "ap", "resourced_mainstream"})

# Conditions that depend on one value of the pupil and on the provision alone: reason, the pupil's value, the test.
_CONDITIONS: dict[str, tuple[Callable[[Pupil], Any], Callable[[Provision, Any], bool]]] = {
    "kind": (lambda p: p.options, lambda v, options: v.kind in options),
    "pattern": (lambda p: p.pattern, lambda v, pattern: v.pattern == pattern),
    "age": (lambda p: p.year_group, lambda v, year: v.low_year <= year <= v.high_year),
    "sex": (lambda p: p.sex, lambda v, sex: v.sex == "mixed" or sex in ("", v.sex)),
    "need": (lambda p: p.primary_need, lambda v, need: need in v.needs),
    "level": (lambda p: p.levels, lambda v, levels: all(a <= b for a, b in zip(levels, v.max_levels, strict=True))),
    "facilities": (lambda p: frozenset(p.requirements), lambda v, required: required.issubset(v.facilities)),
    "la": (lambda p: p.la, lambda v, la: not v.las or la in v.las),
}

# Every reason in the order in which the first that fails is given. The first three say that the table of conditions
# is not reached: no provision is needed, another provision is locked, another setting is bindingly requested.
REASONS = ("universal", "locked", "request", *_CONDITIONS, "forbidden", "price", "travel")

_KEPT_BY_LOCK = frozenset({"universal", "locked", "price"})
_LIFTED = None  # the value of a pupil whom a condition does not concern


class Catalogue:
    """The provisions of a problem as columns, by order of id, ready to be asked about any pupil.

    `price` and `hours` have a row for each of BANDS; a price of -1 says that there is none. `setting` numbers the
    settings in the order of `settings`.
    """

    def __init__(self, problem: Problem) -> None:
        self.policy = problem.policy
        self.provisions = tuple(sorted(problem.provisions, key=lambda row: row.provision))
        self.position = {row.provision: i for i, row in enumerate(self.provisions)}
        self.easting = np.array([row.easting for row in self.provisions], dtype=np.int64)
        self.northing = np.array([row.northing for row in self.provisions], dtype=np.int64)
        self.settings = {name: i for i, name in enumerate(sorted({row.setting for row in self.provisions}))}
        self.setting = np.array([self.settings[row.setting] for row in self.provisions], dtype=np.int64)
        self.setting_types = {row.setting: row.setting_type for row in self.provisions}
        self.price = np.full((len(BANDS), len(self.provisions)), -1, dtype=np.int64)
        self.hours = np.zeros((len(BANDS), len(self.provisions)))
        for row in problem.prices:
            at = BANDS.index(row.band), self.position[row.provision]
            self.price[at], self.hours[at] = row.price, row.hours or 0.0
        self._daily = np.array([row.pattern == "day" and row.kind != "outreach" for row in self.provisions], dtype=bool)
        radii = [row.radius_km if row.kind == "outreach" else None for row in self.provisions]
        self._radius = np.array([np.inf if radius is None else radius for radius in radii], dtype=np.float64)
        self._travel: dict[str, dict[int, float]] = {}
        for journey in problem.travel:
            if journey.setting in self.settings:
                self._travel.setdefault(journey.pupil, {})[self.settings[journey.setting]] = journey.km
        self._rows: dict[tuple[str, Any], Bits] = {}
        self._all = np.packbits(np.ones(len(self.provisions), dtype=bool))

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

    def road_km(self, pupils: Sequence[Pupil], row: Ints, provision: Ints) -> Floats:
        """One-way km by road of pairs, by place in `pupils` and in `provisions`, sorted by pupil.

        Circuity x straight line, or the row of the travel table.
        """
        east = np.array([p.easting for p in pupils], dtype=np.int64)[row] - self.easting[provision]
        north = np.array([p.northing for p in pupils], dtype=np.int64)[row] - self.northing[provision]
        road: Floats = self.policy.circuity * (np.sqrt(east * east + north * north) / 1000)
        if self._travel:
            by_setting = [self._travel.get(pupil.pupil, {}) for pupil in pupils]
            replace_by_setting(road, row, self.setting[provision], by_setting)
        return road

    def eligible(self, pupils: Sequence[Pupil]) -> tuple[Ints, Ints, Floats]:
        """The pairs for which every condition holds: places in `pupils` and in `provisions`, in their order, and km."""
        bits = np.full((len(pupils), len(self._all)), 0xFF, dtype=np.uint8)
        for reason in REASONS[:-1]:
            bits &= self._bits(reason, pupils)
        row, provision = np.nonzero(np.unpackbits(bits, axis=1, count=len(self.provisions)))
        road = self.road_km(pupils, row, provision)
        within = road <= self._farthest(pupils, row, provision)
        return row[within], provision[within], road[within]

    def refusals(self, pupils: Sequence[Pupil]) -> Codes:
        """Pupils x provisions: 0 where eligible, else 1 + the index in REASONS of the first reason that refuses."""
        shape = (len(pupils), len(self.provisions))
        codes = np.zeros(shape, dtype=np.uint8)
        row, provision = np.indices(shape).reshape(2, -1)
        too_far = self.road_km(pupils, row, provision) > self._farthest(pupils, row, provision)
        codes[too_far.reshape(shape)] = len(REASONS)
        for code in range(len(REASONS) - 1, 0, -1):  # backwards, so that the first reason is the one that stays
            holds = np.unpackbits(self._bits(REASONS[code - 1], pupils), axis=1, count=shape[1])
            codes[holds == 0] = code
        return codes

    def _farthest(self, pupils: Sequence[Pupil], row: Ints, provision: Ints) -> Floats:
        """How many km by road each pair may be apart: daily travel by the pupil, outreach by the staff's radius."""
        default = self.policy.max_km
        daily = np.array([default if p.max_km is None else p.max_km for p in pupils], dtype=np.float64)
        is_lifted = np.array([bool(p.locked) or self.is_binding(p) for p in pupils], dtype=bool)
        limit = np.where(self._daily[provision], daily[row], self._radius[provision])
        return np.where(is_lifted[row], np.inf, limit)

    def _bits(self, reason: str, pupils: Sequence[Pupil]) -> Bits:
        """One condition, pupils x provisions, eight provisions to a byte."""
        rows = [self._row(reason, self._value(reason, pupil)) for pupil in pupils]
        return np.array(rows, dtype=np.uint8).reshape(len(pupils), len(self._all))

    def _value(self, reason: str, pupil: Pupil) -> Any:
        """What of the pupil the condition depends on; _LIFTED where it does not concern the pupil."""
        if pupil.locked and reason not in _KEPT_BY_LOCK:
            return _LIFTED
        if reason in _CONDITIONS and reason != "la":
            return _CONDITIONS[reason][0](pupil)
        if reason in ("universal", "price"):
            return self.band(pupil)
        if reason == "locked":
            return pupil.locked or _LIFTED
        if self.is_binding(pupil):  # which lifts the conditions la and forbidden
            return pupil.request if reason == "request" else _LIFTED
        return {"request": _LIFTED, "la": pupil.la, "forbidden": pupil.forbidden or _LIFTED}[reason]

    def _row(self, reason: str, value: Any) -> Bits:
        """One condition over all provisions; kept for the next pupil unless it is hardly ever another pupil's."""
        if value is _LIFTED:
            return self._all
        if reason in ("locked", "request", "forbidden"):
            return np.packbits(self._named(reason, value))
        row = self._rows.get((reason, value))
        if row is None:
            row = self._rows[reason, value] = np.packbits(self._holds(reason, value))
        return row

    def _named(self, reason: str, value: Any) -> Bools:
        """A condition that names provisions, or a setting."""
        if reason == "request":
            return np.asarray(self.setting == self.settings[value])
        named = [self.position[at] for at in ([value] if reason == "locked" else value) if at in self.position]
        holds = np.full(len(self.provisions), reason == "forbidden")
        holds[named] = reason == "locked"
        return holds

    def _holds(self, reason: str, value: Any) -> Bools:
        if reason == "universal":
            return np.full(len(self.provisions), value > 0)
        if reason == "price":
            return np.asarray(self.price[value] >= 0)
        test = _CONDITIONS[reason][1]
        return np.fromiter((test(v, value) for v in self.provisions), dtype=bool, count=len(self.provisions))


def replace_by_setting(
    values: Floats | Ints, row: Ints, setting: Ints, by_setting: Sequence[Mapping[int, float]]
) -> None:
    """Put into `values`, one for each pair sorted by `row`, what the mapping of the row says of the pair's setting."""
    starts = np.searchsorted(row, np.arange(len(by_setting) + 1))
    for at, said in enumerate(by_setting):
        if said:
            pairs = slice(starts[at], starts[at + 1])
            values[pairs] = [
                said.get(s, v) for s, v in zip(setting[pairs].tolist(), values[pairs].tolist(), strict=True)
            ]

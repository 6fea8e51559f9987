"""From schools to provisions, pools and prices. What they offer, have free and charge is not public and is invented.

It must never say where a price goes: rows are shown to nobody, and written only where the user says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.real.figures import NEEDS, Figures
from benchmarks.real.needs import COMPANIONS, FACILITY_OF_NEED, LINKED_AREA, MAIN_AREA
from benchmarks.real.prices import PriceLevel, demonstration_guide
from benchmarks.real.schools import School
from benchmarks.real.sources import Numbers, Sources
from optimiser.problem import AREAS, Levels, Pool, Price, Provision

# Share of the roll that is free for this run: a year's leavers, more where stays are short.
VACANT = {"state_special": 0.12, "nmss": 0.15, "section41": 0.18, "independent": 0.18, "ap": 0.3}
PLACEMENTS = {  # the rows of the need statistics that say what such a setting meets
    "state_special": ("Special - LA maintained", "Special - Academy/free schools"),
    "nmss": ("Special - non-maintained",),
    "section41": ("Special - independent",),
    "independent": ("Special - independent",),
    "ap": ("AP/PRU - total",),
}
EXTRA_NEEDS = 2
# Shares of the settings that offer a split week and outreach.
POROUS = {"state_special": 0.5, "nmss": 0.3, "section41": 0.3, "independent": 0.2, "ap": 0.5}
OUTREACH = {"state_special": 0.35, "nmss": 0.1, "section41": 0.0, "independent": 0.0, "ap": 0.35}
POROUS_SESSIONS = (3, 4, 5, 6)
OUTREACH_HOURS_A_PUPIL = 0.15  # staff hours a week free for each pupil on roll
OUTREACH_RADIUS_KM = 40.0
LAS_SERVED = 3  # state special and AP: the LA that it stands in and the nearest two
LOCAL = ("state_special", "ap")
OWN_LEVEL = (0.9, 1.1)  # a setting's prices over what type, area and LA explain
POROUS_LEVEL, OUTREACH_LEVEL = 4, 3  # the highest level that part of a week, or a visitor, can meet


@dataclass
class Supply:
    """What is on offer. Filled school by school, in the order of their URNs."""

    scale: float
    provisions: list[Provision] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)

    def add(self, school: School, needs: tuple[int, ...], las: tuple[str, ...], level: PriceLevel) -> None:
        """Everything that one school offers, with its pools and prices."""
        levels = _max_levels(needs, school.random)
        has_porous, has_outreach, rounding = school.random.random(3).tolist()
        sessions = int(school.random.choice(POROUS_SESSIONS))
        free = school.roll * VACANT[school.setting_type] * self.scale
        pool = self._pool(school, "places", float(int(free + rounding)))
        for pattern in school.patterns:
            provision = self._provision(school, f"full-{pattern}", "full", pool, needs, las, levels, pattern=pattern)
            self._charge(provision, level.full(pattern))
        if has_porous < POROUS[school.setting_type]:
            capped = _capped(levels, POROUS_LEVEL)
            provision = self._provision(
                school, f"porous-{sessions}", "porous", pool, needs, las, capped, sessions=sessions
            )
            self._charge(provision, level.porous(sessions))
        if has_outreach < OUTREACH[school.setting_type]:
            hours = self._pool(school, "hours", round(school.roll * OUTREACH_HOURS_A_PUPIL * self.scale, 1))
            capped = _capped(levels, OUTREACH_LEVEL)
            provision = self._provision(
                school, "outreach", "outreach", hours, needs, las, capped, radius_km=OUTREACH_RADIUS_KM
            )
            for band, price, hours_a_week in level.outreach():
                self.prices.append(Price(provision=provision, band=band, price=round(price), hours=hours_a_week))

    def _pool(self, school: School, unit: str, amount: float) -> str:
        self.pools.append(Pool(pool=f"{school.urn}-{unit}", setting=school.urn, unit=unit, amount=amount))
        return self.pools[-1].pool

    def _charge(self, provision: str, by_band: Mapping[str, float]) -> None:
        self.prices.extend(Price(provision=provision, band=band, price=round(price)) for band, price in by_band.items())

    def _provision(
        self,
        school: School,
        name: str,
        kind: str,
        pool: str,
        needs: tuple[int, ...],
        las: tuple[str, ...],
        levels: Levels,
        *,
        pattern: str = "day",
        sessions: int | None = None,
        radius_km: float | None = None,
    ) -> str:
        codes = tuple(NEEDS[need] for need in needs)
        self.provisions.append(
            Provision(
                provision=f"{school.urn}-{name}",
                setting=school.urn,
                provider=f"proprietor of {school.urn}",
                setting_type=school.setting_type,
                kind=kind,
                pattern=pattern,
                easting=school.easting,
                northing=school.northing,
                low_year=school.years[0],
                high_year=school.years[1],
                sex=school.sex,
                needs=codes,
                max_levels=levels,
                facilities=tuple(sorted({FACILITY_OF_NEED[code] for code in codes if code in FACILITY_OF_NEED})),
                las=las,
                pool=pool,
                sessions=sessions,
                radius_km=radius_km,
            )
        )
        return self.provisions[-1].provision


def build_supply(sources: Sources, schools: tuple[School, ...], figures: Figures, scale: float) -> Supply:
    """Provisions, pools and prices of these schools; `scale` multiplies what is free."""
    mixes = {setting_type: figures.need_mix(rows) for setting_type, rows in PLACEMENTS.items()}
    served, guide = _served(sources), demonstration_guide()
    supply = Supply(scale)
    for school in schools:
        row = figures.las.index(school.la)
        level = PriceLevel(
            guide,
            school.setting_type,
            float(figures.area_factor[row]),
            float(figures.price_level[row]),
            float(school.random.uniform(*OWN_LEVEL)),
        )
        needs = _needs(mixes[school.setting_type][row], school.random)
        supply.add(school, needs, served[school.la] if school.setting_type in LOCAL else (), level)
    return supply


def _served(sources: Sources) -> dict[str, tuple[str, ...]]:
    """Each LA and the nearest others by child-population-weighted centre, in the order of their codes."""
    table = sources["authorities"]
    codes = table["la_code"]
    centres = np.column_stack([table.numbers("easting"), table.numbers("northing")])
    distances = np.hypot(*(centres[:, None, :] - centres[None, :, :]).transpose(2, 0, 1))
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :LAS_SERVED]
    return {la: tuple(sorted(codes[row].tolist())) for la, row in zip(codes.tolist(), nearest, strict=True)}


def _needs(mix: Numbers, random: np.random.Generator) -> tuple[int, ...]:
    """A main need drawn from the mix, its companions, and more drawn from the mix; the main need first."""
    order = random.choice(len(NEEDS), size=min(1 + EXTRA_NEEDS, int((mix > 0).sum())), replace=False, p=mix).tolist()
    companions = [NEEDS.index(need) for need in COMPANIONS[NEEDS[order[0]]]]
    return tuple(dict.fromkeys([order[0], *companions, *order[1:]]))


def _max_levels(needs: tuple[int, ...], random: np.random.Generator) -> Levels:
    """5 or 4 in the area of each need met, 4 in the area that goes with it, 3 elsewhere."""
    levels = [3] * len(AREAS)
    for need in needs:
        area, linked = int(MAIN_AREA[need]), int(LINKED_AREA[need])
        levels[area] = max(levels[area], int(random.integers(4, 6)))
        levels[linked] = max(levels[linked], 4)
    return levels[0], levels[1], levels[2], levels[3]


def _capped(levels: Levels, highest: int) -> Levels:
    return min(levels[0], highest), min(levels[1], highest), min(levels[2], highest), min(levels[3], highest)

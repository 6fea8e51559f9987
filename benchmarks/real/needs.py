"""Needs in the four areas: which area a primary need stands in, and the invented distributions of levels.

No public statistic gives levels by area, so everything here is invented, in one place, to make bands that look like
specialist demand: few moderate by the band rule, most intensive or profound. It must never read data.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.real.figures import NEEDS
from benchmarks.real.sources import Numbers
from optimiser.problem import AREAS

Ints = NDArray[np.int64]

# Area in which the primary need stands, and the areas that usually go with it.
AREA_OF_NEED = {
    "ASD": ("ci", "semh"),
    "HI": ("sp", "ci"),
    "MLD": ("cl", "ci"),
    "MSI": ("sp", "ci"),
    "OTH": ("ci", "semh"),
    "PD": ("sp", "cl"),
    "PMLD": ("cl", "sp"),
    "SEMH": ("semh", "ci"),
    "SLCN": ("ci", "cl"),
    "SLD": ("cl", "ci"),
    "SPLD": ("cl", "ci"),
    "VI": ("sp", "cl"),
}
# Share of pupils whose level in the need's own area is moderate, intensive, profound, exceptional.
MILDER, USUAL, HIGHER, HIGHEST = (
    (0.45, 0.42, 0.11, 0.02),
    (0.3, 0.45, 0.2, 0.05),
    (0.08, 0.42, 0.4, 0.1),
    (0, 0.1, 0.6, 0.3),
)
MAIN_LEVEL = {"MLD": MILDER, "SPLD": MILDER, "HI": MILDER, "VI": MILDER, "SLD": HIGHER, "MSI": HIGHER, "PMLD": HIGHEST}
LEVEL_BELOW_LINKED = (0.2, 0.45, 0.25, 0.1)  # share 0, 1, 2, 3 levels below the main area, in the linked area
LEVEL_BELOW_OTHER = (0.03, 0.17, 0.4, 0.4)
FACILITY_OF_NEED = {"PMLD": "hoist", "PD": "step_free", "MSI": "step_free"}

# Needs that a setting with this main need also meets.
COMPANIONS = {
    "ASD": ("SLCN", "SEMH"),
    "HI": ("SLCN", "MSI"),
    "MLD": ("SLCN", "ASD", "SPLD", "OTH"),
    "MSI": ("HI", "VI"),
    "OTH": ("SLCN", "ASD"),
    "PD": ("PMLD", "SLD", "MSI"),
    "PMLD": ("SLD", "PD", "MSI", "VI"),
    "SEMH": ("ASD", "MLD", "OTH"),
    "SLCN": ("ASD", "MLD", "HI"),
    "SLD": ("PMLD", "ASD", "SLCN", "PD"),
    "SPLD": ("SLCN", "MLD"),
    "VI": ("MSI", "PD"),
}

MAIN_AREA: Ints = np.array([AREAS.index(AREA_OF_NEED[need][0]) for need in NEEDS])
LINKED_AREA: Ints = np.array([AREAS.index(AREA_OF_NEED[need][1]) for need in NEEDS])


def drawn(shares: Numbers, random: np.random.Generator) -> Ints:
    """One index per row of `shares` (rows sum to 1), drawn with these chances."""
    edges = shares.cumsum(axis=1)
    index: Ints = (random.random((len(shares), 1)) * edges[:, -1:] >= edges).sum(axis=1)
    return index


def draw_levels(needs: Ints, random: np.random.Generator) -> Ints:
    """Pupil × area: levels for pupils with these primary needs (indices into NEEDS)."""
    by_need = np.array([MAIN_LEVEL.get(need, USUAL) for need in NEEDS])
    main = 2 + drawn(by_need[needs], random)
    levels: Ints = np.empty((len(needs), len(AREAS)), dtype=np.int64)
    for area in range(len(AREAS)):
        is_linked = (LINKED_AREA[needs] == area)[:, None]
        below = drawn(np.where(is_linked, LEVEL_BELOW_LINKED, LEVEL_BELOW_OTHER), random)
        levels[:, area] = np.maximum(main - below, 0)
    levels[np.arange(len(needs)), MAIN_AREA[needs]] = main
    return levels

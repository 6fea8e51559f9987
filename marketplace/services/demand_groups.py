"""Groups of needs that lie together, none of fewer than FEWEST: what is counted is always a whole group, at the middle
of where its needs lie.

So whoever takes one figure from another, of two distances or of two settings whose circles overlap, is left with none
or with at least FEWEST needs. It must never know whose needs these are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.services.small_groups import FEWEST, in_fives, taken_together
from pricing.shadow import Total

REACHES = (10, 25, 50)  # km
WIDEST = 20_000  # metres from the middle of a group: one spread wider would count where none of its needs lies


@dataclass(frozen=True, slots=True)
class Group:
    """The middle of a group, OSGB metres, and which needs are in it."""

    easting: float
    northing: float
    members: tuple[int, ...]


def lying_together(points: NDArray[np.float64]) -> list[Group]:
    """The points (rows: easting, northing) in groups of FEWEST to 2 × FEWEST - 1 neighbours: parted across the wider
    side, at the widest gap of the middle half, until a part would have too few. Groups that spread beyond WIDEST are
    left out, whole.

    >>> towns = np.array([[0.0, n] for n in range(7)] + [[30_000.0, n] for n in range(11)])
    >>> [(len(group.members), round(group.easting)) for group in lying_together(towns)]
    [(7, 0), (5, 30000), (6, 30000)]
    """
    ahead, found = [np.arange(len(points))] if len(points) >= FEWEST else [], []
    while ahead:
        at = ahead.pop()
        if len(at) >= 2 * FEWEST:
            ahead += _parted(points, at)
        else:
            middle = points[at].mean(axis=0)
            if np.hypot(*(points[at] - middle).T).max() <= WIDEST:
                found.append(Group(float(middle[0]), float(middle[1]), tuple(at.tolist())))
    return found


def _parted(points: NDArray[np.float64], at: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Two parts of at least FEWEST points, and at least a quarter of all, so that parting ends soon."""
    side = int(np.argmax(np.ptp(points[at], axis=0)))
    order = at[np.lexsort((at, points[at, 1 - side], points[at, side]))]
    fewest = max(FEWEST, len(at) // 4)
    gaps = np.diff(points[order, side])[fewest - 1 : len(at) - fewest]
    cut = fewest + int(np.argmax(gaps))
    return [order[cut:], order[:cut]]


def kinds_to_tell(codes: Sequence[str]) -> list[tuple[str, ...]]:
    """The kinds that are told apart: each code that FEWEST needs or more have, and the others taken together, with as
    many of the next smallest as it takes that none of them is found by taking away.

    >>> kinds_to_tell(["ASD"] * 9 + ["SLCN"] * 7 + ["MSI"])
    [('ASD',), ('MSI', 'SLCN')]
    """
    totals = [Total(code, codes.count(code), 0, 0, 0, 0, 0) for code in sorted(set(codes))]
    groups = taken_together("kind", totals)
    shown: list[tuple[str, ...]] = [(row.name,) for row in groups.shown]
    others = tuple(row.name for row in totals if (row.name,) not in shown)
    return [*shown, others] if others else shown


def counts_within(groups: Iterable[Group], easting: int, northing: int) -> dict[int, int]:
    """How many needs lie in each distance band of a place, by whole groups and in fives; a band without any is left
    out.

    >>> counts_within([Group(0, 9_000, tuple(range(8))), Group(0, 30_000, tuple(range(6)))], 0, 0)
    {10: 10, 50: 5}
    """
    found: dict[int, int] = {}
    for group in groups:
        km = float(np.hypot(group.easting - easting, group.northing - northing)) / 1000
        reach = next((reach for reach in REACHES if km <= reach), None)
        if reach is not None:
            found[reach] = found.get(reach, 0) + len(group.members)
    return {reach: in_fives(found[reach]) for reach in REACHES if reach in found}

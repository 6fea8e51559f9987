"""Where the demonstration lies: six local authorities that part a made-up coast, 40 km out in the North Sea.

Distances are kilometres on a grid whose origin is ORIGIN of the national grid. The same for every seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.names import DISTRICTS

ORIGIN = (530_000, 490_000)  # easting and northing in metres; the nearest land is south-west of it
Point = tuple[float, float]

NODES: dict[str, Point] = {
    "a": (4, 8), "b": (30, 2), "c": (58, 5), "d": (78, 16), "e": (80, 38), "f": (66, 56), "g": (40, 60), "h": (14, 54),
    "i": (1, 36),
    "j": (11, 35), "k": (11, 25), "l": (0, 24), "p": (33, 25), "q": (46, 24), "r": (48, 36), "s": (34, 38),
}  # fmt: skip
# The corners of each authority in order. Two that share an edge share every bend of it.
CORNERS = {"991": "ijkl", "992": "apsghijkl", "993": "abcqp", "994": "cderq", "995": "pqrs", "996": "efgsr"}
BENDS = 5  # times that each edge is halved and bent
BEND = 0.1  # of an edge's length, at most

# Longitude and latitude (WGS84) about 570 km east, 520 km north, as polynomials of second order in km: 1, x, y, xy,
# x², y². Fitted over the demonstration's area to Ordnance Survey's own formulas, which it meets within 2 m.
CENTRE = (570, 520)
LONGITUDE = (0.62672146, 0.01544218, 0.000577, 3.38e-06, -1.6e-07, 1.6e-07)
LATITUDE = (54.54670051, -0.00033546, 0.00897717, -1.1e-07, -9.8e-07, -1e-08)

DISTRICTS_EACH = 6
INSET = 1.5  # km between a district's centre and the border, at least


@dataclass(frozen=True, slots=True)
class District:
    """A made-up postcode district: no real postcode begins with QX."""

    code: str
    name: str
    authority_code: str
    centre: Point


def outline(code: str) -> list[Point]:
    """The border of an authority as a closed ring, in km."""
    corners = CORNERS[code]
    ring = [point for start, end in pairwise(corners + corners[0]) for point in _edge(start, end)[:-1]]
    return [*ring, ring[0]]


def _edge(start: str, end: str) -> list[Point]:
    """The bent line between two corners, the same from either side: each half is bent again, the less the shorter."""
    first, last = sorted((start, end))
    random = chance(f"coast {first}{last}")
    line = [NODES[first], NODES[last]]
    for _ in range(BENDS):
        line = [point for pair in pairwise(line) for point in (pair[0], _bent(*pair, random))] + [line[-1]]
    return line if start == first else line[::-1]


def _bent(start: Point, end: Point, random: Random) -> Point:
    (x0, y0), (x1, y1) = start, end
    bend = random.uniform(-BEND, BEND)
    return (x0 + x1) / 2 - bend * (y1 - y0), (y0 + y1) / 2 + bend * (x1 - x0)


def boundary(code: str) -> dict[str, Any]:
    """The border as GeoJSON in longitude and latitude."""
    ring = [[round(number, 4) for number in longitude_latitude(*point)] for point in outline(code)]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def longitude_latitude(x: float, y: float) -> Point:
    """Degrees east and north (WGS84) of a point of the demonstration's grid."""
    east, north = ORIGIN[0] / 1000 + x - CENTRE[0], ORIGIN[1] / 1000 + y - CENTRE[1]
    terms = (1, east, north, east * north, east * east, north * north)
    longitude, latitude = (
        sum(factor * term for factor, term in zip(factors, terms, strict=True)) for factors in (LONGITUDE, LATITUDE)
    )
    return longitude, latitude


def easting_northing(x: float, y: float) -> tuple[int, int]:
    """Metres on the national grid."""
    return round(ORIGIN[0] + 1000 * x), round(ORIGIN[1] + 1000 * y)


def is_inside(point: Point, ring: Sequence[Point]) -> bool:
    """Whether a point lies within a ring: a ray from it crosses the ring an odd number of times."""
    x, y = point
    crossings = (
        x < (x1 - x0) * (y - y0) / (y1 - y0) + x0 for (x0, y0), (x1, y1) in pairwise(ring) if (y0 > y) != (y1 > y)
    )
    return sum(crossings) % 2 == 1


def districts() -> list[District]:
    """The districts, DISTRICTS_EACH to an authority, each as far from the others as twenty tries find."""
    found = []
    numbers = iter(range(1, len(DISTRICTS) + 1))
    for code in CORNERS:
        for centre in _spread(code, chance(f"districts {code}")):
            number = next(numbers)
            found.append(District(f"QX{number}", DISTRICTS[number - 1], code, centre))
    return found


def _spread(code: str, random: Random) -> Iterator[Point]:
    ring = outline(code)
    chosen: list[Point] = []
    while len(chosen) < DISTRICTS_EACH:
        tries = [within(ring, random, inset=INSET) for _ in range(20)]
        best = max(tries, key=lambda each: min((_square(each, other) for other in chosen), default=0.0))
        chosen.append(best)
        yield best


def within(ring: Sequence[Point], random: Random, *, inset: float = 0) -> Point:
    """A random point within a ring, and `inset` km from its border in the four directions."""
    xs, ys = zip(*ring, strict=True)
    while True:
        x, y = random.uniform(min(xs), max(xs)), random.uniform(min(ys), max(ys))
        around = ((x, y), (x - inset, y), (x + inset, y), (x, y - inset), (x, y + inset))
        if all(is_inside(each, ring) for each in around):
            return round(x, 3), round(y, 3)


def near(point: Point, ring: Sequence[Point], random: Random, *, spread: float) -> Point:
    """A random point within a ring, `spread` km (one standard deviation) about another point in it."""
    while True:
        x, y = random.gauss(point[0], spread), random.gauss(point[1], spread)
        if is_inside((x, y), ring):
            return round(x, 3), round(y, 3)


def _square(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2

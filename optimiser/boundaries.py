"""Outlines of local authorities for the map of the report, from a GeoJSON file; nothing is decided by them.

The file is in longitude and latitude (EPSG:4326), as GeoJSON is; the outlines come out in the OSGB36 metres of the
batch files, so that one plane holds both.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.national_grid import Floats, eastings_northings

LONGITUDES, LATITUDES = (-9.0, 3.0), (49.0, 61.5)  # the British Isles
MOST_BYTES = 100_000_000

Outline = Floats  # a ring: easting and northing in each row


class BoundariesError(Exception):
    """The file cannot be used as boundaries; the message says in one sentence why and what to do."""


def read_boundaries(path: Path) -> tuple[Outline, ...]:
    """Every ring of every area in the file, in OSGB36 metres.

    Raises BoundariesError where the content is at fault, OSError where the file cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise _bad(path, f"has more than {MOST_BYTES // 1_000_000} MB; simplify the boundaries")
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _bad(path, "is not JSON; give a GeoJSON file") from None
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise _bad(path, "is not a GeoJSON feature collection; export it as one")
    outlines = tuple(
        _outline(path, row, ring)
        for row, feature in enumerate(_list(path, content.get("features")), start=1)
        for ring in _rings(path, row, feature)
    )
    if not outlines:
        raise _bad(path, "has no area; give the areas of local authorities")
    return outlines


def _rings(path: Path, row: int, feature: Any) -> Iterator[Any]:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise _bad(path, f"has no Polygon or MultiPolygon in feature {row}; export the areas, not lines or points")
    coordinates = _list(path, geometry.get("coordinates"))
    for polygon in [coordinates] if kind == "Polygon" else coordinates:
        yield from _list(path, polygon)


def _list(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(path, "does not hold lists in lists, as GeoJSON has them; export it again")
    return value


def _outline(path: Path, row: int, ring: Any) -> Outline:
    try:
        positions = np.array([position[:2] for position in ring], dtype=np.float64)
        if positions.shape != (len(ring), 2) or len(ring) < 4:
            raise ValueError
    except (TypeError, ValueError, OverflowError, IndexError):
        raise _bad(
            path, f"has a ring in feature {row} that is not four or more pairs of numbers; export it again"
        ) from None
    east, north = positions.T
    is_inside = (LONGITUDES[0] <= east) & (east <= LONGITUDES[1]) & (LATITUDES[0] <= north) & (north <= LATITUDES[1])
    if not is_inside.all():
        x, y = positions[int(np.argmin(is_inside))]
        words = (
            f"has the position {x:g}, {y:g} in feature {row}, which is no longitude and latitude in the British Isles"
        )
        raise _bad(path, f"{words}; export it in EPSG:4326, longitude first")
    return eastings_northings(east, north)


def _bad(path: Path, problem: str) -> BoundariesError:
    return BoundariesError(f"{path} {problem}.")

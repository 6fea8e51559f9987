"""Boundaries of local authorities, for maps only: GeoJSON in longitude and latitude (WGS84), checked and rounded.

It must never be used to say in which LA a place lies: boundaries for maps are generalised.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Fault
from marketplace.models import Authority
from marketplace.services.register import Changes

LONGITUDES, LATITUDES = (-9.0, 3.0), (49.0, 61.5)  # the British Isles
PLACES = 4  # decimals of a degree: 7 to 11 metres
MOST_POSITIONS = 500_000  # of one file; a map of all England is drawn with a tenth
LONGEST_FILE = 100_000_000  # bytes

CODE_PROPERTY = re.compile(r"(dfe_?|old_)?(la_?)?(code|\(code\))")
NAME_PROPERTY = re.compile(r"(dfe_?|la_?)?(name|nm|\(name\))|(ct?y?ua|ut?la|lad)[0-9]*(_?nm|_?name)")
# Words that one publisher puts into an LA's name and another leaves out.
IDLE_WORDS = {"city", "county", "of", "the", "royal", "london", "borough", "council", "ua", "b"}

Position = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """One feature: `row` counts features from 1; `code` is the DfE code where a property has it, `names` what may be
    the LA's name."""

    row: int
    code: str | None
    names: tuple[str, ...]
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundariesReport:
    """What loading boundaries changed, which features are of no LA here, and which LAs still have no boundary."""

    authorities: Changes
    unmatched: tuple[str, ...]
    without: tuple[str, ...]


class _NotGeometry(ValueError):
    """A geometry that cannot be drawn; the message says why and what to do."""


def read_boundaries(text: str, file: str, faults: list[Fault]) -> list[Boundary]:
    """The features of a GeoJSON feature collection; what cannot be used adds to `faults`."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        faults.append(Fault(file, None, "", "", f"is not JSON ({error}). Load a GeoJSON file."))
        return []
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection":
        faults.append(Fault(file, None, "", "", "is not a GeoJSON feature collection. Export it as one, in WGS84."))
        return []
    left = MOST_POSITIONS
    boundaries: list[Boundary] = []
    for row, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            faults.append(Fault(file, row, "properties", "", "The feature has none. Give it the LA's code or name."))
            continue
        try:
            geometry, count = _geometry(feature.get("geometry"))
            left -= count
            if left < 0:
                raise _NotGeometry(f"The file has more than {MOST_POSITIONS:,} positions. Simplify the boundaries.")
        except _NotGeometry as error:
            faults.append(Fault(file, row, "geometry", _label(properties), str(error)))
            if left < 0:
                break
            continue
        code, names = _identity(properties)
        boundaries.append(Boundary(row=row, code=code, names=names, geometry=geometry))
    return boundaries


def load_boundaries(
    session: Session, boundaries: Sequence[Boundary], file: str, faults: list[Fault]
) -> BoundariesReport:
    """Give each LA its boundary, found by DfE code or else by name. Two features of one LA add to `faults`."""
    authorities = list(session.scalars(select(Authority).order_by(Authority.code)))
    by_code = {row.code: row for row in authorities}
    common = Counter(_key(row.name) for row in authorities)
    by_name = {_key(row.name): row for row in authorities if common[_key(row.name)] == 1}
    changes, unmatched, seen = Changes(), [], set()
    for each in boundaries:
        found = by_code.get(each.code or "") or next(
            (by_name[_key(name)] for name in each.names if _key(name) in by_name), None
        )
        if found is None:
            unmatched.append(each.names[0] if each.names else each.code or f"feature {each.row}")
        elif found.id in seen:
            words = "There is another feature of this LA. Merge the two into one MultiPolygon."
            faults.append(Fault(file, each.row, "properties", found.name, words))
        else:
            seen.add(found.id)
            _set(found, each.geometry, changes)
    session.flush()
    without = tuple(row.name for row in authorities if row.boundary is None)
    return BoundariesReport(authorities=changes, unmatched=tuple(unmatched), without=without)


def _set(authority: Authority, geometry: dict[str, Any], changes: Changes) -> None:
    if authority.boundary == geometry:
        changes.unchanged += 1
    elif authority.boundary is None:
        changes.created += 1
        authority.boundary = geometry
    else:
        changes.updated += 1
        authority.boundary = geometry


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number")


def _identity(properties: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    code, names = None, []
    for key, value in properties.items():
        name = key.strip().casefold().replace(" ", "_")
        text = str(value).strip().encode(errors="replace").decode()  # half of a surrogate pair cannot be told
        if CODE_PROPERTY.fullmatch(name) and re.fullmatch(r"[0-9]{3}", text):
            code = text
        elif NAME_PROPERTY.fullmatch(name) and text:
            names.append(text)
    return code, tuple(names)


def _label(properties: Mapping[str, Any]) -> str:
    code, names = _identity(properties)
    return names[0] if names else code or ""


def _key(name: str) -> frozenset[str]:
    """An LA's name without order, marks and idle words: "Bristol, City of" is "City of Bristol"."""
    words = re.findall(r"[a-z]+", name.casefold().replace("&", " and ").replace("'", "").replace(".", ""))
    return frozenset(words) - IDLE_WORDS or frozenset(words)


def _geometry(geometry: Any) -> tuple[dict[str, Any], int]:
    """The geometry rounded, as a MultiPolygon, and how many positions it has. A ring that rounding leaves without an
    area is dropped: it is an islet that a map would not show."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise _NotGeometry(f"{kind or 'None'} is not a Polygon or MultiPolygon. Export the areas, not lines or points.")
    polygons = geometry.get("coordinates")
    if kind == "Polygon":
        polygons = [polygons]
    rounded = [kept for polygon in _lists(polygons) if (kept := list(_rings(polygon)))]
    if not rounded:
        raise _NotGeometry("The area is empty. Export it again.")
    count = sum(len(ring) for polygon in rounded for ring in polygon)
    return {"type": "MultiPolygon", "coordinates": rounded}, count


def _rings(polygon: Any) -> Iterator[list[list[float]]]:
    for place, ring in enumerate(_lists(polygon)):
        positions = [_position(each) for each in _lists(ring)]
        if len(positions) < 4 or positions[0] != positions[-1]:
            raise _NotGeometry("A ring does not end where it began, with four positions or more. Export it again.")
        kept = [list(positions[0]), *(list(after) for before, after in pairwise(positions) if before != after)]
        if len(kept) >= 4:
            yield kept
        elif place == 0:
            return  # without its outline a polygon has no holes either


def _position(position: Any) -> Position:
    numbers = _lists(position)[:2]
    try:
        if any(type(each) not in (int, float) for each in numbers):
            raise ValueError
        east, north = map(float, numbers)
    except (ValueError, OverflowError):  # not two; or a whole number of hundreds of digits
        raise _NotGeometry("A position is not two numbers. Export it again.") from None
    if not (LONGITUDES[0] <= east <= LONGITUDES[1] and LATITUDES[0] <= north <= LATITUDES[1]):
        words = f"The position {east:g}, {north:g} is not a longitude and latitude in the British Isles. "
        raise _NotGeometry(words + "Export the boundaries in WGS84 (EPSG:4326), longitude first.")
    return round(east, PLACES), round(north, PLACES)


def _lists(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _NotGeometry("The coordinates are not lists in lists, as GeoJSON has them. Export it again.")
    return value

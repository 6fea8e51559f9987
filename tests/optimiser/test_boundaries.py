"""Boundaries for the map of the report: read, moved to the National Grid, drawn; a bad file in one clear sentence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.web.coordinates import latitude_longitude
from optimiser import boundaries, national_grid
from optimiser.boundaries import BoundariesError, read_boundaries
from optimiser.national_grid import eastings_northings
from optimiser.template import write_template

CORNERS = [(380_000, 280_000), (430_000, 280_000), (430_000, 320_000), (380_000, 320_000), (380_000, 280_000)]
RING = [list(latitude_longitude(*corner)[::-1]) for corner in CORNERS]


def collection(kind: str, coordinates: Any) -> str:
    geometry = {"type": kind, "coordinates": coordinates}
    return json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": geometry}]}
    )


def test_degrees_become_the_metres_of_the_published_example() -> None:
    found = eastings_northings(np.array([1.716073973]), np.array([52.658007833]))
    assert np.abs(found - (651_409.792, 313_177.448)).max() < 5


def test_the_projection_alone_is_that_of_the_published_example_to_a_millimetre() -> None:
    latitude, longitude = 52 + 39 / 60 + 27.2531 / 3600, 1 + 43 / 60 + 4.5177 / 3600  # on the ellipsoid of OSGB36
    found = national_grid._projected(np.radians([latitude]), np.radians([longitude]))
    assert np.abs(found - (651_409.903, 313_177.270)).max() < 0.001


def test_the_two_projections_of_the_product_are_each_other_s_inverse() -> None:
    for easting, northing in ((530_000, 180_000), (380_000, 400_000), (180_000, 40_000)):
        latitude, longitude = latitude_longitude(easting, northing)
        found = eastings_northings(np.array([longitude]), np.array([latitude]))
        assert np.abs(found - (easting, northing)).max() < 0.4


@pytest.mark.parametrize(("kind", "coordinates"), [("Polygon", [RING]), ("MultiPolygon", [[RING], [RING]])])
def test_the_outlines_are_read_in_metres(tmp_path: Path, kind: str, coordinates: Any) -> None:
    (tmp_path / "las.geojson").write_text(collection(kind, coordinates), "utf-8")
    for outline in read_boundaries(tmp_path / "las.geojson"):
        assert np.abs(outline - CORNERS).max() < 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON; give a GeoJSON file."),
        ("[" * 100_000, "is not JSON; give a GeoJSON file."),
        ("[]", "is not a GeoJSON feature collection; export it as one."),
        ('{"type": "FeatureCollection", "features": []}', "has no area; give the areas of local authorities."),
        ('{"type": "FeatureCollection", "features": [null]}', "has no Polygon or MultiPolygon in feature 1"),
        (collection("Point", [0, 52]), "has no Polygon or MultiPolygon in feature 1"),
        (collection("Polygon", 7), "does not hold lists in lists"),
        (collection("Polygon", [7]), "has a ring in feature 1 that is not four or more pairs"),
        (collection("Polygon", [RING[:3]]), "has a ring in feature 1 that is not four or more pairs"),
        (collection("Polygon", [[[1, "east"]] * 4]), "has a ring in feature 1 that is not four or more pairs"),
        (collection("Polygon", [[list(corner) for corner in CORNERS]]), "export it in EPSG:4326, longitude first."),
        (collection("Polygon", [[[float("nan"), 52]] * 4]), "which is no longitude and latitude"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "las.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(BoundariesError) as refused:
        read_boundaries(path)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith(f"{path} ")
    assert str(refused.value).count("\n") == 0


def test_the_command_draws_boundaries_and_says_how_they_came_onto_the_map(tmp_path: Path) -> None:
    write_template(tmp_path / "problem")
    (tmp_path / "las.geojson").write_text(collection("Polygon", [RING]), "utf-8")
    arguments = ["match", str(tmp_path / "problem"), "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(main, [*arguments, "--boundaries", str(tmp_path / "las.geojson")])
    assert told.exit_code == 0, told.output
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert page.count('<path class="outline"') == 1
    assert "EPSG:4326" in page


def test_the_command_ends_with_2_before_it_solves_where_boundaries_are_bad_or_absent(tmp_path: Path) -> None:
    write_template(tmp_path / "problem")
    (tmp_path / "las.geojson").write_text("{", "utf-8")
    for name in ("las.geojson", "absent.geojson"):
        arguments = ["match", str(tmp_path / "problem"), "--out", str(tmp_path / "out")]
        told = CliRunner().invoke(main, [*arguments, "--boundaries", str(tmp_path / name)])
        assert told.exit_code == 2
        assert told.stderr.startswith(f"Error: {tmp_path / name} ")
        assert len(told.stderr.splitlines()) == 1
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("position", "is_inside"),
    [
        ([-9, 55], True), ([-9.01, 55], False), ([3, 55], True), ([3.01, 55], False),
        ([0, 49], True), ([0, 48.99], False), ([0, 61.5], True), ([0, 61.51], False),
    ],
)  # fmt: skip
def test_positions_are_those_of_the_british_isles(tmp_path: Path, position: list[float], *, is_inside: bool) -> None:
    path = tmp_path / "las.geojson"
    path.write_text(collection("Polygon", [[[-1, 52], [-1, 53], position, [-1, 52]]]), "utf-8")
    if is_inside:
        assert len(read_boundaries(path)) == 1
        return
    with pytest.raises(BoundariesError) as refused:
        read_boundaries(path)
    assert f"has the position {position[0]:g}, {position[1]:g} in feature 1, which" in str(refused.value)


def test_a_height_is_passed_over_and_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "las.geojson"
    path.write_text(collection("Polygon", [[[*place, 80.5] for place in RING]]), "utf-8-sig")
    (outline,) = read_boundaries(path)
    assert np.abs(outline - CORNERS).max() < 2


@pytest.mark.parametrize(
    ("geometry", "sentence"),
    [
        ({"type": "LineString", "coordinates": RING}, "has no Polygon or MultiPolygon in feature 2"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "has a ring in feature 2 that is not four or more pairs"),
        ({"type": "Polygon", "coordinates": [[[1]] * 4]}, "has a ring in feature 2 that is not four or more pairs"),
        ({"type": "Polygon", "coordinates": [[52] * 4]}, "has a ring in feature 2 that is not four or more pairs"),
        ({"type": "Polygon", "coordinates": [[[10**400, 52]] * 4]}, "has a ring in feature 2"),
        ({"type": "MultiPolygon", "coordinates": 7}, "does not hold lists in lists"),
        ("Polygon", "has no Polygon or MultiPolygon in feature 2"),
    ],
)
def test_the_feature_at_fault_is_named(tmp_path: Path, geometry: Any, sentence: str) -> None:
    content = json.loads(collection("Polygon", [RING]))
    content["features"].append({"type": "Feature", "geometry": geometry})
    path = tmp_path / "las.geojson"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BoundariesError) as refused:
        read_boundaries(path)
    assert sentence in str(refused.value)


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "las.geojson"
    path.write_text(collection("Polygon", [RING]), "utf-8")
    monkeypatch.setattr(boundaries, "MOST_BYTES", path.stat().st_size)
    assert len(read_boundaries(path)) == 1
    monkeypatch.setattr(boundaries, "MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(BoundariesError) as refused:
        read_boundaries(path)
    assert "has more than 0 MB; simplify the boundaries." in str(refused.value)

"""`marketplace reference load` as a person runs it."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from marketplace import db, embedded
from marketplace.cli import main
from marketplace.models import HomeArea, Setting
from marketplace.permissions import SYSTEM
from marketplace.services.boundaries import read_boundaries
from pricing.framework import DEMONSTRATION_FRAMEWORK
from tests import gias

REAL = Path(os.environ.get("MARKETPLACE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def run(addresses: embedded.Addresses, database: Engine, monkeypatch: pytest.MonkeyPatch):
    """The command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", addresses.application)

    def run(*arguments: str | Path) -> Result:
        answer = CliRunner().invoke(main, ["reference", "load", *map(str, arguments)], catch_exceptions=False)
        db.configure(database)
        return answer

    return run


def urns() -> list[int]:
    with db.transaction(SYSTEM) as session:
        return list(session.scalars(select(Setting.urn).order_by(Setting.urn)))


def test_the_report_says_what_changed_and_the_second_run_changes_nothing(run, tmp_path: Path) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001), gias.mainstream(900002)])
    first, again = run("--gias", path, "--framework", DEMONSTRATION_FRAMEWORK), run("--gias", path)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.output.splitlines() == [
        "Regions: 1 created, 0 updated, 0 unchanged",
        "Local authorities: 1 created, 0 updated, 0 unchanged",
        "Settings: 1 created, 0 updated, 0 unchanged",
        "Settings closed: 0",
        "Establishments passed over, not special, AP or resourced: 1",
        "Frameworks: 1 created, 0 updated, 0 unchanged",
    ]
    assert "Settings: 0 created, 0 updated, 1 unchanged" in again.output
    changed = run("--gias", gias.write(path, [gias.row(900003, capacity="5")]))
    assert "Open settings that the file does not have as such, left as they were: 1 (900001)" in changed.output


def test_a_bad_row_ends_with_2_and_nothing_is_written(run, tmp_path: Path) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001), gias.row(900002, easting="x")])
    areas = tmp_path / "districts.csv"
    areas.write_text("postcode,eastings,northings,town\nQX1,401000,302000,Elm\n")
    answer = run("--gias", path, "--home-areas", areas)
    assert answer.exit_code == 2
    told, fault = answer.stderr.splitlines()
    assert told == "Error: Nothing was loaded: 1 fault."
    assert fault.startswith("gias.csv, row 3, Easting: 'x' Write whole metres on the national grid in England")
    assert urns() == []
    with db.transaction(SYSTEM) as session:
        assert session.scalars(select(HomeArea)).all() == []


def test_bad_rows_can_be_skipped_and_are_still_told(run, tmp_path: Path) -> None:
    path = gias.write(tmp_path / "gias.csv", [gias.row(900001), gias.row(900002, easting="x")])
    answer = run("--gias", path, "--skip-bad-rows")
    assert answer.exit_code == 0
    assert answer.stderr.startswith("Left out: gias.csv, row 3, Easting: 'x'")
    assert urns() == [900001]


@pytest.mark.parametrize("arguments", [[], ["--gias", "absent.csv"], ["--gias", "."], ["--skip-bad-rows"]])
def test_without_a_file_that_can_be_read_the_command_says_so(run, arguments: list[str]) -> None:
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output


@pytest.mark.skipif(not REAL.is_dir(), reason="the public data are not beside the project")
def test_the_public_boundaries_and_home_areas_load(run) -> None:
    areas = REAL / "authorities.geojson"
    faults: list[object] = []
    features = json.loads(areas.read_text())["features"]
    read = read_boundaries(areas.read_text(), areas.name, faults)  # type: ignore[arg-type]
    assert (len(read), faults) == (len(features), [])
    assert all(each.names for each in read)
    answer = run("--home-areas", REAL / "postcode_districts.csv", "--boundaries", areas)
    assert answer.exit_code == 0, answer.output
    assert "0 unchanged" in answer.output

"""What is wrong in a batch file is named with its place, its value and its remedy, everything at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from optimiser.columns import TABLES
from optimiser.files import read_problem
from optimiser.problem import Policy
from optimiser.template import EXAMPLE
from tests.optimiser.slips import SLIPS, Slip, change, errors_of


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_is_reported_with_its_file_row_column_value_and_remedy(folder: Path, slip: Slip) -> None:
    change(folder / slip.file, slip.old, slip.new)
    found = errors_of(folder)
    named = [error for error in found if slip.problem in error.problem]
    assert named, [str(error) for error in found]
    error = named[0]
    if slip.row is not None:
        assert (error.file, error.row, error.column) == (slip.file, slip.row, slip.column)
        assert error.value.startswith(slip.value)
    assert error.remedy.endswith(".")
    assert "\n" not in str(error)


def test_there_is_a_bad_example_of_every_column_that_can_be_wrong() -> None:
    shown = {(slip.file.removesuffix(".csv"), slip.column) for slip in SLIPS.values()}
    assert len(SLIPS) >= 40
    for name in ("la", "easting", "year_group", "priority", "request", "wishes", "locked", "forbidden"):
        assert ("pupils", name) in shown


def test_every_error_of_every_file_comes_in_one_pass_and_in_the_order_of_the_files(folder: Path) -> None:
    change(folder / "policy.toml", "max_km = 40", "max_km = -40")
    change(folder / "travel.csv", "2.9", "far")
    change(folder / "prices.csv", "38000", "dear")
    change(folder / "provisions.csv", "hazel-hours", "hazel")
    change(folder / "pupils.csv", "EX-002,999", "EX-002,none")
    change(folder / "pupils.csv", "yes,900001", "yes,900009")
    (folder / "pools.csv").unlink()
    found = [(error.file, error.row, error.column) for error in errors_of(folder)]
    assert found == [
        ("pupils.csv", 3, "la"),
        ("pupils.csv", 4, "request"),
        ("pools.csv", None, ""),
        ("prices.csv", 2, "price"),
        ("travel.csv", 2, "km"),
        ("policy.toml", 4, "max_km"),
    ]


def test_a_row_with_a_bad_cell_still_defines_its_id(folder: Path) -> None:
    change(folder / "provisions.csv", "alder-full,900001,Alder Trust,nmss", "alder-full,900001,Alder Trust,free")
    assert [(error.file, error.column) for error in errors_of(folder)] == [("provisions.csv", "setting_type")]


@pytest.mark.parametrize("name", ["pupils", "provisions", "pools", "prices"])
def test_a_required_file_that_is_missing_is_reported_once(folder: Path, name: str) -> None:
    (folder / f"{name}.csv").unlink()
    assert [(error.file, error.problem) for error in errors_of(folder)] == [
        (f"{name}.csv", "is required and is missing")
    ]


@pytest.mark.parametrize("name", ["budgets.csv", "travel.csv", "policy.toml"])
def test_an_optional_file_may_be_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    problem = read_problem(folder)
    assert problem.pupils == EXAMPLE.pupils
    assert problem.policy == Policy()


@pytest.mark.parametrize("name", ["budget.csv", "Budgets.csv", "travels.csv", "policy.tml", "travel.csv.txt"])
def test_a_file_whose_name_is_nearly_right_is_not_lost_unseen(folder: Path, name: str) -> None:
    known = {"b": "budgets.csv", "t": "travel.csv", "p": "policy.toml"}[name[0].lower()]
    (folder / known).rename(folder / name)
    (error,) = errors_of(folder)
    assert (error.file, error.remedy) == (name, f"Rename it to {known}, or move it away.")


def test_a_folder_whose_name_is_nearly_right_does_not_matter(folder: Path) -> None:
    (folder / "travel.csv").unlink()
    (folder / "travels.csv").mkdir()
    assert read_problem(folder).travel == ()


def test_other_files_in_the_folder_do_not_matter(folder: Path) -> None:
    (folder / "notes.txt").write_text("x")
    (folder / "catchment.csv").write_text("x")
    assert read_problem(folder) == EXAMPLE.ordered()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "NUL"),
        (b"\x89PNG\r\n\x1a\n", "is not UTF-8 text"),
        ("la,budget\n999,1".encode("utf-16"), "NUL"),
        ("la,budget\n999,£1".encode("cp1252"), "is not UTF-8 text"),
        (b"", "has no header row"),
        (b"\n\n", "has no header row"),
        (b",".join([b"x"] * 101) + b"\n", "more than 100 columns"),
        (b"la,budget\n999," + b"1" * 200_000, "not CSV from here on"),
    ],
    ids=["picture", "start of a picture", "UTF-16", "Windows-1252", "empty", "blank lines", "wide", "long cell"],
)
def test_what_is_no_csv_text_gives_one_clear_error(folder: Path, content: bytes, problem: str) -> None:
    (folder / "budgets.csv").write_bytes(content)
    (error,) = errors_of(folder)
    assert error.file == "budgets.csv"
    assert problem in error.problem


def test_a_folder_in_the_place_of_a_file_is_an_error(folder: Path) -> None:
    (folder / "budgets.csv").unlink()
    (folder / "budgets.csv").mkdir()
    (error,) = errors_of(folder)
    assert "cannot be read" in error.problem


def test_a_file_above_the_limit_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.files.MAX_BYTES", 30)
    assert {error.problem for error in errors_of(folder)} == {"is larger than 1 GB"}


def test_rows_above_the_limit_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.tables.MAX_ROWS", 6)
    read_problem(folder)
    monkeypatch.setattr("optimiser.tables.MAX_ROWS", 5)
    (error,) = errors_of(folder)
    assert (error.file, error.row, error.problem) == ("prices.csv", 6, "has more than 5 rows")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.xlsx"])
def test_a_problem_that_is_not_there_is_one_error(tmp_path: Path, name: str) -> None:
    (error,) = errors_of(tmp_path / name)
    assert error.problem == "does not exist"


def test_a_folder_without_files_is_one_error_that_names_the_template(tmp_path: Path) -> None:
    (error,) = errors_of(tmp_path)
    assert "holds none of pupils.csv" in error.problem
    assert "--template" in error.remedy


def test_a_single_csv_file_is_not_a_problem(folder: Path) -> None:
    (error,) = errors_of(folder / "pupils.csv")
    assert "neither a folder" in error.problem


def test_a_policy_given_apart_takes_the_place_of_the_folders(folder: Path, tmp_path: Path) -> None:
    change(folder / "policy.toml", "max_km = 40", "max_km = wrong")
    other = tmp_path / "other.toml"
    other.write_text("max_km = 25\njourneys = { weekly = 70 }\n")
    policy = read_problem(folder, other).policy
    assert policy.max_km == 25.0
    assert policy.journeys == {"day": 380, "weekly": 70, "termly": 12, "annual": 12}
    assert policy.circuity == Policy().circuity


def test_a_weight_of_kinds_that_outweighs_having_a_place_is_told_with_the_most_it_may_be(folder: Path) -> None:
    change(folder / "policy.toml", "least_restrictive_weight = 0", "least_restrictive_weight = 750")
    (error,) = errors_of(folder)
    assert (error.file, error.column, error.value) == ("policy.toml", "least_restrictive_weight", "750")
    assert error.row is not None
    assert "below 500, half of the least of unplaced" in error.remedy


def test_a_byte_order_mark_before_the_policy_does_not_matter(folder: Path) -> None:
    path = folder / "policy.toml"
    path.write_text("\ufeff" + path.read_text("utf-8"), "utf-8")
    assert read_problem(folder) == EXAMPLE.ordered()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"x = " + b"9" * 5000, b"x = " + b"[" * 100_000, b"#" * 1_000_001], ids=range(4)
)
def test_a_policy_that_cannot_be_read_is_one_error(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    (error,) = errors_of(folder, tmp_path / "bad.toml")
    assert error.file == "bad.toml"


@pytest.mark.parametrize("put", [Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["folder", "dead link"])
def test_a_policy_in_the_folder_that_is_no_file_is_an_error_and_not_the_default(
    folder: Path, put: Callable[[Path], None]
) -> None:
    (folder / "policy.toml").unlink()
    put(folder / "policy.toml")
    (error,) = errors_of(folder)
    assert error.file == "policy.toml"
    assert error.problem.startswith("cannot be read")


def test_a_policy_that_is_not_there_is_one_error(folder: Path, tmp_path: Path) -> None:
    (error,) = errors_of(folder, tmp_path / "none.toml")
    assert (error.file, error.problem) == ("none.toml", "cannot be read (No such file or directory)")


@pytest.mark.parametrize(
    ("table", "column"), [(t.name, c.name) for t in TABLES.values() for c in t.columns if c.is_required]
)
def test_a_required_column_that_is_missing_is_reported(folder: Path, table: str, column: str) -> None:
    path = folder / f"{table}.csv"
    lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    place = lines[0].index(column)
    path.write_text("\n".join(",".join(line[:place] + line[place + 1 :]) for line in lines), "utf-8")
    (error,) = errors_of(folder)
    assert (error.file, error.row, error.column) == (path.name, 1, column)
    assert error.problem == "is a required column and is missing"


def test_a_number_as_a_spreadsheet_writes_it_counts_as_whole(folder: Path) -> None:
    change(folder / "pupils.csv", "403200,299000,8", "403200.0,299000.,+8")
    assert read_problem(folder) == EXAMPLE.ordered()

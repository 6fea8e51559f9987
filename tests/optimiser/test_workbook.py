"""A workbook is the same problem as its CSV files, and a hostile one is refused in a sentence."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from openpyxl import load_workbook

from optimiser.files import csv_lines, problem_files, problem_sha256, read_problem, write_problem
from optimiser.problem import Problem
from optimiser.template import EXAMPLE
from optimiser.workbook import open_workbook, write_workbook
from tests.optimiser.slips import errors_of
from tests.optimiser.written_problems import problems

Sheets = dict[str, list[list[Any]]]


def sheets_of(problem: Problem) -> Sheets:
    """The tables as a person types them: numbers as numbers, and texts as texts."""
    sheets: Sheets = {}
    for name, text in problem_files(problem):
        if name.endswith(".csv"):
            lines = [line.split(",") for line in text.splitlines()]
            sheets[name.removesuffix(".csv")] = [[_typed(cell) for cell in line] for line in lines]
    return sheets


def _typed(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def save(path: Path, sheets: Sheets) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime.date):
                        sheet.write_datetime(number, place, cell, book.add_format({"num_format": "dd/mm/yyyy"}))
                    elif cell != "":
                        sheet.write(number, place, cell)
    return path


def test_a_workbook_gives_the_same_problem_and_hash_as_the_csv_files(tmp_path: Path) -> None:
    problem = read_problem(save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE)))
    assert problem == EXAMPLE.ordered()
    assert problem_sha256(problem) == problem_sha256(EXAMPLE)


def test_codes_and_ids_that_a_program_wrote_as_fractions_are_read_as_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    spoil(path, "xl/worksheets/sheet5.xml", b"<v>999</v>", b"<v>999.0</v>")
    assert read_problem(path) == EXAMPLE.ordered()


@given(problem=problems())
def test_every_problem_reads_the_same_from_a_workbook_of_texts(
    problem: Problem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("both")
    write_problem(problem, folder)
    tables = {path.stem: list(csv_lines(path)) for path in folder.glob("*.csv")}
    write_workbook(folder / "problem.xlsx", tables)
    assert read_problem(folder / "problem.xlsx", folder / "policy.toml") == read_problem(folder)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("=1+1", "is a formula"),
        ("{=SUM(A1:A2)}", "is a formula"),
        (datetime.datetime(2026, 9, 1), "is a date or time"),  # noqa: DTZ001 - workbooks know no zone
        (True, "is not a whole number in plain digits"),
        (1.5, "is not a whole number in plain digits"),
        ("£1", "is not a whole number in plain digits"),
        ("", "is blank"),
    ],
    ids=["formula", "array formula", "date", "truth", "fraction", "currency", "blank"],
)
def test_a_cell_that_is_no_plain_value_is_named(tmp_path: Path, cell: object, problem: str) -> None:
    sheets = sheets_of(EXAMPLE)
    sheets["budgets"][1][1] = cell
    (error,) = errors_of(save(tmp_path / "problem.xlsx", sheets))
    assert (error.file, error.row, error.column) == ("problem.xlsx, sheet budgets", 2, "budget")
    assert error.problem == problem


def test_an_error_value_of_the_spreadsheet_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    spoil(path, "xl/worksheets/sheet5.xml", b'<c r="B2"><v>150000</v></c>', b'<c r="B2" t="e"><v>#N/A</v></c>')
    (error,) = errors_of(path)
    assert (error.value, error.problem) == ("#N/A", "is an error of the spreadsheet")


def test_missing_sheets_and_misspelt_ones_are_named(tmp_path: Path) -> None:
    sheets = sheets_of(EXAMPLE)
    sheets["budget"] = sheets.pop("budgets")
    del sheets["pools"]
    sheets["Remarks"] = [["by hand"]]
    found = [(error.file, error.problem) for error in errors_of(save(tmp_path / "problem.xlsx", sheets))]
    assert found == [
        ("budget", "is nearly the name of a sheet that is read, and is not read"),
        ("problem.xlsx, sheet pools", "is required and is missing"),
    ]


@pytest.mark.parametrize("name", ["policy", "Policy.toml"])
def test_a_policy_in_a_sheet_is_not_lost_unseen(tmp_path: Path, name: str) -> None:
    sheets = sheets_of(EXAMPLE) | {name: [["max_km", 10]]}
    (error,) = errors_of(save(tmp_path / "problem.xlsx", sheets))
    assert (error.file, error.problem) == (name, "is a sheet that is not read")
    assert "--policy" in error.remedy


def test_a_sheet_that_is_a_chart_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    book = load_workbook(path)
    book.create_chartsheet("Chart")
    book.save(path)
    assert read_problem(path) == EXAMPLE.ordered()


def test_a_workbook_of_other_sheets_is_one_error(tmp_path: Path) -> None:
    (error,) = errors_of(save(tmp_path / "problem.xlsx", {"Sheet1": [["x"]]}))
    assert "holds none of problem.xlsx, sheet pupils" in error.problem


def test_cells_beyond_the_header_are_named_and_empty_ones_are_not(tmp_path: Path) -> None:
    sheets = sheets_of(EXAMPLE)
    sheets["budgets"][1] += ["", "", "beyond"]
    (error,) = errors_of(save(tmp_path / "problem.xlsx", sheets))
    assert (error.row, error.value, error.problem) == (2, "beyond", "stands in a column without a name")


def spoil(path: Path, member: str, old: bytes, new: bytes) -> None:
    """Replace bytes inside one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"PK\x03\x04" + b"\0" * 100, b"la,budget\n", b"\xd0\xcf\x11\xe0" * 200],
    ids=["empty", "picture", "broken archive", "CSV", "password protected"],
)
def test_what_is_no_workbook_gives_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "problem.xlsx").write_bytes(content)
    (error,) = errors_of(tmp_path / "problem.xlsx")
    assert error.problem.startswith("is not a workbook that can be read")


def test_an_archive_that_is_no_workbook_gives_one_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "problem.xlsx", "w") as archive:
        archive.writestr("letter.txt", "x")
    (error,) = errors_of(tmp_path / "problem.xlsx")
    assert error.problem.startswith("is not a workbook that can be read")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb", bytes(20_000_000))
    (error,) = errors_of(path)
    assert error.problem == "unpacks to far more than a workbook of this size holds"


def test_size_and_unpacked_size_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    monkeypatch.setattr("optimiser.workbook.MAX_UNZIPPED", 1000)
    assert "unpacks to far more" in errors_of(path)[0].problem
    monkeypatch.setattr("optimiser.workbook.MAX_BYTES", 1000)
    assert "is larger than" in errors_of(path)[0].problem


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["billion laughs", "external entity"],
)
@pytest.mark.parametrize("member", ["xl/worksheets/sheet5.xml", "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_entities_are_refused(tmp_path: Path, declaration: bytes, member: str) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    spoil(path, member, b'standalone="yes"?>', b'standalone="yes"?>' + declaration)
    (error,) = errors_of(path)
    assert error.problem.startswith("is not a workbook that can be read")


def test_a_declaration_without_entities_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    spoil(path, "xl/sharedStrings.xml", b'standalone="yes"?>', b'standalone="yes"?><!DOCTYPE sst>')
    assert read_problem(path) == EXAMPLE.ordered()


def test_a_row_number_far_away_does_not_make_us_count_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.workbook.MAX_ROWS", 100)
    path = save(tmp_path / "problem.xlsx", sheets_of(EXAMPLE))
    spoil(path, "xl/worksheets/sheet5.xml", b'<row r="2"', b'<row r="999999999"')
    (error,) = errors_of(path)
    assert (error.row, error.problem) == (101, "has more than 100 rows")


def test_without_the_safe_parser_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.workbook.DEFUSEDXML", False)
    with pytest.raises(RuntimeError, match="defusedxml"), open_workbook(tmp_path / "problem.xlsx"):
        pass


def test_texts_are_written_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    rows = [["pupil", "km"], ["=1+1", 2.5], ["https://example.org", -3], ["0012", 4]]
    write_workbook(tmp_path / "answer.xlsx", {"assignments": rows})
    book = load_workbook(tmp_path / "answer.xlsx")
    assert [[cell.value for cell in row] for row in book["assignments"].iter_rows()] == rows
    assert {cell.data_type for cell in book["assignments"]["A"]} == {"s"}
    assert all(cell.hyperlink is None for cell in book["assignments"]["A"])


def test_equal_tables_give_equal_workbooks(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_workbook(tmp_path / name, {"pools": [["pool"], ["a"]]})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

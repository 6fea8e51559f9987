"""The sheet that is meant, and a header that people see: a workbook whose first row is not what it looks like."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from optimiser import workbook
from optimiser.errors import UnreadableFile
from optimiser.workbook import open_workbook, sheet_called

ROWS = [["setting", "band", "price"], ["900001", "mild", "7"]]


def lines_of(path: Path, change: Callable[[Any], object]) -> list[Any]:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    change(sheet)
    book.save(path)
    with open_workbook(path) as sheets:
        return list(sheet_called(sheets, "prices"))


@pytest.mark.parametrize(
    ("change", "problem", "remedy"),
    [
        (
            lambda sheet: setattr(sheet.row_dimensions[1], "hidden", True),
            "has a header row that is hidden",
            "Unhide row 1, to see what is read.",
        ),
        (
            lambda sheet: sheet.merge_cells("B1:C1"),
            "has merged cells in its header row",
            "Unmerge them, and name each column by itself.",
        ),
    ],
    ids=["hidden", "merged"],
)
@pytest.mark.parametrize("chunk", [1 << 20, 7], ids=["whole", "in pieces"])
def test_a_header_that_is_not_seen_whole_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Any], object],
    problem: str,
    remedy: str,
    chunk: int,
) -> None:
    monkeypatch.setattr(workbook, "_CHUNK", chunk)
    with pytest.raises(UnreadableFile) as refused:
        lines_of(tmp_path / "prices.xlsx", change)
    assert (refused.value.problem, refused.value.remedy, refused.value.row) == (problem, remedy, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: setattr(sheet.row_dimensions[2], "hidden", True),
        lambda sheet: sheet.merge_cells("A3:C3"),
        lambda sheet: setattr(sheet.row_dimensions[1], "height", 30),
    ],
    ids=["a hidden row below", "merged cells below", "a high header"],
)
def test_what_is_hidden_or_merged_below_the_header_does_no_harm(
    tmp_path: Path, change: Callable[[Any], object]
) -> None:
    assert lines_of(tmp_path / "prices.xlsx", change)[:2] == ROWS


def test_the_sheet_of_the_name_is_read_or_the_only_one() -> None:
    mine, other = iter([["mine"]]), iter([["other"]])
    assert sheet_called({"notes": other, "prices": mine}, "prices") is mine
    assert sheet_called({"notes": other}, "prices") is other
    with pytest.raises(UnreadableFile) as refused:
        sheet_called({"notes": other, "more": mine}, "prices")
    assert refused.value.problem == "has 2 sheets, none of them called prices"
    assert refused.value.remedy == "Name the sheet with the rows prices, or delete the others."


def test_a_workbook_that_the_system_does_not_give_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as refused, open_workbook(tmp_path / "absent.xlsx"):
        pass
    assert refused.value.problem == "cannot be read (No such file or directory)"
    assert refused.value.remedy == "Check the name and the rights."

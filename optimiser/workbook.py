"""Workbooks: the sheets of an .xlsx as lines of text cells, and an answer's tables as an .xlsx.

A workbook is not trusted: size, unzipped size, ratio, rows and columns are limited before a cell is looked at, XML is
read with entities refused, and no formula is run, kept or written.
"""

import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader

from optimiser.cells import BadCell
from optimiser.errors import UnreadableFile
from optimiser.tables import MAX_COLUMNS, Cell, Line

MAX_BYTES = 50_000_000
MAX_UNZIPPED = 200_000_000
MAX_RATIO = 100  # unzipped to zipped; spreadsheets reach a few tens
MAX_ROWS = 1_048_576  # the format's own limit

_NO_WORKBOOK = "is not a workbook that can be read"
_REMEDY = "Open it in a spreadsheet program and save it as .xlsx, without a password."
_SMALLER = "Give CSV files in a folder, or split the problem."


class _Reader(ExcelReader):
    """openpyxl cannot read a chart sheet in this mode and fails on the whole workbook; a chart has no rows for us."""

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        pass


# Tags of a sheet's XML: the first row's, and a merged range that touches it. Within a text "<" is written "&lt;".
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
_LATER_ROW = re.compile(rb"""\br=["'](?!1["'])""")
_MERGED_HEADER = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*\bref=["'][A-Z]+1:""")
_CHUNK = 1 << 20  # bytes


@contextmanager
def open_workbook(path: Path, *, max_unzipped: int | None = None) -> Iterator[dict[str, Iterator[Line]]]:
    """The sheets by name, each as its lines, read as they are asked for; raises UnreadableFile. `max_unzipped`: bytes,
    where fewer than MAX_UNZIPPED will do."""
    if not DEFUSEDXML:  # openpyxl falls back in silence to a parser that expands entities
        raise RuntimeError("defusedxml is not installed, or OPENPYXL_DEFUSEDXML is switched off")
    _check_size(path, max_unzipped or MAX_UNZIPPED)
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions, which do not matter here
        with _unreadable():
            reader = _Reader(stream, read_only=True, keep_links=False)
            reader.read()
            book = reader.wb
        try:
            yield {sheet.title: _lines(sheet) for sheet in book.worksheets}
        finally:
            book.close()


def sheet_called(sheets: Mapping[str, Iterator[Line]], name: str) -> Iterator[Line]:
    """The sheet of a name, or the only one whatever its name; raises UnreadableFile."""
    if name in sheets:
        return sheets[name]
    if len(sheets) != 1:
        remedy = f"Name the sheet with the rows {name}, or delete the others."
        raise UnreadableFile(f"has {len(sheets)} sheets, none of them called {name}", remedy)
    return next(iter(sheets.values()))


def write_workbook(path: Path, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Write each table as a sheet, its first row the header; texts stay texts and numbers numbers."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **options}) as book:
        book.set_properties({"created": datetime.datetime(2000, 1, 1)})  # noqa: DTZ001 - fixed, so equal answers give equal files
        bold = book.add_format({"bold": True})
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row, None if number else bold)


def _check_size(path: Path, max_unzipped: int) -> None:
    with _unreadable():
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            unzipped = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_BYTES:
        raise UnreadableFile(f"is larger than {MAX_BYTES // 1_000_000} MB", _SMALLER)
    if unzipped > max_unzipped or unzipped > MAX_RATIO * size:
        raise UnreadableFile("unpacks to far more than a workbook of this size holds", _SMALLER)


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror or error})", "Check the name and the rights.") from None
    except Exception as error:  # noqa: BLE001 - a broken workbook makes the library raise anything at all
        raise UnreadableFile(f"{_NO_WORKBOOK} ({type(error).__name__})", _REMEDY) from None


def _lines(sheet: Any) -> Iterator[Line]:
    """Lines as long as the header, or longer where a cell stands beyond it, as in a CSV file."""
    _refuse_unseen_header(sheet)
    sheet.reset_dimensions()  # what the file says of its size need not be true
    rows = sheet.iter_rows(max_col=MAX_COLUMNS + 1)
    width = 0
    for number in range(1, MAX_ROWS + 2):
        with _unreadable():
            row = next(rows, None)
        if row is None:
            return
        if number > MAX_ROWS:
            raise UnreadableFile(f"has more than {MAX_ROWS:,} rows", _SMALLER, number)
        cells = [_cell(cell) for cell in row]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        width = width or len(cells)
        yield cells


def _refuse_unseen_header(sheet: Any) -> None:
    """A header that is hidden, or merged so that all but one of its names are gone, is not what people see."""
    with _unreadable(), sheet._get_source() as source:
        text, is_first, is_hidden, is_merged = b"", True, False, False
        while chunk := source.read(_CHUNK):
            text = text[-200:] + chunk
            if is_first and (row := _ROW.search(text)):
                is_first = False
                is_hidden = bool(_HIDDEN.search(row[1])) and not _LATER_ROW.search(row[1])
            is_merged = is_merged or bool(_MERGED_HEADER.search(text))
    if is_hidden:
        raise UnreadableFile("has a header row that is hidden", "Unhide row 1, to see what is read.", 1)
    if is_merged:
        raise UnreadableFile("has merged cells in its header row", "Unmerge them, and name each column by itself.", 1)


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return BadCell(str(getattr(value, "text", value)), "is a formula", "Paste the value itself into the cell.")
    if kind == "e":
        return BadCell(str(value), "is an error of the spreadsheet", "Put the value right.")
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return BadCell(str(value), "is a date or time", "Format the cell as text and type the value again.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)

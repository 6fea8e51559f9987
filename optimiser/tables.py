"""From the lines of one file or sheet to its rows, by its declared columns; every cell that is wrong is reported.

It must never care where the lines came from, nor what rows must say together (`optimiser.rules`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from optimiser.cells import BadCell, CellError
from optimiser.columns import Column, Table
from optimiser.errors import FileError, UnreadableFile

MAX_ROWS = 20_000_000
MAX_COLUMNS = 100

Cell = str | BadCell
Line = Sequence[Cell]


class _Unread:
    """Stands in a row for a value that was refused, so that the rest of the row can still be checked."""

    def __repr__(self) -> str:
        return "UNREAD"


UNREAD: Final[Any] = _Unread()


@dataclass(slots=True)
class Rows:
    """The rows of one file, beside each the number that a spreadsheet gives it. `is_known`: the file was there."""

    table: Table
    file: str
    rows: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    is_known: bool = True


def read_rows(table: Table, file: str, lines: Iterable[Line], errors: list[FileError]) -> Rows:
    """Read every line; what is wrong goes to `errors`. Rows that are blank throughout are passed over."""
    read = Rows(table, file)
    try:
        _read_lines(read, enumerate(lines, start=1), errors)
    except UnreadableFile as unreadable:
        errors.append(FileError(file, unreadable.row, "", "", unreadable.problem, unreadable.remedy))
        read.is_known = False
    return read


def _read_lines(read: Rows, numbered: Iterator[tuple[int, Line]], errors: list[FileError]) -> None:
    header = next((line for _, line in numbered), None)
    if header is None or not any(header):
        raise UnreadableFile("has no header row", f"Begin it with the row {_header(read.table)}.", 1)
    reader = _RowReader(read, header, _placed(read, header, errors), errors)
    most = read.table.most_rows
    for number, line in numbered:
        if number > MAX_ROWS:
            raise UnreadableFile(f"has more than {MAX_ROWS:,} rows", "Split the problem into smaller ones.", number)
        if most is not None and number > most + 1:
            remedy = "Split it into several files; delete the rows at its end that only look empty."
            raise UnreadableFile(f"has more than {most:,} rows", remedy, number)
        if any(line):
            read.rows.append(reader.row(number, line))
            read.numbers.append(number)


def _placed(read: Rows, header: Line, errors: list[FileError]) -> dict[int, Column]:
    """Which column stands at which place of the header; reports what is unknown, doubled or missing."""
    known = {column.name: column for column in read.table.columns}
    names = [_words(cell) for cell in header]
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"has more than {MAX_COLUMNS} columns", f"Its columns are {_header(read.table)}.", 1)
    if len(names) == 1 and (separator := next((mark for mark in ";\t|" if mark in names[0]), "")):
        shown = "tabs" if separator == "\t" else separator
        raise UnreadableFile(f"separates its columns by {shown}", "Save it with commas between the columns.", 1)
    placed: dict[int, Column] = {}
    for place, name in enumerate(names):
        if name in known and known[name] not in placed.values():
            placed[place] = known[name]
        elif name in known:
            errors.append(FileError(read.file, 1, name, name, "stands twice in the header", "Delete one of the two."))
        elif name:
            near = get_close_matches(name, known, n=1)
            remedy = (
                f"Rename it to {near[0]}, or delete it." if near else f"Delete it; known are {_header(read.table)}."
            )
            errors.append(FileError(read.file, 1, name, name, "is not a column of this file", remedy))
    for column in read.table.columns:
        if column.is_required and column not in placed.values():
            remedy = f"Add it: {column.kind.form}."
            errors.append(FileError(read.file, 1, column.name, "", "is a required column and is missing", remedy))
    return placed


def _header(table: Table) -> str:
    return ",".join(column.name for column in table.columns)


class _RowReader:
    """Reads the lines of one file, whose columns stand where its header put them."""

    def __init__(self, read: Rows, header: Line, placed: dict[int, Column], errors: list[FileError]) -> None:
        self._table, self._file, self._errors = read.table, read.file, errors
        self._width = len(header)
        self._placed = list(placed.items())
        self._nameless = [place for place, cell in enumerate(header) if not _words(cell)]
        self._blank = _blank_row(read.table)

    def row(self, number: int, line: Line) -> Any:
        """The row; values that are missing or refused are UNREAD."""
        self._check_width(number, line)
        values: dict[str, Any] = {name: list(v) if isinstance(v, list) else v for name, v in self._blank.items()}
        for place, column in self._placed:
            value = self._value(number, column, line[place] if place < len(line) else "")
            if column.part is None:
                values[column.attribute or column.name] = value
            else:
                values[column.attribute][column.part] = value
        return self._table.row(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})

    def _value(self, number: int, column: Column, cell: Cell) -> Any:
        if isinstance(cell, BadCell):
            return self._refuse(number, column.name, cell.value, cell.problem, cell.remedy)
        text = cell.strip()
        if not text:
            if column.is_required:
                return self._refuse(number, column.name, "", "is blank", f"Give {column.kind.form}.")
            return column.default
        try:
            return column.kind.read(text)
        except CellError as error:
            return self._refuse(number, column.name, text, str(error), f"Give {column.kind.form}.")

    def _check_width(self, number: int, line: Line) -> None:
        if len(line) < self._width:
            remedy = f"Give every row the {self._width} cells of the header."
            self._refuse(number, "", "", f"has only {len(line)} cells; the row is cut short", remedy)
        for place in (*self._nameless, *range(self._width, len(line))):
            if place < len(line) and (words := _words(line[place])):
                remedy = "Clear it, or put text that holds a comma in double quotes."
                self._refuse(number, "", words, "stands in a column without a name", remedy)

    def _refuse(self, number: int, column: str, value: str, problem: str, remedy: str) -> Any:
        self._errors.append(FileError(self._file, number, column, value, problem, remedy))
        return UNREAD


def _words(cell: Cell) -> str:
    return cell.value if isinstance(cell, BadCell) else cell.strip()


def _blank_row(table: Table) -> dict[str, Any]:
    """The fields of a row before its cells are read: defaults, UNREAD where required, lists where columns are parts."""
    blank: dict[str, Any] = {}
    for column in table.columns:
        if column.part is None:
            blank[column.attribute or column.name] = UNREAD if column.is_required else column.default
        else:
            blank.setdefault(column.attribute, []).append(UNREAD)
    return blank

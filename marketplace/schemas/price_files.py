"""Price files: the prices of a provider's settings as rows of a CSV file or a workbook, read and written.

The columns are declared here and read by the optimiser's reader of batch files, which finds every fault of the file; a
row is then read by the schema of a price line, as a form's boxes are. It must never ask the database anything.
"""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from marketplace.errors import Fault
from marketplace.models import Band, Discipline, Part
from marketplace.schemas.base import DayField, FormSchema, missing
from marketplace.schemas.schedules import PriceLineSchema
from marketplace.schemas.versions import VersionsField
from optimiser.cells import FORMULA, FORMULA_STARTS, CellError, Choice, Name, Pattern, neutralised
from optimiser.columns import Column, Table
from optimiser.errors import FileError, UnreadableFile
from optimiser.files import csv_lines, csv_text
from optimiser.tables import UNREAD, read_rows
from optimiser.workbook import open_workbook, sheet_called, write_workbook

MOST_ROWS = 20_000
MAX_UNZIPPED = 60_000_000  # bytes: several times what the longest price file takes
SHEET = "prices"
BOM = "\ufeff"  # by which spreadsheet programs know that a CSV file is in UTF-8


@dataclass(frozen=True, slots=True)
class Word(Choice):
    """One of a few words, however it is spelt: "One to one", "SALT"."""

    def read(self, text: str) -> str:
        return Choice.read(self, "_".join(text.casefold().replace("-", " ").replace("_", " ").split()))


@dataclass(frozen=True, slots=True)
class ProvisionName(Name):
    """What a provision is called, which the service looks up."""

    @property
    def form(self) -> str:
        return "the name of the provision as the marketplace has it"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as people and spreadsheets write it, for the schema of a line to read; no formula, not negative."""

    form: str
    has_pence: bool = False

    def read(self, text: str) -> str:
        if re.fullmatch(r"[-−]\s*£?\s*[0-9.,]+|£\s*[-−].*", text):
            raise CellError("is negative")
        if text.startswith(FORMULA_STARTS):
            raise CellError(FORMULA)
        if self.has_pence and re.fullmatch(r"[0-9]+\.[0-9]", text):
            return f"{text}0"  # as a spreadsheet writes 1,200.50
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class FileRow:
    """The cells of a row as text; "" where blank, UNREAD where refused."""

    urn: Any
    setting: Any
    provision: Any
    band: Any
    part: Any
    discipline: Any
    hours_a_week: Any
    weeks: Any
    amount: Any
    academic_year: Any


AMOUNT = "pounds with all their digits, 0 or more, as 48000 or £1,200.50"
PRICES = Table(
    SHEET,
    FileRow,
    ("urn", "provision", "band", "part", "discipline"),
    is_required=True,
    meaning="prices by setting, provision, band and part",
    columns=(
        Column("URN", Pattern("[0-9]{6}", "the URN of your setting, 6 digits"), "which setting", attribute="urn"),
        Column("setting", Name(), "its name; where it is given it must be that of the URN", ""),
        Column("provision", ProvisionName(), "which of its provisions"),
        Column("band", Word(tuple(Band)), "the band that the price is for"),
        Column("part", Word(tuple(Part)), "what the amount pays for; every band that has a price has a core line"),
        Column("discipline", Word(tuple(Discipline)), "of a therapy line, and of no other", ""),
        Column(
            "hours a week", Figure("hours a week, as 1.5; 0 for none"),
            "of therapy, one-to-one support and outreach", "", attribute="hours_a_week",
        ),
        Column("weeks", Figure("weeks a year, 1 to 52"), "in how many weeks; blank: not stated", ""),
        Column(
            "amount", Figure(AMOUNT, has_pence=True),
            "£ a year, for equipment £ once; blank, with hours and weeks blank: not stated", "",
        ),
        Column(
            "academic year", Pattern("20[0-9]{2}/[0-9]{2}", "an academic year, as 2027/28"),
            "a guard against last year's file: the year of the from-date", "", attribute="academic_year",
        ),
    ),
    most_rows=MOST_ROWS,
)  # fmt: skip
COLUMNS = {column.attribute or column.name: column.name for column in PRICES.columns}
FIGURES = ("hours_a_week", "weeks", "amount")
LINE = PriceLineSchema(exclude=("provision_id",))


class PriceFileSchema(FormSchema):
    """What goes with a file: the day its prices start, and the save of each draft that the page knew of."""

    starts_on = DayField(required=True, error_messages=missing("Enter the day from which these prices hold."))
    seen = VersionsField(load_default=dict)


def read_prices(path: Path, name: str) -> tuple[str, list[dict[str, Any]], list[Fault]]:
    """The name under which a file was sent, its rows, and everything that is wrong in it. A row is a mapping of what
    could be read of it, with its number in `row`; `is_stated`: it states figures."""
    errors: list[FileError] = []
    try:
        if name.lower().endswith(".xlsx"):
            with open_workbook(path, max_unzipped=MAX_UNZIPPED) as sheets:
                read = read_rows(PRICES, name, sheet_called(sheets, SHEET), errors)
        elif name.lower().endswith(".csv"):
            read = read_rows(PRICES, name, csv_lines(path), errors)
        else:
            raise UnreadableFile("is neither a .csv nor an .xlsx file", "Save it as one of the two.")
    except UnreadableFile as error:
        errors.append(FileError(name, error.row, "", "", error.problem, error.remedy))
        return name, [], _faults(errors)
    faults = _faults(errors)
    rows = [_row(name, number, row, faults) for number, row in zip(read.numbers, read.rows, strict=True)]
    return name, rows, faults


def _faults(errors: Iterable[FileError]) -> list[Fault]:
    return [Fault(error.file, error.row, error.column, error.value, error.words) for error in errors]


def _row(name: str, number: int, row: FileRow, faults: list[Fault]) -> dict[str, Any]:
    """One row, its line read as a form's is. What is wrong with a cell that was refused already is not told again."""
    given = {field: text for field in COLUMNS if (text := getattr(row, field)) is not UNREAD}
    is_stated = any(getattr(row, field) != "" for field in FIGURES)
    line: Any = {}
    if is_stated:
        try:
            line = LINE.load({field: given.get(field, "") for field in LINE.fields})
        except ValidationError as error:
            line, errors = error.valid_data, error.messages
            assert isinstance(errors, dict)
            for field, messages in errors.items():
                if field in given:
                    faults += [Fault(name, number, COLUMNS[field], str(given[field]), words) for words in messages]
    else:  # not stated: only where it stands counts
        enumerations = (("band", Band), ("part", Part))
        line = {field: kind(given[field]) for field, kind in enumerations if field in given}
    keys = {field: given[field] for field in ("setting", "provision", "academic_year") if field in given}
    urn = {"urn": int(given["urn"])} if "urn" in given else {}
    return {"row": number, "is_stated": is_stated, **urn, **keys, **line}


def prices_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """A file of these rows, each a mapping of the columns' attributes to values, amounts in pence; None is blank."""
    lines = (map(str, _cells(row)) for row in rows)
    return BOM + csv_text([column.name for column in PRICES.columns], lines)


def prices_xlsx(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The same as a workbook, with a sheet that says what each column holds."""
    header = [column.name for column in PRICES.columns]
    lines = ([float(value) if isinstance(value, Decimal) else value for value in _cells(row)] for row in rows)
    columns = [(each.name, each.kind.form, each.meaning) for each in PRICES.columns]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "prices.xlsx"
        write_workbook(path, {SHEET: [header, *lines], "notes": [("column", "what to write", "meaning"), *columns]})
        return path.read_bytes()


def _cells(row: Mapping[str, Any]) -> list[Any]:
    """The values of a row in the order of the columns: pounds for pence, texts that no spreadsheet runs."""
    amount, hours = row["amount"], row["hours_a_week"]
    pounds = None if amount is None else Decimal(amount).scaleb(-2) if amount % 100 else amount // 100
    values = {**row, "amount": pounds, "hours_a_week": None if hours is None else Decimal(f"{hours.normalize():f}")}
    cells = (values[attribute] for attribute in COLUMNS)
    return ["" if cell is None else neutralised(str(cell)) if isinstance(cell, str) else cell for cell in cells]

"""OBSERVED.csv: placements with their prices, every error of the file in one pass. Nothing in it is repaired.

The columns are declared here and read by the reader of the batch files. Commands and pages read with this alone.
"""

import csv
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.errors import BadFiles, Fault
from optimiser.cells import FORMULA_STARTS, CellError, Choice, Name, Number
from optimiser.columns import MAX_PRICE, Column, Table
from optimiser.errors import BadProblem, FileError, UnreadableFile
from optimiser.files import csv_lines, csv_text
from optimiser.tables import Line, Rows, read_rows
from optimiser.workbook import open_workbook, sheet_called, write_workbook
from pricing.framework import SettingType
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Observed, Placement
from pricing.profile import Band
from pricing.tariff import MULTIPLIERS, Pattern, Tariff

MOST_ROWS = 100_000  # of a file that is sent; England has some 34,000 such placements
MAX_UNZIPPED = 100_000_000  # bytes: twice what so many rows take in a workbook
SHORTENED = re.compile(r"£?\s*[0-9][0-9.,]*\s*(k|m|thousand|million)", re.IGNORECASE)
AMOUNT = re.compile(r"£?\s*([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Pounds:
    """Whole £ as people write them: 61000, £61,000. Pence other than .00 and shortened thousands are refused."""

    low: int
    high: int

    @property
    def form(self) -> str:
        return f"whole £ from {self.low:,} to {self.high:,}, as 61000 or £61,000"

    def read(self, text: str) -> int:
        if text.startswith(FORMULA_STARTS):
            raise CellError("is a formula, or has a sign")
        if SHORTENED.fullmatch(text):
            raise CellError("is shortened; write all its digits out")
        if not (amount := AMOUNT.fullmatch(text)):
            raise CellError("is not an amount of money")
        if int(amount[2] or 0):
            raise CellError("has pence; the price of a year is in whole £")
        value = int(amount[1].replace(",", ""))
        if not self.low <= value <= self.high:
            raise CellError(f"is {'below' if value < self.low else 'above'} what is possible")
        return value

    def write(self, value: int) -> str:
        return str(value)


OBSERVED = Table(
    "observed",
    Placement,
    ("placement",),
    is_required=True,
    meaning="placements and what is paid for them",
    columns=(
        Column("placement", Name(), "a reference that is no pupil's; unique"),
        Column("la", Name(), "the LA that pays: its DfE code or name"),
        Column("setting", Name(), "its URN or name"),
        Column("provider", Name(), "who runs the setting"),
        Column("setting_type", Choice(tuple(SettingType)), "what the setting is in law"),
        Column("pattern", Choice(tuple(Pattern)), "day, or the residential pattern"),
        Column("band", Choice(tuple(Band)), "of the placement"),
        Column("area_factor", Number(*map(float, MULTIPLIERS)), "of the setting's area", 1.0),
        Column("price", Pounds(1, MAX_PRICE), "whole £ a year, like for like or as contracted"),
    ),
)


def read_observed(
    path: Path,
    tariff: Tariff | None = None,
    *,
    priced: Collection[str] = ("band", "pattern"),
    name: str = "",
    most: int | None = None,
) -> Observed:
    """The placements of the file, a CSV or, by its `name` (else that of the path), a workbook. A tariff that is given
    prices the band and pattern of each, or what `priced` names. `most`: rows that are read, before it is too large.

    Raises BadProblem with everything that is wrong.
    """
    errors: list[FileError] = []
    name = name or path.name
    try:
        with _lines(path, name) as lines:
            read = read_rows(replace(OBSERVED, most_rows=most), name, lines, errors)
    except UnreadableFile as error:
        raise BadProblem([FileError(name, error.row, "", "", error.problem, error.remedy)]) from None
    if read.is_known:
        errors += _repeated(read)
        for column in priced if tariff is not None else ():
            errors += _unpriced(read, column, tariff)
        if not read.rows and not errors:
            errors.append(FileError(name, None, "", "", "holds no placement", "Add a row for each placement."))
    if errors:
        raise BadProblem(sorted(errors, key=lambda error: error.row or 0))
    return Observed.of(_in_codes(row) for row in read.rows)


@contextmanager
def _lines(path: Path, name: str) -> Iterator[Iterable[Line]]:
    """The lines of a CSV file; of a workbook those of the sheet `observed`, or of its only one."""
    if not name.lower().endswith(".xlsx"):
        yield csv_lines(path)
        return
    with open_workbook(path, max_unzipped=MAX_UNZIPPED) as sheets:
        yield sheet_called(sheets, OBSERVED.name)


def read_sent(path: Path, name: str) -> Observed:
    """The placements of a file that was sent under a name. Raises BadFiles with everything that is wrong."""
    if not name.lower().endswith((".csv", ".xlsx")):
        words = "It is neither a .csv nor an .xlsx file. Save it as one of the two."
        raise BadFiles([Fault(name, None, "", "", words)])
    try:
        return read_observed(path, name=name, most=MOST_ROWS)
    except BadProblem as bad:
        raise BadFiles(Fault(each.file, each.row, each.column, each.value, each.words) for each in bad.errors) from bad


def template_text() -> str:
    """A file to fill in: the columns, and one made-up row that shows their forms."""
    row = ("P-001", "873", "Elm House", "Elm Trust", "independent", "day", "intensive", "1.02", "48500")
    return csv_text([column.name for column in OBSERVED.columns], [row])


def template_workbook() -> bytes:
    """The same as a workbook, with a sheet that says what each column holds."""
    header, row = csv.reader(template_text().splitlines())
    notes = [(column.name, column.kind.form, column.meaning) for column in OBSERVED.columns]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "observed.xlsx"
        write_workbook(path, {OBSERVED.name: [header, row], "notes": [("column", "what to write", "meaning"), *notes]})
        return path.read_bytes()


def observed_text(observed: Observed) -> str:
    """The file in its one canonical form: every column, rows by reference. Read again, it gives the same placements."""
    codes = zip(observed.setting_type.tolist(), observed.pattern.tolist(), observed.band.tolist(), strict=True)
    columns = (observed.placement, observed.la, observed.setting, observed.provider)
    figures = zip(observed.area_factor.tolist(), observed.price.tolist(), strict=True)
    kinds = [column.kind for column in OBSERVED.columns]
    lines = (
        [
            kind.write(value)
            for kind, value in zip(kinds, (*names, SETTING_TYPES[t], PATTERNS[p], BANDS[b], *last), strict=True)
        ]
        for names, (t, p, b), last in zip(zip(*columns, strict=True), codes, figures, strict=True)
    )
    return csv_text([column.name for column in OBSERVED.columns], lines)


def observed_of(text: bytes) -> Observed:
    """The placements of a file that `observed_text` wrote."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "observed.csv"
        path.write_bytes(text)
        return read_observed(path)


def _repeated(read: Rows) -> list[FileError]:
    """Every placement that stood in an earlier row already."""
    first: dict[str, int] = {}
    errors = []
    for number, row in zip(read.numbers, read.rows, strict=True):
        if isinstance(row.placement, str) and first.setdefault(row.placement, number) != number:
            problem = f"stands in row {first[row.placement]} already"
            errors.append(FileError(read.file, number, "placement", row.placement, problem, "Keep one of the rows."))
    return errors


def _unpriced(read: Rows, column: str, tariff: Tariff | None) -> list[FileError]:
    """Every row whose band or pattern the tariff does not price."""
    known = [str(word) for word in getattr(tariff, column)]
    remedy = f"Use one of {', '.join(known)}, or state it in the tariff."
    words = ((number, getattr(row, column)) for number, row in zip(read.numbers, read.rows, strict=True))
    return [
        FileError(read.file, number, column, word, f"has no figure in the {tariff}", remedy)
        for number, word in words
        if isinstance(word, str) and word not in known
    ]


def _in_codes(row: Placement) -> Placement:
    """The words of the file as members of their enumerations."""
    return Placement(
        placement=row.placement,
        la=row.la,
        setting=row.setting,
        provider=row.provider,
        setting_type=SettingType(row.setting_type),
        pattern=Pattern(row.pattern),
        band=Band(row.band),
        area_factor=row.area_factor,
        price=row.price,
    )

"""What a partnership was told in a term, as CSV: a line for each figure. No cell is ever a formula; money is pounds."""

from collections.abc import Iterator
from decimal import Decimal

from marketplace.models import MONEY, PartnershipReport, ReportRow
from marketplace.services.csv_files import csv_of

HEADINGS = ("School year", "Term", "As of", "Table", "Of", "Figure", "Value")
COUNTS = frozenset({"pupils"})  # in a table of money


def report_csv(report: PartnershipReport) -> bytes:
    """The rows of a report that its reader was given; an empty value is too few to be told."""
    return csv_of(HEADINGS, _rows(report))


def _rows(report: PartnershipReport) -> Iterator[tuple[object, ...]]:
    about = (f"{report.year}-{(report.year + 1) % 100:02}", report.term.value, report.on.isoformat())
    for row in report.rows:
        of = "; ".join(row.names)
        yield from ((*about, row.part.value, of, column, _value(row, column)) for column in row.figures)


def _value(row: ReportRow, column: str) -> Decimal | str:
    value = row.figures[column]
    if value is None:
        return ""
    return Decimal(value).scaleb(-2) if row.part in MONEY and column not in COUNTS else Decimal(f"{value:g}")

"""What a partnership was told in a term, as CSV: a line for each figure. No cell is ever a formula; money is pounds."""

import csv
from decimal import Decimal
from io import StringIO

from marketplace.models import MONEY, PartnershipReport, ReportRow
from optimiser.cells import neutralised

HEADINGS = ("School year", "Term", "As of", "Table", "Of", "Figure", "Value")
COUNTS = frozenset({"pupils"})  # in a table of money


def report_csv(report: PartnershipReport) -> bytes:
    """The rows of a report that its reader was given; an empty value is too few to be told."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    about = (f"{report.year}-{(report.year + 1) % 100:02}", report.term.value, report.on.isoformat())
    for row in report.rows:
        of = neutralised("; ".join(row.names))
        writer.writerows((*about, row.part.value, of, column, _value(row, column)) for column in row.figures)
    return text.getvalue().encode("utf-8-sig")


def _value(row: ReportRow, column: str) -> str:
    value = row.figures[column]
    if value is None:
        return ""
    return str(Decimal(value).scaleb(-2)) if row.part in MONEY and column not in COUNTS else f"{value:g}"

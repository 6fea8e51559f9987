"""The benchmark table as CSV and as a workbook: the rows and columns of the page, in its order, to the penny.

Texts stay texts: no cell is ever a formula, whatever a setting is called.
"""

from decimal import Decimal
from io import BytesIO

import xlsxwriter

from marketplace.services.benchmarks.figures import Figures, Group
from marketplace.services.benchmarks.table import TOO_FEW, Column, columns, rows
from marketplace.services.csv_files import csv_of

UNITS = {"pence": " £", "percent": " %"}
Cell = str | int | Decimal


def table_csv(figures: Figures) -> bytes:
    """Money as 48000.00."""
    lines = ([_cell(column, group) for column in columns(figures.by)] for group in rows(figures))
    return csv_of(_headings(figures), lines)


def table_workbook(figures: Figures, about: list[str]) -> bytes:
    """The table on one sheet, and on another what the figures are of."""
    content = BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(content, options) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("benchmarks")
        sheet.freeze_panes(1, 1)
        for place, heading in enumerate(_headings(figures)):
            sheet.write(0, place, heading, bold)
            sheet.set_column(place, place, 36 if place == 0 else 18)
        for number, group in enumerate(rows(figures), start=1):
            for place, column in enumerate(columns(figures.by)):
                cell = _cell(column, group)
                shape = money if column.holds == "pence" else None
                sheet.write(number, place, float(cell) if isinstance(cell, Decimal) else cell, shape)
        notes = book.add_worksheet("how these are made")
        notes.set_column(0, 0, 100)
        notes.write_column(0, 0, about)
    return content.getvalue()


def _headings(figures: Figures) -> list[str]:
    return [f"{column.heading}{UNITS.get(column.holds, '')}" for column in columns(figures.by)]


def _cell(column: Column, group: Group) -> Cell:
    value = column.cell(group)
    if value is None:
        return TOO_FEW
    return Decimal(value).scaleb(-2) if column.holds == "pence" else value

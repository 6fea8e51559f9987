"""An LA's SEN2 return as a zip of CSV files: one for each module, what is missing, and what each column is.

Full of personal data: it is handed out and never kept. No cell is ever a formula.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from marketplace.services.archives import zip_of
from marketplace.services.csv_files import csv_of
from marketplace.services.sen2_gaps import Gap
from marketplace.services.sen2_items import MODULES, Module
from marketplace.services.sen2_rows import Return


def return_zip(found: Return, missing: Iterable[Gap]) -> bytes:
    """Headings alone where a module has no row."""
    files = [(f"{module.name}.csv", _module(module, found)) for module in MODULES]
    gaps = ((gap.words, need.reference) for gap in missing for need in gap.needs)
    return zip_of(
        [
            *files,
            ("missing.csv", csv_of(("What is missing", "Reference"), gaps)),
            ("columns.csv", csv_of(("File", "Table of the template", "Column", "Held"), _columns())),
        ]
    )


def _module(module: Module, found: Return) -> bytes:
    rows = ([_cell(item.value(row)) for item in module.items] for row in module.rows(found))
    return csv_of([item.title for item in module.items], rows)


def _columns() -> Iterator[tuple[str, ...]]:
    for module in MODULES:
        for item in module.items:
            yield f"{module.name}.csv", module.title, item.title, item.held.value


def _cell(value: object) -> str:
    """As the template writes it: days as ccyy-mm-dd, yes and no as 1 and 0; what is not known is empty.

    >>> [_cell(value) for value in (None, True, 7, date(2027, 1, 21))]
    ['', '1', '7', '2027-01-21']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)

"""The list of what is wrong in a file, as a file of its own, to go through beside it."""

from collections.abc import Iterable

from marketplace.errors import Fault
from optimiser.cells import neutralised
from optimiser.files import csv_text

COLUMNS = ("row", "column", "value", "what is wrong and how to put it right")


def faults_csv(faults: Iterable[Fault]) -> str:
    """The faults in their order; a row as a spreadsheet counts, blank where the file as a whole is meant."""
    lines = (
        ["" if fault.row is None else str(fault.row), *map(neutralised, (fault.column, fault.value, fault.words))]
        for fault in faults
    )
    return csv_text(COLUMNS, lines)

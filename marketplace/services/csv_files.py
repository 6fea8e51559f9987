"""A table as a CSV file for people: texts stay texts, and no cell is ever a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

from optimiser.cells import neutralised


def csv_of(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read £ and names right. A number stays one, also below nought.

    >>> csv_of(["School", "£"], [["=1+1", -2]]).decode("utf-8-sig").splitlines()
    ['School,£', "'=1+1,-2"]
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([neutralised(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")

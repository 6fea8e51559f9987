"""Tables on the terminal, alike in every command; plain text of a fixed width where there is no terminal to ask."""

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 120


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int) -> None:
    """Print a table whose first `texts` columns are words and whose others are figures."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < texts else "right")
    for row in rows:
        table.add_row(*map(Text, row))  # as Text, since an id may look like markup
    Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH).print(table)

"""The benchmark table: its columns, once for the page, the CSV and the workbook, so that a download is what was seen.

Where quartiles would be of a single setting, the table says whose it is and its price instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace import vocabulary
from marketplace.services.benchmarks.figures import By, Figures, Group

TOO_FEW = "too few"
Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading; what it holds (text, count, pence, percent); the name by which it sorts, if it does; and
    the cell of a group, None where there are too few for one."""

    heading: str
    holds: str
    cell: Callable[[Group], Cell]
    key: str | None = None


_PRICES = Column("Prices", "count", lambda group: group.prices)
_SETTINGS = Column("Settings", "count", lambda group: group.settings, "settings")
_MEDIAN = Column("Median", "pence", lambda group: group.spread.median if group.spread else None, "median")
_SUMS = (
    Column("Added up", "pence", lambda group: group.amount),
    Column("Bands’ prices added up", "pence", lambda group: group.guide),
    Column("Variance", "percent", lambda group: group.variance, "variance"),
)


def columns(by: By) -> Sequence[Column]:
    """The columns of a table grouped so; the first names the row."""
    label = Column(vocabulary.GROUPS[by], "text", lambda group: group.label, "label")
    if by is By.SETTING:
        return (
            label,
            Column("Local authority", "text", lambda group: group.authority),
            Column("Provider", "text", lambda group: group.provider),
            *(_PRICES, _MEDIAN, *_SUMS),
        )
    if by is By.PROVIDER:
        return (label, _SETTINGS, _PRICES, _MEDIAN, *_SUMS)
    return (
        *(label, _SETTINGS),
        *(Column("Providers", "count", lambda group: group.providers), _PRICES),
        Column("Lower quartile", "pence", lambda group: group.spread.lower_quartile if group.spread else None),
        _MEDIAN,
        Column("Upper quartile", "pence", lambda group: group.spread.upper_quartile if group.spread else None),
        *_SUMS,
    )


def rows(found: Figures) -> Sequence[Group]:
    """All rows of a table: its groups, then all of it together."""
    return (*found.groups, found.whole)

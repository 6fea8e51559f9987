"""What a band contains as standard, and what an hour costs at standard rates: the yardstick of like for like.

It is part of a framework and is data with a source. It must never say what a provider has to give.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from pricing.profile import Band
from pricing.schedule import HOURS_IN_A_WEEK, WEEKS_IN_A_YEAR, Discipline, Part
from pricing.table import Table

HIGHEST_RATE = 1_000  # £ an hour; more is a slip of the keyboard

Hours = Discipline | Part  # a discipline of therapy, or Part.ONE_TO_ONE
HOURS: tuple[Hours, ...] = (*Discipline, Part.ONE_TO_ONE)


def hours_words(of: Hours) -> str:
    """Whose hours they are, as a sentence says it.

    >>> hours_words(Discipline.SALT), hours_words(Part.ONE_TO_ONE)
    ('speech and language therapy', 'additional one-to-one support')
    """
    return of.words if isinstance(of, Discipline) else of.words.lower()


@dataclass(frozen=True, slots=True)
class Content:
    """The standard content of a band: weeks a year, and hours a week by discipline and of one-to-one support."""

    weeks: Decimal
    hours: Mapping[Hours, Decimal]


def read_contents(top: Table) -> dict[Band, Content]:
    """The [content.BAND] tables of a framework; none where it states none. Each states everything, nought as 0."""
    inner = top.table("content", required=False)
    contents = {band: _content(inner.table(band, required=True)) for band in Band if inner.has(band)}
    inner.close()
    return contents


def read_rates(top: Table, *, required: bool) -> dict[Hours, int]:
    """The [rates] of a framework: pence an hour, written in £. All of them or none."""
    if not required and not top.has("rates"):
        return {}
    inner = top.table("rates", required=True)
    rates = {of: _rate(inner, of) for of in HOURS}
    inner.close()
    return rates


def _content(table: Table) -> Content:
    weeks = table.number("weeks", "1", str(WEEKS_IN_A_YEAR))
    hours = {of: table.number(of, "0", str(HOURS_IN_A_WEEK)) for of in HOURS}
    table.close()
    return Content(weeks, MappingProxyType(hours))


def _rate(table: Table, of: Hours) -> int:
    pence = 100 * table.number(of, "0.01", str(HIGHEST_RATE))
    if pence != int(pence):
        table.fault(of, f"£{pence / 100} is not in whole pence", "Write £ an hour with at most two decimals, as 17.20")
    return int(pence)

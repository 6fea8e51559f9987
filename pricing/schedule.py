"""A provider's price schedule: what a place costs by provision and band, part by part, from a date.

What is not stated is None, never zero. It must never change a price: a published schedule is only superseded.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from pricing.profile import Band
from pricing.table import Fault

Key = TypeVar("Key")

HOURS_IN_A_WEEK = 168
WEEKS_IN_A_YEAR = 52


class ScheduleStatus(StrEnum):
    """A draft is the provider's own; a published one is seen by LAs; a superseded one is history."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class Part(StrEnum):
    """What a price is made of. Equipment is paid once; the other parts each year."""

    CORE = "core"
    THERAPY = "therapy"
    ONE_TO_ONE = "one_to_one"
    RESIDENTIAL = "residential"
    EQUIPMENT = "equipment"

    @property
    def words(self) -> str:
        """As a page heads it."""
        return _PART_WORDS[self]


_PART_WORDS = {
    Part.CORE: "Core education",
    Part.THERAPY: "Therapy",
    Part.ONE_TO_ONE: "Additional one-to-one support",
    Part.RESIDENTIAL: "Residential care",
    Part.EQUIPMENT: "Equipment, once",
}


ANNUAL = tuple(part for part in Part if part is not Part.EQUIPMENT)
STAFF = (Part.THERAPY, Part.ONE_TO_ONE)  # bought by the hour, so that none of it can be stated


class Discipline(StrEnum):
    """Whose hours a therapy line buys."""

    SALT = "salt"
    OCCUPATIONAL = "occupational"
    PHYSIO = "physio"
    PSYCHOLOGY = "psychology"
    OTHER = "other"

    @property
    def words(self) -> str:
        """As a sentence says it."""
        return _DISCIPLINE_WORDS[self]


_DISCIPLINE_WORDS = {
    Discipline.SALT: "speech and language therapy",
    Discipline.OCCUPATIONAL: "occupational therapy",
    Discipline.PHYSIO: "physiotherapy",
    Discipline.PSYCHOLOGY: "psychology",
    Discipline.OTHER: "other therapy",
}


def weekly(hours: Decimal) -> str:
    """Hours a week as a line says them; 0 states that there are none.

    >>> weekly(Decimal("1.50")), weekly(Decimal("0.00"))
    ('1.5 h a week', 'none')
    """
    return f"{hours.normalize():f} h a week" if hours else "none"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One part of a price: pence a year (for equipment, pence once), the hours a week it buys, in how many weeks."""

    part: Part
    amount: int
    discipline: Discipline | None = None
    hours_a_week: Decimal | None = None
    weeks: int | None = None

    @property
    def is_none(self) -> bool:
        """Whether it states that there are none of these hours; a part that is not stated has no line."""
        return self.hours_a_week == 0


@dataclass(frozen=True, slots=True)
class BandPrice:
    """What one provision asks for one band.

    >>> price = BandPrice("river-day", Band.INTENSIVE, (
    ...     PriceLine(Part.CORE, 4_100_000, weeks=38),
    ...     PriceLine(Part.THERAPY, 420_000, Discipline.SALT, Decimal("1.5"), 38),
    ...     PriceLine(Part.EQUIPMENT, 90_000)))
    >>> price.annual_fee, price.equipment, price.stated(Part.RESIDENTIAL)
    (4520000, 90000, None)
    """

    provision: str
    band: Band
    lines: tuple[PriceLine, ...]

    @property
    def annual_lines(self) -> tuple[PriceLine, ...]:
        """The lines paid each year."""
        return tuple(line for line in self.lines if line.part in ANNUAL)

    @property
    def annual_fee(self) -> int:
        """Core, therapy, one-to-one and residential together, in pence a year."""
        return sum(line.amount for line in self.annual_lines)

    @property
    def equipment(self) -> int | None:
        """Equipment, in pence once; None when not stated."""
        return self.stated(Part.EQUIPMENT)

    def stated(self, part: Part) -> int | None:
        """The pence of one part; None when no line states it."""
        amounts = [line.amount for line in self.lines if line.part == part]
        return sum(amounts) if amounts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSchedule:
    """One version of a setting's prices, valid from `starts_on` until before `ends_on` (None = until superseded)."""

    version: int
    starts_on: date
    prices: tuple[BandPrice, ...]
    ends_on: date | None = None
    status: ScheduleStatus = ScheduleStatus.DRAFT

    def holds_on(self, day: date) -> bool:
        """Whether its prices were ever published and hold on a day."""
        is_published = self.status != ScheduleStatus.DRAFT
        return is_published and self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def price(self, provision: str, band: Band) -> BandPrice | None:
        """The price of a provision for a band; None when not stated."""
        return next((price for price in self.prices if (price.provision, price.band) == (provision, band)), None)


def errors(schedule: PriceSchedule) -> list[Fault]:
    """Everything that keeps a schedule from being published; empty when nothing does.

    >>> nameless = PriceLine(Part.THERAPY, 420_000, weeks=53)
    >>> schedule = PriceSchedule(
    ...     version=1, starts_on=date(2026, 9, 1), prices=(BandPrice("river-day", Band.MODERATE, (nameless,)),))
    >>> print(*errors(schedule), sep="\\n")
    river-day, moderate: it has no core price. Add a core line; the other parts come on top of it.
    river-day, moderate, therapy: it does not say which therapy. Name the discipline.
    river-day, moderate, therapy: it does not say how many hours a week it buys. State the hours, 0 for none.
    river-day, moderate, therapy: 53 weeks are not in a year. State 1 to 52 weeks.
    """
    found: list[Fault] = []
    if schedule.ends_on is not None and schedule.ends_on < schedule.starts_on:
        what = f"it ends on {schedule.ends_on}, before it starts"
        found.append(Fault("the dates", what, "Put the end on or after the start, or leave it out"))
    prices = [(price.provision, price.band) for price in schedule.prices]
    for provision, band in _repeated(prices):
        found.append(Fault(f"{provision}, {band}", "it is priced more than once", "Keep one set of lines"))
    for price in schedule.prices:
        found += _errors_of_price(price)
    return found


def _errors_of_price(price: BandPrice) -> Iterator[Fault]:
    where = f"{price.provision}, {price.band}"
    if price.stated(Part.CORE) is None:
        yield Fault(where, "it has no core price", "Add a core line; the other parts come on top of it")
    for part, discipline in _repeated((line.part, line.discipline) for line in price.lines):
        name = part if discipline is None else f"{part} ({discipline.words})"
        yield Fault(f"{where}, {name}", "the line is there more than once", "Keep one, with the sum of them")
    for line in price.lines:
        name = line.part if line.discipline is None else f"{line.part} ({line.discipline.words})"
        for what, remedy in _errors_of_line(line):
            yield Fault(f"{where}, {name}", what, remedy)


def _errors_of_line(line: PriceLine) -> Iterator[tuple[str, str]]:
    if line.amount < 0:
        yield "the amount is negative", "State 0 or more"
    if line.part == Part.THERAPY and line.discipline is None:
        yield "it does not say which therapy", "Name the discipline"
    if line.part != Part.THERAPY and line.discipline is not None:
        yield "only therapy has a discipline", "Make it a therapy line, or take the discipline out"
    yield from _errors_of_hours(line)
    if line.weeks is not None and not 1 <= line.weeks <= WEEKS_IN_A_YEAR:
        yield f"{line.weeks} weeks are not in a year", f"State 1 to {WEEKS_IN_A_YEAR} weeks"


def _errors_of_hours(line: PriceLine) -> Iterator[tuple[str, str]]:
    hours = line.hours_a_week
    if hours is None:
        if line.part in STAFF:
            yield "it does not say how many hours a week it buys", "State the hours, 0 for none"
    elif not 0 <= hours <= HOURS_IN_A_WEEK:
        yield f"{hours} hours do not fit in a week", f"State 0 to {HOURS_IN_A_WEEK} hours"
    elif hours == 0 and line.part not in STAFF:
        yield "it buys 0 hours", "State more than 0, or leave the hours out"
    elif hours == 0 and line.amount > 0:
        yield "it has a price and buys no hours", "State the hours, or an amount of 0"


def _repeated(keys: Iterable[Key]) -> list[Key]:
    return [key for key, count in Counter(keys).items() if count > 1]

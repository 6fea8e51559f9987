"""What is wrong with the rows of a price file beside a provider's own settings, everything in one pass.

A setting of somebody else and one that nobody has are answered in the same words. It must never write.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import pricing.schedule
from marketplace.errors import Fault
from marketplace.models import Band, Part, PriceSchedule, Provision, Setting, line_key, school_year
from marketplace.services import schedule_checks
from marketplace.services.schedule_drafts import LineFields, next_september
from marketplace.vocabulary import in_words
from pricing.schedule import BandPrice, PriceLine

FileRow = Mapping[str, Any]  # what could be read of a row: `row`, `is_stated`, and by column what stands in it
Price = tuple[int, Band]  # a provision and a band
FROM = "from"  # the column that faults of the from-date name: it is asked beside the file


@dataclass(frozen=True)
class Offer:
    """A setting, its provisions, and the latest prices that are published."""

    setting: Setting
    provisions: tuple[Provision, ...]
    latest: PriceSchedule | None

    @cached_property
    def names(self) -> dict[str, Provision]:
        """The provisions by what a file calls them: by name, with their number where several have the same."""
        times = Counter(_folded(row.name) for row in self.provisions)
        return {row.name if times[_folded(row.name)] == 1 else f"{row.name} ({row.id})": row for row in self.provisions}

    @cached_property
    def by_folded_name(self) -> dict[str, Provision]:
        """The same, however their capitals and spaces are written."""
        return {_folded(name): row for name, row in self.names.items()}


@dataclass(frozen=True, slots=True)
class Checked:
    """Every fault of the rows; where there is none, the lines of each setting that they price, by setting's name."""

    faults: list[Fault]
    prices: list[tuple[Offer, list[LineFields]]]


def academic_year(day: date) -> str:
    """The academic year of a day, which starts on 1 September.

    >>> academic_year(date(2027, 8, 31)), academic_year(date(2099, 9, 1))
    ('2026/27', '2099/00')
    """
    first = school_year(day)
    return f"{first}/{(first + 1) % 100:02}"


def check(offers: Iterable[Offer], *, file: str, rows: Sequence[FileRow], starts_on: date, on: date) -> Checked:
    """Look at every row; `starts_on`: when the prices of the file are to start."""
    checker = _Checker(offers, file, on)
    checker.check_start(starts_on)
    for row in rows:
        checker.check_row(row)
    checker.check_years(rows)
    prices = [(offer, lines) for offer in checker.offers if (lines := checker.lines[offer.setting.id])]
    for offer, numbered in prices:
        checker.check_prices(offer, numbered, starts_on, on)
    return Checked(checker.faults, [(offer, [line for _, line in numbered]) for offer, numbered in prices])


class _Checker:
    """What has been found so far, row by row."""

    def __init__(self, offers: Iterable[Offer], file: str, on: date) -> None:
        self.offers, self.file = list(offers), file
        self.first_day = next_september(on)
        self.year = academic_year(self.first_day)
        self.faults: list[Fault] = []
        self.lines: dict[int, list[tuple[int, LineFields]]] = defaultdict(list)
        self._by_urn = {offer.setting.urn: offer for offer in self.offers}
        self._first: dict[str, int] = {}
        self._unplaced: set[tuple[Any, ...]] = set()  # what a row belongs to, as far as could be read

    def fault(self, row: int | None, column: str, value: str, words: str) -> None:
        self.faults.append(Fault(self.file, row, column, value, words))

    def check_start(self, starts_on: date) -> None:
        """A file sets the prices of the coming academic year, so that no slip in the year is published."""
        if academic_year(starts_on) != self.year:
            last = date(self.first_day.year + 1, 8, 31)
            words = (
                f"A file sets the prices of {self.year}: choose a day from {in_words(self.first_day)}"
                f" to {in_words(last)}."
                " For another day use the grid of the setting."
            )
            self.fault(None, FROM, in_words(starts_on), words)

    def check_years(self, rows: Sequence[FileRow]) -> None:
        """A file of another year is told once, not row by row."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if (year := row.get("academic_year")) and year != self.year:
                numbers[year].append(row["row"])
        for year, found in numbers.items():
            where = f" in all {len(found):,} rows of {year}" if len(found) > 1 else ""
            words = f"The year expected is {self.year}. Take the template of that year, or write it{where}."
            self.fault(found[0], "academic year", year, words)

    def check_row(self, row: FileRow) -> None:
        """Where one row belongs, and whether another is of the same line."""
        offer = self._offer(row)
        if offer is None:
            return
        provision = self._provision(offer, row)
        place = (offer.setting.id, provision.id if provision else None, row.get("band"), row.get("part"))
        if None in place:
            self._unplaced.add(place[: place.index(None)])
            return
        if not row["is_stated"]:
            return
        assert provision is not None
        part = row["part"]
        line = LineFields(  # a figure that was refused has a stand-in: nothing is kept of a file with a fault
            provision_id=provision.id,
            band=row["band"],
            part=part,
            discipline=row.get("discipline"),
            hours_a_week=row.get("hours_a_week", Decimal(1)),
            weeks=row.get("weeks"),
            amount=row.get("amount", 0),
        )
        key = line_key(provision.id, line["band"], part, line["discipline"])
        is_known = part is not Part.THERAPY or line["discipline"] is not None
        if is_known and self._first.setdefault(key, row["row"]) != row["row"]:
            words = f"The same line stands in row {self._first[key]}. Keep one of the two."
            self.fault(row["row"], "part", part.value, words)
        else:
            self.lines[offer.setting.id].append((row["row"], line))

    def _offer(self, row: FileRow) -> Offer | None:
        if "urn" not in row:
            return None
        offer = self._by_urn.get(row["urn"])
        if offer is None:
            words = "You run no open setting with this URN. The template has those of your settings."
            self.fault(row["row"], "URN", str(row["urn"]), words)
            return None
        name = row.get("setting", "")
        if name and _folded(name) != _folded(offer.setting.name):
            words = f"The setting with this URN is {offer.setting.name}. Correct one of the two, or clear the name."
            self.fault(row["row"], "setting", name, words)
        return offer

    def _provision(self, offer: Offer, row: FileRow) -> Provision | None:
        if "provision" not in row:
            return None
        name = row["provision"]
        found = offer.by_folded_name.get(_folded(name))
        if found is None:
            known = list(offer.names)
            same = [each for each in known if _folded(each).startswith(f"{_folded(name)} (")]
            near = same or get_close_matches(name, known, n=1, cutoff=0.5)
            remedy = f"Write {' or '.join(near)}" if near else f"Use one of {', '.join(known)}" if known else ""
            words = f"{offer.setting.name} has no provision of this name. {remedy or 'Add one on the page Provisions'}."
            self.fault(row["row"], "provision", name, words)
        return found

    def check_prices(self, offer: Offer, numbered: Sequence[tuple[int, LineFields]], starts_on: date, on: date) -> None:
        """What would keep the prices of a setting from being published. Each line was judged when it was read, so that
        here only what they make together counts: that there is a core line, and whether it says what it buys."""
        rows: dict[Price, int] = {}
        cores: dict[Price, PriceLine] = {}
        for number, line in numbered:
            price = (line["provision_id"], line["band"])
            rows.setdefault(price, number)
            if line["part"] is Part.CORE:
                hours = None if line["hours_a_week"] is None else Decimal(1)
                cores[price] = PriceLine(Part.CORE, 0, hours_a_week=hours)
        prices = tuple(
            BandPrice(str(price[0]), price[1], (cores.get(price, PriceLine(Part.EQUIPMENT, 0)),))
            for price in rows
            if not self._is_unsure(offer.setting.id, *price)
        )
        schedule = pricing.schedule.PriceSchedule(version=0, starts_on=starts_on, prices=prices)
        found = schedule_checks.faults(schedule, offer.provisions, latest=offer.latest, on=on)
        fields = dict(_fields(rows))
        for field, messages in found.items():
            if field in fields:
                number, column = fields[field]
                for words in messages:
                    self.fault(number, column, "", words)
            elif field == "starts_on" and academic_year(starts_on) == self.year:
                self.fault(numbered[0][0], FROM, in_words(starts_on), f"{offer.setting.name}: {messages[0]}")

    def _is_unsure(self, setting_id: int, provision_id: int, band: Band) -> bool:
        """Whether a row that could not be placed may belong to this price."""
        place = (setting_id, provision_id, band)
        return any(place[:length] in self._unplaced for length in (1, 2, 3))


def _fields(rows: Mapping[Price, int]) -> Iterator[tuple[str, tuple[int, str]]]:
    """For each field of the grid that a fault of a price may name: the first row of the price, and the column."""
    for (provision_id, band), number in rows.items():
        key = line_key(provision_id, band, Part.CORE)
        yield f"lines-{key}-amount", (number, "part")
        yield f"lines-{key}-hours_a_week", (number, "hours a week")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())

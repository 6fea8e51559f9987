"""A tariff: guide prices by band and pattern, the porous and outreach rules and the area factors, as dated data.

A guide price is what a price is compared with. It must never cap or replace what a provider asks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from pricing.framework import Basis, Status
from pricing.money import pounds
from pricing.profile import Band
from pricing.table import Source, Table

DEMONSTRATION_TARIFF = Path(__file__).parent / "data" / "demonstration-tariff.toml"

MULTIPLIERS = ("0.5", "10")  # the range of a multiplier: 150 for 150% is a slip, and so is an area at a tenth
COORDINATION = ("0", "1")
LA_CODE = re.compile("[0-9]{3}")


class Pattern(StrEnum):
    """Day, or the residential pattern: weekly boarding, termly (38 weeks), annual (52 weeks)."""

    DAY = "day"
    WEEKLY = "weekly"
    TERMLY = "termly"
    ANNUAL = "annual"


class Grade(StrEnum):
    """Who gives outreach."""

    SPECIALIST_TEACHER = "specialist_teacher"
    SENIOR_SPECIALIST = "senior_specialist"
    HLTA = "hlta"
    TA = "ta"

    @property
    def words(self) -> str:
        """As a sentence says it."""
        return _GRADE_WORDS[self]


_GRADE_WORDS = {
    Grade.SPECIALIST_TEACHER: "specialist teacher",
    Grade.SENIOR_SPECIALIST: "senior specialist teacher",
    Grade.HLTA: "higher level teaching assistant",
    Grade.TA: "teaching assistant",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of a tariff. Prices in pence a year, for a day place of 38 weeks at area factor 1; half-day rates in
    pence; `coordination` is the share added to a porous placement. What is left out is not stated, never zero.

    It holds from `valid_from` until before `valid_until`, or until the next adopted tariff of its owner starts.
    """

    name: str
    version: str
    owner: str  # blank = national
    status: Status
    basis: Basis
    valid_from: date
    valid_until: date | None
    source: str
    is_illustrative: bool
    band: Mapping[Band, int]
    pattern: Mapping[Pattern, Decimal]
    coordination: Decimal | None
    outreach: Mapping[Grade, int]
    area: Mapping[str, Decimal]  # by DfE LA code; 1 where none is stated

    def __str__(self) -> str:
        illustrative = "" if not self.is_illustrative or "illustrative" in self.name.lower() else " (illustrative)"
        return f"{self.name}{illustrative}, version {self.version}"


def load_tariff(source: Source) -> Tariff:
    """Reads a TOML file, or its content as a mapping; raises Invalid with every fault at once.

    >>> tariff = load_tariff({"name": "Example", "basis": "local", "valid_from": date(2027, 4, 1),
    ...                       "band": {"moderate": 30000}, "pattern": {"day": 1.0, "weekly": 1.5}})
    >>> tariff.band[Band.MODERATE], tariff.pattern[Pattern.WEEKLY], tariff.status.value
    (3000000, Decimal('1.5'), 'draft')
    >>> load_tariff({"name": "Example", "basis": "local", "valid_from": date(2027, 4, 1),
    ...              "band": {"moderate": 30000, "intensive": 28000}, "pattern": {"dya": 1}})
    Traceback (most recent call last):
    pricing.table.Invalid: This content cannot be used:
    [band] intensive: £28,000 is below moderate, £30,000. A higher band costs at least as much as the one below it.
    [pattern] dya: it is not known here. Take it out, or use one of: day, weekly, termly, annual.
    [pattern] day: it is missing. Write the multiplier of a day place, for example day = 1.0.
    """
    top = Table.of(source)
    tariff = Tariff(
        name=top.text("name"),
        version=top.text("version", "1"),
        owner=top.text("owner", ""),
        status=top.choice("status", Status, Status.DRAFT),
        basis=top.choice("basis", Basis),
        valid_from=top.day("valid_from"),
        valid_until=top.day("valid_until") if top.has("valid_until") else None,
        source=top.text("source", ""),
        is_illustrative=top.flag("is_illustrative", default=False),
        band=MappingProxyType(_bands(top)),
        pattern=MappingProxyType(_patterns(top)),
        coordination=_coordination(top),
        outreach=MappingProxyType(top.by("outreach", Grade, Table.pence, required=False)),
        area=MappingProxyType(_areas(top)),
    )
    if tariff.valid_until is not None and tariff.valid_until <= tariff.valid_from:
        top.fault("valid_until", f"{tariff.valid_until} is not after valid_from", "Write a later date, or take it out")
    top.close()
    top.raise_faults()
    return tariff


def tariff_on(tariffs: Iterable[Tariff], on: date, *, owner: str = "") -> Tariff | None:
    """The owner's tariff in force on a day, None when there is none: of those adopted (or superseded since) and valid
    on that day, the one that started last. Two that start on one day overlap, which raises ValueError.
    """
    valid = [
        tariff
        for tariff in tariffs
        if tariff.owner == owner
        and tariff.status in (Status.ADOPTED, Status.SUPERSEDED)
        and tariff.valid_from <= on
        and (tariff.valid_until is None or on < tariff.valid_until)
    ]
    latest = [tariff for tariff in valid if tariff.valid_from == max(each.valid_from for each in valid)]
    if len(latest) > 1:
        names = " and ".join(sorted(map(str, latest)))
        raise ValueError(f"{names} both start on {latest[0].valid_from}. Adopt one tariff of an owner for a day.")
    return latest[0] if latest else None


def next_april(on: date) -> date:
    """The first day of the next financial year, from which a tariff usually holds."""
    return date(on.year + (on >= date(on.year, 4, 1)), 4, 1)


def _bands(top: Table) -> dict[Band, int]:
    bands = top.by("band", Band, Table.pence, required=True)
    for (lower, less), (higher, more) in pairwise((band, amount) for band, amount in bands.items() if amount):
        if more < less:
            what = f"{pounds(more)} is below {lower}, {pounds(less)}"
            top.fault(f"[band] {higher}", what, "A higher band costs at least as much as the one below it")
    return bands


def _patterns(top: Table) -> dict[Pattern, Decimal]:
    patterns = top.by("pattern", Pattern, _multiplier, required=False)
    if Pattern.DAY not in patterns:
        top.fault("[pattern] day", "it is missing", "Write the multiplier of a day place, for example day = 1.0")
    return patterns


def _coordination(top: Table) -> Decimal | None:
    if not top.has("porous"):
        return None
    porous = top.table("porous", required=False)
    coordination = porous.number("coordination", *COORDINATION)
    porous.close()
    return coordination


def _areas(top: Table) -> dict[str, Decimal]:
    inner = top.table("area", required=False)
    for key in inner.content:
        if not LA_CODE.fullmatch(key):
            inner.fault(key, "it is not a DfE LA code", "Write the authority's three digits, for example 202 = 1.18")
    return {code: _multiplier(inner, code) for code in sorted(inner.content) if LA_CODE.fullmatch(code)}


def _multiplier(table: Table, key: str) -> Decimal:
    return table.number(key, *MULTIPLIERS)

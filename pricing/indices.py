"""Indices of costs as dated data with a source, and their blend by the shares of what a provider spends.

An index says how much a part of the costs has risen; it must never say how much a price may rise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from pricing.table import Source, Table

DEMONSTRATION_INDICES = Path(__file__).parent / "data" / "demonstration-indices.toml"
PERCENT = ("-50", "100")  # a year's change; beyond is a slip of the keyboard


class CostPart(StrEnum):
    """What a provider spends on."""

    STAFF = "staff"
    PREMISES = "premises"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The change of one part of the costs in a year, in per cent; it holds from a day until the next of its part. `url`
    is where the source can be read, "" for none."""

    name: str
    part: CostPart
    percent: Decimal
    valid_from: date
    source: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Blend:
    """What the indices come to: `percent` is the sum of share × index, by part, exactly; no part is left out."""

    percent: Decimal
    lines: tuple[str, ...]


def load_indices(source: Source) -> tuple[Index, ...]:
    """Reads a TOML file with an [[index]] for each, or its content as a mapping; raises Invalid with every fault.

    >>> [(index.part.value, str(index.percent)) for index in load_indices(DEMONSTRATION_INDICES)]
    [('staff', '4.0'), ('premises', '3.0'), ('other', '2.5')]
    """
    top = Table.of(source)
    indices = []
    for table in top.tables("index"):
        indices.append(
            Index(
                name=table.text("name"),
                part=table.choice("part", CostPart),
                percent=table.number("percent", *PERCENT),
                valid_from=table.day("valid_from"),
                source=table.text("source"),
                url=table.text("url", ""),
            )
        )
        if indices[-1].url and not indices[-1].url.startswith("https://"):
            table.fault("url", f'"{indices[-1].url}" is no address of a page', "Write one that starts with https://")
        table.close()
    starts = [(index.part, index.valid_from) for index in indices]
    for part, start in sorted({each for each in starts if starts.count(each) > 1}):
        top.fault("index", f"two of {part} start on {start}", "Keep one, or give them different days")
    top.close()
    top.raise_faults()
    return tuple(indices)


def index_on(indices: Iterable[Index], part: CostPart, on: date) -> Index | None:
    """The index of a part in force on a day, the one that started last; None when none has started."""
    started = [index for index in indices if index.part is part and index.valid_from <= on]
    return max(started, key=lambda index: index.valid_from, default=None)


def blended(indices: Iterable[Index], shares: Mapping[CostPart, Decimal], on: date) -> Blend | None:
    """The indices in force on a day, weighted by cost shares in per cent; None when a part that costs has none.

    Raises ValueError for shares that are negative or do not sum to 100.

    >>> shares = {CostPart.STAFF: Decimal(75), CostPart.PREMISES: Decimal(10), CostPart.OTHER: Decimal(15)}
    >>> blend = blended(load_indices(DEMONSTRATION_INDICES), shares, date(2026, 11, 25))
    >>> print(*blend.lines, sep="\\n")
    staff: 75% of costs × 4.0% = 3% (Pay award (illustrative), from 2026-04-01; Illustrative.)
    premises: 10% of costs × 3.0% = 0.3% (Running costs of buildings (illustrative), from 2026-04-01; Illustrative.)
    other: 15% of costs × 2.5% = 0.375% (Consumer prices (illustrative), from 2026-04-01; Illustrative.)
    >>> str(blend.percent)
    '3.675'
    """
    if any(share < 0 for share in shares.values()) or sum(shares.values()) != 100:
        raise ValueError("Cost shares are 0 or more and sum to 100%.")
    known = tuple(indices)
    percent, lines = Decimal(0), []
    for part in CostPart:
        share = shares.get(part, Decimal(0))
        if not share:
            continue
        index = index_on(known, part, on)
        if index is None:
            return None
        adds = share * index.percent / 100
        percent += adds
        why = f"{index.name}, from {index.valid_from}; {index.source}"
        lines.append(f"{part}: {plain(share)}% of costs × {index.percent}% = {plain(adds)}% ({why})")
    return Blend(Decimal(plain(percent)), tuple(lines))


def plain(number: Decimal) -> str:
    """A number without needless noughts.

    >>> plain(Decimal("3.6750")), plain(Decimal("1E+1"))
    ('3.675', '10')
    """
    return f"{number.normalize():f}"

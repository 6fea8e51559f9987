"""Reads a TOML table key by key and gathers every fault, so that a whole file is put right in one go.

A reader returns a stand-in for a faulty value; `raise_faults` makes sure that nothing is ever built from one.
It must never know what a framework or a tariff is.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

Source = Mapping[str, Any] | Path
Member = TypeVar("Member", bound=StrEnum)
Value = TypeVar("Value")

HIGHEST_POUNDS = 10_000_000  # a price of a place above this is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and how to put it right."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}."


class Invalid(ValueError):
    """Data that cannot be used; `faults` is everything found, in the order of reading."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join([f"{name} cannot be used:", *map(str, faults)]))


class Table:
    """One table of a file (or of the same content kept as JSON, where dates are ISO strings)."""

    def __init__(
        self, content: Mapping[str, Any], name: str, where: str = "", faults: list[Fault] | None = None
    ) -> None:
        self.content, self.name, self.where = content, name, where
        self.faults: list[Fault] = [] if faults is None else faults
        self._known: list[str] = []

    @classmethod
    def of(cls, source: Source) -> "Table":
        """The top table of a mapping or of a TOML file in UTF-8; a file that is not TOML raises Invalid."""
        if not isinstance(source, Path):
            return cls(source, "This content")
        try:
            return cls(tomllib.loads(source.read_text("utf-8-sig"), parse_float=Decimal), source.name)
        except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, or nested without end
            remedy = "Save the file as TOML in UTF-8"
            raise Invalid(source.name, [Fault("the file", f"it cannot be read: {error}", remedy)]) from error

    def fault(self, key: str, what: str, remedy: str) -> None:
        """Notes a fault at a key."""
        self.faults.append(Fault(f"[{self.where}] {key}" if self.where else key, what, remedy))

    def raise_faults(self) -> None:
        """Raises Invalid with every fault of this table and those inside it, if there is any."""
        if self.faults:
            raise Invalid(self.name, self.faults)

    def close(self) -> None:
        """Refuses the keys that nobody asked for: a slip in a key must not pass for 'not stated'."""
        known = ", ".join(dict.fromkeys(self._known))
        for key in self.content:
            if key not in self._known:
                self.fault(key, "it is not known here", f"Take it out, or use one of: {known}")

    def has(self, key: str) -> bool:
        """Whether an optional key is stated."""
        self._known.append(key)
        return key in self.content

    def text(self, key: str, default: str | None = None) -> str:
        """Words; blank words are no words. No default means that the key must be there."""
        if not self.has(key) and default is not None:
            return default
        value = self.content.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(key, self._wrong(key, "is not words"), 'Write words in quotes, for example "Example borough"')
            return ""
        return value.strip()

    def choice(self, key: str, of: type[Member], default: Member | None = None) -> Member:
        """One of the words of an enumeration."""
        word = self.text(key, default)
        if word and word not in set(of):
            self.fault(key, f'"{word}" is not one of the words known here', f"Write one of: {', '.join(of)}")
        return of(word) if word in set(of) else next(iter(of))

    def flag(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self.content.get(key) if self.has(key) else default
        if not isinstance(value, bool):
            self.fault(key, self._wrong(key, "is neither true nor false"), "Write true or false, without quotes")
        return value is True

    def day(self, key: str) -> date:
        """A date; a date with a time of day is refused."""
        self.has(key)
        value = self.content.get(key)
        if type(value) is date:
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass  # a day that no month has: the same fault as any other word
        self.fault(key, self._wrong(key, "is not a date"), "Write year-month-day, for example 2027-04-01")
        return date.min

    def pence(self, key: str) -> int:
        """Whole £ above 0, as pence."""
        self.has(key)
        value = self.content.get(key)
        if type(value) is not int or not 0 < value <= HIGHEST_POUNDS:
            remedy = f"Write whole £ from 1 to {HIGHEST_POUNDS}, without comma or quotes, for example 30000"
            self.fault(key, self._wrong(key, "is not an amount"), remedy)
            return 0
        return 100 * value

    def number(self, key: str, low: str, high: str) -> Decimal:
        """A number between two others, both allowed, exactly as it was written."""
        self.has(key)
        value = self.content.get(key)
        if type(value) in (int, float, Decimal):
            number = Decimal(str(value))
            if number.is_finite() and Decimal(low) <= number <= Decimal(high):
                return number
        self.fault(key, self._wrong(key, "does not fit"), f"Write a number from {low} to {high}")
        return Decimal(low)

    def table(self, key: str, *, required: bool) -> "Table":
        """The table under a key; an empty one when it may be left out and is."""
        value = self.content.get(key) if self.has(key) or required else {}
        where = f"{self.where}.{key}" if self.where else key
        if isinstance(value, Mapping) and (value or not required):
            return Table(value, self.name, where, self.faults)
        self.fault(key, self._wrong(key, "is not a table with lines in it"), f"Write [{where}] and its lines below it")
        return Table({}, self.name, where, self.faults)

    def tables(self, key: str) -> list["Table"]:
        """The tables of a list, [[key]] in the file, at least one; they count from 1."""
        value = self.content.get(key) if self.has(key) else None
        if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            return [Table(each, self.name, f"{key} {number}", self.faults) for number, each in enumerate(value, 1)]
        self.fault(key, self._wrong(key, "is not a list of tables"), f"Write [[{key}]] and its lines below it")
        return []

    def by(
        self, key: str, of: type[Member], read: Callable[["Table", str], Value], *, required: bool
    ) -> dict[Member, Value]:
        """The table under a key whose own keys are words of an enumeration, in the order of the enumeration."""
        inner = self.table(key, required=required)
        values = {member: read(inner, member) for member in of if inner.has(member)}
        inner.close()
        return values

    def _wrong(self, key: str, what: str) -> str:
        return f'"{self.content[key]}" {what}' if key in self.content else "it is missing"

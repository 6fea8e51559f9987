"""The kinds of cell that a batch file may hold: each reads a text strictly, writes it back, and says its form.

Reading guesses nothing: a cell is in its form or it is an error whose remedy is that form. No cell knows its column.
"""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

MAX_TEXT = 200  # characters
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run as a formula
FORMULA = "is a formula, or would be taken for one"

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class CellError(ValueError):
    """The text is not in the form; the message completes "the value …"."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that a workbook holds and that is no text: a formula, a date, an error value."""

    value: str
    problem: str
    remedy: str


class Kind(Protocol):
    """A kind of cell. `read` meets text that is stripped and not blank; `form` completes "Give …"."""

    @property
    def form(self) -> str: ...

    def read(self, text: str) -> Any: ...

    def write(self, value: Any) -> str: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Words or an identifier. On file a text that a spreadsheet would run as a formula stands behind an apostrophe."""

    is_listed: bool = False  # it can stand in a list, so it cannot hold the separator

    @property
    def form(self) -> str:
        return (
            f"an id of at most {MAX_TEXT} characters, without ;" if self.is_listed else f"at most {MAX_TEXT} characters"
        )

    def read(self, text: str) -> str:
        text = revealed(text)
        if len(text) > MAX_TEXT:
            raise CellError(f"is longer than {MAX_TEXT} characters")
        if not text.isprintable():
            raise CellError("holds a line break, a no-break space or another character that cannot be seen")
        if self.is_listed and ";" in text:
            raise CellError("holds a ;")
        return text

    def write(self, value: str) -> str:
        return neutralised(value)


@dataclass(frozen=True, slots=True)
class Name(Text):
    """Words that no spreadsheet takes for a formula."""

    @property
    def form(self) -> str:
        return f"{Text().form}, not beginning with = + - or @"

    def read(self, text: str) -> str:
        if text.startswith(FORMULA_STARTS):
            raise CellError(FORMULA)
        return Text().read(text)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A code of fixed shape."""

    shape: str
    form: str

    def read(self, text: str) -> str:
        if not re.fullmatch(self.shape, text):
            raise CellError("does not have the form of the code")
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, spelt exactly so."""

    words: tuple[str, ...]

    @property
    def form(self) -> str:
        return f"one of {', '.join(self.words)}" if len(self.words) > 1 else self.words[0]

    def read(self, text: str) -> str:
        if text not in self.words:
            near = get_close_matches(text.casefold(), self.words, n=1)
            nearest = f"; the nearest is {near[0]}" if near and len(self.words) > 1 else ""
            raise CellError(f"is not one of the words known here{nearest}")
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """`yes`, or blank for no."""

    form: str = "yes, or leave the cell blank"

    def read(self, text: str) -> bool:
        if text != "yes":
            raise CellError("is neither yes nor blank")
        return True

    def write(self, value: bool) -> str:  # noqa: FBT001 - the value is the cell
        return "yes" if value else ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number; 7.0 counts, as spreadsheets write it."""

    low: int
    high: int

    @property
    def form(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def read(self, text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise CellError("is not a whole number in plain digits")
        value = int(text.partition(".")[0])
        _within(value, self.low, self.high)
        return value

    def write(self, value: int | None) -> str:
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A finite decimal number."""

    low: float
    high: float

    @property
    def form(self) -> str:
        return f"a number from {self.low:,.15g} to {self.high:,.15g}"

    def read(self, text: str) -> float:
        if not _NUMBER.fullmatch(text):
            raise CellError("is not a number in plain digits")
        value = float(text)
        _within(value, self.low, self.high)
        return value

    def write(self, value: float | None) -> str:
        return "" if value is None else exact(value)


@dataclass(frozen=True, slots=True)
class Listed:
    """Items between semicolons, in the order given, each once."""

    item: Text | Pattern | Choice

    @property
    def form(self) -> str:
        return f"{self.item.form} (several with ; between)"

    def read(self, text: str) -> tuple[str, ...]:
        items = tuple(self.item.read(part) for word in text.split(";") if (part := word.strip()))
        if not items:
            raise CellError("is a list without any item")
        if len(set(items)) < len(items):
            raise CellError("names an item twice")
        return items

    def write(self, value: tuple[str, ...]) -> str:
        return ";".join(map(self.item.write, value))


def exact(value: float) -> str:
    """The shortest decimal that reads back as this number, without a useless `.0`."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written to a batch file")
    return repr(float(value)).removesuffix(".0")


def neutralised(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before a dangerous start. See `revealed`."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def revealed(text: str) -> str:
    """The text that was neutralised; every other text as it is."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text


def _within(value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise CellError(f"is {'below' if value < low else 'above'} what is possible")

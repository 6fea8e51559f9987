"""Rows of a CSV file as people keep them: its encoding found, its headings checked, its rows as a spreadsheet counts.

Every fault is gathered, none ends the reading of the others. It must never know what the rows are about.
"""

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marketplace.errors import Fault

CHUNK = 1 << 20  # bytes
SAVE_AS = 'Save it as "CSV UTF-8" and load that.'


class Rows:
    """A CSV file of which only some columns are read. Iterating gives (row, cells by column) of each readable row;
    what cannot be read is in `faults` once the iteration has come by."""

    def __init__(self, path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path, self.required, self.optional = path, required, optional
        self.faults: list[Fault] = []

    def fault(self, row: int | None, column: str, value: str, words: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.path.name, row, column, value, words))

    def note(self, row: int, cells: Mapping[str, str], errors: Mapping[str, Any]) -> None:
        """Note what a schema refused in a row: its messages by column."""
        for column, messages in errors.items():
            for words in messages:
                self.fault(row, column, cells.get(column, ""), words)

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        try:
            encoding = _encoding(self.path)
        except OSError as error:
            self.fault(None, "", "", f"cannot be read: {error.strerror}.")
            return
        if encoding is None:
            self.fault(None, "", "", f"is text neither in UTF-8 nor in Windows-1252. {SAVE_AS}")
            return
        with self.path.open(encoding=encoding, newline="") as file:
            reader = enumerate(csv.reader(file, strict=True), start=1)
            row = 0
            try:
                _, headings = next(reader, (0, []))
                places = self._places([heading.strip() for heading in headings])
                for row, cells in reader if places else ():
                    if len(cells) == len(headings):
                        yield row, {column: cells[place] for column, place in places.items()}
                    elif cells:
                        words = f"The row has {len(cells)} cells, but there are {len(headings)} headings. "
                        self.fault(row, "", "", f"{words}Look for a comma or a quotation mark that is one too many.")
            except csv.Error as error:
                words = f"After row {row} the rows cannot be told apart ({error}), so nothing more was read. "
                self.fault(None, "", "", f"{words}Look for a quotation mark without its partner.")

    def _places(self, headings: Sequence[str]) -> dict[str, int]:
        """Where each wanted column stands; empty when a required one is missing or a wanted one is there twice."""
        if not headings:
            self.fault(None, "", "", "is empty. Load a file with a row of headings.")
        elif not set(headings) & set(self.required):  # a page of an error saved as .csv, or quite another file
            words = f"has none of the columns that are read, such as {self.required[0]}. Load the file as published."
            self.fault(None, "", "", words)
        for column in self.required if headings and not self.faults else ():
            if column not in headings:
                self.fault(None, column, "", "This column is missing. Add it, with this heading.")
        wanted = [column for column in (*self.required, *self.optional) if column in headings]
        for column in wanted:
            if headings.count(column) > 1:
                self.fault(None, column, "", "There are several columns with this heading. Keep one.")
        return {} if self.faults else {column: headings.index(column) for column in wanted}


def _encoding(path: Path) -> str | None:
    """UTF-8 (with or without a byte order mark) where every byte fits, else Windows-1252; None for what is neither,
    which a NUL always is: text in UTF-16 has them, and so do spreadsheets."""
    could_be = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "cp1252")}
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if b"\x00" in chunk:
                return None
            could_be = {name: decoder for name, decoder in could_be.items() if _fits(decoder, chunk)}
    return next((name for name, decoder in could_be.items() if _fits(decoder, b"", final=True)), None)


def _fits(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True

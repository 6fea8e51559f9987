"""What is wrong with a batch file, said so that the person who keeps the file can put it right.

Every check of the files speaks in these two; it must never stop at the first error found.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 80  # characters of a bad value that are worth repeating


@dataclass(frozen=True, slots=True)
class FileError:
    """One error: `row` as a spreadsheet counts (header = 1), None when the file as a whole is at fault."""

    file: str
    row: int | None
    column: str
    value: str
    problem: str
    remedy: str

    @property
    def words(self) -> str:
        """What is wrong and how to put it right, as sentences of their own."""
        return f"{self.problem[:1].upper()}{self.problem[1:]}. {self.remedy}"

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(self.column)
        value = f" {shown(self.value)}" if self.value else ""
        return f"{', '.join(place)}:{value} {self.problem}. {self.remedy}"


class BadProblem(Exception):
    """The files hold no problem that can be solved; `errors` is everything found, in the order of the files."""

    def __init__(self, errors: Iterable[FileError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))


def shown(value: str) -> str:
    """The value in quotes, on one line, without control characters, cut to a length that can be read."""
    text = value if value.isprintable() else repr(value)[1:-1]
    return f'"{text[:SHOWN]}…"' if len(text) > SHOWN else f'"{text}"'


class UnreadableFile(Exception):
    """A file, or the rest of it from `row` on, cannot be read at all; the reader of the table makes it a FileError."""

    def __init__(self, problem: str, remedy: str, row: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.row = problem, remedy, row

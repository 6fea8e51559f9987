"""What can go wrong, in the words of the domain. Pages, commands and jobs each map these once, at their edge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class MarketplaceError(Exception):
    """Base of the errors that a person can put right; its text says what, where and how."""


class BadSetting(MarketplaceError):
    """A setting of the environment cannot be used."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"The setting {name} {problem}: {remedy}.")


class NotFound(MarketplaceError):
    """No such object, or none that this person may know of."""


class NotPermitted(MarketplaceError):
    """The person's role does not allow this act."""


class Conflict(MarketplaceError):
    """The act is refused because of what is already there."""


class Stale(Conflict):
    """The object has changed since the person opened the page."""


class InvalidTransition(Conflict):
    """The object's status does not allow this act."""


class AlreadyDone(MarketplaceError):
    """The form was acted upon before, as it is. `location` is where the answer led, None where that is not known;
    `answer` what it said, of a system's request."""

    def __init__(self, location: str | None, answer: dict[str, Any] | None = None) -> None:
        super().__init__("This was done already, and is not done twice.")
        self.location = location
        self.answer = answer


class Unavailable(MarketplaceError):
    """The database cannot be reached."""


class Crowded(Unavailable):
    """Others act on the same rows at this moment; the act can be repeated from the start."""


class NoRoom(Conflict):
    """The place, or the hours, have gone."""


class Invalid(MarketplaceError):
    """What was typed cannot be used. `errors` maps each field to its messages, in the words shown beside the field."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = {field: list(messages) for field, messages in errors.items()}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where, what stands there, and in `words` what is wrong and how to put it right.
    `row` is as a spreadsheet counts, the heading being row 1; None when the file as a whole is meant."""

    file: str
    row: int | None
    column: str
    value: str
    words: str

    def __str__(self) -> str:
        place = [self.file, f"row {self.row}" if self.row is not None else "", self.column]
        value = self.value if len(self.value) <= 60 else f"{self.value[:60]}…"
        return f"{', '.join(filter(None, place))}: {f'{value!r} ' if value else ''}{self.words}"


class BadFiles(MarketplaceError):
    """Files that cannot be used, with every fault found in them, and the `errors` of the form that they came with.
    Nothing of them was kept."""

    def __init__(self, faults: Iterable[Fault], errors: Mapping[str, Sequence[str]] | None = None) -> None:
        self.faults = tuple(faults)
        self.errors = {field: list(messages) for field, messages in (errors or {}).items()}
        count = f"{len(self.faults):,} {'fault' if len(self.faults) == 1 else 'faults'}"
        self.summary = f"Nothing was loaded: {count}."
        super().__init__("\n".join([self.summary, *map(str, self.faults)]))

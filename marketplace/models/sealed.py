"""Columns whose content the database never sees: sealed as they are set, opened as they are read.

The table keeps bytes, under an attribute of their own; the attribute with the column's name is what people mean by it.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Generic, Self, TypeVar, overload

from marketplace import sealing
from marketplace.models.base import Base

T = TypeVar("T")


class Sealed(Generic[T]):
    """What a column named as this attribute keeps sealed in the attribute `sealed_…`, for this very row: its class
    says in `SEALED_FOR` by which columns the row is known. They are set first."""

    def __init__(self, to_bytes: Callable[[Any], bytes], from_bytes: Callable[[bytes], Any]) -> None:
        self.to_bytes, self.from_bytes = to_bytes, from_bytes

    def __set_name__(self, owner: type, name: str) -> None:
        """The column's name, and the attribute that holds its bytes."""
        self.name, self.kept = name, f"sealed_{name}"

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Base, owner: type) -> T: ...
    def __get__(self, row: Base | None, owner: type) -> Any:
        """Opened, for the one who reads it. Raises sealing.NotGenuine."""
        if row is None:
            return self
        kept = getattr(row, self.kept)
        return None if kept is None else self.from_bytes(sealing.unseal(kept, self._place(row)))

    def __set__(self, row: Base, value: T) -> None:
        setattr(row, self.kept, None if value is None else sealing.seal(self.to_bytes(value), self._place(row)))

    def _place(self, row: Base) -> str:
        of = [getattr(row, column) for column in row.SEALED_FOR]  # type: ignore[attr-defined]
        assert None not in of, "what says which row it is comes before what is sealed for it"
        return ".".join(map(str, (row.__tablename__, self.name, *of)))


def text() -> Any:
    """A sealed text."""
    return Sealed(str.encode, bytes.decode)


def day() -> Any:
    """A sealed date, as ISO."""
    return Sealed(lambda value: value.isoformat().encode(), lambda kept: date.fromisoformat(kept.decode()))


def content() -> Any:
    """Sealed bytes."""
    return Sealed(bytes, bytes)


def sealed_columns() -> Iterator[tuple[type[Base], list[Sealed[Any]]]]:
    """Every table that has sealed columns, with them."""
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__):
        found = [each for each in vars(mapper.class_).values() if isinstance(each, Sealed)]
        if found:
            yield mapper.class_, found

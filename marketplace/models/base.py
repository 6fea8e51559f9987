"""What all tables share: naming of constraints, types of columns, enumerations by value."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Enum, Identity, MetaData, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, mapped_column

from marketplace.vocabulary import LONDON


class Base(DeclarativeBase):
    """Base of all tables. Every constraint has a name, so that a broken one can be told in words."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Pence = Annotated[int, mapped_column(BigInteger)]  # money is whole pence, never float
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]  # aware, UTC
Codes = Annotated[list[str], mapped_column(ARRAY(String(40)), default=list)]


def by_value(enumeration: type[StrEnum], name: str) -> Enum:
    """A text column that holds the value of one member, with a named check of the values allowed."""
    return Enum(
        enumeration,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The instant, aware and in UTC."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    """In this context it is that instant: for the demonstration, whose past is made when it is built."""
    token = _held.set(at)
    try:
        yield
    finally:
        _held.reset(token)


def today() -> date:
    """The day in London, by which deadlines and validity dates go."""
    return london_day(now())


def london_day(at: datetime) -> date:
    """The day in London of an instant.

    >>> london_day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)), london_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    (datetime.date(2026, 7, 1), datetime.date(2026, 12, 31))
    """
    return at.astimezone(LONDON).date()

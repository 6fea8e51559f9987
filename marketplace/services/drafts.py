"""What drafts of tariffs and of frameworks share: read from a text, changed only as long as they are drafts, copied one
version on and a year later, removed.

`pricing` says what is wrong with the content. It must never keep a part of what is at fault.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import pricing.table
from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, Stale
from marketplace.models import Framework, Tariff, TariffStatus
from marketplace.permissions import Actor
from marketplace.services.adoption import R, made_by

LONGEST_NAME, LONGEST_VERSION = 120, 40


def parsed(text: str) -> dict[str, Any]:
    """The content of a tariff's or framework's file. Raises Invalid, with line and column, for no TOML."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            {"text": [f"It cannot be read as TOML: {error}. Put this place right, then send again."]}
        ) from error


def is_draft(row: Tariff | Framework) -> bool:
    """Whether it may still be changed."""
    return row.status is TariffStatus.DRAFT


def require_draft(row: Tariff | Framework, version: int) -> None:
    """Raise InvalidTransition unless it is a draft, and Stale unless it is as it was when the page was opened."""
    if not is_draft(row):
        raise InvalidTransition(
            f"{row} is not a draft any more, so it no longer changes. Copy it into a new draft and change that."
        )
    if row.edit != version:
        raise Stale("Somebody else has saved this draft since you opened it.")


def as_invalid(error: pricing.table.Invalid) -> Invalid:
    """What `pricing` finds wrong with a content, by the place in the file: "valid_from", "[band] intensive"."""
    faults: dict[str, list[str]] = {}
    for fault in error.faults:
        faults.setdefault(fault.where, []).append(f"{fault.what}. {fault.remedy}.")
    return Invalid(faults)


def label_faults(session: Session, row: R, *, name: str, version: str) -> dict[str, list[str]]:
    """What is wrong with the name and the version for which a draft is to be kept."""
    faults = {}
    if len(name) > LONGEST_NAME:
        faults["name"] = [f"It has {len(name)} characters. Write up to {LONGEST_NAME}."]
    if len(version) > LONGEST_VERSION:
        faults["version"] = [f"It has {len(version)} characters. Write up to {LONGEST_VERSION}."]
    if version in _versions(session, row, name):
        faults["version"] = [f"You have a version {version} of {name} already. Write another one."]
    return faults


def keep(session: Session, actor: Actor, row: Tariff | Framework, event: str) -> None:
    """Keep a draft as it now stands; who did it is one of those who made it."""
    row.status = TariffStatus.DRAFT
    made_by(row, actor)
    session.add(row)
    audit.record(session, actor, event, row)


def remove(session: Session, actor: Actor, row: Tariff | Framework) -> None:
    """Remove a draft."""
    kind = type(row)
    audit.record(session, actor, f"{row.NOUN} removed", row)
    session.execute(delete(kind).where(kind.id == row.id))


def next_version(session: Session, row: R, *, like: R) -> str:
    """The version of a copy of another one that is to be kept as `row`: one more than the highest number there is."""
    return version_after(_versions(session, row, like.name) | {like.version}, least=2)


def _versions(session: Session, row: R, name: str) -> set[str]:
    """The versions that a row's owner has of a name, apart from the row's own."""
    kind = type(row)
    query = select(kind.version).where(row.is_of_same_owner(), kind.name == name, kind.id.is_distinct_from(row.id))
    with session.no_autoflush:
        return set(session.scalars(query))


def version_after(taken: Iterable[str], *, least: int) -> str:
    """One more than the highest number among these versions; the least where none is a number."""
    return str(1 + max((int(each) for each in taken if each.isascii() and each.isdecimal()), default=least - 1))


def year_later(day: date) -> date:
    """The same day a year later; 28 February for 29 February."""
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def as_json(value: Any) -> Any:
    """Content as JSON holds it: dates as ISO texts, decimals as the numbers that are written the same.

    >>> as_json({"valid_from": date(2027, 4, 1), "pattern": {"day": Decimal("1.0"), "weekly": Decimal("1.5")}})
    {'valid_from': '2027-04-01', 'pattern': {'day': 1.0, 'weekly': 1.5}}
    >>> as_json({"weeks": Decimal(38)})
    {'weeks': 38}
    """
    if isinstance(value, Mapping):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    return value.isoformat() if isinstance(value, date) else value

"""Drafts of tariffs: from a file or a calculation, as a copy, saved, removed. Only a draft is ever changed.

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
import pricing.tariff
from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, Stale
from marketplace.models import Framework, Organisation, Tariff, TariffStatus
from marketplace.permissions import BUYERS, Actor, can_draft_tariff, require
from marketplace.services.frameworks import framework_in_force
from marketplace.services.tariffs import find_tariff
from pricing.tariff_text import tariff_content

LONGEST_NAME, LONGEST_VERSION = 120, 40


def draft_tariff(session: Session, actor: Actor, *, content: Mapping[str, Any]) -> Tariff:
    """Keep a tariff as a draft of the actor's organisation (the operator's are national), under the framework in force
    when it starts. `content` is that of a tariff's file; whatever status it had, it starts as a draft.

    Raises Invalid with every fault at once, by the place in the file: "valid_from", "[band] intensive"."""
    owner_id = actor.organisation_id if actor.kind in BUYERS else None
    require(can_draft_tariff(actor, owner_id), "draft a tariff")
    owner = session.get_one(Organisation, owner_id) if owner_id is not None else None
    return _keep(session, actor, Tariff(owner=owner, makers=[]), content, event="tariff drafted")


def parsed(text: str) -> dict[str, Any]:
    """The content of a tariff's file. Raises Invalid, with line and column, for a text that is not TOML."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            {"text": [f"It cannot be read as TOML: {error}. Put this place right, then send again."]}
        ) from error


def copy_tariff(session: Session, actor: Actor, *, tariff_id: int) -> Tariff:
    """Start a draft of the actor's organisation as a copy of a tariff that the actor may see: one version on, and from
    a year after the other's start. Raises NotFound, or Invalid as `draft_tariff` does."""
    row = find_tariff(session, tariff_id)
    owner_id = actor.organisation_id if actor.kind in BUYERS else None
    content = {
        **row.content,
        "version": _next_version(session, owner_id, row),
        "valid_from": _year_later(row.starts_on),
    }
    content.pop("valid_until", None)
    if row.owner_id != owner_id:
        content.pop("owner", None)
    return draft_tariff(session, actor, content=content)


def save_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int, content: Mapping[str, Any]) -> Tariff:
    """Put this content in the place of a draft's. `version` is the save that the page was opened on.

    Raises Invalid with every fault, InvalidTransition once it is in consultation, Stale when it was saved since."""
    return _keep(session, actor, own_draft(session, actor, tariff_id, version), content, event="tariff saved")


def remove_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int) -> None:
    """Remove a draft. Raises as `save_tariff` does."""
    row = own_draft(session, actor, tariff_id, version)
    audit.record(session, actor, "tariff removed", row)
    session.execute(delete(Tariff).where(Tariff.id == row.id))


def find_own(session: Session, actor: Actor, tariff_id: int) -> Tariff:
    """A tariff that the actor may change as long as it is a draft. Raises NotFound, NotPermitted."""
    row = find_tariff(session, tariff_id)
    require(can_draft_tariff(actor, row.owner_id), "change a tariff")
    return row


def is_draft(row: Tariff) -> bool:
    """Whether it may still be changed."""
    return row.status is TariffStatus.DRAFT


def own_draft(session: Session, actor: Actor, tariff_id: int, version: int) -> Tariff:
    """The draft, as long as it is one and as it was when the page was opened; else InvalidTransition or Stale."""
    row = find_own(session, actor, tariff_id)
    if not is_draft(row):
        raise InvalidTransition(
            f"{row} is not a draft any more, so it no longer changes. Copy it into a new draft and change that."
        )
    if row.edit != version:
        raise Stale("Somebody else has saved this draft since you opened it.")
    return row


def _keep(session: Session, actor: Actor, row: Tariff, content: Mapping[str, Any], *, event: str) -> Tariff:
    given = {**content, "status": TariffStatus.DRAFT.value}
    try:
        tariff = pricing.tariff.load_tariff(given)
    except pricing.table.Invalid as error:
        faults: dict[str, list[str]] = {}
        for fault in error.faults:
            faults.setdefault(fault.where, []).append(f"{fault.what}. {fault.remedy}.")
        raise Invalid(faults) from error
    owner = row.owner.name if row.owner else ""
    framework = _framework(session, row, tariff, owner)
    row.framework = framework
    row.name, row.version, row.status = tariff.name, tariff.version, TariffStatus.DRAFT
    row.starts_on, row.ends_on, row.is_illustrative = tariff.valid_from, tariff.valid_until, tariff.is_illustrative
    row.content = as_json(tariff_content(tariff) | ({"owner": owner} if owner else {}))
    if actor.user_id is not None:
        row.makers = sorted({*row.makers, actor.user_id})
    session.add(row)
    audit.record(session, actor, event, row)
    return row


def _framework(session: Session, row: Tariff, tariff: pricing.tariff.Tariff, owner: str) -> Framework:
    """The framework under which a tariff would stand. Raises Invalid for all that only the marketplace can tell."""
    faults: dict[str, list[str]] = {}
    if len(tariff.name) > LONGEST_NAME:
        faults["name"] = [f"It has {len(tariff.name)} characters. Write up to {LONGEST_NAME}."]
    if len(tariff.version) > LONGEST_VERSION:
        faults["version"] = [f"It has {len(tariff.version)} characters. Write up to {LONGEST_VERSION}."]
    if tariff.owner not in ("", owner):
        whose = f"yours is {owner}" if owner else "the national tariff has none"
        faults["owner"] = [f'"{tariff.owner}" is not who keeps it: {whose}. Take the line out.']
    if tariff.version in _versions(session, row.owner.id if row.owner else None, tariff.name, apart_from=row.id):
        faults["version"] = [f"You have a version {tariff.version} of {tariff.name} already. Write another one."]
    try:
        framework = framework_in_force(session, on=tariff.valid_from)
    except Conflict as error:
        faults["valid_from"] = [str(error)]
    if faults:
        raise Invalid(faults)
    return framework


def _versions(session: Session, owner_id: int | None, name: str, *, apart_from: int | None = None) -> set[str]:
    """The versions that an owner has of a name."""
    found = select(Tariff.version).where(Tariff.owner_id.is_not_distinct_from(owner_id), Tariff.name == name)
    return set(session.scalars(found if apart_from is None else found.where(Tariff.id != apart_from)))


def _next_version(session: Session, owner_id: int | None, row: Tariff) -> str:
    """The version of a copy: one more than the highest number there is."""
    taken = _versions(session, owner_id, row.name) | {row.version}
    return version_after(taken, least=2)


def version_after(taken: Iterable[str], *, least: int) -> str:
    """One more than the highest number among these versions; the least where none is a number."""
    return str(1 + max((int(each) for each in taken if each.isascii() and each.isdecimal()), default=least - 1))


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def as_json(value: Any) -> Any:
    """Content as JSON holds it: dates as ISO texts, decimals as the numbers that are written the same.

    >>> as_json({"valid_from": date(2027, 4, 1), "pattern": {"day": Decimal("1.0"), "weekly": Decimal("1.5")}})
    {'valid_from': '2027-04-01', 'pattern': {'day': 1.0, 'weekly': 1.5}}
    """
    if isinstance(value, Mapping):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value

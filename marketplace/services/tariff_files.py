"""Files of frameworks and tariffs as the operator loads them: kept once, never edited, only superseded by another.

`pricing` reads the files and says what is wrong with them. It must never change a price or a band.
"""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import pricing.framework
import pricing.tariff
from marketplace.errors import Conflict, Fault
from marketplace.models import Framework, Organisation, Tariff, TariffStatus
from marketplace.permissions import BUYERS, Actor
from marketplace.services.adoption import BINDING, R, neighbours, supersede
from marketplace.services.frameworks import framework_in_force
from pricing.table import Invalid

Refuse = Callable[[str, object, str], None]  # key, value, words
SUPERSEDE = "What was published is never edited: give the new content a new version, and a start of its own."


def read_framework(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    """The content of a framework's TOML file; None, and the faults, when `pricing` cannot use it."""
    try:
        pricing.framework.load_framework(path)
    except Invalid as error:
        faults += (Fault(path.name, None, fault.where, "", f"{fault.what}. {fault.remedy}.") for fault in error.faults)
        return None
    return _content(path)


def read_tariff(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    """The content of a tariff's TOML file; None, and the faults, when `pricing` cannot use it."""
    try:
        pricing.tariff.load_tariff(path)
    except Invalid as error:
        faults += (Fault(path.name, None, fault.where, "", f"{fault.what}. {fault.remedy}.") for fault in error.faults)
        return None
    return _content(path)


def keep_framework(
    session: Session, actor: Actor, content: dict[str, Any], file: str, faults: list[Fault], *, on: date
) -> Framework | None:
    """Keep a framework; None when this very one is there already. An adopted one ends the one before it.

    Other content under its name and version, days for which another is adopted, and a change of what is in force today
    or was, add to `faults`."""
    framework = pricing.framework.load_framework(content)

    def refuse(key: str, value: object, words: str) -> None:
        faults.append(Fault(file, None, key, str(value), words))

    kept = session.scalar(
        select(Framework).where(Framework.name == framework.name, Framework.version == framework.version)
    )
    if kept is not None:
        if kept.content != content:
            refuse("version", framework.version, f"{framework} is already here with other content. {SUPERSEDE}")
        return None
    if not _is_loaded_so(framework.status, framework.ends_on, "ends_on", refuse):
        return None
    row = Framework(
        name=framework.name,
        version=framework.version,
        status=framework.status,
        starts_on=framework.starts_on,
        ends_on=framework.ends_on,
        content=content,
        makers=[],
    )
    if row.status in BINDING and not _made_way(session, actor, row, "starts_on", refuse, on=on):
        return None
    session.add(row)
    session.flush()
    return row


def keep_tariff(
    session: Session, actor: Actor, content: dict[str, Any], file: str, faults: list[Fault], *, on: date
) -> Tariff | None:
    """Keep a tariff, under the framework that is in force when it starts; None when this very one is there already. An
    adopted one ends the owner's before it.

    Other content under its name and version or start, an owner that is no LA or region here, a start before any
    framework, days for which another is adopted, and a change of what is in force today or was, add to `faults`.
    """
    tariff = pricing.tariff.load_tariff(content)

    def refuse(key: str, value: object, words: str) -> None:
        faults.append(Fault(file, None, key, str(value), words))

    for kept in session.scalars(select(Tariff).where(Tariff.name == tariff.name).order_by(Tariff.id)):
        if kept.content == content:
            return None
        is_same_owner = (kept.owner.name if kept.owner else "") == tariff.owner
        if is_same_owner and (kept.starts_on == tariff.valid_from or kept.version == tariff.version):
            refuse("version", tariff.version, f"{tariff} is already here with other content. {SUPERSEDE}")
            return None
    row = _row(session, tariff, content, refuse)
    if row is None or (row.status in BINDING and not _made_way(session, actor, row, "valid_from", refuse, on=on)):
        return None
    session.add(row)
    session.flush()
    return row


def _made_way(session: Session, actor: Actor, row: R, key: str, refuse: Refuse, *, on: date) -> bool:
    """End the owner's one before an adopted one; False, and the faults at the key of its start, where its days are not
    free."""
    before, others = neighbours(session, row)
    for other in others:
        refuse(key, row.starts_on, f"{other} is adopted for days of these. Choose other days.")
    is_late = before is not None and row.starts_on <= on
    if is_late:
        refuse(key, row.starts_on, f"On this day {before} held. Choose a start after today.")
    if others or is_late:
        return False
    if before is not None:
        supersede(session, actor, before, starts_on=row.starts_on)
    return True


def _is_loaded_so(status: TariffStatus, ends_on: date | None, key: str, refuse: Refuse) -> bool:
    """Whether one of this status is loaded from a file; False, and a fault, where it is not. `key`: that of its end."""
    if status is TariffStatus.IN_CONSULTATION or (status is TariffStatus.SUPERSEDED and ends_on is None):
        words = (
            "A consultation is opened by who keeps it, on its page, and what is superseded has its end in "
            f"{key}. Write draft or adopted."
        )
        refuse("status", status.value, words)
        return False
    return True


def _row(session: Session, tariff: pricing.tariff.Tariff, content: dict[str, Any], refuse: Refuse) -> Tariff | None:
    """The tariff as a row that is not kept yet; None, and a fault, where it cannot be."""
    if not _is_loaded_so(tariff.status, tariff.valid_until, "valid_until", refuse):
        return None
    owner_id = None
    if tariff.owner:
        owner_id = session.scalar(
            select(Organisation.id).where(Organisation.name == tariff.owner, Organisation.kind.in_(BUYERS))
        )
        if owner_id is None:
            words = "No LA or region of this name is here. Write its name as the register has it, or leave it out."
            refuse("owner", tariff.owner, words)
            return None
    try:
        framework = framework_in_force(session, on=tariff.valid_from)
    except Conflict as error:
        refuse("valid_from", tariff.valid_from, str(error))
        return None
    return Tariff(
        owner_id=owner_id,
        framework_id=framework.id,
        name=tariff.name,
        version=tariff.version,
        status=tariff.status,
        starts_on=tariff.valid_from,
        ends_on=tariff.valid_until,
        is_illustrative=tariff.is_illustrative,
        content=content,
    )


def _content(path: Path) -> dict[str, Any]:
    return content_of(path.read_text("utf-8-sig"))


def content_of(text: str) -> dict[str, Any]:
    """A TOML file as JSON can hold it: dates as ISO texts."""
    content = tomllib.loads(text)
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}

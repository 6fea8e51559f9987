"""Frameworks and tariffs as published: kept once, never edited, only superseded by another version.

`pricing` reads the files and says what is wrong with them. It must never change a price or a band.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import pricing.framework
import pricing.tariff
from marketplace.errors import Conflict, Fault
from marketplace.models import Framework, Organisation, OrganisationKind, Tariff
from marketplace.services.frameworks import framework_in_force
from pricing.table import Invalid

BUYERS = (OrganisationKind.LA, OrganisationKind.REGION)
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


def keep_framework(session: Session, content: dict[str, Any], file: str, faults: list[Fault]) -> Framework | None:
    """Keep a framework; None when this very one is there already. Other content under its name and version adds to
    `faults`."""
    framework = pricing.framework.load_framework(content)
    kept = session.scalar(
        select(Framework).where(Framework.name == framework.name, Framework.version == framework.version)
    )
    if kept is not None:
        if kept.content != content:
            words = f"{framework} is already here with other content. {SUPERSEDE}"
            faults.append(Fault(file, None, "version", framework.version, words))
        return None
    row = Framework(
        name=framework.name,
        version=framework.version,
        status=framework.status,
        starts_on=framework.starts_on,
        content=content,
    )
    session.add(row)
    session.flush()
    return row


def keep_tariff(session: Session, content: dict[str, Any], file: str, faults: list[Fault]) -> Tariff | None:
    """Keep a tariff, under the framework that is in force when it starts; None when this very one is there already.

    Other content under its name and version or start, an owner that is no LA or region here, and a start before any
    framework add to `faults`.
    """
    tariff = pricing.tariff.load_tariff(content)
    for kept in session.scalars(select(Tariff).where(Tariff.name == tariff.name).order_by(Tariff.id)):
        if kept.content == content:
            return None
        if kept.starts_on == tariff.valid_from or pricing.tariff.load_tariff(kept.content).version == tariff.version:
            words = f"{tariff} is already here with other content. {SUPERSEDE}"
            faults.append(Fault(file, None, "version", tariff.version, words))
            return None
    owner_id = None
    if tariff.owner:
        owner_id = session.scalar(
            select(Organisation.id).where(Organisation.name == tariff.owner, Organisation.kind.in_(BUYERS))
        )
        if owner_id is None:
            words = "No LA or region of this name is here. Write its name as the register has it, or leave it out."
            faults.append(Fault(file, None, "owner", tariff.owner, words))
            return None
    try:
        framework = framework_in_force(session, on=tariff.valid_from)
    except Conflict as error:
        faults.append(Fault(file, None, "valid_from", str(tariff.valid_from), str(error)))
        return None
    row = Tariff(
        owner_id=owner_id,
        framework_id=framework.id,
        name=tariff.name,
        status=tariff.status,
        starts_on=tariff.valid_from,
        ends_on=tariff.valid_until,
        is_illustrative=tariff.is_illustrative,
        content=content,
    )
    session.add(row)
    session.flush()
    return row


def _content(path: Path) -> dict[str, Any]:
    """The file as JSON can hold it: dates as ISO texts."""
    content = tomllib.loads(path.read_text("utf-8-sig"))
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}

"""Reference data: loading the public files together, all in one transaction, or nothing of any.

It must never write a row that a fault is about, and never leave out a fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from marketplace.errors import BadFiles, Fault
from marketplace.models import AuditEvent, Base, HomeArea
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.boundaries import BoundariesReport, Boundary, load_boundaries
from marketplace.services.indices import keep_indices
from marketplace.services.register import Changes, Register, RegisterReport, load_register
from marketplace.services.tariff_files import keep_framework, keep_tariff
from pricing.indices import Index

HOME_AREA_COLUMNS = ("name", "easting", "northing")


@dataclass(slots=True, kw_only=True)
class Reference:
    """The files as read; None = not given. What a file's name is, is told by `files`, by the name of the field here."""

    register: Register | None = None
    boundaries: Sequence[Boundary] | None = None
    home_areas: Sequence[dict[str, Any]] | None = None
    framework: dict[str, Any] | None = None
    tariff: dict[str, Any] | None = None
    indices: Sequence[Index] | None = None
    files: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What loading changed; None = the file was not given. `faults` are of the rows that were left out."""

    register: RegisterReport | None
    boundaries: BoundariesReport | None
    home_areas: Changes | None
    framework: Changes | None
    tariff: Changes | None
    indices: Changes | None
    faults: tuple[Fault, ...]


def load_reference(
    session: Session, actor: Actor, *, reference: Reference, on: date, is_skipping_bad_rows: bool = False
) -> Report:
    """Load what was read, and record it. Raises BadFiles with every fault of every file when there is one; the
    transaction must then be given up. Where bad rows are to be skipped, only a fault of a file as a whole is one."""
    require(actor == SYSTEM, "load reference data")
    faults = list(reference.faults)
    files = reference.files
    register = load_register(session, reference.register, faults) if reference.register else None
    boundaries = None
    if reference.boundaries is not None:
        boundaries = load_boundaries(session, reference.boundaries, files["boundaries"], faults)
    home_areas = None if reference.home_areas is None else _load_home_areas(session, reference.home_areas)
    framework = tariff = None
    if reference.framework is not None:
        framework = _kept(keep_framework(session, actor, reference.framework, files["framework"], faults, on=on))
    if reference.tariff is not None:
        tariff = _kept(keep_tariff(session, actor, reference.tariff, files["tariff"], faults, on=on))
    indices = None
    if reference.indices is not None:
        indices = keep_indices(session, reference.indices, files["indices"], faults)
    if faults and not (is_skipping_bad_rows and all(fault.row is not None for fault in faults)):
        raise BadFiles(faults)
    report = Report(
        register=register,
        boundaries=boundaries,
        home_areas=home_areas,
        framework=framework,
        tariff=tariff,
        indices=indices,
        faults=tuple(faults),
    )
    _record(session, actor, report)
    return report


def _load_home_areas(session: Session, rows: Sequence[dict[str, Any]]) -> Changes:
    known = {row.code: row for row in session.scalars(select(HomeArea))}
    changes = Changes()
    new, changed = [], []
    for row in rows:
        old = known.get(row["code"])
        if old is None:
            new.append(row)
        elif moved := [name for name in HOME_AREA_COLUMNS if getattr(old, name) != row[name]]:
            changed.append(row)
            changes.by_column.update(moved)
        else:
            changes.unchanged += 1
    if new:
        session.execute(insert(HomeArea), new)
    if changed:
        session.execute(update(HomeArea), changed)
    changes.created, changes.updated = len(new), len(changed)
    return changes


def _kept(row: Base | None) -> Changes:
    return Changes(unchanged=1) if row is None else Changes(created=1)


def _record(session: Session, actor: Actor, report: Report) -> None:
    """One event of what was created or changed, by the table; it is about many rows, so it names none."""
    found = (
        ("regions", report.register and report.register.regions),
        ("authorities", report.register and report.register.authorities),
        ("settings", report.register and report.register.settings),
        ("boundaries", report.boundaries and report.boundaries.authorities),
        ("home_areas", report.home_areas),
        ("frameworks", report.framework),
        ("tariffs", report.tariff),
        ("price_indices", report.indices),
    )
    counts = {name: changes.total for name, changes in found if changes and changes.total}
    if report.register and report.register.closed:
        counts["closed"] = report.register.closed
    if counts:
        session.add(
            AuditEvent(
                user_id=actor.user_id,
                organisation_id=actor.organisation_id,
                event="reference data loaded",
                subject_type="reference",
                data=counts,
            )
        )

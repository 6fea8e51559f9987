"""The register of schools: regions, local authorities and settings, created and updated from the published file.

The register says what a setting is and where. It must never touch what the provider says: places, vacancies, prices.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from marketplace.errors import Fault
from marketplace.models import Authority, Region, Setting, SettingStatus

REGIONS = (
    "East Midlands", "East of England", "London", "North East", "North West", "South East", "South West",
    "West Midlands", "Yorkshire and the Humber",
)  # fmt: skip

# The columns of a setting that the register keeps, with the words of the report.
COLUMNS = {
    "name": "name", "type": "type", "status": "status", "authority_id": "local authority", "low_age": "lowest age",
    "high_age": "highest age", "sex": "gender", "boarders": "boarders", "capacity": "capacity", "pupils": "pupils",
    "needs": "need types", "postcode": "postcode", "easting": "easting", "northing": "northing",
}  # fmt: skip


@dataclass(slots=True)
class Changes:
    """What loading did to one kind of thing. `by_column`: how many of those updated changed in each."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    by_column: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many were created or updated."""
        return self.created + self.updated


@dataclass(frozen=True, slots=True, kw_only=True)
class Establishment:
    """A row of the file that is a setting: its columns as the table names them, without the LA's id."""

    row: int
    authority_code: str
    columns: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Register:
    """The file as read. `names` and `regions` count, by LA code, what the rows of open establishments say: a school may
    lie in another region than its LA, so the LA's is the one that most of its rows name."""

    file: str
    establishments: list[Establishment] = field(default_factory=list)
    urns: set[int] = field(default_factory=set)  # of all rows that are settings, those at fault too
    closed: set[int] = field(default_factory=set)  # URNs
    names: dict[str, Counter[str]] = field(default_factory=dict)
    regions: dict[str, Counter[str]] = field(default_factory=dict)
    passed_over: int = 0  # not a setting
    unplaced: int = 0  # proposed, without a grid reference


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterReport:
    """What loading the register changed. `absent`: URNs of open settings here that the file does not have as such; they
    are left as they were."""

    regions: Changes
    authorities: Changes
    settings: Changes
    closed: int
    absent: tuple[int, ...]
    passed_over: int
    unplaced: int


def load_register(session: Session, register: Register, faults: list[Fault]) -> RegisterReport:
    """Create or update what the file names: regions by name, LAs by code, settings by URN.

    Rows that cannot be kept add to `faults` and are left out; whether the rest stands is the caller's to say. Missing
    need types are None: not stated.
    """
    homes = _regions_of(register)
    regions, region_ids = _load_regions(session, set(homes.values()))
    authorities, authority_ids = _load_authorities(session, register, homes, region_ids, faults)
    found = session.execute(select(Setting.urn, Setting.id, *(getattr(Setting, name) for name in COLUMNS))).all()
    known = {row.urn: row for row in found}
    settings = Changes()
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for each in register.establishments:
        if each.authority_code not in authority_ids:
            faults.append(_of_no_authority(register, each))
            continue
        values = {**each.columns, "authority_id": authority_ids[each.authority_code]}
        old = known.get(values["urn"])
        if old is None:
            new.append(values)
        elif moved := [name for name in COLUMNS if getattr(old, name) != values[name]]:
            changed.append({"id": old.id, **{name: values[name] for name in COLUMNS}})
            settings.by_column.update(COLUMNS[name] for name in moved)
        else:
            settings.unchanged += 1
    closing = [row for row in known.values() if row.urn in register.closed and row.status is not SettingStatus.CLOSED]
    if new:
        session.execute(insert(Setting), new)
    if changed:
        session.execute(update(Setting), changed)
    if closing:
        session.execute(update(Setting), [{"id": row.id, "status": SettingStatus.CLOSED} for row in closing])
    settings.created, settings.updated = len(new), len(changed)
    return RegisterReport(
        regions=regions,
        authorities=authorities,
        settings=settings,
        closed=len(closing),
        absent=_absent(register, known),
        passed_over=register.passed_over,
        unplaced=register.unplaced,
    )


def _regions_of(register: Register) -> dict[str, str]:
    """The region of each LA: the one that most of its rows name, of two as many the first in the alphabet."""
    homes: dict[str, str] = {}
    for code, counts in sorted(register.regions.items()):
        english = {name: count for name, count in counts.items() if name in REGIONS}
        if english:
            homes[code] = min(english, key=lambda name: (-english[name], name))
    return homes


def _load_regions(session: Session, names: Collection[str]) -> tuple[Changes, dict[str, int]]:
    known = {row.name: row.id for row in session.scalars(select(Region).where(Region.name.in_(names)))}
    new = [Region(name=name) for name in sorted(set(names) - known.keys())]
    session.add_all(new)
    session.flush()
    return Changes(created=len(new), unchanged=len(known)), known | {row.name: row.id for row in new}


def _load_authorities(
    session: Session,
    register: Register,
    homes: Mapping[str, str],
    region_ids: Mapping[str, int],
    faults: list[Fault],
) -> tuple[Changes, dict[str, int]]:
    changes = Changes()
    known = {row.code: row for row in session.scalars(select(Authority))}
    codes = {row.name: row.code for row in known.values()}
    for code, region in homes.items():
        counts = register.names[code]
        name = min(counts, key=lambda each: (-counts[each], each))
        if codes.get(name, code) != code:
            words = f"{name} is known with the code {codes[name]}, and an LA has one. Put the code or the name right."
            faults.append(Fault(register.file, None, "LA (code)", code, words))
            known.pop(code, None)
            continue
        codes[name] = code
        row = known.get(code)
        if row is None:
            known[code] = Authority(code=code, name=name, region_id=region_ids[region])
            session.add(known[code])
            changes.created += 1
            continue
        moved = [word for word, is_other in _differences(row, name, region_ids[region]) if is_other]
        row.name, row.region_id = name, region_ids[region]
        changes.by_column.update(moved)
        changes.updated += bool(moved)
        changes.unchanged += not moved
    session.flush()
    return changes, {code: row.id for code, row in known.items()}


def _differences(row: Authority, name: str, region_id: int) -> Sequence[tuple[str, bool]]:
    return ("name", row.name != name), ("region", row.region_id != region_id)


def _of_no_authority(register: Register, each: Establishment) -> Fault:
    words = "No row of this LA names an English region, or its code is at fault. Put the LA or its region right."
    return Fault(register.file, each.row, "LA (code)", each.authority_code, words)


def _absent(register: Register, known: Mapping[int, Any]) -> tuple[int, ...]:
    named = register.urns | register.closed
    is_absent = (urn for urn, row in known.items() if urn not in named and row.status is not SettingStatus.CLOSED)
    return tuple(sorted(is_absent))

"""What the rows of a problem must say together: unique keys, references that exist, facts that do not contradict.

One rule a function; each finds everything and stops at nothing. A value that could not be read breaks no rule, since
it has been reported already.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from optimiser.cells import exact
from optimiser.errors import FileError
from optimiser.problem import SHARES, Pool, Price, Provision
from optimiser.tables import UNREAD, Rows

UNIT_OF_KIND = {"full": "places", "porous": "places", "outreach": "hours"}

_KEYS = {"pupils": "pupil", "provisions": "provision", "pools": "pool"}
_PLACES = {name: f"the column {key} of {name}" for name, key in _KEYS.items()} | {
    "settings": "the column setting of provisions"
}

Sheets = Mapping[str, Rows]
Complaint = tuple[str, Any, str, str]  # column, value, problem, remedy


def rule_errors(sheets: Sheets) -> Iterator[FileError]:
    """Every rule that the rows break together."""
    known = {name: _ids(sheets[name], key) for name, key in _KEYS.items()}
    known["settings"] = _ids(sheets["provisions"], "setting")
    for rows in sheets.values():
        yield from _doubled_keys(rows)
        yield from _unknown_references(rows, known)
    pools = {pool.pool: pool for pool in sheets["pools"].rows}
    provisions = {provision.provision: provision for provision in sheets["provisions"].rows}
    settings: dict[str, tuple[int, Provision]] = {}
    for number, provision in _numbered(sheets["provisions"]):
        first_number, first = settings.setdefault(provision.setting, (number, provision))
        complaints = (
            *_provision_alone(provision),
            *_provision_and_pool(provision, pools.get(provision.pool)),
            *_provision_and_setting(provision, first, first_number),
        )
        yield from _errors(sheets["provisions"], number, complaints)
    for number, price in _numbered(sheets["prices"]):
        yield from _errors(sheets["prices"], number, _price_and_provision(price, provisions.get(price.provision)))


def _doubled_keys(rows: Rows) -> Iterator[FileError]:
    columns = rows.table.key
    first: dict[tuple[Any, ...], int] = {}
    for number, row in _numbered(rows):
        key = tuple(getattr(row, column) for column in columns)
        if UNREAD not in key and first.setdefault(key, number) != number:
            problem = f"stands already in row {first[key]}"
            remedy = f"Keep one row for each {' and '.join(columns)}."
            yield FileError(rows.file, number, columns[-1], ", ".join(key), problem, remedy)


def _unknown_references(rows: Rows, known: Mapping[str, set[str] | None]) -> Iterator[FileError]:
    for column in rows.table.columns:
        ids = known.get(column.refers)
        if ids is None:
            continue
        place = _PLACES[column.refers]
        for number, row in _numbered(rows):
            value = getattr(row, column.name)
            for item in value if isinstance(value, tuple) else (value,):
                if item and item is not UNREAD and item not in ids:
                    remedy = f"Add it to {place}, or correct this cell."
                    yield FileError(rows.file, number, column.name, item, f"is not in {place}", remedy)


def _provision_alone(provision: Provision) -> Iterator[Complaint]:
    low, high, kind = provision.low_year, provision.high_year, provision.kind
    if UNREAD not in (low, high) and low > high:
        yield "high_year", high, f"is below low_year, {low}", "Exchange the two, or correct one."
    if kind in ("porous", "outreach") and provision.pattern not in ("day", UNREAD):
        remedy = "Write day, or make it a full provision."
        yield "pattern", provision.pattern, f"cannot go with the kind {kind}", remedy
    if kind == "porous" and provision.sessions is None:
        yield "sessions", "", "is blank for a porous provision", "Give the sessions of 10 a week, 1 to 9."
    yield from _only_for(kind, "porous", "sessions", provision.sessions)
    yield from _only_for(kind, "porous", "shares", provision.shares)
    if provision.shares not in (None, UNREAD, *SHARES):
        yield "shares", provision.shares, "does not divide a place evenly", "Write 1, 2, 4, 5 or 10, or leave it blank."
    yield from _only_for(kind, "outreach", "radius_km", provision.radius_km)


def _provision_and_pool(provision: Provision, pool: Pool | None) -> Iterator[Complaint]:
    if pool is None:
        return
    unit = UNIT_OF_KIND.get(provision.kind)
    if unit and pool.unit not in (unit, UNREAD):
        problem = f"is a pool of {pool.unit}, and {provision.kind} provision uses {unit}"
        yield "pool", pool.pool, problem, f"Name a pool of {unit}, or correct the pool's unit."
    if UNREAD not in (pool.setting, provision.setting) and pool.setting != provision.setting:
        problem = f"belongs to another setting, {pool.setting}"
        yield "pool", pool.pool, problem, f"Name a pool of setting {provision.setting}."


def _provision_and_setting(provision: Provision, first: Provision, number: int) -> Iterator[Complaint]:
    """A setting is one place of one type: its type decides whether a request binds, its place how far it is."""
    for column in ("setting_type", "easting", "northing"):
        one, other = getattr(provision, column), getattr(first, column)
        if UNREAD not in (provision.setting, one, other) and one != other:
            problem = f"differs from row {number} of the same setting, which has {other}"
            yield column, one, problem, f"Give setting {provision.setting} one {column} in all its rows."


def _price_and_provision(price: Price, provision: Provision | None) -> Iterator[Complaint]:
    if provision is None or provision.kind is UNREAD:
        return
    if provision.kind == "outreach" and price.hours is None:
        yield "hours", "", "is blank for outreach", "Give the staff hours a week of this band's package."
    if provision.kind == "outreach" and price.hours == 0:
        yield "hours", 0, "is no package", "Give the staff hours a week, more than 0."
    yield from _only_for(provision.kind, "outreach", "hours", price.hours)


def _only_for(kind: str, owner: str, column: str, value: Any) -> Iterator[Complaint]:
    if value not in (None, UNREAD) and kind not in (owner, UNREAD):
        yield column, value, f"is for {owner} only, and this provision is {kind}", "Clear the cell."


def _errors(rows: Rows, number: int, complaints: Any) -> Iterator[FileError]:
    for column, value, problem, remedy in complaints:
        shown = exact(value) if isinstance(value, float) else str(value)
        yield FileError(rows.file, number, column, shown, problem, remedy)


def _numbered(rows: Rows) -> Iterator[tuple[int, Any]]:
    return zip(rows.numbers, rows.rows, strict=True)


def _ids(rows: Rows, attribute: str) -> set[str] | None:
    """What a file defines; None when the file or its column is not there, so that its absence is reported once."""
    ids = {getattr(row, attribute) for row in rows.rows}
    return ids if rows.is_known and ids != {UNREAD} else None

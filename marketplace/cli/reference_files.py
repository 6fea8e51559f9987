"""The files of `marketplace reference load`, read whole, with every fault of each, before anything is written."""

from collections import Counter
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from marketplace.errors import Fault
from marketplace.models import SettingStatus, SettingType
from marketplace.schemas.gias import has_no_place, setting_type, status_of
from marketplace.schemas.reference import (
    GIAS_OPTIONAL,
    GIAS_REQUIRED,
    HOME_AREA_COLUMNS,
    LA_CODE,
    LONGEST_NAME,
    GiasRowSchema,
    HomeAreaRowSchema,
    of_resourced_provision,
)
from marketplace.schemas.rows import Rows
from marketplace.services.boundaries import LONGEST_FILE, Boundary, read_boundaries
from marketplace.services.indices import read_indices
from marketplace.services.reference import Reference
from marketplace.services.register import Establishment, Register
from marketplace.services.tariff_files import read_framework, read_tariff


def read(
    *,
    gias: Path | None = None,
    boundaries: Path | None = None,
    home_areas: Path | None = None,
    framework: Path | None = None,
    tariff: Path | None = None,
    indices: Path | None = None,
) -> Reference:
    """Read the files that are given. What is wrong in them is in the reference's `faults`; nothing is raised."""
    reference = Reference()
    given = {"boundaries": boundaries, "framework": framework, "tariff": tariff, "indices": indices}
    reference.files = {name: path.name for name, path in given.items() if path is not None}
    if gias is not None:
        reference.register = read_register(gias, reference.faults)
    if boundaries is not None:
        reference.boundaries = _boundaries(boundaries, reference.faults)
    if home_areas is not None:
        reference.home_areas = read_home_areas(home_areas, reference.faults)
    if framework is not None:
        reference.framework = read_framework(framework, reference.faults)
    if tariff is not None:
        reference.tariff = read_tariff(tariff, reference.faults)
    if indices is not None:
        reference.indices = read_indices(indices, reference.faults)
    return reference


def read_register(path: Path, faults: list[Fault]) -> Register:
    """The GIAS bulk file. Most of its rows are mainstream or closed: of those only the LA and its region are read."""
    register = Register(file=path.name)
    rows = Rows(path, required=GIAS_REQUIRED, optional=GIAS_OPTIONAL)
    schema = GiasRowSchema()
    seen: dict[int, int] = {}
    for row, cells in rows:
        try:
            kind = setting_type(cells)
        except ValidationError as error:
            rows.note(row, cells, error.messages_dict)
            register.urns |= _urn(cells)
            continue
        status = status_of(cells)
        if status is SettingStatus.CLOSED:
            register.closed |= _urn(cells)
            continue
        _note_authority(register, cells)
        if kind is None:
            register.passed_over += 1
        elif status is SettingStatus.PROPOSED and has_no_place(cells):
            register.unplaced += 1
        else:
            _note_setting(register, rows, row, cells, kind, schema, seen)
    faults += rows.faults
    return register


def _urn(cells: dict[str, str]) -> set[int]:
    urn = cells["URN"].strip()
    return {int(urn)} if urn.isascii() and urn.isdecimal() else set()


def _note_authority(register: Register, cells: dict[str, str]) -> None:
    code, name = cells["LA (code)"].strip(), cells["LA (name)"].strip()
    if not LA_CODE.fullmatch(code) or not 0 < len(name) <= LONGEST_NAME:
        return  # a setting's own row tells the fault of its code; of other rows nothing is kept
    register.names.setdefault(code, Counter())[name] += 1
    register.regions.setdefault(code, Counter())[cells["GOR (name)"].strip()] += 1


def _note_setting(
    register: Register,
    rows: Rows,
    row: int,
    cells: dict[str, str],
    kind: SettingType,
    schema: GiasRowSchema,
    seen: dict[int, int],
) -> None:
    register.urns |= _urn(cells)
    try:
        columns: dict[str, Any] = schema.load(cells)
    except ValidationError as error:
        rows.note(row, cells, error.messages_dict)
        return
    first = seen.setdefault(columns["urn"], row)
    if first != row:
        rows.fault(row, "URN", cells["URN"], f"Row {first} has this URN too. Keep one of the two.")
        return
    columns = of_resourced_provision(columns, is_resourced=kind is SettingType.RESOURCED_MAINSTREAM)
    code = columns.pop("authority_code")
    register.establishments.append(Establishment(row=row, authority_code=code, columns={**columns, "type": kind}))


def read_home_areas(path: Path, faults: list[Fault]) -> list[dict[str, Any]]:
    """The postcode districts, each once."""
    rows = Rows(path, required=HOME_AREA_COLUMNS)
    schema = HomeAreaRowSchema()
    areas: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        try:
            area: dict[str, Any] = schema.load(cells)
        except ValidationError as error:
            rows.note(row, cells, error.messages_dict)
            continue
        first = seen.setdefault(area["code"], row)
        if first == row:
            areas.append(area)
        else:
            rows.fault(row, "postcode", area["code"], f"Row {first} has this district too. Keep one of the two.")
    faults += rows.faults
    return areas


def _boundaries(path: Path, faults: list[Fault]) -> list[Boundary]:
    if path.stat().st_size > LONGEST_FILE:
        words = f"is larger than {LONGEST_FILE // 1_000_000} MB. Simplify the boundaries; they are for maps only."
        faults.append(Fault(path.name, None, "", "", words))
        return []
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault(path.name, None, "", "", "is not text in UTF-8. Export it as GeoJSON again."))
        return []
    return read_boundaries(text, path.name, faults)

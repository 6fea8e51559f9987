"""Made-up rows of the register of schools, in the columns of the published file. Every name is fictional."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path

from marketplace.schemas.gias import RESOURCED_COLUMN
from marketplace.schemas.reference import GIAS_REQUIRED, NEED_COLUMNS

# As the published file has many columns that nobody here reads, so has this one.
COLUMNS = ("URN", "Town", *(column for column in GIAS_REQUIRED if column != "URN"), RESOURCED_COLUMN,
           "ResourcedProvisionCapacity", "ResourcedProvisionOnRoll", "SenUnitCapacity", "SenUnitOnRoll")  # fmt: skip


def row(urn: int | str, **cells: str) -> dict[str, str]:
    """An open community special school for autism; `cells` by short names, see SHORT."""
    full = {
        **dict.fromkeys(COLUMNS, ""),
        **dict.fromkeys(NEED_COLUMNS, "Not Applicable"),
        "URN": str(urn),
        "Town": "Elm, Upper",
        "LA (code)": "901",
        "LA (name)": "Elmshire",
        "EstablishmentName": f"Fictional School {urn}",
        "TypeOfEstablishment (name)": "Community special school",
        "EstablishmentStatus (name)": "Open",
        "StatutoryLowAge": "4",
        "StatutoryHighAge": "19",
        "Boarders (name)": "No boarders",
        "Gender (name)": "Mixed",
        "SchoolCapacity": "120",
        "NumberOfPupils": "110",
        "Section41Approved (name)": "Not applicable",
        "SEN1 (name)": "ASD - Autistic Spectrum Disorder",
        "Postcode": "QX4 7AB",
        "Easting": "405000",
        "Northing": "305000",
        "GOR (name)": "West Midlands",
        RESOURCED_COLUMN: "Not applicable",
    }
    return full | {SHORT[name]: value for name, value in cells.items()}


SHORT = {
    "la": "LA (code)", "la_name": "LA (name)", "name": "EstablishmentName", "type": "TypeOfEstablishment (name)",
    "status": "EstablishmentStatus (name)", "low": "StatutoryLowAge", "high": "StatutoryHighAge",
    "boarders": "Boarders (name)", "gender": "Gender (name)", "capacity": "SchoolCapacity", "pupils": "NumberOfPupils",
    "section41": "Section41Approved (name)", "sen1": "SEN1 (name)", "sen2": "SEN2 (name)", "sen13": "SEN13 (name)",
    "postcode": "Postcode", "easting": "Easting", "northing": "Northing", "region": "GOR (name)",
    "resourced": RESOURCED_COLUMN, "places": "ResourcedProvisionCapacity", "on_roll": "ResourcedProvisionOnRoll",
    "unit_places": "SenUnitCapacity", "unit_on_roll": "SenUnitOnRoll",
}  # fmt: skip


def mainstream(urn: int, **cells: str) -> dict[str, str]:
    """An open community school without anything special."""
    return row(urn, **{"type": "Community school", "sen1": "Not Applicable", **cells})


def write(
    path: Path,
    rows: Iterable[Mapping[str, str]],
    *,
    encoding: str = "cp1252",
    columns: Iterable[str] = COLUMNS,
) -> Path:
    """The file as GIAS publishes it: every text in quotes, in Windows-1252."""
    text = StringIO()
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path

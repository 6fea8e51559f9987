"""The public data folder, read as columns. It reads, and never fills in what is not there.

`x` (unavailable), `z` (not applicable), blank and missing all mean *not available* (NaN), never 0.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.str_]
Numbers = NDArray[np.float64]

VARIABLE = "MARKETPLACE_REAL_DATA"
PROJECT = Path(__file__).resolve().parents[2]
NOT_AVAILABLE = frozenset({"", "x", "z"})
FILES = (
    "settings",
    "dfe_section41_and_inmss_list_2022",
    "small_areas",
    "authorities",
    "ehcp_la_need_by_placement_2025",
    "ehcp_la_age_by_placement_2025",
    "ehcp_la_placement_2025",
    "ehcp_la_residential_2025",
    "ehcp_england_need_by_age_sex_2025",
    "new_ehcp_la_2019_2024",
    "s251_high_needs_la_2021_22",
    "dsg_high_needs_la_2023_24",
)
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 (Department for Education, "
    "Ofsted, MHCLG). Source: Office for National Statistics licensed under the Open Government Licence v3.0. Contains "
    "OS data © Crown copyright and database right. Contains Royal Mail data © Royal Mail copyright and database "
    "right. Postcode districts: CC0."
)


class DataError(Exception):
    """The public data are missing or are not what their README says; the message says what and where."""


@dataclass(frozen=True)
class Table:
    """One file as columns of text."""

    file: str
    columns: Mapping[str, Texts]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> Texts:
        try:
            return self.columns[column]
        except KeyError:
            raise DataError(
                f"{self.file} has no column {column}: use the data folder that its README describes."
            ) from None

    def numbers(self, column: str) -> Numbers:
        """The column as numbers, NaN where not available; DataError on any other text."""
        return np.array(
            [self._number(column, row, text) for row, text in enumerate(self[column].tolist(), start=2)], dtype=float
        )

    def where(self, mask: NDArray[np.bool_]) -> "Table":
        return Table(self.file, {name: values[mask] for name, values in self.columns.items()})

    def rows(self) -> Iterator[dict[str, str]]:
        for values in zip(*(column.tolist() for column in self.columns.values()), strict=True):
            yield dict(zip(self.columns, values, strict=True))

    def _number(self, column: str, row: int, text: str) -> float:
        if text in NOT_AVAILABLE:
            return float("nan")
        try:
            return float(text)
        except ValueError:
            raise DataError(
                f"{self.file}, row {row}, {column}: {text!r} is neither a number nor x, z or blank."
            ) from None


Sources = Mapping[str, Table]


def data_folder() -> Path:
    """The folder that MARKETPLACE_REAL_DATA names, else `shared/data` beside the project; DataError if absent."""
    folder = Path(os.environ.get(VARIABLE) or PROJECT.parent / "shared" / "data")
    if not (folder / "settings.csv").is_file():
        raise DataError(f"There are no public data in {folder}: name the folder that holds settings.csv in {VARIABLE}.")
    return folder


def read_sources(folder: Path) -> Sources:
    """Every file that the problem is made from; DataError when one is missing."""
    return {name: _table(folder / f"{name}.csv") for name in FILES}


def _table(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = next(reader)
            columns = [np.array(column, dtype=np.str_) for column in zip(*reader, strict=True)]
    except FileNotFoundError:
        raise DataError(f"{path} is missing: the data folder is not complete.") from None
    except (StopIteration, ValueError) as error:
        raise DataError(f"{path} cannot be read as rows of equal length with a header: {error}.") from None
    return Table(path.name, dict(zip(header, columns, strict=True)))

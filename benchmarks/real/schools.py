"""What is known of each real setting, with what had to be derived where the data are silent. It prices nothing.

Each school has its own stream of chance (seed and URN), so it is the same whichever regions are asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.real.legal_type import ALTERNATIVE, STATE_SPECIAL, LegalTypes, legal_types, listed_statuses
from benchmarks.real.sources import DataError, Sources, Table

BOARDING = {  # what the settings that said in 2017 that they board can offer besides day places
    "Boarding School": ("weekly", "termly"),
    "Children's Home (Boarding School)": ("weekly", "termly", "annual"),
}
SEX = {"Boys": "M", "Girls": "F"}
LOWEST_YEAR, HIGHEST_YEAR = -1, 14


@dataclass(frozen=True, slots=True)
class School:
    """One setting. `low_age` and `high_age` as GIAS has them: 11 to 16 is years 7 to 11."""

    urn: str
    la: str
    setting_type: str
    easting: int
    northing: int
    low_age: int
    high_age: int
    sex: str
    roll: float
    patterns: tuple[str, ...]
    random: np.random.Generator

    @property
    def years(self) -> tuple[int, int]:
        low = min(max(self.low_age - 4, LOWEST_YEAR), HIGHEST_YEAR)
        return low, max(low, min(self.high_age - 5, HIGHEST_YEAR))


@dataclass(frozen=True)
class Schools:
    """The settings of some LAs, by URN, and how many had what left out or derived."""

    schools: tuple[School, ...]
    legal: LegalTypes
    ehcps: float
    without_position: int
    without_ages: int
    without_roll: int


def read_schools(sources: Sources, las: Sequence[str], seed: int) -> Schools:
    """The settings of these LAs. One without a position is left out: it had left GIAS by 2026.

    Raises DataError when none is left.
    """
    every = sources["settings"]
    asked = every.where(np.isin(every["la_code"], las))
    table = asked.where((asked["easting"] != "") & (asked["northing"] != ""))
    if not len(table):
        raise DataError("settings.csv holds no setting with a position in the region asked for.")
    legal = legal_types(zip(table["urn"].tolist(), table["type"].tolist(), strict=True), listed_statuses(sources))
    schools = tuple(sorted(_schools(every, table, legal, seed), key=lambda school: school.urn))
    with_plan = table.numbers("pct_ehcp_2024")
    ehcps = np.nansum(table.numbers("pupils_2024") * np.where(np.isnan(with_plan), 100.0, with_plan) / 100.0)
    return Schools(
        schools,
        legal,
        float(ehcps),
        without_position=len(asked) - len(table),
        without_ages=int((table["age_low"] == "").sum()),
        without_roll=int((table["pupils_2024"] == "").sum()),
    )


def _schools(every: Table, table: Table, legal: LegalTypes, seed: int) -> Iterator[School]:
    rolls = _median_rolls(every)
    ages = _known_ages(every)
    for row in table.rows():
        random = np.random.default_rng([seed, int(row["urn"])])
        known = ages[_sector(row["type"])]
        low, high = known[random.integers(len(known))]
        if row["age_low"] and row["age_high"]:
            low, high = int(float(row["age_low"])), int(float(row["age_high"]))
        yield School(
            row["urn"],
            row["la_code"],
            legal.setting_type[row["urn"]],
            int(row["easting"]),
            int(row["northing"]),
            low,
            high,
            SEX.get(row["gender"], "mixed"),
            float(row["pupils_2024"] or rolls[row["type"]]),
            ("day", *BOARDING.get(row["boarders_2017"], ())),
            random,
        )


def _median_rolls(every: Table) -> dict[str, float]:
    rolls = every.numbers("pupils_2024")
    return {kind: float(np.nanmedian(rolls[every["type"] == kind])) for kind in np.unique(every["type"]).tolist()}


def _known_ages(every: Table) -> dict[str, list[tuple[int, int]]]:
    ages: dict[str, list[tuple[int, int]]] = {}
    for kind, low, high in zip(every["type"], every.numbers("age_low"), every.numbers("age_high"), strict=True):
        known = ages.setdefault(_sector(kind), [])
        if not np.isnan(low + high):
            known.append((int(low), int(high)))
    return ages


def _sector(gias_type: str) -> str:
    if gias_type in STATE_SPECIAL:
        return "state"
    return "alternative" if gias_type in ALTERNATIVE else "independent"

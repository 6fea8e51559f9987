"""One bad input after another: a change to the template's files, and the error that must name it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from optimiser.errors import BadProblem, FileError
from optimiser.files import read_problem


def change(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def errors_of(path: Path, policy: Path | None = None) -> tuple[FileError, ...]:
    with pytest.raises(BadProblem) as caught:
        read_problem(path, policy)
    return caught.value.errors


@dataclass(frozen=True)
class Slip:
    """One change to the template files, and the one error that it must give."""

    file: str
    old: str
    new: str
    row: int | None
    column: str
    value: str
    problem: str


SLIPS = {
    # pupils.csv
    "a pupil twice": Slip("pupils.csv", "EX-002,", "EX-001,", 3, "pupil", "EX-001", "stands already in row 2"),
    "a pupil without reference": Slip("pupils.csv", "EX-002,", ",", 3, "pupil", "", "is blank"),
    "a reference with a line break": Slip("pupils.csv", "EX-002,", '"EX\n002",', 3, "pupil", "EX\n002", "line break"),
    "a reference too long": Slip("pupils.csv", "EX-002,", "x" * 201 + ",", 3, "pupil", "x" * 201, "is longer than"),
    "an LA of two digits": Slip("pupils.csv", "002,999", "002,99", 3, "la", "99", "form of the code"),
    "an LA in other digits": Slip("pupils.csv", "002,999", "002,٩٩٩", 3, "la", "٩٩٩", "form of the code"),
    "a fractional easting": Slip("pupils.csv", "403200", "403200.5", 3, "easting", "403200.5", "not a whole number"),
    "an easting off the grid": Slip("pupils.csv", "403200", "700001", 3, "easting", "700001", "is above"),
    "a northing below the grid": Slip("pupils.csv", "299000", "-1", 3, "northing", "-1", "is below"),
    "a number with a comma": Slip("pupils.csv", "403200", '"403,200"', 3, "easting", "403,200", "not a whole number"),
    "digits of another script": Slip("pupils.csv", "403200", "٤٠٣", 3, "easting", "٤٠٣", "not a whole number"),
    "a year too high": Slip("pupils.csv", "299000,8", "299000,15", 3, "year_group", "15", "is above"),
    "an unknown sex": Slip("pupils.csv", ",8,M", ",8,m", 3, "sex", "m", "not one of"),
    "a level too high": Slip("pupils.csv", "M,1,1,2,0", "M,1,6,2,0", 3, "level_cl", "6", "is above"),
    "a level left out": Slip("pupils.csv", "M,1,1,2,0", "M,1,1,2,", 3, "level_sp", "", "is blank"),
    "an unknown need": Slip("pupils.csv", "SEMH", "semh", 3, "primary_need", "semh", "not one of"),
    "an unknown second need": Slip("pupils.csv", "SLCN", "SLCN;X", 2, "secondary_needs", "SLCN;X", "not one of"),
    "an unknown kind": Slip("pupils.csv", "full;porous", "full;part", 2, "options", "full;part", "not one of"),
    "a kind twice": Slip("pupils.csv", "full;porous", "full;full", 2, "options", "full;full", "twice"),
    "a list of nothing": Slip("pupils.csv", "full;porous", ";", 2, "options", ";", "without any item"),
    "an unknown pattern": Slip("pupils.csv", "outreach,day", "outreach,Day", 3, "pattern", "Day", "not one of"),
    "a priority of nought": Slip("pupils.csv", "day,2", "day,0", 2, "priority", "0", "is below"),
    "a distance that is no number": Slip("pupils.csv", "3,25", "3,NaN", 3, "max_km", "NaN", "not a number"),
    "an endless distance": Slip("pupils.csv", "3,25", "3,1e999", 3, "max_km", "1e999", "is above"),
    "a negative distance": Slip("pupils.csv", "3,25", "3,-1", 3, "max_km", "-1", "is below"),
    "a transport that is not yes": Slip("pupils.csv", ",yes,", ",no,", 4, "transport", "no", "neither yes nor blank"),
    "an unknown request": Slip("pupils.csv", "yes,900001", "yes,900009", 4, "request", "900009", "is not in"),
    "an unknown ground": Slip("pupils.csv", "yes,900001,", "yes,900001,x", 4, "ground", "x", "not one of"),
    "an unknown wish": Slip("pupils.csv", "900001;900002", "900001;5", 2, "wishes", "5", "is not in"),
    "an unknown lock": Slip("pupils.csv", "900002,,", "900002,elm,", 2, "locked", "elm", "is not in"),
    "an unknown ban": Slip("pupils.csv", ",alder-full", ",alder", 3, "forbidden", "alder", "is not in"),
    # provisions.csv
    "a provision twice": Slip(
        "provisions.csv", "alder-full", "alder-porous", 3, "provision", "alder-porous", "stands already in row 2"
    ),
    "an unknown type": Slip("provisions.csv", "independent", "free", 4, "setting_type", "free", "not one of"),
    "an unknown kind of provision": Slip("provisions.csv", "outreach,day", "visit,day", 4, "kind", "visit", "not one"),
    "outreach that sleeps": Slip("provisions.csv", "outreach,day", "outreach,weekly", 4, "pattern", "weekly", "cannot"),
    "years the wrong way round": Slip("provisions.csv", "301000,-1,11", "301000,12,11", 2, "high_year", "11", "below"),
    "no need met": Slip("provisions.csv", "ASD;SLCN;SLD", "", 2, "needs", "", "is blank"),
    "an unknown LA served": Slip("provisions.csv", ",999,", ",999;9,", 2, "las", "999;9", "form of the code"),
    "an unknown pool": Slip("provisions.csv", "hazel-hours", "hazel", 4, "pool", "hazel", "is not in"),
    "a pool of the wrong unit": Slip(
        "provisions.csv", "hazel-hours", "alder-places", 4, "pool", "alder-places", "uses hours"
    ),
    "porous without sessions": Slip("provisions.csv", ",4,,\n", ",,,\n", 3, "sessions", "", "blank for a porous"),
    "ten sessions": Slip("provisions.csv", ",4,,\n", ",10,,\n", 3, "sessions", "10", "is above"),
    "sessions of a full week": Slip(
        "provisions.csv", ",999,alder-places,", ",999,alder-places,5", 2, "sessions", "5", "porous only"
    ),
    "shares of a full place": Slip(
        "provisions.csv", ",999,alder-places,", ",999,alder-places,,2", 2, "shares", "2", "porous only"
    ),
    "three shares": Slip("provisions.csv", ",4,,\n", ",4,3,\n", 3, "shares", "3", "divide a place evenly"),
    "a radius of a place": Slip("provisions.csv", ",4,,\n", ",4,,7\n", 3, "radius_km", "7", "outreach only"),
    "a setting in two places": Slip(
        "provisions.csv", "porous,day,402500", "porous,day,402501", 3, "easting", "402501", "differs from row 2"
    ),
    "a setting of two types": Slip(
        "provisions.csv", "nmss,porous", "ap,porous", 3, "setting_type", "ap", "differs from row 2"
    ),
    # pools.csv
    "a negative amount": Slip("pools.csv", "places,2", "places,-2", 2, "amount", "-2", "is below"),
    "an unknown unit": Slip("pools.csv", "hours,17.5", "hrs,17.5", 3, "unit", "hrs", "not one of"),
    "another setting's pool": Slip(
        "pools.csv", "hazel-hours,900002", "hazel-hours,900001", None, "pool", "hazel-hours", "another setting, 900001"
    ),
    # prices.csv
    "a price in pounds and pence": Slip("prices.csv", "38000", "38000.50", 2, "price", "38000.50", "not a whole"),
    "a price with its sign": Slip("prices.csv", "38000", '"£38,000"', 2, "price", "£38,000", "not a whole number"),
    "a negative price": Slip("prices.csv", "38000", "-1", 2, "price", "-1", "is below"),
    "a price of nobody": Slip("prices.csv", "alder-full,profound", "elm,profound", 3, "provision", "elm", "is not in"),
    "a price of no band": Slip(
        "prices.csv", "alder-full,profound", "alder-full,universal", 3, "band", "universal", "not"
    ),
    "a price twice": Slip(
        "prices.csv",
        "alder-full,profound",
        "alder-full,intensive",
        3,
        "band",
        "alder-full, intensive",
        "already in row 2",
    ),
    "outreach without hours": Slip("prices.csv", "9000,5", "9000,", 6, "hours", "", "blank for outreach"),
    "outreach of no hours": Slip("prices.csv", "9000,5", "9000,0", 6, "hours", "0", "no package"),
    "hours of a place": Slip("prices.csv", "38000,", "38000,5", 2, "hours", "5", "outreach only"),
    # budgets.csv, travel.csv
    "an endless budget": Slip("budgets.csv", "150000", "inf", 2, "budget", "inf", "not a whole number"),
    "a huge budget": Slip("budgets.csv", "150000", "9" * 15, 2, "budget", "9" * 15, "is above"),
    "a way from nobody": Slip("travel.csv", "EX-001", "EX-009", 2, "pupil", "EX-009", "is not in"),
    "a way to nowhere": Slip("travel.csv", "900001", "900009", 2, "setting", "900009", "is not in"),
    "a way too long": Slip("travel.csv", "2.9", "2001", 2, "km", "2001", "is above"),
    # headers and shapes
    "an unknown column": Slip("pools.csv", "amount", "amount,remark", 1, "remark", "remark", "not a column"),
    "a column misspelt": Slip("pupils.csv", "priority", "prioritiy", 1, "prioritiy", "prioritiy", "not a column"),
    "a column twice": Slip("pupils.csv", "max_km", "priority", 1, "priority", "priority", "stands twice"),
    "a row cut short": Slip("travel.csv", "EX-001,900001,2.9", "EX-001,900001", 2, "", "", "cut short"),
    "a cell beyond the header": Slip("pools.csv", "places,2", "places,2,3", 2, "", "3", "column without a name"),
    "semicolons for commas": Slip("budgets.csv", "la,budget", "la;budget", 1, "", "", "separates its columns by ;"),
    "an open quotation mark": Slip("travel.csv", "EX-001", '"EX-001', 2, "", "", "not CSV from here on"),
    "a quotation mark inside": Slip("travel.csv", "EX-001", '"EX"-001', 2, "", "", "not CSV from here on"),
    "a NUL byte": Slip("travel.csv", "EX-001", "EX\0001", 2, "", "", "NUL"),
    # policy.toml
    "an unknown entry": Slip("policy.toml", "max_km =", "max_kn =", 4, "max_kn", "", "not an entry"),
    "a word for a number": Slip("policy.toml", "max_km = 40", 'max_km = "40"', 4, "max_km", "40", "not what stands"),
    "a yes for a number": Slip("policy.toml", "max_km = 40", "max_km = true", 4, "max_km", "True", "not what stands"),
    "a number that is none": Slip("policy.toml", "max_km = 40", "max_km = nan", 4, "max_km", "nan", "not what stands"),
    "too few weights": Slip("policy.toml", "16000, 8000", "8000", 12, "unplaced", "[8000", "not what stands"),
    "an unknown journey": Slip("policy.toml", "day = 380", "dya = 380", 18, "journeys.dya", "380", "not a residential"),
    "no journey a day": Slip("policy.toml", "day = 380", "day = 0", 18, "journeys.day", "0", "not a number of trips"),
    "a number for a truth": Slip("policy.toml", "= true", "= 1", 20, "co_occurrence", "1", "neither true nor false"),
    "no TOML": Slip("policy.toml", "max_km = 40", "max_km 40", 4, "", "", "is not TOML"),
    "an entry twice": Slip("policy.toml", "max_km =", "circuity =", 4, "", "", "is not TOML"),
}

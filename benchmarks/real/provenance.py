"""Where every column of the problem comes from. One line for each field of each row: data, derived, or invented.

`data`: as published. `derived`: arithmetic on what is published. `invented`: drawn or set here, because no public
source gives it; nobody may quote it of a real school, LA or child. The words come from the constants that the rows are
made with, so that they cannot say something else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from benchmarks.real import demand, needs, preferences, prices, region, supply
from optimiser.problem import Budget, Policy, Pool, Price, Provision, Pupil, Travel

Origin = Literal["data", "derived", "invented"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
ROWS = (Pupil, Provision, Pool, Price, Budget, Travel, Policy)
HEADER = ("table", "column", "origin", "how")


@dataclass(frozen=True, slots=True)
class Provenance:
    """How one column was made."""

    table: str
    column: str
    origin: Origin
    how: str


Told = tuple[Origin, str]


def _data(how: str) -> Told:
    return "data", how


def _derived(how: str) -> Told:
    return "derived", how


def _invented(how: str) -> Told:
    return "invented", how


def _listed(shares: tuple[float, ...]) -> str:
    return " / ".join(f"{share:.0%}" for share in shares)


def _by_type(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())


_NEARBY = (
    f"among the {preferences.CHOICES} nearest suitable of the {preferences.NEAREST} nearest full provisions "
    "(straight line)"
)
_PUPIL: dict[str, Told] = {
    "pupil": _invented("LA code and a running number; no pupil is real"),
    "la": _derived("a year's specialist starts of the LA: net growth of special and AP EHCPs from age to age"),
    "easting": _derived("centre of a real small area of the LA, drawn by population aged 5-17; never a home"),
    "northing": _derived("as easting"),
    "year_group": _derived("drawn by the ages of the LA's specialist starts"),
    "levels": _invented(
        f"by need; in its own area moderate to exceptional {_listed(needs.USUAL)} (milder {_listed(needs.MILDER)}, "
        f"higher {_listed(needs.HIGHER)}, PMLD {_listed(needs.HIGHEST)}); 0-3 lower elsewhere",
    ),
    "primary_need": _derived(
        "drawn from the LA's special and AP EHCPs by need, tilted by England's ages of the need",
    ),
    "sex": _derived("drawn by England's share of girls among EHCPs with the need"),
    "secondary_needs": _invented(f"{demand.SECOND_NEED:.0%} have one, drawn from the same mix"),
    "requirements": _invented(
        f"{demand.NEEDS_FACILITY:.0%} of pupils with {', '.join(needs.FACILITY_OF_NEED)} require its facility",
    ),
    "options": _invented(
        f"full always; by highest level porous {_listed(demand.POROUS_SUITABLE)}, outreach "
        f"{_listed(demand.OUTREACH_SUITABLE)}",
    ),
    "pattern": _derived(
        f"drawn by the LA's residential share (from year {demand.RESIDENTIAL_FROM_YEAR}); the halving of 38-51 weeks "
        "into weekly and termly is invented",
    ),
    "priority": _invented(
        f"{demand.PHASE_TRANSFER_PRIORITY} in years {', '.join(map(str, demand.PHASE_TRANSFER_YEARS))}, else 1 to 5 "
        f"{_listed(demand.PRIORITIES)}",
    ),
    "max_km": _invented(f"{demand.SHORT_JOURNEY_KM:g} km for {demand.SHORT_JOURNEY:.0%}, else the policy's"),
    "transport": _invented(f"entitled whatever the distance, by highest level: {_listed(demand.ALWAYS_TRANSPORT)}"),
    "request": _invented(f"{preferences.REQUESTED:.0%}, {_NEARBY}"),
    "ground": _invented(f"recorded for {preferences.GROUND:.0%} of requests"),
    "wishes": _invented(f"{preferences.WISHED:.0%}, {_NEARBY}, nearest first"),
    "locked": _invented(f"{preferences.ORDERED:.0%}: the nearest suitable full provision"),
    "forbidden": _invented(
        f"{preferences.RULED_OUT:.0%} of the others without a request: the nearest suitable full provision"
    ),
}
_PROVISION: dict[str, Told] = {
    "provision": _derived("URN and kind"),
    "setting": _data("URN in settings.csv"),
    "provider": _derived("the URN again: the data name no proprietor"),
    "setting_type": _derived("GIAS type and DfE's lists of March 2022; an approval under section 41 wins"),
    "kind": _invented(
        f"full at every setting; porous at {_by_type(supply.POROUS)}; outreach at {_by_type(supply.OUTREACH)}",
    ),
    "easting": _data("settings.csv; a setting without a position is left out"),
    "northing": _data("as easting"),
    "low_year": _derived("age range in settings.csv; where unknown that of a known setting of the sector is drawn"),
    "high_year": _derived("as low_year"),
    "needs": _invented(
        "main need drawn from the LA's mix by placement type, its companions, and up to 2 more drawn",
    ),
    "max_levels": _invented(
        f"4 or 5 in the areas of its needs, 3 elsewhere; porous at most {supply.POROUS_LEVEL}, outreach "
        f"{supply.OUTREACH_LEVEL}",
    ),
    "pool": _derived("URN and unit; full and porous share the places"),
    "pattern": _derived("day; boarding where GIAS said in 2017 that it boards (not stated elsewhere: day only)"),
    "sex": _data("gender in settings.csv; not stated: mixed"),
    "facilities": _invented(
        f"those that its needs require ({', '.join(sorted(set(needs.FACILITY_OF_NEED.values())))})",
    ),
    "las": _invented(f"state special and AP: its LA and the {supply.LAS_SERVED - 1} nearest; others any"),
    "sessions": _invented(f"porous: one of {', '.join(map(str, supply.POROUS_SESSIONS))}"),
    "shares": _invented("none: a porous pupil takes as much of a place as of the week"),
    "radius_km": _invented(f"outreach: {supply.OUTREACH_RADIUS_KM:g} km"),
}
_POOL: dict[str, Told] = {
    "pool": _derived("URN and unit"),
    "setting": _data("URN in settings.csv"),
    "unit": _derived("places; hours for outreach"),
    "amount": _invented(
        f"roll of 2024 (unknown: the type's median) × {_by_type(supply.VACANT)}; "
        f"{supply.OUTREACH_HOURS_A_PUPIL:g} hours a week for each pupil on roll; × pupils / a usual year's",
    ),
}
_PRICE: dict[str, Told] = {
    "provision": _derived("URN and kind"),
    "band": _invented("every band of the demonstration tariff"),
    "price": _invented(
        "demonstration tariff (illustrative) × area factor 2023-24 × the LA's outturn a placement 2021-22 over "
        f"England's median (clipped to the quartiles) × {supply.OWN_LEVEL[0]:g}-{supply.OWN_LEVEL[1]:g}; nmss less "
        f"£{prices.PLACE_FUNDING:,.0f}; state special and AP a top-up; outreach the tariff's half-days",
    ),
    "hours": _invented(
        ", ".join(
            f"{band} {days * prices.HOURS_OF_HALF_DAY / prices.WEEKS:g}" for band, days in prices.HALF_DAYS.items()
        )
        + " a week",
    ),
}
_BUDGET: dict[str, Told] = {
    "la": _data("DfE LA code"),
    "budget": _invented(
        f"{region.TIGHTNESS:.0%} of the mean price of a full place of each pupil's band and pattern + transport of "
        f"£{region.TRANSPORT_A_PUPIL:,.0f}",
    ),
}
_TRAVEL: dict[str, Told] = dict.fromkeys(
    ("pupil", "setting", "km"), _derived("no rows: the straight line × the policy's circuity is used")
)
_POLICY: dict[str, Told] = {
    column.name: _data("the default of the published matching model") for column in fields(Policy)
}
_TABLES = dict(zip(ROWS, (_PUPIL, _PROVISION, _POOL, _PRICE, _BUDGET, _TRAVEL, _POLICY), strict=True))


def provenance() -> Iterator[Provenance]:
    """Every column of every table, in the order of the rows' fields; KeyError for one that nobody accounted for."""
    for row, told in _TABLES.items():
        for column in fields(row):
            origin, how = told[column.name]
            yield Provenance(row.__name__.lower(), column.name, origin, how)

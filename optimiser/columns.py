"""The columns of the batch files, written once: reading, writing, the templates and the document are made from them.

Data only: what one cell may hold. What cells must hold together is in `optimiser.rules`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from optimiser.cells import Choice, Flag, Kind, Listed, Number, Pattern, Text, Whole
from optimiser.problem import (
    AREAS,
    BANDS,
    GROUNDS,
    KINDS,
    PATTERNS,
    PRIMARY_NEEDS,
    SETTING_TYPES,
    Budget,
    Pool,
    Price,
    Provision,
    Pupil,
    Travel,
)

Row = Pupil | Provision | Pool | Price | Budget | Travel


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()

MAX_EASTING, MAX_NORTHING = 700_000, 1_300_000  # the National Grid, metres
MAX_KM = 2_000
MAX_HOURS = 1_000  # staff hours a week in one package
MAX_PRICE = 10_000_000  # £ a year for one pupil
MAX_BUDGET = 100_000_000_000  # £ a year
MAX_AMOUNT = 1_000_000  # places, or hours a week

ID = Text(is_listed=True)
LA = Pattern("[0-9]{3}", "a DfE LA code of 3 digits")
LEVEL = Whole(0, len(BANDS) - 1)
YEAR = Whole(-1, 14)
NEED = Choice(PRIMARY_NEEDS)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `refers` names what its ids must exist in: a file's key, or `settings`.

    `attribute` is the field of the row it fills, its own name unless several columns make one field, as levels do.
    """

    name: str
    kind: Kind
    meaning: str
    default: Any = REQUIRED
    refers: str = ""
    attribute: str = ""
    part: int | None = None

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

    def text_of(self, row: Row) -> str:
        """The cell that reads back as this row's value; ValueError where a blank would read as something else."""
        value = getattr(row, self.attribute or self.name)
        text = self.kind.write(value if self.part is None else value[self.part])
        if not text and value != self.default:
            raise ValueError(f"{self.name} of {row!r} cannot be written: a blank cell means {self.default!r}")
        return text


@dataclass(frozen=True, slots=True)
class Table:
    """One file or sheet: its rows, the columns in their order, and the columns that make a row unique. `most_rows`:
    that it may hold beside its header; None = as many as the reader takes."""

    name: str
    row: Callable[..., Any]
    key: tuple[str, ...]
    is_required: bool
    meaning: str
    columns: tuple[Column, ...]
    most_rows: int | None = None


def _levels(prefix: str, attribute: str, meaning: str) -> tuple[Column, ...]:
    names = ("communication and interaction", "cognition and learning", "social, emotional and mental health")
    areas = dict(zip(AREAS, (*names, "sensory and/or physical"), strict=True))
    return tuple(
        Column(f"{prefix}_{area}", LEVEL, f"{meaning} in {words}", attribute=attribute, part=part)
        for part, (area, words) in enumerate(areas.items())
    )


PUPILS = Table(
    "pupils",
    Pupil,
    ("pupil",),
    is_required=True,
    meaning="the pupils to place",
    columns=(
        Column("pupil", Text(), "the LA's pseudonymous reference; unique"),
        Column("la", LA, "DfE LA code"),
        Column("easting", Whole(0, MAX_EASTING), "of the home or the centre of its small area, OSGB36 metres"),
        Column("northing", Whole(0, MAX_NORTHING), "the same"),
        Column("year_group", YEAR, "-1 nursery, 0 reception, 1 to 14"),
        Column("sex", Choice(("F", "M")), "blank: not stated", ""),
        *_levels("level", "levels", "the pupil's level of need, 0 universal to 5 exceptional,"),
        Column("primary_need", NEED, "DfE code"),
        Column("secondary_needs", Listed(NEED), "for information", ()),
        Column("requirements", Listed(ID), "codes of the facilities that the setting must have", ()),
        Column("options", Listed(Choice(KINDS)), "the kinds that a professional judged suitable", ("full",)),
        Column("pattern", Choice(PATTERNS), "the residential pattern needed", "day"),
        Column("priority", Whole(1, 5), "1 is the most urgent", 3),
        Column("max_km", Number(0, MAX_KM), "longest daily travel, one way by road; blank: the policy's", None),
        Column("transport", Flag(), "yes: entitled whatever the distance; blank: by distance", default=False),
        Column("request", ID, "URN of the setting that the parent requests", "", "settings"),
        Column("ground", Choice(GROUNDS), "the recorded exception to the request; blank: none", ""),
        Column("wishes", Listed(ID), "URNs in order of preference, not binding", (), "settings"),
        Column("locked", ID, "the provision that an order or a running placement fixes", "", "provisions"),
        Column("forbidden", Listed(ID), "provisions that are ruled out", (), "provisions"),
    ),
)

PROVISIONS = Table(
    "provisions",
    Provision,
    ("provision",),
    is_required=True,
    meaning="what the settings offer",
    columns=(
        Column("provision", ID, "unique"),
        Column("setting", ID, "URN"),
        Column("provider", Text(), "the provider's name or id"),
        Column("setting_type", Choice(SETTING_TYPES), "decides whether a parent's request binds"),
        Column("kind", Choice(KINDS), "full placement, share of the week, or outreach package"),
        Column("pattern", Choice(PATTERNS), "porous and outreach are day", "day"),
        Column("easting", Whole(0, MAX_EASTING), "of the setting, OSGB36 metres"),
        Column("northing", Whole(0, MAX_NORTHING), "the same"),
        Column("low_year", YEAR, "lowest year group taken"),
        Column("high_year", YEAR, "highest year group taken"),
        Column("sex", Choice(("mixed", "F", "M")), "whom it takes", "mixed"),
        Column("needs", Listed(NEED), "the primary needs that it meets"),
        *_levels("max", "max_levels", "the highest level met"),
        Column("facilities", Listed(ID), "codes", ()),
        Column("las", Listed(LA), "the LAs that it serves; blank: any", ()),
        Column("pool", ID, "the capacity that it draws on", refers="pools"),
        Column("sessions", Whole(1, 9), "porous only: sessions of 10 a week at the special setting", None),
        Column(
            "shares",
            Whole(1, 10),
            "porous only: the equal shares into which a place is divided, 1, 2, 4, 5 or 10; blank: 10",
            None,
        ),
        Column("radius_km", Number(0, MAX_KM), "outreach only: how far its staff travel by road; blank: any", None),
    ),
)

POOLS = Table(
    "pools",
    Pool,
    ("pool",),
    is_required=True,
    meaning="capacity; the full and porous provisions of one setting share one pool of places",
    columns=(
        Column("pool", ID, "unique"),
        Column("setting", ID, "URN"),
        Column("unit", Choice(("places", "hours")), "hours are staff hours a week, for outreach"),
        Column("amount", Number(0, MAX_AMOUNT), "what is free; it may be fractional"),
    ),
)

PRICES = Table(
    "prices",
    Price,
    ("provision", "band"),
    is_required=True,
    meaning="the LA's marginal cost: the full fee, or the top-up where place funding is sunk",
    columns=(
        Column("provision", ID, "", refers="provisions"),
        Column("band", Choice(BANDS[1:]), "a band without a row is not offered"),
        Column("price", Whole(0, MAX_PRICE), "£ a year"),
        Column("hours", Number(0, MAX_HOURS), "outreach only: staff hours a week in the band's package, above 0", None),
    ),
)

BUDGETS = Table(
    "budgets",
    Budget,
    ("la",),
    is_required=False,
    meaning="an LA without a row has no limit",
    columns=(
        Column("la", LA, "DfE LA code; unique"),
        Column("budget", Whole(0, MAX_BUDGET), "£ a year for this run"),
    ),
)

TRAVEL = Table(
    "travel",
    Travel,
    ("pupil", "setting"),
    is_required=False,
    meaning="road distances that are known; they override the estimate",
    columns=(
        Column("pupil", Text(), "", refers="pupils"),
        Column("setting", ID, "URN", refers="settings"),
        Column("km", Number(0, MAX_KM), "one way, by road"),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in (PUPILS, PROVISIONS, POOLS, PRICES, BUDGETS, TRAVEL)}

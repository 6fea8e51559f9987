"""The tables that a partnership is told, as its page shows them: words for codes, a total of what is shown, a chart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace import vocabulary
from marketplace.models import MONEY, PartnershipReport, ReportPart, ReportRow, Term
from marketplace.web.formats import counted, number, whole_pounds

CAPACITY = {"pupils": "Pupils", "used": "Used, FTE", "free": "Free, FTE", "open": "Open, FTE"}
CHARGED = {"pupils": "Pupils", "to_day": "Charged so far", "committed": "Committed this year"}
REGISTERED = {"support": "SEN support", "plans": "With a plan (EHCP)"}
PUPILS = {"pupils": "Pupils"}
UNSUMMED = frozenset({"of_one", "median", "longest"})
TOO_FEW = "too few"
WAITS = {code: words for code, (_, words) in vocabulary.WAITS.items()}
NAMES: Mapping[str, str] = {}  # a name is its own words


@dataclass(frozen=True, slots=True)
class Table:
    """How a part is shown: its heading, what its rows are of, their words by code, its columns, and which is drawn."""

    title: str
    of: str
    words: Mapping[str, str]
    columns: Mapping[str, str]
    drawn: str
    note: str = ""


TABLES = {
    ReportPart.CAPACITY_BY_KIND: Table(
        "Capacity and use, by kind", "Kind", vocabulary.KINDS, CAPACITY, "used",
        "A place that full and porous placements share is free once, in a row of its own.",
    ),
    ReportPart.CAPACITY_BY_SETTING: Table("Capacity and use, by setting", "Setting", NAMES, CAPACITY, "used"),
    ReportPart.MONEY_BY_KIND: Table(
        "Money, by kind", "Kind", vocabulary.KINDS, {**CHARGED, "of_one": "Price of one FTE a year"}, "committed",
        "The price of one FTE is of placements that run now, without orders.",
    ),
    ReportPart.MONEY_BY_AUTHORITY: Table("Money, by authority", "Authority", NAMES, CHARGED, "committed"),
    ReportPart.MOVEMENT: Table(
        "Which way split weeks have moved", "Direction", vocabulary.DIRECTIONS, PUPILS, "pupils"
    ),
    ReportPart.GOALS: Table("Goals of split weeks", "Goal", vocabulary.GOALS_MET, PUPILS, "pupils"),
    ReportPart.WAITING: Table("Needs that wait for a placement", "Time since posted", WAITS, PUPILS, "pupils"),
    ReportPart.WAITED: Table(
        "From posting to the first day, this school year", "Kind", vocabulary.KINDS,
        {**PUPILS, "median": "Half within, days", "longest": "All within, weeks"}, "median",
    ),
    ReportPart.REGISTER_BY_SCHOOL: Table(
        "Additional needs in mainstream schools, by school", "School", NAMES, REGISTERED, "support"
    ),
    ReportPart.REGISTER_BY_NEED: Table(
        "Additional needs in mainstream schools, by primary need", "Primary need", vocabulary.PRIMARY_NEEDS, REGISTERED,
        "support", "A need that is missing no pupil has.",
    ),
    ReportPart.REFUSALS: Table(
        "Why settings refused, this school year", "Reason", vocabulary.REFUSAL_CODES, PUPILS, "pupils",
        "A pupil whom settings refused for several reasons counts under each, so that there is no total. A reason that"
        " is missing was given for none.",
    ),
}  # fmt: skip
SECTIONS = (
    ("Capacity and use", (ReportPart.CAPACITY_BY_KIND, ReportPart.CAPACITY_BY_SETTING)),
    ("Money", (ReportPart.MONEY_BY_KIND, ReportPart.MONEY_BY_AUTHORITY)),
    ("Movement", (ReportPart.MOVEMENT, ReportPart.GOALS)),
    ("Waits", (ReportPart.WAITING, ReportPart.WAITED)),
    ("Registers of additional needs", (ReportPart.REGISTER_BY_SCHOOL, ReportPart.REGISTER_BY_NEED)),
    ("Refusals", (ReportPart.REFUSALS,)),
)
WITHOUT_TOTAL = frozenset({ReportPart.REFUSALS})
LONG = frozenset({ReportPart.REGISTER_BY_NEED, ReportPart.REFUSALS})  # of which rows of none are left out


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as the page shows it: `rows` of cells, the last being the total where there is one; bars of its chart."""

    title: str
    note: str
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    axis: str = ""
    unit: str = "number"


def term_words(year: int, term: Term) -> str:
    """A term with its school year: "Autumn term, 2026 to 2027"."""
    return f"{vocabulary.TERMS[term]}, {year} to {year + 1}"


def shown(report: PartnershipReport, *, reads_money: bool) -> list[tuple[str, list[Shown]]]:
    """The tables by section; those of money only for who is given any."""
    found: dict[ReportPart, list[ReportRow]] = {}
    for row in report.rows:
        found.setdefault(row.part, []).append(row)
    return [
        (heading, [_table(part, [row for row in found.get(part, []) if not _is_idle(row)]) for part in parts])
        for heading, parts in SECTIONS
        if reads_money or not MONEY.issuperset(parts)
    ]


def _table(part: ReportPart, rows: list[ReportRow]) -> Shown:
    about = TABLES[part]
    write = _writer(part)
    cells = [
        {"cells": [_name(part, row), *(write(column, row.figures) for column in about.columns)], "marked": False}
        for row in rows
    ]
    if len(rows) > 1 and part not in WITHOUT_TOTAL:
        sums = {column: _sum(rows, column) for column in about.columns}
        total = [write(column, sums) if column not in UNSUMMED else "–" for column in about.columns]
        cells.append({"cells": ["All", *total], "marked": True})
    return Shown(
        title=about.title,
        note=about.note,
        columns=[{"text": about.of}, *({"text": words, "numeric": True} for words in about.columns.values())],
        rows=cells,
        bars=[
            {"label": _label(part, row), "value": row.figures[about.drawn]}
            for row in rows
            if row.figures.get(about.drawn) is not None
        ],
        axis=about.columns[about.drawn],
        unit="pounds" if part in MONEY else "number",
    )


def _writer(part: ReportPart) -> Callable[[str, Mapping[str, Any]], str]:
    """How a figure is written: "–" where it does not apply, words where there are too few."""

    def write(column: str, figures: Mapping[str, Any]) -> str:
        if column not in figures:
            return "–"
        value = figures[column]
        if value is None:
            return "–" if column in UNSUMMED else TOO_FEW
        return whole_pounds(value) if part in MONEY and column != "pupils" else number(value)

    return write


def _sum(rows: list[ReportRow], column: str) -> float | int | None:
    values = [row.figures[column] for row in rows if column in row.figures]
    return None if None in values else sum(values)


def _name(part: ReportPart, row: ReportRow) -> str:
    named = [TABLES[part].words.get(name, name) for name in row.names]
    if len(named) == 1:
        return named[0]
    return f"{'; '.join(named)} ({'shared places' if _is_shared(row) else 'taken together'})"


def _label(part: ReportPart, row: ReportRow) -> str:
    """The same for a chart, where several names, or a long one, would run into the figure."""
    words = vocabulary.SHORT_PRIMARY_NEEDS if part is ReportPart.REGISTER_BY_NEED else TABLES[part].words
    if len(row.names) == 1:
        return words.get(row.names[0], row.names[0])
    return f"{counted(len(row.names), 'row')} taken together"


def _is_idle(row: ReportRow) -> bool:
    return row.part in LONG and not any(row.figures.values())


def _is_shared(row: ReportRow) -> bool:
    """Whether a row is of places that several kinds share, of which none is used yet."""
    return row.part is ReportPart.CAPACITY_BY_KIND and "used" not in row.figures

"""The grid of a draft as its page draws it: a row for each provision, a cell for each band, and the boxes of each line.

It must never judge a price: checks and comparisons are the services'.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace import vocabulary
from marketplace.models import Band, Discipline, Kind, Part, PriceLine, PriceSchedule, Provision, line_key
from marketplace.services.schedule_review import Review
from marketplace.web.formats import day, typed_pounds
from marketplace.web.forms import Form
from pricing.money import half_up
from pricing.quote import Variance

EXTRAS: tuple[tuple[Part, Discipline | None], ...] = (
    *((Part.THERAPY, discipline) for discipline in Discipline),
    (Part.ONE_TO_ONE, None),
    (Part.RESIDENTIAL, None),
    (Part.EQUIPMENT, None),
)
BOX_WORDS = {"hours_a_week": "hours a week", "weeks": "weeks a year", "amount": "£ a year"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its boxes, the pence it has today, and by how many per cent the draft as kept differs from that."""

    key: str
    words: str
    boxes: tuple[str, ...]
    before: int | None
    change: Decimal | None

    def name(self, box: str) -> str:
        """The name of one of its boxes."""
        return f"lines-{self.key}-{box}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One provision and band. `fee` and `variance` are of the draft as kept; `count`: lines beside the core fee, but
    for those of none."""

    band: Band
    core: Line
    extras: tuple[Line, ...]
    fee: int | None
    variance: Variance | None
    count: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A provision with its cells, band by band."""

    provision: Provision
    cells: tuple[Cell, ...]


def part_words(part: Part, discipline: Discipline | None) -> str:
    """What a line is called: a therapy by its discipline."""
    words = part.words if discipline is None else discipline.words
    return words[0].upper() + words[1:]


def offered_as(provision: Provision) -> str:
    """In which way a provision is offered: "Full placement, weekly boarding"; "Porous placement, 4 sessions of 10"."""
    words = vocabulary.KINDS[provision.kind]
    if provision.kind is Kind.FULL:
        pattern = vocabulary.PATTERNS[provision.pattern]
        return f"{words}, {pattern[0].lower()}{pattern[1:]}"
    return f"{words}, {provision.sessions} sessions of 10" if provision.sessions else words


def percent_change(amount: int | None, before: int | None) -> Decimal | None:
    """By how many per cent an amount differs from the one before, to one decimal, a half going up; None where either is
    not stated or the one before is zero."""
    if amount is None or not before:
        return None
    return Decimal(half_up(Fraction(1000 * (amount - before), before))).scaleb(-1)


def kept(schedule: PriceSchedule) -> dict[str, Any]:
    """What the boxes hold as the draft was last saved."""
    values: dict[str, Any] = {"starts_on": schedule.starts_on}
    for line in schedule.lines:
        values[f"lines-{line.key}-amount"] = typed_pounds(line.amount)
        if line.hours_a_week is not None:
            values[f"lines-{line.key}-hours_a_week"] = f"{line.hours_a_week.normalize():f}"
        if line.weeks is not None:
            values[f"lines-{line.key}-weeks"] = str(line.weeks)
    return values


def rows(review: Review, form: Form) -> list[Row]:
    """The grid. What is worked out of the draft as kept is left away where the boxes hold something else."""
    lines = {} if form.errors else {line.key: line for line in review.schedule.lines}
    before = {line.key: line.amount for line in review.before.lines} if review.before else {}
    return [
        Row(provision, tuple(_cell(review, form, provision, band, lines, before) for band in Band))
        for provision in review.provisions
    ]


def _cell(
    review: Review,
    form: Form,
    provision: Provision,
    band: Band,
    lines: Mapping[str, PriceLine],
    before: Mapping[str, int],
) -> Cell:
    def line(part: Part, discipline: Discipline | None = None) -> Line:
        key = line_key(provision.id, band, part, discipline)
        amount = lines[key].amount if key in lines else None
        change = percent_change(amount, before.get(key))
        return Line(key, part_words(part, discipline), _boxes(part, provision.kind), before.get(key), change)

    extras = tuple(line(part, discipline) for part, discipline in EXTRAS)
    price = review.prices.price(str(provision.id), band) if lines else None
    core = line(Part.CORE)
    return Cell(
        band=band,
        core=core,
        extras=extras,
        fee=price.annual_fee if price else None,
        variance=review.variances.get((provision.id, band)) if lines else None,
        count=sum(1 for extra in extras if form.values.get(extra.name("amount")) and not _is_none(extra, form)),
        is_open=any(extra.name(box) in form.errors for extra in extras for box in extra.boxes)
        or core.name("weeks") in form.errors,
    )


def _is_none(line: Line, form: Form) -> bool:
    return str(form.values.get(line.name("hours_a_week"), "")).strip() == "0"


def _boxes(part: Part, kind: Kind) -> tuple[str, ...]:
    """The boxes of a line. What is paid once has no weeks; hours are of staff, also of an outreach package."""
    has_hours = part in (Part.THERAPY, Part.ONE_TO_ONE) or (part is Part.CORE and kind is Kind.OUTREACH)
    has = {"hours_a_week": has_hours, "weeks": part is not Part.EQUIPMENT, "amount": True}
    return tuple(box for box, is_there in has.items() if is_there)


def places(grid: list[Row]) -> dict[str, str]:
    """For each box, by name, where it is: provision, band, line and what it holds."""
    return {
        line.name(box): f"{row.provision.name}, {cell.band}, {line.words[0].lower()}{line.words[1:]}, {BOX_WORDS[box]}"
        for row in grid
        for cell in row.cells
        for line in (cell.core, *cell.extras)
        for box in line.boxes
    } | {f"weeks-{row.provision.id}": f"{row.provision.name}, weeks a year" for row in grid}


def differences(form: Form, schedule: PriceSchedule) -> dict[str, list[str]]:
    """For each box that a stale form fills otherwise than the draft holds now, what it holds now."""
    now = kept(schedule)
    starts_on = now.pop("starts_on")
    found = {}
    parts = (str(form.values.get(f"starts_on-{part}", "")).strip() for part in ("day", "month", "year"))
    if "/".join(part.lstrip("0") for part in parts) != f"{starts_on.day}/{starts_on.month}/{starts_on.year}":
        found["starts_on"] = [f"The from-date was saved as {day(starts_on)}."]
    names = [*now, *(name for name in form.values if name.startswith("lines-") and name not in now)]
    for name in names:
        held = now.get(name, "")
        if _bare(str(form.values.get(name, ""))) != _bare(held):
            found[name] = [f"Saved by somebody else as {held}." if held else "Emptied by somebody else."]
    return found


def _bare(text: str) -> str:
    return text.strip().strip("£ ").replace(",", "")


def problems(form: Form, grid: list[Row]) -> list[dict[str, str | None]]:
    """The error summary: each message with its place, in the order of the page, linked to its box."""
    where = places(grid)
    order = ["_form", "starts_on", "percent", *where]
    ranked = sorted(form.errors, key=lambda name: order.index(name) if name in order else len(order))
    return [
        {
            "text": f"{where[name]}: {form.errors[name][0]}" if name in where else form.errors[name][0],
            "href": None if name.startswith("_") else f"#{name}",
        }
        for name in ranked
    ]

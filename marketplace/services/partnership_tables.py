"""The tables that a partnership is told: groups of pupils of whom nobody can find one to four, in fives.

Rows that stand in one table never overlap, and the sum of a table is that of its rows as they are told, so that no
total tells more than they do. It must never show who the pupils are, nor what one of them costs.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median
from typing import TypeVar

from sqlalchemy.orm import Session

from marketplace.models import Kind, RefusalCode, ReportPart, Term
from marketplace.services import partnership_figures as figures
from marketplace.services import partnership_waits
from marketplace.services.movement import Direction, Path
from marketplace.services.partnership_figures import Free, Scope, Use
from marketplace.services.party_groups import Counted, count_in_fives, mean_of, sum_in_fives, told_apart
from marketplace.vocabulary import PRIMARY_NEEDS, WAITS

WEEK = 7
Figures = dict[str, float | int | None]
AnyName = TypeVar("AnyName", bound=Hashable)
AnyRow = TypeVar("AnyRow")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what it is of (names, or codes), and its figures by column. None: too few to be told."""

    part: ReportPart
    names: tuple[str, ...]
    figures: Figures


def tables(session: Session, scope: Scope, *, on: date, year: int, term: Term) -> Iterator[Row]:
    """All of them, of a day, with the registers of a term; as the actor of this transaction may read the rows."""
    uses = figures.uses(session, scope)
    free = figures.free(session, scope, on=on)
    names = {at: row.name for at, row in scope.settings.items()}
    yield from capacity_by_kind(uses, free)
    yield from capacity_by_setting(uses, free, names)
    charges = figures.charges(session, scope, on=on)
    by_kind = {kind: [row.pupil for row in charges if row.kind is kind] + _running(uses, kind) for kind in Kind}
    yield from _told(ReportPart.MONEY_BY_KIND, by_kind, str, _money_of_kind)
    by_authority = _grouped(scope.authorities, charges, lambda row: row.authority_id, lambda row: row.pupil)
    yield from _told(ReportPart.MONEY_BY_AUTHORITY, by_authority, lambda at: scope.authorities[at], _money)
    yield from _movement(figures.split_weeks(session, scope, on=on))
    yield from _waits(session, scope, on=on)
    registered = list(figures.registered(session, scope, year=year, term=term))
    by_school = _grouped(scope.schools, registered, lambda row: row[0], lambda row: row[2])
    yield from _told(ReportPart.REGISTER_BY_SCHOOL, by_school, lambda at: scope.schools[at].name, _registered)
    by_need = _grouped(PRIMARY_NEEDS, registered, lambda row: row[1], lambda row: row[2])
    yield from _told(ReportPart.REGISTER_BY_NEED, by_need, str, _registered)
    refusals = figures.refusals(session, scope, on=on)
    by_code = _grouped(RefusalCode, refusals, lambda row: row[0], lambda row: row[1])
    yield from _told(ReportPart.REFUSALS, by_code, str, _pupils)


def capacity_by_kind(uses: Sequence[Use], free: Sequence[Free]) -> Iterator[Row]:
    """What is used and free by kind. What several kinds share is free once, in a row of its own, unless these are told
    together."""
    by_kind = _grouped(Kind, uses, lambda row: row.kind, lambda row: row.pupil)
    rest = list(free)
    for kinds, pupils in _or_free_alone(by_kind):
        mine = [row for row in rest if row.kinds <= set(kinds)]
        rest = [row for row in rest if row not in mine]
        yield Row(ReportPart.CAPACITY_BY_KIND, tuple(map(str, kinds)), _capacity(pupils, mine))
    for shared in sorted({row.kinds for row in rest}, key=sorted):
        mine = [row for row in rest if row.kinds == shared]
        names = tuple(str(kind) for kind in Kind if kind in shared)
        places = _places(mine)
        yield Row(ReportPart.CAPACITY_BY_KIND, names, {"free": places, "open": places})


def capacity_by_setting(uses: Sequence[Use], free: Sequence[Free], names: Mapping[int, str]) -> Iterator[Row]:
    """What is used and free by setting, all kinds together."""
    order = sorted(names, key=lambda at: (names[at], at))
    by_setting = _grouped(order, uses, lambda row: row.setting_id, lambda row: row.pupil)
    for settings, pupils in _or_free_alone(by_setting):
        mine = [row for row in free if row.setting_id in settings]
        named = tuple(names[at] for at in settings)
        yield Row(ReportPart.CAPACITY_BY_SETTING, named, _capacity(pupils, mine))


def _or_free_alone(
    groups: Mapping[AnyName, Sequence[Counted]],
) -> Iterable[tuple[tuple[AnyName, ...], Sequence[Counted] | None]]:
    """The groups that are told; where none can be, each with its free places alone, which are no pupils."""
    return told_apart(groups) or [((name,), None) for name in groups]


def _capacity(pupils: Sequence[Counted] | None, free: Iterable[Free]) -> Figures:
    places = _places(free)
    if pupils is None:
        return {"pupils": None, "used": None, "free": places, "open": None}
    used = float(sum_in_fives(pupils, "fte"))
    return {"pupils": count_in_fives(pupils), "used": used, "free": places, "open": used + places}


def _places(free: Iterable[Free]) -> float:
    return float(sum((row.fte for row in free), Fraction(0)))


def _running(uses: Iterable[Use], kind: Kind) -> list[Counted]:
    """The placements of a kind with their price a year: what a full-time equivalent costs."""
    return [
        Counted(row.pupil.key, row.pupil.known_to, "running", row.pupil.n, row.pupil.amounts)
        for row in uses
        if row.kind is kind and row.price is not None
    ]


def _money(pupils: Sequence[Counted]) -> Figures:
    charged = [pupil for pupil in pupils if pupil.column == "charged"]
    sums = {measure: int(sum_in_fives(charged, measure)) for measure in ("to_day", "committed")}
    return {"pupils": count_in_fives(charged), **sums}


def _money_of_kind(pupils: Sequence[Counted]) -> Figures:
    running = [pupil for pupil in pupils if pupil.column == "running"]
    price, fte = (
        sum((Fraction(pupil.amounts[measure]) for pupil in running), Fraction(0)) for measure in ("price", "fte")
    )
    return {**_money(pupils), "of_one": int(mean_of(price, fte)) if fte else None}


def _movement(paths: Sequence[tuple[Path, Counted]]) -> Iterator[Row]:
    """Which way weeks have moved, and how many met a goal."""
    by_way = _grouped(Direction, paths, lambda row: row[0].direction, lambda row: row[1])
    yield from _told(ReportPart.MOVEMENT, by_way, str, _pupils)
    by_goal = _grouped(
        ("met", "not_met"), paths, lambda row: "met" if row[0].reached_on else "not_met", lambda row: row[1]
    )
    yield from _told(ReportPart.GOALS, by_goal, str, _pupils)


def _waits(session: Session, scope: Scope, *, on: date) -> Iterator[Row]:
    waiting = partnership_waits.waiting(session, scope, on=on)
    by_wait = _grouped(WAITS, waiting, lambda row: _wait(row[0]), lambda row: row[1])
    yield from _told(ReportPart.WAITING, by_wait, str, _pupils)
    waited = partnership_waits.waited(session, scope, on=on)
    by_kind = _grouped(Kind, waited, lambda row: row[0], lambda row: _with_days(row[2], row[1]))
    yield from _told(ReportPart.WAITED, by_kind, str, _waited)


def _wait(days: int) -> str:
    return next(code for code, (weeks, _) in WAITS.items() if weeks is None or days <= weeks * WEEK)


def _with_days(pupil: Counted, days: int) -> Counted:
    return Counted(pupil.key, pupil.known_to, amounts={"days": days})


def _waited(pupils: Sequence[Counted]) -> Figures:
    """Half within so many days; the longest in weeks, up to the next five, since it is one pupil's."""
    days = [int(pupil.amounts["days"]) for pupil in pupils]
    if not days:
        return {"pupils": 0, "median": None, "longest": None}
    weeks = -(-max(days) // WEEK)
    return {"pupils": count_in_fives(pupils), "median": float(median(days)), "longest": max(-(-weeks // 5) * 5, 5)}


def _registered(pupils: Sequence[Counted]) -> Figures:
    return {
        column: count_in_fives(pupil for pupil in pupils if pupil.column == column) for column in ("support", "plans")
    }


def _pupils(pupils: Sequence[Counted]) -> Figures:
    return {"pupils": count_in_fives(pupils)}


def _grouped(
    names: Iterable[AnyName],
    rows: Iterable[AnyRow],
    name_of: Callable[[AnyRow], AnyName],
    pupil_of: Callable[[AnyRow], Counted],
) -> dict[AnyName, list[Counted]]:
    """The pupils of each name, in the order of the names, none being a group as well."""
    groups: dict[AnyName, list[Counted]] = {name: [] for name in names}
    for row in rows:
        groups[name_of(row)].append(pupil_of(row))
    return groups


def _told(
    part: ReportPart,
    groups: Mapping[AnyName, Sequence[Counted]],
    word_of: Callable[[AnyName], str],
    figures_of: Callable[[Sequence[Counted]], Figures],
) -> Iterator[Row]:
    for names, pupils in told_apart(groups):
        yield Row(part, tuple(map(word_of, names)), figures_of(pupils))

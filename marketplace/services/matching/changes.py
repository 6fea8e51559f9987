"""What a scenario makes otherwise: read from what people name (URNs, pools, references) against the frozen base, kept
as plain JSON, and made a WhatIf again by the worker.

Rows of the problem are named by ids that people never see; where a name fits several of them, all are named and nothing
is guessed. It must change nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.errors import Invalid
from marketplace.models import Kind
from marketplace.services.matching.problem import GATE, nearest
from marketplace.services.matching.supply import database_id
from marketplace.services.matching.what_ifs import Guide, WhatIf
from optimiser import Pool, Problem, Provision, Pupil

MOST_NAMED = 6  # of what a name may mean


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list that somebody typed: `number` counts from 1, `name` is a reference, `where` a URN or an id."""

    number: int
    where: str
    name: str = ""
    amount: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked for. `budgets`: per cent by LA code; `policy`: numbers by field; `tariff`: id, name and
    content of one, or none."""

    budgets: Mapping[str, int] = field(default_factory=dict)
    places: Sequence[Line] = ()
    closed: Sequence[Line] = ()
    locked: Sequence[Line] = ()
    forbidden: Sequence[Line] = ()
    kinds: Sequence[str] = tuple(Kind)
    policy: Mapping[str, float] = field(default_factory=dict)
    tariff: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the rows of the base are called: settings by URN, pools and provisions by the database's id, and the pupils
    (ids of needs) of each reference, "NOR-1" or with the LA's code before it: "901/NOR-1"."""

    settings: Mapping[str, str]
    pools: Mapping[int, str]
    provisions: Mapping[int, str]
    pupils: Mapping[str, Sequence[str]]


class Reader:
    """Reads what was asked against one base, collecting every error by its field."""

    def __init__(self, problem: Problem, names: Names) -> None:
        self.names, self.errors = names, dict[str, list[str]]()
        self.pools: dict[str, list[Pool]] = {}
        for pool in problem.pools:
            for name in {pool.pool, pool.setting}:
                self.pools.setdefault(name, []).append(pool)
        self.rows: dict[str, list[Provision]] = {}
        for row in problem.provisions:
            if not row.provision.startswith("urn"):
                for name in {str(database_id(row.provision)), row.setting}:
                    self.rows.setdefault(name, []).append(row)
        self.settings = {row.setting for row in problem.provisions}
        self.pupils = {row.pupil: row for row in problem.pupils}
        self.free = {row.pool: row.amount for row in problem.pools}
        self.policy = problem.policy

    def changes(self, asked: Asked) -> dict[str, Any]:
        """The changes as plain JSON, without those that change nothing. Raises Invalid with every error."""
        found = {
            "budgets": {code: share for code, share in asked.budgets.items() if share != 100},
            "places": dict(self._each("places", asked.places, self._pool)),
            "closed": sorted({urn for urn, _ in self._each("closed", asked.closed, self._setting)}),
            "kinds": [] if set(asked.kinds) == set(Kind) else list(asked.kinds),
            "policy": {name: value for name, value in asked.policy.items() if value != getattr(self.policy, name)},
            "locked": dict(self._each("locked", asked.locked, self._lock)),
            "forbidden": self._forbidden(asked.forbidden),
            "tariff": asked.tariff,
        }
        if self.errors:
            raise Invalid(self.errors)
        return {name: value for name, value in found.items() if value}

    def _each(
        self, name: str, lines: Sequence[Line], read: Callable[[Line], tuple[Any, Any]]
    ) -> Iterator[tuple[Any, Any]]:
        seen: dict[Any, int] = {}
        for line in lines:
            try:
                key, value = read(line)
                if key in seen:
                    raise _Refused(f"is about the same as line {seen[key]}. Take one of them out")
            except _Refused as refused:
                self.errors.setdefault(name, []).append(f"Line {line.number} {refused}.")
            else:
                seen[key] = line.number
                yield key, value

    def _pool(self, line: Line) -> tuple[str, float]:
        pools = [pool for pool in self.pools.get(line.where, ()) if not pool.pool.startswith("urn")]
        if not pools:
            raise _Refused(f"names {line.where}, which has no place to change in the base. Give the URN of a setting")
        if len(pools) > 1:
            choices = [f"{pool.pool} ({self._called(pool)})" for pool in pools]
            raise _Refused(f"names {line.where}, which has several: {_some(choices)}. Write one of these in its place")
        if pools[0].amount + line.amount < 0:
            raise _Refused(f"takes away more than the {pools[0].amount:g} free there")
        return pools[0].pool, line.amount

    def _called(self, pool: Pool) -> str:
        years = pool.pool.partition(".")[2]
        return f"{self.names.pools[database_id(pool.pool)]}, years {years}, {pool.amount:g} {pool.unit} free"

    def _setting(self, line: Line) -> tuple[str, None]:
        if line.where not in self.settings:
            raise _Refused(f"names {line.where}, which is no setting of the base. Give its URN")
        return line.where, None

    def _lock(self, line: Line) -> tuple[str, str]:
        pupil, rows = self._of_pupil(line)
        suited = [row for row in rows if row.kind in pupil.options and row.pattern == pupil.pattern] or rows
        if len(found := sorted({database_id(row.provision) for row in suited})) > 1:
            choices = [f"{at} ({self.names.provisions[at]})" for at in found]
            raise _Refused(f"names {line.where}, which has several: {_some(choices)}. Write one of these in its place")
        groups = nearest(suited, pupil.year_group)
        return pupil.pupil, min(groups, key=lambda row: (-self.free[row.pool], row.provision)).provision

    def _forbidden(self, lines: Sequence[Line]) -> dict[str, list[str]]:
        ruled_out: dict[str, list[str]] = {}
        for (pupil, _), rows in self._each("forbidden", lines, self._forbid):
            ruled_out.setdefault(pupil, []).extend(rows)
        return ruled_out

    def _forbid(self, line: Line) -> tuple[tuple[str, str], list[str]]:
        pupil, rows = self._of_pupil(line)
        return (pupil.pupil, line.where), sorted(row.provision for row in rows)

    def _of_pupil(self, line: Line) -> tuple[Pupil, list[Provision]]:
        """The pupil, and the rows of the place that are of the pupil's edition of the market."""
        pupils = self.names.pupils.get(line.name, ())
        if not pupils:
            raise _Refused(f"names {line.name}, which is the reference of no pupil of the base")
        if len(pupils) > 1:
            raise _Refused(f"names {line.name}, a reference of several authorities. Write the code of one before it")
        pupil = self.pupils[pupils[0]]
        gates = {code for code in pupil.requirements if code.startswith(GATE)}
        rows = [row for row in self.rows.get(line.where, ()) if gates <= set(row.facilities)]
        if not rows:
            raise _Refused(f"names {line.where}, which is no setting with provision in the base. Give its URN")
        return pupil, rows


class _Refused(Exception):
    """What is wrong with a line, as the rest of a sentence that begins with it."""


def _some(choices: Sequence[str]) -> str:
    more = f" and {len(choices) - MOST_NAMED} more" if len(choices) > MOST_NAMED else ""
    return "; ".join(choices[:MOST_NAMED]) + more


def what_if_of(changes: Mapping[str, Any], guide: Guide | None) -> WhatIf:
    """The WhatIf of changes as they are kept; `guide` is of their tariff."""
    plain = {name: value for name, value in changes.items() if name != "tariff"}
    return WhatIf(**plain, guide=guide)

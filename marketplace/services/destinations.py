"""Destinations in figures: who has a plan, what was discussed, which transfers are late, what came of it and held.

Facts are read one row for each pupil, transfer or outcome, and counted here. Every figure shown is of none or of five
and more, and so is every difference of figures: groups of which one to four stand out are taken together
(`small_groups`), and parts are told only of a whole that is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from marketplace.models import (
    OUTCOMES_OF,
    AdultService,
    AdultTransfer,
    AimMet,
    Authority,
    Destination,
    DestinationAim,
    DestinationOutcome,
    DestinationPlan,
    Held,
    Need,
    Organisation,
    Pathway,
    Placement,
)
from marketplace.services.adult_transfers import TransferStanding, standing_of
from marketplace.services.adulthood import is_preparing
from marketplace.services.small_groups import ALL, FEWEST, discreet, gathered, is_few, others

WITH, WITHOUT = "with_plan", "without_plan"
DISCUSSED, NOT_YET = "discussed", "not_yet"
Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Preparing:
    """A pupil from year 9 on: whose, and the pathways of the last version, None where there is no plan."""

    authority: str
    pathways: frozenset[Pathway] | None


@dataclass(frozen=True, slots=True)
class Moving:
    """A transfer to a service for adults."""

    service: AdultService
    standing: TransferStanding


@dataclass(frozen=True, slots=True)
class Left:
    """What came of one pathway of a pupil who has left."""

    authority: str
    provider: str
    pathway: Pathway
    code: Destination
    aim: AimMet
    six_months: Held
    a_year: Held


@dataclass(frozen=True, slots=True)
class Split(Generic[Fact]):
    """How facts are told apart: into these codes, by what each fact says."""

    name: str
    codes: tuple[str, ...]
    of: Callable[[Fact], str]

    def counts(self, facts: Sequence[Fact]) -> dict[str, int]:
        """How many facts say each code."""
        found = [self.of(fact) for fact in facts]
        return {code: found.count(code) for code in self.codes}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a group, of how many it is, and by split and code how many say so (None: too few)."""

    name: str
    n: int
    counts: Mapping[str, Mapping[str, int | None]]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of one pathway: by destination, by provider and by authority, all of them last. Empty where fewer than
    five are known."""

    by_destination: Row | None = None
    by_provider: Sequence[Row] = ()
    by_authority: Sequence[Row] = ()

    def sustained(self, period: str) -> float | None:
        """Of those of whom it is known, the share whose outcome still held then; None where too few are."""
        if not self.by_provider:
            return None
        counts = self.by_provider[-1].counts[period]
        known = [counts[Held.YES], counts[Held.NO]]
        if None in known or not sum(filter(None, known)):
            return None
        return (known[0] or 0) / sum(filter(None, known))


@dataclass(frozen=True, slots=True)
class Report:
    """All figures, as they may be shown."""

    coverage: Sequence[Row] = ()  # by authority
    discussed: Sequence[Row] = ()  # by pathway, of those with a plan
    transfers: Sequence[Row] = ()  # by service
    outcomes: Mapping[Pathway, Outcomes] = field(default_factory=dict)


COVERAGE: Split[Preparing] = Split(
    "coverage", (WITH, WITHOUT), lambda pupil: WITHOUT if pupil.pathways is None else WITH
)
STANDING: Split[Moving] = Split("standing", tuple(TransferStanding), lambda transfer: transfer.standing)
HELD_SPLITS: tuple[Split[Left], ...] = (
    Split("aim", tuple(AimMet), lambda left: left.aim),
    Split("six_months", tuple(Held), lambda left: left.six_months),
    Split("a_year", tuple(Held), lambda left: left.a_year),
)


def report(session: Session, *, on: date) -> Report:
    """The figures of all that the actor of this transaction may read."""
    return report_of(preparing(session, on=on), moving(session, on=on), left(session))


def report_of(pupils: Sequence[Preparing], transfers: Sequence[Moving], leavers: Sequence[Left]) -> Report:
    """The figures of these facts."""
    coverage = rows_of(pupils, lambda pupil: pupil.authority, [COVERAGE])
    return Report(
        coverage=coverage,
        discussed=_discussed(pupils) if coverage and coverage[-1].counts["coverage"][WITH] is not None else (),
        transfers=rows_of(transfers, lambda transfer: transfer.service, [STANDING]),
        outcomes={pathway: _outcomes(pathway, leavers) for pathway in Pathway},
    )


def rows_of(facts: Sequence[Fact], by: Callable[[Fact], str], splits: Sequence[Split[Fact]]) -> list[Row]:
    """The groups by name, the small ones taken together, and all of them last; nothing where all are fewer than
    five."""
    if len(facts) < FEWEST:
        return []
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(by(fact), []).append(fact)

    def is_small(group: Sequence[Fact]) -> bool:
        return any(is_few(count) for split in splits for count in split.counts(group).values())

    names, hidden = gathered(groups, is_small)
    rows = [_row(name, groups[name], splits) for name in names]
    if hidden and names:
        rows.append(_row(others(hidden), [fact for name in hidden for fact in groups[name]], splits))
    return [*rows, _row(ALL, facts, splits)]


def preparing(session: Session, *, on: date) -> list[Preparing]:
    """The pupils from year 9 on, by need, each with what its last version says."""
    latest = (
        select(DestinationPlan.id)
        .where(DestinationPlan.need_id == Need.id, DestinationPlan.on <= on)
        .order_by(DestinationPlan.version.desc())
        .limit(1)
        .correlate(Need)
        .scalar_subquery()
    )
    pathways = (
        select(func.array_agg(DestinationAim.pathway))
        .where(DestinationAim.plan_id == latest)
        .correlate(Need)
        .scalar_subquery()
    )
    found = session.execute(
        select(Authority.name, latest, pathways).join(Need.authority).where(is_preparing(on)).order_by(Need.id)
    )
    return [
        Preparing(name, frozenset(map(Pathway, said or ())) if plan_id is not None else None)
        for name, plan_id, said in found
    ]


def moving(session: Session, *, on: date) -> list[Moving]:
    """The transfers to services for adults."""
    rows = session.scalars(select(AdultTransfer).order_by(AdultTransfer.id))
    return [Moving(row.service, standing_of(row, on=on)) for row in rows]


def left(session: Session) -> list[Left]:
    """What came of each pathway of each pupil who has left; what was not stated of how it held is not known."""
    authority, provider = aliased(Organisation), aliased(Organisation)
    rows: Any = session.execute(
        select(DestinationOutcome, authority.name, provider.name)
        .join(authority, authority.id == DestinationOutcome.authority_id)
        .outerjoin(Placement, Placement.id == DestinationOutcome.placement_id)
        .outerjoin(provider, provider.id == Placement.provider_id)
        .order_by(DestinationOutcome.id)
    )
    return [
        Left(
            of_la, of_provider or "No provider here", row.pathway, row.code, row.aim_met,
            row.six_months or Held.NOT_KNOWN, row.a_year or Held.NOT_KNOWN,
        )
        for row, of_la, of_provider in rows
    ]  # fmt: skip


def _row(name: str, facts: Sequence[Fact], splits: Sequence[Split[Fact]]) -> Row:
    return Row(name, len(facts), {split.name: discreet(split.counts(facts)) for split in splits})


def _discussed(pupils: Sequence[Preparing]) -> list[Row]:
    planned = [pupil.pathways for pupil in pupils if pupil.pathways is not None]
    if len(planned) < FEWEST:
        return []
    return [_row(pathway, planned, [_of_pathway(pathway)]) for pathway in Pathway]


def _of_pathway(pathway: Pathway) -> Split[frozenset[Pathway]]:
    return Split("discussed", (DISCUSSED, NOT_YET), lambda said: DISCUSSED if pathway in said else NOT_YET)


def _outcomes(pathway: Pathway, leavers: Sequence[Left]) -> Outcomes:
    found = [each for each in leavers if each.pathway is pathway]
    if len(found) < FEWEST:
        return Outcomes()
    codes: Split[Left] = Split("code", OUTCOMES_OF[pathway], lambda each: each.code)
    return Outcomes(
        by_destination=_row(ALL, found, [codes]),
        by_provider=rows_of(found, lambda each: each.provider, HELD_SPLITS),
        by_authority=rows_of(found, lambda each: each.authority, HELD_SPLITS),
    )

"""Who gains and who pays: the figures of an answer by group, in which any grouping of pupils will do.

A group is whatever a mapping from pupil to name says: the LA, the primary need, a decile of deprivation, town and
country. `optimiser.fair` holds the answer in which no LA is worse off than apart. It must decide nothing.

>>> from optimiser.problem import Policy, Problem, Pupil
>>> child = dict(easting=0, northing=0, year_group=5, levels=(2, 0, 0, 0))
>>> problem = Problem(pupils=(Pupil(pupil="P1", la="901", primary_need="ASD", **child),
...     Pupil(pupil="P2", la="902", primary_need="HI", priority=1, **child)))
>>> from optimiser.solve import match
>>> [(row.group, row.pupils, row.placed, row.unplaced_share, row.objective)
...     for row in figures_by_group(problem, match(problem), by_need(problem))]
[('ASD', 1, 0, 1.0, 4000.0), ('HI', 1, 0, 1.0, 16000.0)]
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from optimiser.answer import Answer, Assignment, Distances
from optimiser.outcome import distances
from optimiser.problem import RESTRICTION, Policy, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """What an answer gives to one group. Money in whole £ a year; `child_km` None where nobody is placed.

    `objective` is the group's part of the objective in km-equivalents: parts of all groups add up to the whole.
    """

    group: str
    pupils: int
    placed: int
    cost: int
    child_km: Distances | None
    objective: float

    @property
    def unplaced_share(self) -> float:
        """Of the group's pupils, from 0 to 1."""
        return (self.pupils - self.placed) / self.pupils


def figures_by_group(problem: Problem, answer: Answer, group_of: Mapping[str, str]) -> tuple[GroupFigures, ...]:
    """The figures of every group that has a pupil, by name. Raises ValueError where a pupil is in no group."""
    if homeless := sorted({row.pupil for row in problem.pupils} - group_of.keys()):
        raise ValueError(f"no group is named for the pupils {', '.join(homeless[:5])}")
    members: dict[str, list[str]] = defaultdict(list)
    for row in problem.pupils:
        members[group_of[row.pupil]].append(row.pupil)
    assigned = {row.pupil: row for row in answer.assignments}
    weight = {row.pupil: problem.policy.unplaced[row.priority - 1] for row in problem.pupils}
    return tuple(_figures(name, members[name], assigned, weight, problem.policy) for name in sorted(members))


def by_la(problem: Problem) -> dict[str, str]:
    """Each pupil's LA."""
    return {row.pupil: row.la for row in problem.pupils}


def by_need(problem: Problem) -> dict[str, str]:
    """Each pupil's primary need."""
    return {row.pupil: row.primary_need for row in problem.pupils}


def worth_of(row: Assignment, policy: Policy) -> float:
    """What an assignment counts in the objective, in km-equivalents."""
    return (
        row.child_km
        + policy.cost_weight * row.cost / 1000
        + policy.preference_weight * row.wish
        + policy.least_restrictive_weight * RESTRICTION[row.kind]
    )


def _figures(
    name: str, pupils: list[str], assigned: Mapping[str, Assignment], weight: Mapping[str, float], policy: Policy
) -> GroupFigures:
    rows = [assigned[pupil] for pupil in pupils if pupil in assigned]
    waiting = [weight[pupil] for pupil in pupils if pupil not in assigned]
    return GroupFigures(
        group=name,
        pupils=len(pupils),
        placed=len(rows),
        cost=sum(row.cost for row in rows),
        child_km=distances([row.child_km for row in rows]),
        objective=math.fsum([*(worth_of(row, policy) for row in rows), *waiting]),
    )

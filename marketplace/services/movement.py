"""How split weeks move: which way, how far towards their goal, and whether only one way.

What each pupil's week was on any day is rebuilt from the approved versions and from how the placement went on; nothing
is kept beside them. It must never show a group of few pupils, nor let one be found by taking others away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import (
    AfterEnd,
    EventKind,
    Goal,
    Organisation,
    Placement,
    PlacementEvent,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
)
from marketplace.models.porous import SESSIONS
from marketplace.services.placement_charges import events_that_hold
from marketplace.services.small_groups import ALL, FEWEST, discreet, gathered, is_few, others

WEEK = timedelta(weeks=1)
POINTS = tuple(range(0, 105, 8))  # weeks since the start at which the mean is shown


class Direction(StrEnum):
    """Which way a pupil's week has moved, over all versions."""

    MAINSTREAM = "mainstream"  # more sessions there, never fewer
    SPECIAL = "special"  # fewer, never more
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Path:
    """One pupil's split week: `steps` are days with the sessions a week in mainstream from then on, the first its
    start; `ends_on` its last day, if it has one; `reached_on` the day on which a goal was first met; `need_id` the
    pupil's need."""

    authority: str
    provider: str
    steps: tuple[tuple[date, int], ...]
    ends_on: date | None
    reached_on: date | None
    need_id: int = 0

    @property
    def direction(self) -> Direction:
        """By every step from one version to the next.

        >>> day = date(2027, 1, 4)
        >>> [Path("A", "P", tuple((day, n) for n in counts), None, None).direction.value
        ...     for counts in ((4, 6, 10), (6, 4), (4, 6, 5), (5, 5))]
        ['mainstream', 'special', 'both', 'none']
        """
        counts = [count for _, count in self.steps]
        up = any(after > before for before, after in pairwise(counts))
        down = any(after < before for before, after in pairwise(counts))
        if up and down:
            return Direction.BOTH
        return Direction.MAINSTREAM if up else Direction.SPECIAL if down else Direction.NONE

    def in_mainstream(self, day: date) -> int | None:
        """Sessions a week in mainstream on a day; None before the start. After a full return they are ten.

        >>> path = Path("A", "P", ((date(2027, 1, 4), 4), (date(2027, 3, 1), 6)), None, None)
        >>> [path.in_mainstream(date(2027, month, day)) for month, day in ((1, 3), (1, 4), (2, 28), (3, 1))]
        [None, 4, 4, 6]
        """
        held = [count for first, count in self.steps if first <= day]
        is_over = self.ends_on is not None and day > self.ends_on and not self.has_returned
        return held[-1] if held and not is_over else None

    @property
    def has_returned(self) -> bool:
        """Whether it ended with all sessions in mainstream."""
        return self.steps[-1][1] == SESSIONS

    @property
    def weeks_to_goal(self) -> int | None:
        """Whole weeks from the start until a goal was met."""
        return (self.reached_on - self.steps[0][0]) // WEEK if self.reached_on else None


@dataclass(frozen=True, slots=True)
class Movement:
    """A group of pupils: how many, which way they moved (None: too few to show), and how many have met a goal, half of
    them within `median_weeks`."""

    name: str
    n: int
    counts: Mapping[Direction, int | None]
    reached: int | None
    median_weeks: float | None

    @property
    def one_way(self) -> float | None:
        """Of those who moved, the share that moved only towards the special setting; None where too few are shown."""
        ways = [self.counts[each] for each in Direction if each is not Direction.NONE]
        known = [count for count in ways if count is not None]
        if len(known) < len(ways) or sum(known) < FEWEST:
            return None
        return (self.counts[Direction.SPECIAL] or 0) / sum(known)


def paths(session: Session, *, on: date, of: Iterable[ColumnElement[bool]] = ()) -> list[Path]:
    """The split weeks that the actor of this transaction may know of and that have started by a day, by placement; of
    those placements only for which the conditions hold."""
    rows = session.scalars(
        select(PorousPlan)
        .join(Placement)
        .where(
            PorousPlan.status == PlanStatus.APPROVED,
            PorousPlan.starts_on <= on,
            Placement.status != PlacementStatus.AGREED,
            Placement.starts_on <= on,
            *of,
        )
        .options(joinedload(PorousPlan.placement).joinedload(Placement.provision))
        .order_by(PorousPlan.placement_id, PorousPlan.starts_on, PorousPlan.number)
    ).all()
    sides = {side for row in rows for side in (row.placement.authority_id, row.placement.provider_id)}
    named = select(Organisation.id, Organisation.name).where(Organisation.id.in_(sides))
    names: dict[int, str] = dict(session.execute(named).all())
    by_placement: dict[int, list[PorousPlan]] = {}
    for row in rows:
        by_placement.setdefault(row.placement_id, []).append(row)
    events = events_that_hold(session, by_placement)
    return [_path(plans, events[placement_id], names, on=on) for placement_id, plans in by_placement.items()]


def movements(found: Sequence[Path], by: Callable[[Path], str]) -> list[Movement]:
    """The groups by name, and all of them last. A group in which one to four pupils moved one way, or have met a goal
    or not, is taken together with others, with as many as it takes for the sum to hide them. What is shown is so of
    none or of five and more, and so is every difference. Nothing where all are fewer than five."""
    if len(found) < FEWEST:
        return []
    groups: dict[str, list[Path]] = {}
    for path in found:
        groups.setdefault(by(path), []).append(path)
    names, hidden = gathered(groups, _is_small)
    shown = [_movement(name, groups[name]) for name in names]
    if hidden and names:
        shown.append(_movement(others(hidden), [path for name in hidden for path in groups[name]]))
    return [*shown, _movement(ALL, found)]


def _counts(group: Sequence[Path]) -> dict[Direction, int]:
    return {each: sum(path.direction is each for path in group) for each in Direction}


def _is_small(group: Sequence[Path]) -> bool:
    """Whether a figure of the group is of one to four pupils."""
    reached = sum(path.reached_on is not None for path in group)
    return any(map(is_few, (*_counts(group).values(), reached, len(group) - reached)))


def _movement(name: str, group: Sequence[Path]) -> Movement:
    """What a group comes to. (Only of all together may a figure be small.)"""
    weeks = [path.weeks_to_goal for path in group if path.weeks_to_goal is not None]
    is_shown = not weeks or min(len(weeks), len(group) - len(weeks) or FEWEST) >= FEWEST
    return Movement(
        name,
        len(group),
        discreet(_counts(group)),
        len(weeks) if is_shown else None,
        median(weeks) if is_shown and weeks else None,
    )


def means(found: Sequence[Path], *, on: date) -> list[float | None]:
    """The mean sessions a week in mainstream so many weeks (POINTS) after the start, of those who have come so far;
    None where fewer than five have."""
    averages: list[float | None] = []
    for weeks in POINTS:
        days = [(path, path.steps[0][0] + weeks * WEEK) for path in found]
        counts = [path.in_mainstream(day) for path, day in days if day <= on]
        known = [count for count in counts if count is not None]
        averages.append(sum(known) / len(known) if len(known) >= FEWEST else None)
    return averages


def _path(plans: Sequence[PorousPlan], events: Sequence[PlacementEvent], names: Mapping[int, str], *, on: date) -> Path:
    placement = plans[0].placement
    # Of one day the later version holds; what holds before the first day holds from it on.
    by_day: dict[date, PorousPlan | None] = {max(plan.starts_on, placement.starts_on): plan for plan in plans}
    counts = {day: plan.mainstream for day, plan in by_day.items() if plan}
    for event in events:
        is_full = event.kind is EventKind.VARIED and event.after["sessions"] is None
        has_returned = event.kind is EventKind.ENDED and event.after.get("then") == AfterEnd.NOT_NEEDED
        day = event.on + timedelta(days=1) if has_returned else event.on
        if day <= on and (is_full or has_returned):
            by_day[day], counts[day] = None, SESSIONS if has_returned else 0
    return Path(
        names[placement.authority_id],
        names[placement.provider_id],
        tuple(sorted(counts.items())),
        placement.ends_on if placement.status is PlacementStatus.ENDED else None,
        _first_met([(day, counts[day], by_day[day]) for day in sorted(counts)]),
        placement.need_id,
    )


def _first_met(steps: Sequence[tuple[date, int, PorousPlan | None]]) -> date | None:
    """The first day whose week meets the goal of a version before it."""
    goal: PorousPlan | None = None
    for day, count, plan in steps:
        is_up = goal is not None and goal.goal is Goal.TOWARDS_MAINSTREAM
        if goal and (count >= goal.goal_sessions if is_up else count <= goal.goal_sessions):
            return day
        if plan and plan.goal is not Goal.STABLE:
            goal = plan
    return None

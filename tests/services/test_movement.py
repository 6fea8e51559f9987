"""How split weeks move: rebuilt from versions and events, counted by whole groups, and no group of few ever shown."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.models import AfterEnd, Goal, PlanStatus, PorousPlan, WhyPlanned
from marketplace.services import placement_ends, placements, porous_plans
from marketplace.services.movement import ALL, Direction, Path, means, movements, paths
from marketplace.services.small_groups import FEWEST
from tests import commissioning
from tests.commissioning import STARTS_ON, week
from tests.running import Running, running

LATER, YEAR_ON = date(2027, 3, 1), date(2027, 12, 1)
COUNTS = ((4,), (4, 6), (6, 4), (4, 6, 5))  # a path of each direction


@pytest.fixture
def case(session: Session) -> Running:
    """A split week of four sessions at the special setting, towards a full return, that has started."""
    case = running(session, kind="porous")
    commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)
    session.flush()
    return case


def follow(session: Session, case: Running, special: int, on: date, **changes: Any) -> PorousPlan:
    """Another version from a day on, proposed and approved that day."""
    said = commissioning.said(
        week=week(special), starts_on=on, review_on=on, why=WhyPlanned.PROGRESS, **changes
    )  # fmt: skip
    plan = porous_plans.propose_plan(session, case.editor, **case.of(on), **said)
    return porous_plans.approve_plan(
        session, case.commissioner, plan_id=plan.id, version=plan.version, decision="Yes.", on=on, at=case.of(on)["at"]
    )


def only(session: Session, on: date = YEAR_ON) -> Path:
    session.flush()
    (path,) = paths(session, on=on)
    return path


def test_any_past_week_is_rebuilt_as_it_was(session: Session, case: Running) -> None:
    follow(session, case, 2, LATER)
    path = only(session)
    days = [STARTS_ON - timedelta(days=1), STARTS_ON, LATER - timedelta(days=1), LATER]
    assert [path.in_mainstream(day) for day in days] == [None, 6, 6, 8]
    assert (path.direction, path.reached_on) == (Direction.MAINSTREAM, None)
    assert only(session, on=LATER - timedelta(days=1)).direction is Direction.NONE


def test_a_full_return_ends_it_with_its_goal_met(session: Session, case: Running) -> None:
    last = date(2027, 7, 23)
    placement_ends.end_placement(
        session,
        case.commissioner,
        **case.of(last),
        last_day=last,
        reason="Back in mainstream.",
        then=AfterEnd.NOT_NEEDED,
    )
    path = only(session)
    assert (path.direction, path.in_mainstream(YEAR_ON)) == (Direction.MAINSTREAM, 10)
    assert (path.reached_on, path.weeks_to_goal) == (date(2027, 7, 24), 28)


def test_an_end_that_is_no_return_is_no_movement(session: Session, case: Running) -> None:
    last = date(2027, 7, 23)
    placement_ends.end_placement(
        session, case.commissioner, **case.of(last), last_day=last, reason="Moved away.", then=AfterEnd.NEEDED_AGAIN
    )
    path = only(session)
    assert (path.direction, path.reached_on, path.in_mainstream(YEAR_ON)) == (Direction.NONE, None, None)


def test_a_full_place_is_the_end_of_the_way_to_the_special_setting(session: Session, case: Running) -> None:
    placements.vary_placement(
        session, case.commissioner, **case.of(LATER), day=LATER, **case.terms(provision_id=case.provisions["day"].id)
    )
    path = only(session)
    assert (path.direction, path.in_mainstream(LATER)) == (Direction.SPECIAL, 0)


def test_a_goal_is_met_by_the_first_week_that_comes_as_far(session: Session, case: Running) -> None:
    follow(session, case, 6, LATER, goal=Goal.TOWARDS_SPECIAL, goal_sessions=2)
    assert only(session).reached_on is None, "four in mainstream are not the ten that were aimed at"
    follow(session, case, 8, date(2027, 5, 3), goal=Goal.STABLE, goal_sessions=2, goal_on=None)
    assert only(session).reached_on == date(2027, 5, 3)
    assert only(session).direction is Direction.SPECIAL


def test_what_is_proposed_or_agreed_only_has_not_moved(session: Session) -> None:
    case = running(session, kind="porous")
    commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
    assert paths(session, on=YEAR_ON) == []


def path(way: int, group: str = "A", reached: date | None = None) -> Path:
    steps = tuple((STARTS_ON + number * timedelta(weeks=10), count) for number, count in enumerate(COUNTS[way]))
    return Path(group, group, steps, None, reached)


PATHS = st.lists(
    st.builds(path, st.integers(0, 3), st.sampled_from("ABCDE"), st.sampled_from([None, LATER])), max_size=90
)


@given(found=PATHS)
def test_no_group_of_few_is_shown_nor_found_by_taking_others_away(found: list[Path]) -> None:
    rows = movements(found, lambda each: each.authority)
    assert bool(rows) == (len(found) >= FEWEST)
    if not rows:
        return
    *groups, whole = rows
    assert (whole.name, whole.n) == (ALL, len(found))
    assert sum(row.n for row in groups) in {0, len(found)}
    for size in range(1, len(groups) + 1):
        for some in combinations(groups, size):  # what the sums of any groups come to, and with all the rest of them
            for way in Direction:
                figures = [row.counts[way] for row in some]
                assert None not in figures
                assert not 0 < sum(figures) < FEWEST  # type: ignore[arg-type]
            assert not 0 < sum(row.reached or 0 for row in some) < FEWEST
    hidden = [way for way, count in whole.counts.items() if count is None]
    assert len(hidden) != 1
    assert not hidden or sum(each.direction in hidden for each in found) >= FEWEST
    assert all(count is None or not 0 < count < FEWEST for count in whole.counts.values())


def test_the_share_that_moves_one_way_is_of_those_who_moved() -> None:
    found = [path(0)] * 20 + [path(1)] * 6 + [path(2)] * 9 + [path(3)] * 5
    (_, whole) = movements(found, lambda each: each.authority)
    assert whole.one_way == 9 / 20
    assert (whole.reached, whole.median_weeks) == (0, None)


def test_the_mean_by_weeks_since_the_start_is_of_five_or_more_who_have_come_so_far() -> None:
    assert means([path(1)] * 5, on=YEAR_ON)[:3] == [4.0, 4.0, 6.0]
    assert means([path(1)] * 4, on=YEAR_ON) == [None] * 14
    assert means([path(1)] * 5, on=STARTS_ON + timedelta(weeks=9))[:3] == [4.0, 4.0, None]

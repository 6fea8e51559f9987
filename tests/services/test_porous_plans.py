"""Porous plans: what a version may say, who decides, and that the placement has the sessions, the place and the price
of what was approved, from its day on."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NoRoom, NotPermitted, Stale
from marketplace.models import (
    At,
    AuditEvent,
    Goal,
    Message,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    Ride,
    WhyPlanned,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import placement_corrections, placements, porous_plans, porous_versions
from marketplace.services.agreements import agreement_file
from marketplace.services.porous_week import journeys, week_faults
from marketplace.services.verify import RULES
from tests.commissioning import STARTS_ON, said, week
from tests.running import ON, POROUS, Running, running

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = date(2027, 3, 1)


def propose(session: Session, case: Running, *, by: Actor | None = None, on: date = ON, **changes: Any) -> PorousPlan:
    return porous_plans.propose_plan(session, by or case.editor, **case.of(on), **said(**changes))


def approve(session: Session, case: Running, plan: PorousPlan, *, on: date = ON, by: Actor | None = None) -> None:
    porous_plans.approve_plan(
        session, by or case.commissioner, plan_id=plan.id, version=plan.version, decision="Agreed by the panel.",
        on=on, at=case.of(on)["at"],
    )  # fmt: skip


def planned(session: Session, case: Running, **changes: Any) -> PorousPlan:
    """A first version that is approved."""
    plan = propose(session, case, **changes)
    approve(session, case, plan)
    return plan


def start(session: Session, case: Running) -> None:
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)


def used(case: Running, session: Session) -> Decimal:
    vacancy = case.provisions["porous"].pool.vacancies[0]
    session.refresh(vacancy)
    return vacancy.used


@pytest.fixture
def case(session: Session) -> Running:
    return running(session, kind="porous")


def test_a_version_is_proposed_by_the_setting_and_holds_once_the_authority_has_approved_it(
    session: Session, case: Running
) -> None:
    plan = propose(session, case)
    assert porous_versions.plan_on(session, case.placement.id, LATER) is None
    approve(session, case, plan)
    assert porous_versions.plan_on(session, case.placement.id, STARTS_ON - timedelta(days=1)) is None
    assert porous_versions.plan_on(session, case.placement.id, STARTS_ON) is plan
    assert (plan.decided_by, plan.decision) == (case.commissioner.name, "Agreed by the panel.")
    kept = session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type == "porous_plans")).all()
    assert sorted(kept) == ["porous plan approved", "porous plan proposed"]
    told = session.scalars(select(Message.template).order_by(Message.id)).all()
    assert told == ["plan_proposed", "plan_approved"]


def test_a_porous_placement_starts_on_a_plan_that_is_approved_for_that_day(session: Session, case: Running) -> None:
    with pytest.raises(Invalid) as refused:
        start(session, case)
    assert "approved" in refused.value.errors["day"][0]
    plan = propose(session, case)
    with pytest.raises(Invalid):
        start(session, case)
    approve(session, case, plan)
    start(session, case)
    assert case.placement.status is PlacementStatus.STARTED


def test_more_sessions_take_more_of_the_place_and_cost_more_from_their_day_on(session: Session, case: Running) -> None:
    planned(session, case)
    start(session, case)
    assert (used(case, session), case.placement.price) == (Decimal("0.4"), POROUS)
    plan = propose(
        session, case, on=STARTS_ON, week=week(6), starts_on=LATER, review_on=LATER + timedelta(weeks=6),
        why=WhyPlanned.DIFFICULTY, goal=Goal.TOWARDS_SPECIAL, goal_sessions=2,
    )  # fmt: skip
    assert (used(case, session), case.placement.sessions) == (Decimal("0.4"), 4), "nothing before it is approved"
    approve(session, case, plan, on=STARTS_ON)
    assert (used(case, session), case.placement.sessions) == (Decimal("0.6"), 6)
    assert case.placement.price == POROUS * 6 // 4
    event = max(case.placement.events, key=lambda row: row.number)
    assert (event.on, event.after["plan_id"]) == (LATER, plan.id)
    assert porous_versions.plan_on(session, case.placement.id, STARTS_ON).number == 1  # type: ignore[union-attr]


def test_a_setting_that_keeps_the_roll_keeps_a_whole_place(session: Session, case: Running) -> None:
    planned(session, case, main=At.SPECIAL)
    assert (used(case, session), case.placement.sessions, case.placement.is_on_roll) == (Decimal(1), 4, True)


def test_without_room_nothing_is_approved(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        case = running(session, kind="porous", places="0.4")
        plan = propose(session, case, week=week(6), goal_sessions=10)
    with pytest.raises(NoRoom), transaction(case.commissioner) as session:
        approve(session, case, plan)
    with transaction(SYSTEM) as session:
        assert porous_versions.find_plan(session, plan.id).status is PlanStatus.PROPOSED


def test_the_sessions_of_a_planned_week_change_by_another_version_only(session: Session, case: Running) -> None:
    planned(session, case)
    with pytest.raises(Invalid) as refused:
        placements.vary_placement(session, case.commissioner, **case.of(ON), day=STARTS_ON, **case.terms(sessions=6))
    assert "another version" in refused.value.errors["sessions"][0]


def test_what_a_plan_has_changed_is_not_undone_but_followed(session: Session, case: Running) -> None:
    planned(session, case)
    start(session, case)
    approve(
        session, case,
        propose(session, case, on=STARTS_ON, week=week(5), why=WhyPlanned.PUPIL, goal_sessions=10),
        on=STARTS_ON,
    )  # fmt: skip
    assert placement_corrections.last_event(session, case.placement, case.commissioner) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"week": [At.SPECIAL] * 10, "rides": [Ride.FAMILY] * 5}, "week"),
        ({"week": [At.MAINSTREAM] * 10, "rides": [Ride.NONE] * 5, "goal": Goal.STABLE, "goal_on": None}, "week"),
        ({"rides": [Ride.FAMILY, Ride.NONE, Ride.NONE, Ride.NONE, Ride.NONE]}, "rides-1"),
        ({"rides": [Ride.FAMILY] * 5}, "rides-4"),
        ({"goal_sessions": 6}, "goal_sessions"),
        ({"goal": Goal.TOWARDS_SPECIAL, "goal_sessions": 6}, "goal_sessions"),
        ({"goal": Goal.STABLE, "goal_sessions": 7, "goal_on": None}, "goal_sessions"),
        ({"goal": Goal.STABLE, "goal_sessions": 6}, "goal_on"),
        ({"goal_on": None}, "goal_on"),
        ({"goal_on": STARTS_ON}, "goal_on"),
        ({"goal_on": date(2031, 1, 1)}, "goal_on"),
        ({"review_on": STARTS_ON - timedelta(days=1)}, "review_on"),
        ({"review_on": STARTS_ON + timedelta(weeks=27)}, "review_on"),
        ({"why": WhyPlanned.PROGRESS}, "why"),
        ({"starts_on": date(2029, 1, 1)}, "starts_on"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_kept(
    session: Session, case: Running, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(session, case, **changes)
    assert field in refused.value.errors
    assert porous_versions.plans_of(session, case.placement.id) == []


def test_no_version_begins_before_the_one_that_was_approved_last(session: Session, case: Running) -> None:
    planned(session, case, starts_on=LATER, review_on=LATER)
    with pytest.raises(Invalid) as refused:
        propose(session, case, week=week(5), why=WhyPlanned.FAMILY)
    assert "Version 1 is approved from 1 March 2027" in refused.value.errors["starts_on"][0]


def test_of_two_versions_of_one_day_the_later_holds(session: Session, case: Running) -> None:
    planned(session, case)
    again = propose(session, case, week=week(5), why=WhyPlanned.FAMILY)
    approve(session, case, again)
    assert porous_versions.plan_on(session, case.placement.id, STARTS_ON) is again


def test_one_version_waits_at_a_time(session: Session, case: Running) -> None:
    propose(session, case)
    with pytest.raises(Conflict, match="waits for the authority"):
        propose(session, case)


def test_a_returned_version_changes_nothing_and_a_withdrawn_one_makes_room_for_another(
    session: Session, case: Running
) -> None:
    plan = propose(session, case, week=week(6), goal_sessions=10)
    porous_plans.return_plan(
        session, case.commissioner, plan_id=plan.id, version=plan.version, decision="Not yet.", at=AT
    )
    assert (plan.status, case.placement.sessions) == (PlanStatus.RETURNED, 4)
    again = propose(session, case)
    porous_plans.withdraw_plan(session, case.editor, plan_id=again.id, version=again.version)
    with pytest.raises(InvalidTransition):
        approve(session, case, again)
    assert propose(session, case).number == 3


def test_who_is_not_of_the_placement_neither_proposes_nor_decides(session: Session, case: Running) -> None:
    other = running(session, kind="porous")
    plan = propose(session, case)
    for stranger in (other.commissioner, other.editor):
        with pytest.raises(NotPermitted):
            propose(session, case, by=stranger)
        with pytest.raises(NotPermitted):
            approve(session, case, plan, by=stranger)
    with pytest.raises(NotPermitted):
        approve(session, case, plan, by=case.editor)
    with pytest.raises(NotPermitted):  # the side that did not propose it
        porous_plans.withdraw_plan(session, case.commissioner, plan_id=plan.id, version=plan.version)


def test_a_version_that_was_decided_meanwhile_is_stale(session: Session, case: Running) -> None:
    plan = propose(session, case)
    seen = plan.version
    approve(session, case, plan)
    with pytest.raises(Stale):
        porous_plans.return_plan(session, case.commissioner, plan_id=plan.id, version=seen, decision="No.", at=AT)


def test_a_full_placement_has_no_plan(session: Session) -> None:
    case = running(session)
    with pytest.raises(InvalidTransition, match="no porous placement"):
        propose(session, case)


def test_the_agreement_has_the_split_of_every_approved_version(session: Session, case: Running) -> None:
    case.placement.agreement = {
        "on": "2026-11-30", "reference": "Agreement 1", "sender": "Norbury", "recipient": "Trust", "title": "IPA",
        "opening": [], "facts": [["Band", "Intensive"]], "rows": [], "quoted": "", "closing": [], "officer": "One",
    }  # fmt: skip
    session.flush()
    planned(session, case)
    pages = PdfReader(io.BytesIO(agreement_file(session, award_id=case.placement.award_id))).pages
    words = " ".join("".join(page.extract_text() for page in pages).split())
    assert "Week from 4 January 2027" in words
    assert "at the special setting Monday, Tuesday; otherwise in mainstream (Little Elms Primary)" in words
    assert "Version 1, approved by" in words


@given(special=st.integers(1, 9), shuffle=st.randoms(use_true_random=False))
def test_no_week_has_other_than_ten_sessions_in_two_places(special: int, shuffle: Any) -> None:
    sessions = week(special)
    shuffle.shuffle(sessions)
    rides = [Ride.AUTHORITY if At.SPECIAL in sessions[2 * day : 2 * day + 2] else Ride.NONE for day in range(5)]
    plan = PorousPlan(**said(week=sessions, rides=rides, goal=Goal.STABLE, goal_sessions=10 - special, goal_on=None))
    assert week_faults(plan, on=ON) == {}
    assert plan.special + plan.mainstream == 10
    assert journeys(sessions, rides, by=Ride.AUTHORITY) == 2 * sum(ride is Ride.AUTHORITY for ride in rides)
    assert special / 2 <= sum(ride is Ride.AUTHORITY for ride in rides) <= special


def test_verify_names_a_placement_whose_sessions_are_not_those_of_its_plan(session: Session, case: Running) -> None:
    planned(session, case)
    start(session, case)
    session.flush()
    rule = next(rule for rule in RULES if rule.name == "porous weeks")
    assert session.execute(text(rule.breaches)).all() == []
    session.execute(text("UPDATE placements SET sessions = 5"))
    assert session.execute(text(rule.breaches)).scalars().all() == [f"placement {case.placement.id}"]

"""Destination plans, transfers to services for adults and outcomes: what may be kept, by whom, and what stays."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import (
    AdultService,
    AfterEnd,
    Aim,
    AimMet,
    AuditEvent,
    Destination,
    Held,
    NeedStatus,
    Pathway,
    Step,
)
from marketplace.permissions import Actor
from marketplace.services import adult_transfers, destination_outcomes, destination_plans, placement_ends, placements
from marketplace.services.caseload import Filters, ToDo, list_needs
from marketplace.services.destination_history import Happened, destination_history
from tests import builders, commissioning
from tests.commissioning import STARTS_ON
from tests.running import Running, running

ON = date(2026, 12, 1)
LEFT = date(2027, 7, 23)
COOK = Aim("I want to cook.", "Crowded places.", date(2029, 9, 3), (Step(0, "Visit", "The tutor", date(2027, 3, 1)),))


@pytest.fixture
def case(session: Session) -> Running:
    """A pupil of year 8 who is placed from 4 January 2027 on."""
    found = running(session)
    session.flush()
    return found


def plan(session: Session, case: Running, *, by: Actor | None = None, **changes: Any) -> Any:
    on = changes.get("held_on", ON)
    said = {
        "version": None, "held_on": on, "next_on": on + timedelta(days=300), "aims": {Pathway.EDUCATION: COOK},
        "on": max(on, ON), "at": case.of(on)["at"], **changes,
    }  # fmt: skip
    return destination_plans.plan_destinations(session, by or case.commissioner, need_id=case.need.id, **said)


def transfer(session: Session, case: Running, *, by: Actor | None = None, **changes: Any) -> Any:
    said: dict[str, Any] = {
        "version": None, "on": ON, "team": "Transition team", "planned_on": date(2030, 9, 1),
        **dict.fromkeys(adult_transfers.PAST), **changes,
    }  # fmt: skip
    return adult_transfers.state_transfer(
        session, by or case.commissioner, need_id=case.need.id, service=AdultService.SOCIAL_CARE, **said
    )


def outcome(session: Session, case: Running, *, by: Actor | None = None, **changes: Any) -> Any:
    said: dict[str, Any] = {
        "pathway": Pathway.EDUCATION, "version": None, "on": LEFT, "code": Destination.FE_COLLEGE,
        "happened_on": LEFT, "aim_met": AimMet.MET, "words": None, "six_months": None, "a_year": None, **changes,
    }  # fmt: skip
    return destination_outcomes.state_outcome(session, by or case.commissioner, need_id=case.need.id, **said)


def leave(session: Session, case: Running) -> None:
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)
    placement_ends.end_placement(
        session, case.commissioner, **case.of(LEFT), last_day=LEFT, reason="Leaves.", then=AfterEnd.NOT_NEEDED
    )
    session.flush()


def group(session: Session, on: date) -> ToDo:
    (found,) = list_needs(session, on=on, filters=Filters()).groups
    return found


def wrong(caught: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return set(caught.value.errors)


def test_a_version_is_kept_and_the_past_stays_as_it_was(session: Session, case: Running) -> None:
    first = plan(session, case)
    later = ON + timedelta(days=300)
    paid = Aim("A job in a kitchen.", None, date(2031, 9, 1), ())
    cook = Aim("I want to cook.", None, date(2029, 9, 3), ())  # the step has been taken
    second = plan(session, case, version=1, held_on=later, aims={Pathway.EDUCATION: cook, Pathway.EMPLOYMENT: paid})
    assert [each.version for each in destination_plans.plans_of(session, case.need.id)] == [2, 1]
    assert destination_plans.plan_on(session, case.need.id, later - timedelta(days=1)) == first
    assert destination_plans.plan_on(session, case.need.id, later) == second
    assert [aim.pathway for aim in second.aims] == [Pathway.EDUCATION, Pathway.EMPLOYMENT]
    assert first.aim_of(Pathway.EMPLOYMENT) is None, "not yet discussed"
    kept = first.aim_of(Pathway.EDUCATION)
    assert (kept.aim, kept.steps, kept.who, kept.by) == (
        "I want to cook.",
        ["Visit"],
        ["The tutor"],
        [date(2027, 3, 1)],
    )
    said = session.scalars(select(AuditEvent.data).where(AuditEvent.event == "destinations planned")).all()
    assert said[0] == {"version": 1, "pathways": ["education"]}, "codes, and nothing that somebody said"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"held_on": ON + timedelta(days=1), "on": ON}, {"held_on"}),
        ({"next_on": ON}, {"next_on"}),
        ({"next_on": ON + timedelta(days=401)}, {"next_on"}),
        ({"aims": {}}, {"education-aim"}),
        ({"aims": {Pathway.HEALTH: Aim("Well.", None, ON, ())}}, {"health-target_on"}),
        ({"aims": {Pathway.HEALTH: Aim("Well.", None, date(2039, 9, 1), ())}}, {"health-target_on"}),
        (
            {"aims": {Pathway.HEALTH: Aim("Well.", None, date(2039, 8, 31), (Step(2, "Walk", "I", ON),))}},
            {"health-by-2"},
        ),
    ],
)
def test_what_cannot_be_planned_is_refused_by_field(
    session: Session, case: Running, changes: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        plan(session, case, **changes)
    assert wrong(caught) == fields
    assert destination_plans.plans_of(session, case.need.id) == []


def test_a_version_follows_the_last_one(session: Session, case: Running) -> None:
    plan(session, case)
    with pytest.raises(Stale):
        plan(session, case)
    with pytest.raises(Invalid) as caught:
        plan(session, case, version=1, held_on=ON - timedelta(days=1))
    assert wrong(caught) == {"held_on"}


def test_a_draft_without_a_year_group_and_a_withdrawn_need_have_no_plan(session: Session, case: Running) -> None:
    case.need.status, case.need.year_group = NeedStatus.DRAFT, None
    with pytest.raises(Invalid) as caught:
        plan(session, case)
    assert wrong(caught) == {"held_on"}
    case.need.status = NeedStatus.WITHDRAWN
    with pytest.raises(InvalidTransition):
        plan(session, case)


def test_only_commissioners_of_the_authority_keep_any_of_it(session: Session, case: Running) -> None:
    leave(session, case)
    case.need.status = NeedStatus.PUBLISHED
    for act in (plan, transfer, outcome):
        with pytest.raises(NotPermitted):
            act(session, case, by=case.editor)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"requested_on": ON + timedelta(days=1)}, "requested_on"),
        ({"assessed_on": ON}, "assessed_on"),
        ({"requested_on": ON, "assessed_on": ON - timedelta(days=1)}, "assessed_on"),
        ({"done_on": ON}, "done_on"),
        ({"agreed_on": ON, "done_on": ON - timedelta(days=1)}, "done_on"),
        ({"agreed_on": ON, "done_on": ON, "closed_on": ON}, "closed_on"),
        ({"planned_on": date(2039, 9, 1)}, "planned_on"),
    ],
)
def test_what_cannot_be_of_a_transfer_is_refused_by_field(
    session: Session, case: Running, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        transfer(session, case, **changes)
    assert wrong(caught) == {field}


def test_a_transfer_past_its_day_needs_somebody_until_it_is_done_or_closed(session: Session, case: Running) -> None:
    row = transfer(session, case, planned_on=ON, requested_on=ON)
    assert (group(session, ON), group(session, ON + timedelta(days=1))) == (ToDo.DONE, ToDo.TRANSFER)
    with pytest.raises(Stale):
        transfer(session, case)
    later = ON + timedelta(days=9)
    transfer(session, case, version=row.version, planned_on=ON, closed_on=later, on=later)
    assert group(session, later) is ToDo.DONE
    transfer(session, case, version=row.version, planned_on=ON, on=later)
    assert group(session, later) is ToDo.TRANSFER
    transfer(session, case, version=row.version, planned_on=ON, agreed_on=later, done_on=later, on=later)
    assert group(session, later) is ToDo.DONE


def test_from_year_9_on_a_pupil_without_a_plan_is_listed(session: Session, case: Running) -> None:
    year_9 = date(2027, 9, 1)
    assert (group(session, year_9 - timedelta(days=1)), group(session, year_9)) == (ToDo.DONE, ToDo.DESTINATION)
    plan(session, case)
    assert group(session, year_9) is ToDo.DONE


def test_an_outcome_is_stated_once_the_pupil_has_left_and_asked_about_again(session: Session, case: Running) -> None:
    plan(session, case)
    with pytest.raises(InvalidTransition):
        outcome(session, case)
    assert not destination_outcomes.may_be_stated(session, case.need)
    leave(session, case)
    assert destination_outcomes.may_be_stated(session, case.need)
    row = outcome(session, case)
    assert row.placement_id == case.placement.id
    half, year = date(2028, 1, 23), date(2028, 7, 23)
    assert destination_outcomes.asks(row, on=half - timedelta(days=1)) == {}
    assert destination_outcomes.asks(row, on=year) == {"six_months": half, "a_year": year}
    with pytest.raises(Stale):
        outcome(session, case)
    outcome(session, case, version=row.version, on=half, six_months=Held.YES)
    assert destination_outcomes.asks(row, on=half) == {}
    said = session.scalars(select(AuditEvent.data).where(AuditEvent.event == "destination outcome stated")).all()
    assert said[-1] == {"pathway": "education", "changed": ["six_months"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": Destination.PAID}, "code"),
        ({"happened_on": LEFT - timedelta(days=1)}, "happened_on"),
        ({"happened_on": LEFT + timedelta(days=1)}, "happened_on"),
        ({"aim_met": AimMet.NO_AIM}, "aim_met"),
        ({"pathway": Pathway.HEALTH, "code": Destination.GP}, "aim_met"),  # which was never discussed
        ({"six_months": Held.YES}, "six_months"),
        ({"six_months": Held.YES, "a_year": Held.YES, "on": date(2028, 3, 1)}, "a_year"),
        ({"a_year": Held.YES, "on": date(2028, 9, 1)}, "six_months"),
        ({"six_months": Held.NO, "a_year": Held.YES, "on": date(2028, 9, 1)}, "a_year"),
    ],
)
def test_what_cannot_have_come_of_it_is_refused_by_field(
    session: Session, case: Running, changes: dict[str, Any], field: str
) -> None:
    plan(session, case)
    leave(session, case)
    with pytest.raises(Invalid) as caught:
        outcome(session, case, **changes)
    assert wrong(caught) == {field}


def test_all_about_a_pupils_destinations_is_told_in_the_order_of_time(session: Session, case: Running) -> None:
    plan(session, case)
    transfer(session, case, requested_on=date(2026, 11, 2))
    leave(session, case)
    outcome(session, case, on=date(2028, 2, 1), six_months=Held.YES)
    found = destination_history(session, case.need.id)
    assert [(each.on, each.what) for each in found] == [
        (date(2026, 11, 2), Happened.ASSESSMENT_REQUESTED),
        (ON, Happened.PLANNED),
        (LEFT, Happened.CAME),
        (date(2028, 1, 23), Happened.SIX_MONTHS),
        (date(2030, 9, 1), Happened.TRANSFER_DUE),
    ]
    other = builders.need(session, case.la, year_group=9)
    commissioning.destination_plan(session, other)
    assert len(destination_history(session, case.need.id)) == 5

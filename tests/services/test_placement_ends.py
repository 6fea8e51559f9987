"""How placements end: notice of either side, an end, a transfer, the system's; and how running ones are charged on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted
from marketplace.models import (
    AfterEnd,
    AuditEvent,
    AwardStatus,
    Claim,
    ClaimEnd,
    ConsultationStatus,
    EventKind,
    LedgerLine,
    NeedStatus,
    Placement,
    PlacementStatus,
)
from marketplace.services import needs, placement_ends, placements
from tests.commissioning import STARTS_ON
from tests.running import INTENSIVE, ON, Running, running
from tests.services.test_placements import lines, start

JULY = date(2027, 7, 23)
SPRING = date(2027, 3, 1)


def notice(session: Session, case: Running, on: date = SPRING, **fields: Any) -> Placement:
    actor = fields.pop("actor", case.commissioner)
    fields = {"last_day": JULY, "reason": "The family moves.", **fields}
    return placement_ends.give_notice(session, actor, **case.of(on), **fields)


def end(session: Session, case: Running, on: date = JULY, **fields: Any) -> Placement:
    fields = {"last_day": on, "reason": "The family moved.", "then": AfterEnd.NOT_NEEDED, **fields}
    return placement_ends.end_placement(session, case.commissioner, **case.of(on), **fields)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


@pytest.fixture
def case(session: Session) -> Running:
    found = running(session)
    start(session, found)
    return found


@pytest.mark.parametrize("side", ["commissioner", "editor"])
def test_after_notice_of_either_side_nothing_is_charged_beyond_the_last_day(
    session: Session, case: Running, side: str
) -> None:
    notice(session, case, actor=getattr(case, side))
    assert case.placement.status is PlacementStatus.STARTED
    assert lines(session, case)[-1] == ("2027-04-01", "2027-07-23", INTENSIVE)


@pytest.mark.parametrize("last_day", [SPRING - timedelta(days=1), SPRING + timedelta(days=367)])
def test_notice_is_for_a_day_to_come_within_a_year(session: Session, case: Running, last_day: date) -> None:
    with pytest.raises(Invalid) as refused:
        notice(session, case, last_day=last_day)
    assert "within a year" in refused.value.errors["last_day"][0]


def test_notice_of_the_other_side_can_be_brought_forward_but_not_put_off(session: Session, case: Running) -> None:
    """An authority once put off the provider's notice by giving its own."""
    notice(session, case, actor=case.editor)
    with pytest.raises(Invalid) as refused:
        notice(session, case, last_day=JULY + timedelta(days=1))
    assert "Only that side can put it off" in refused.value.errors["last_day"][0]
    notice(session, case, last_day=date(2027, 5, 28))
    assert case.placement.ends_on == date(2027, 5, 28)
    notice(session, case, last_day=JULY)  # its own
    assert lines(session, case)[-1] == ("2027-05-29", "2027-07-23", INTENSIVE)


def test_the_same_notice_twice_is_refused_and_another_sequel_is_not(session: Session, case: Running) -> None:
    notice(session, case)
    with pytest.raises(Invalid) as refused:
        notice(session, case)
    assert "stands already" in refused.value.errors["last_day"][0]
    notice(session, case, then=AfterEnd.TRANSFER)
    found = placement_ends.notice_of(session, case.placement)
    assert found is not None
    assert found.after["then"] == "transfer"


def test_a_rival_or_another_authority_gives_no_notice(session: Session, case: Running) -> None:
    for other in (running(session).editor, running(session).commissioner):
        with pytest.raises(NotPermitted):
            notice(session, case, actor=other)


@pytest.mark.parametrize(
    ("then", "kind", "status"),
    [
        (AfterEnd.NEEDED_AGAIN, EventKind.ENDED, NeedStatus.PUBLISHED),
        (AfterEnd.NOT_NEEDED, EventKind.ENDED, NeedStatus.WITHDRAWN),
        (AfterEnd.TRANSFER, EventKind.TRANSFERRED, NeedStatus.WITHDRAWN),
    ],
)
def test_what_becomes_of_the_need_is_said_with_the_notice_and_happens_when_it_runs_out(
    session: Session, case: Running, then: AfterEnd, kind: EventKind, status: NeedStatus
) -> None:
    notice(session, case, then=then)
    assert placement_ends.end_due(session, on=JULY, at=at(JULY)) == 0
    day = JULY + timedelta(days=1)
    assert placement_ends.end_due(session, on=day, at=at(day)) == 1
    assert placement_ends.end_due(session, on=day, at=at(day)) == 0
    session.refresh(case.placement)
    last = case.placement.events[-1]
    assert (case.placement.status, case.need.status) == (PlacementStatus.ENDED, status)
    assert (last.kind, last.on, last.organisation_id, last.officer) == (kind, JULY, None, "the system")
    assert lines(session, case)[-1] == ("2027-04-01", "2027-07-23", INTENSIVE)


def test_after_the_providers_notice_the_need_is_posted_anew(session: Session, case: Running) -> None:
    notice(session, case, actor=case.editor, then=AfterEnd.NOT_NEEDED)  # which is not the provider's to say
    day = JULY + timedelta(days=1)
    placement_ends.end_due(session, on=day, at=at(day))
    assert case.need.status is NeedStatus.PUBLISHED


def test_an_end_closes_award_and_consultation_and_leaves_the_vacancy_to_the_provider(
    session: Session, case: Running
) -> None:
    award = case.placement.award
    end(session, case)
    assert award.consultation is not None
    assert (award.status, award.consultation.status) == (AwardStatus.ENDED, ConsultationStatus.CLOSED)
    claim = session.scalars(select(Claim).where(Claim.award_id == award.id)).one()
    session.refresh(case.provisions["day"].pool.vacancies[0])
    vacancy = case.provisions["day"].pool.vacancies[0]
    assert (claim.end_kind, vacancy.amount, vacancy.used) == (ClaimEnd.KEPT, 39, 0)
    assert {"award ended", "need closed", "placement ended"} <= set(session.scalars(select(AuditEvent.event)))


def test_what_never_began_costs_nothing_and_leaves_the_place_vacant(session: Session) -> None:
    case = running(session)
    end(session, case, ON, then=AfterEnd.NEEDED_AGAIN)
    assert lines(session, case) == []
    assert session.scalar(select(func.sum(LedgerLine.amount))) == 0
    session.refresh(case.provisions["day"].pool.vacancies[0])
    vacancy = case.provisions["day"].pool.vacancies[0]
    assert (vacancy.amount, vacancy.used, case.need.status) == (40, 0, NeedStatus.PUBLISHED)


def test_an_end_is_not_entered_ahead_nor_after_the_last_day_of_a_notice(session: Session, case: Running) -> None:
    with pytest.raises(Invalid) as refused:
        end(session, case, SPRING, last_day=SPRING + timedelta(days=1))
    assert "Give notice instead" in refused.value.errors["last_day"][0]
    notice(session, case)
    with pytest.raises(Invalid) as refused:
        end(session, case, JULY + timedelta(days=2))
    assert "The last day is 23 July 2027" in refused.value.errors["last_day"][0]


def test_nothing_happens_to_a_placement_that_has_ended(session: Session, case: Running) -> None:
    end(session, case)
    with pytest.raises(InvalidTransition, match="has ended"):
        notice(session, case, JULY)
    with pytest.raises(InvalidTransition, match="has ended"):
        placements.start_placement(session, case.commissioner, **case.of(JULY), day=JULY)


def test_a_need_is_not_withdrawn_while_its_pupil_is_placed(session: Session, case: Running) -> None:
    with pytest.raises(InvalidTransition, match="A placement is ended"):
        needs.withdraw_need(
            session, case.commissioner, need_id=case.need.id, version=case.need.version, reason="elsewhere"
        )
    assert case.need.status is NeedStatus.PLACED


APRIL = date(2027, 4, 1)


def test_each_april_what_runs_is_charged_for_another_year_once(session: Session, case: Running) -> None:
    assert placement_ends.carry_charges(session, on=date(2027, 3, 31), at=at(APRIL)) == 0
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 1
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 0
    assert lines(session, case)[-2:] == [
        ("2028-04-01", "2028-08-31", INTENSIVE),
        ("2028-09-01", "2029-03-31", INTENSIVE),
    ]
    assert case.placement.events[-1].kind is EventKind.CARRIED
    assert placement_ends.carry_charges(session, on=date(2029, 4, 1), at=at(APRIL)) == 1  # after a year without a run
    assert lines(session, case)[-1][1] == "2031-03-31"


def test_a_placement_that_is_suspended_without_pay_from_its_first_day_stops_no_other(session: Session) -> None:
    """It has no line at all, of which the last was once asked for."""
    first, second = running(session), running(session)
    for each in (first, second):
        start(session, each)
    of = {**first.of(STARTS_ON), "day": STARTS_ON}
    placements.suspend_placement(session, first.commissioner, **of, is_paid=False, reason="Ill.")
    assert lines(session, first) == []
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 1
    assert lines(session, second)[-1][1] == "2029-03-31"
    placements.resume_placement(session, first.commissioner, **first.of(APRIL), day=APRIL)
    assert lines(session, first)[0][0] == "2027-04-01"


def test_what_begins_beyond_the_ledgers_horizon_is_charged_once_it_is_within(session: Session) -> None:
    """It had no line yet, and was once never charged before it started."""
    case = running(session, starts_on=date(2028, 9, 4))
    assert lines(session, case) == []
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 1
    assert lines(session, case) == [("2028-09-04", "2029-03-31", INTENSIVE)]


def test_notice_to_a_day_beyond_the_horizon_is_charged_to_that_day_and_no_further(session: Session) -> None:
    """Once a notice stood, the placement was charged no further."""
    case = running(session)
    start(session, case)
    on = date(2027, 3, 31)
    notice(session, case, on, last_day=date(2028, 3, 31))
    case.placement.ends_on = date(2028, 5, 26)  # as an order might put it
    session.flush()
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 1
    assert lines(session, case)[-1] == ("2028-04-01", "2028-05-26", INTENSIVE)
    assert placement_ends.carry_charges(session, on=date(2028, 4, 1), at=at(APRIL)) == 0


def test_an_ended_placement_is_charged_no_further(session: Session, case: Running) -> None:
    end(session, case)
    assert placement_ends.carry_charges(session, on=date(2028, 4, 1), at=at(APRIL)) == 0


def test_a_placement_that_costs_nothing_above_place_funding_is_passed_over(session: Session) -> None:
    case = running(session, transport=0, marginal=0)
    assert placement_ends.carry_charges(session, on=APRIL, at=at(APRIL)) == 0
    assert lines(session, case) == []

"""What was entered by mistake is undone: what held before holds again, and the ledger nets to nothing by reversals."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, InvalidTransition, NoRoom, NotPermitted
from marketplace.models import (
    AfterEnd,
    AwardStatus,
    Band,
    Consultation,
    ConsultationStatus,
    EventKind,
    LedgerLine,
    Message,
    NeedStatus,
    Placement,
    PlacementEvent,
    PlacementStatus,
    Role,
    Vacancy,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import placement_corrections, placement_ends, placements
from marketplace.services.placement_charges import charges
from marketplace.services.placement_steps import terms
from tests import builders, commissioning
from tests.running import ON, Running, running
from tests.services.test_placement_ends import JULY, SPRING, at, end, notice
from tests.services.test_placements import lines, start, vary

APRIL = date(2027, 4, 12)


def undo(
    session: Session, case: Running, on: date, *, actor: Actor | None = None, event_id: int | None = None
) -> PlacementEvent:
    actor = actor or case.commissioner
    last = placement_corrections.last_event(session, case.placement, actor)
    return placement_corrections.undo_event(
        session, actor, **case.of(on), event_id=event_id or (last.id if last else 0), reason="Wrong pupil."
    )


def suspend(session: Session, case: Running, on: date = SPRING, **fields: Any) -> None:
    fields = {"is_paid": False, "reason": "Ill.", **fields}
    placements.suspend_placement(session, case.commissioner, **case.of(on), day=on, **fields)


def resume(session: Session, case: Running) -> None:
    placements.resume_placement(session, case.commissioner, **case.of(APRIL), day=APRIL)


BEFORE: dict[str, list[Callable[[Session, Running], Any]]] = {
    "started": [],
    "varied": [start],
    "other provision": [start],
    "suspended": [start],
    "resumed": [start, suspend],
    "notice": [start],
    "ended": [start],
    "transferred": [start],
    "never begun": [],
}
ACTS: dict[str, Callable[[Session, Running], Any]] = {
    "started": lambda session, case: start(session, case, date(2027, 1, 11)),
    "varied": lambda session, case: vary(session, case, SPRING, band=Band.PROFOUND),
    "other provision": lambda session, case: vary(session, case, SPRING, provision_id=case.provisions["weekly"].id),
    "suspended": suspend,
    "resumed": resume,
    "notice": notice,
    "ended": end,
    "transferred": lambda session, case: end(session, case, then=AfterEnd.TRANSFER),
    "never begun": lambda session, case: end(session, case, ON),
}


def capacity(session: Session, case: Running) -> list[tuple[str, Decimal]]:
    """How much of each pool is taken, and how much is free."""
    rows = session.execute(
        select(Vacancy.pool_id, func.sum(Vacancy.used), func.sum(Vacancy.amount - Vacancy.used))
        .where(Vacancy.pool_id.in_({row.pool_id for row in case.provisions.values()}))
        .group_by(Vacancy.pool_id)
        .order_by(Vacancy.pool_id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", ACTS)
def test_what_is_undone_never_was_but_for_its_trace(session: Session, name: str) -> None:
    case = running(session)
    for act in BEFORE[name]:
        act(session, case)
    of = (case.placement.award, case.placement.award.consultation, case.need)

    def held() -> tuple[Any, ...]:
        session.expire_all()
        statuses = [row.status for row in of if row is not None]
        return terms(case.placement), charges(session, case.placement, on=JULY), capacity(session, case), statuses

    before = held()
    ACTS[name](session, case)
    event = case.placement.events[-1]
    assert held() != before
    undone = undo(session, case, JULY)
    assert held() == before
    assert (undone.kind, undone.undoes_id, undone.on) == (EventKind.UNDONE, event.id, event.on)
    assert case.placement.events[-2] == event  # which stays
    told = select(Message.template).where(Message.user_id == case.editor.user_id).order_by(Message.id.desc()).limit(1)
    assert session.scalar(told) == "placement_undone"


@pytest.mark.parametrize("name", ACTS)
def test_an_event_and_what_undoes_it_net_to_nothing_in_every_year(session: Session, name: str) -> None:
    case = running(session)
    for act in BEFORE[name]:
        act(session, case)
    on = JULY if name in {"ended", "transferred"} else date(2027, 3, 31)
    placement_ends.carry_charges(session, on=on, at=at(on))  # so that April lies before both
    ACTS[name](session, case)
    event = case.placement.events[-1]
    undone = undo(session, case, max(on, event.at.date()))
    sums = session.execute(
        select(LedgerLine.year, func.sum(LedgerLine.amount))
        .where(LedgerLine.event_id.in_({event.id, undone.id}))
        .group_by(LedgerLine.year)
    ).all()
    assert {amount for _, amount in sums} <= {0}, sums


def test_events_are_undone_the_last_first_and_only_once(session: Session) -> None:
    case = running(session)
    start(session, case)
    first = case.placement.events[-1]
    vary(session, case, SPRING, band=Band.PROFOUND)
    with pytest.raises(Conflict, match="entered last"):
        undo(session, case, SPRING, event_id=first.id)
    undo(session, case, SPRING)
    undo(session, case, SPRING)
    assert case.placement.status is PlacementStatus.AGREED
    assert placement_corrections.last_event(session, case.placement, case.commissioner) is None
    with pytest.raises(Conflict, match="entered last"):  # an award is ended, not undone
        undo(session, case, SPRING, event_id=case.placement.events[0].id)
    start(session, case)
    assert case.placement.status is PlacementStatus.STARTED


def test_what_was_charged_since_is_put_right_with_the_event(session: Session) -> None:
    case = running(session)
    start(session, case)
    vary(session, case, SPRING, band=Band.PROFOUND)
    placement_ends.carry_charges(session, on=APRIL, at=at(APRIL))
    undo(session, case, APRIL)
    assert {fee for _, _, fee in lines(session, case)} == {case.placement.price}
    assert lines(session, case)[-1][1] == "2029-03-31"


def test_each_side_undoes_what_it_has_entered_itself(session: Session) -> None:
    case = running(session)
    start(session, case)
    assert placement_corrections.last_event(session, case.placement, case.editor) is None
    notice(session, case, actor=case.editor)
    assert placement_corrections.last_event(session, case.placement, case.commissioner) is None
    undo(session, case, SPRING, actor=case.editor)
    assert case.placement.ends_on is None
    rival = running(session).editor
    approver = builders.acting(builders.user(session, case.la, Role.APPROVER))
    for other in (rival, approver):
        assert placement_corrections.last_event(session, case.placement, other) is None
        with pytest.raises(NotPermitted):
            undo(session, case, SPRING, actor=other)


def test_the_end_by_a_notice_that_has_run_out_is_undone_with_the_notice(session: Session) -> None:
    """It would end again the next night."""
    case = running(session)
    start(session, case)
    notice(session, case, then=AfterEnd.NEEDED_AGAIN)
    day = JULY + timedelta(days=1)
    placement_ends.end_due(session, on=day, at=at(day))
    session.refresh(case.placement)
    undo(session, case, day)
    assert (case.placement.status, case.placement.ends_on) == (PlacementStatus.STARTED, None)
    assert case.need.status is NeedStatus.PLACED
    assert placement_ends.end_due(session, on=day, at=at(day)) == 0
    assert lines(session, case)[-1][1] == "2029-03-31"


def test_an_end_is_not_undone_once_the_need_is_taken_up_anew(session: Session) -> None:
    case = running(session)
    start(session, case)
    end(session, case, then=AfterEnd.NEEDED_AGAIN)
    commissioning.consultation(session, case.need, case.provisions["day"])
    with pytest.raises(InvalidTransition, match="taken up anew"):
        undo(session, case, JULY)


def test_an_end_is_not_undone_once_a_place_that_was_never_begun_has_gone(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        case = running(session, places="1")
        end(session, case, ON)
        vacancy = session.scalars(
            select(Vacancy)
            .where(Vacancy.pool_id == case.provisions["day"].pool_id)
            .execution_options(populate_existing=True)
        ).one()
        vacancy.used = vacancy.amount
        session.flush()
        event = case.placement.events[-1]
        asked = {**case.of(ON), "event_id": event.id, "reason": "By mistake."}
    with pytest.raises(NoRoom), transaction(case.commissioner) as session:
        placement_corrections.undo_event(session, case.commissioner, **asked)
    with transaction(SYSTEM) as session:
        placement = session.get_one(Placement, asked["placement_id"])
        assert (placement.status, placement.award.status) == (PlacementStatus.ENDED, AwardStatus.ENDED)
        assert session.scalars(select(Consultation.status)).all() == [ConsultationStatus.CLOSED]


def test_an_end_is_undone_under_row_level_security(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        case = running(session)
        start(session, case)
        end(session, case)
        asked = {**case.of(JULY), "event_id": case.placement.events[-1].id, "reason": "By mistake."}
    with transaction(case.commissioner) as session:
        placement_corrections.undo_event(session, case.commissioner, **asked)
    with transaction(case.editor) as session:
        assert session.get_one(Placement, asked["placement_id"]).status is PlacementStatus.STARTED
        assert session.scalars(select(LedgerLine)).all() == []  # which are the authority's

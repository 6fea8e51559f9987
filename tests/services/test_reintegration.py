"""The way back from alternative provision: planned before the start, put off with a reason only, said at the end."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import (
    AfterEnd,
    AuditEvent,
    CaseDates,
    Clock,
    Footing,
    LedgerLine,
    NeedStatus,
    PlacementStatus,
    ReintegrationPlan,
    SettingType,
)
from marketplace.services import ledger, placement_corrections, placement_ends, placements, reintegration
from marketplace.services.days_out import dates_of, days_out, keep_next_due
from marketplace.services.reintegration_versions import held_version, is_due, result_of, versions_of
from tests.commissioning import STARTS_ON
from tests.running import ON, Running, running

ENDS = date(2027, 5, 28)
SAID: dict[str, Any] = {
    "ends_on": ENDS, "purpose": "Lessons in a group of ten.", "school": "Larch High School", "school_urn": 900123,
    "returns_on": date(2027, 6, 7), "steps": "Two mornings from May.", "lead": "Deputy head",
    "review_on": date(2027, 2, 15), "reason": None,
}  # fmt: skip


def without_plan(session: Session, kind: str = "day", **fields: Any) -> Running:
    """A placement that was agreed for a pupil who is permanently excluded, and has no EHCP."""
    case = running(session, kind=kind, **{"type": SettingType.AP, **fields})
    case.need.footing, case.need.roll_school = Footing.EXCLUDED, "Larch High School"
    case.need.last_education_on = date(2026, 11, 13)
    session.flush()
    return case


@pytest.fixture
def case(session: Session) -> Running:
    return without_plan(session)


def keep(session: Session, case: Running, *, on: date = ON, **changes: Any) -> ReintegrationPlan:
    return reintegration.keep_plan(session, case.commissioner, **case.of(on), **{**SAID, **changes})


def start(session: Session, case: Running) -> None:
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)


def test_alternative_provision_starts_on_an_end_date_and_a_plan_only(session: Session, case: Running) -> None:
    with pytest.raises(Invalid, match="plan of the way back"):
        start(session, case)
    plan = keep(session, case)
    assert (plan.number, plan.reason, case.placement.ends_on) == (1, None, ENDS)
    start(session, case)
    assert case.placement.status is PlacementStatus.STARTED
    lines = ledger.live_lines(session, LedgerLine.placement_id == case.placement.id)
    assert max(line.ends_on for line in lines) == ENDS


@pytest.mark.parametrize(("kind", "type_", "footing", "due"), [
    ("day", SettingType.AP, Footing.EHCP, True),
    ("day", SettingType.SECTION41, Footing.AT_RISK, True),
    ("porous", SettingType.AP, Footing.EHCP, True),
    ("day", SettingType.SECTION41, Footing.EHCP, False),
    ("outreach", SettingType.AP, Footing.AT_RISK, False),
])  # fmt: skip
def test_which_placements_need_one(
    session: Session, kind: str, type_: SettingType, footing: Footing, due: bool
) -> None:
    case = running(session, kind=kind, type=type_)
    case.need.footing, case.need.roll_school = footing, "Larch High School"
    session.flush()
    assert is_due(case.placement) is due
    if not due:
        with pytest.raises(InvalidTransition, match="needs no plan"):
            keep(session, case)


@pytest.mark.parametrize(("changes", "field"), [
    ({"ends_on": STARTS_ON}, "ends_on"),
    ({"ends_on": ON + timedelta(days=367)}, "ends_on"),
    ({"returns_on": STARTS_ON}, "returns_on"),
    ({"returns_on": ENDS + timedelta(days=32)}, "returns_on"),
    ({"review_on": STARTS_ON + timedelta(weeks=13, days=1)}, "review_on"),
    ({"review_on": ON - timedelta(days=1)}, "review_on"),
    ({"ends_on": date(2027, 2, 12), "returns_on": date(2027, 2, 12)}, "review_on"),
])  # fmt: skip
def test_what_a_plan_cannot_say_is_refused_by_its_field(
    session: Session, case: Running, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        keep(session, case, **changes)
    assert field in refused.value.errors
    assert versions_of(session, case.placement.id) == []


def test_the_end_is_put_off_by_another_version_with_its_reason_alone(session: Session, case: Running) -> None:
    keep(session, case)
    start(session, case)
    later = ENDS + timedelta(weeks=4)
    with pytest.raises(Invalid) as refused:
        keep(session, case, on=STARTS_ON, ends_on=later)
    assert refused.value.errors.keys() == {"reason"}
    with pytest.raises(Invalid, match="Keep another version"):
        placement_ends.give_notice(
            session, case.commissioner, **case.of(STARTS_ON), last_day=later, reason="x", then=AfterEnd.NEEDED_AGAIN
        )
    second = keep(session, case, on=STARTS_ON, ends_on=later, reason="The group begins in June.")
    assert (second.number, case.placement.ends_on) == (2, later)
    assert held_version(session, case.placement.id) == second


def test_a_review_keeps_a_version_and_a_page_opened_before_is_told(session: Session, case: Running) -> None:
    keep(session, case)
    start(session, case)
    opened = case.of(date(2027, 2, 15))
    keep(session, case, on=date(2027, 2, 15), review_on=date(2027, 4, 12), reason="Goes well.")
    with pytest.raises(Stale):
        reintegration.keep_plan(session, case.commissioner, **opened, **{**SAID, "reason": "Goes on."})


def test_what_states_the_last_day_is_not_undone(session: Session, case: Running) -> None:
    keep(session, case)
    assert placement_corrections.last_event(session, case.placement, case.commissioner) is None


def test_a_setting_that_gave_notice_first_holds_the_end(session: Session, case: Running) -> None:
    keep(session, case)
    start(session, case)
    placement_ends.give_notice(
        session, case.editor, **case.of(STARTS_ON), last_day=date(2027, 3, 26), reason="Staff leave."
    )
    with pytest.raises(Invalid) as refused:
        keep(session, case, on=STARTS_ON, reason="Further.")
    assert refused.value.errors.keys() == {"ends_on"}


@pytest.mark.parametrize(("is_reached", "status"), [(True, NeedStatus.WITHDRAWN), (False, NeedStatus.PUBLISHED)])
def test_what_came_of_it_ends_what_runs(session: Session, case: Running, is_reached: bool, status: NeedStatus) -> None:
    keep(session, case)
    start(session, case)
    day = date(2027, 5, 14)
    said = {"is_reached": is_reached, "day": day, "words": "As planned."}
    result = reintegration.keep_result(session, case.commissioner, **case.of(day), **said)
    assert (result.is_reached, result.on) == (is_reached, day)
    assert (case.placement.status, case.placement.ends_on, case.need.status) == (PlacementStatus.ENDED, day, status)
    assert placement_corrections.last_event(session, case.placement, case.commissioner) is None
    with pytest.raises(Conflict, match="said already"):
        reintegration.keep_result(session, case.commissioner, **case.of(day), **said)


def test_after_the_end_by_its_date_it_may_still_be_said(session: Session, case: Running) -> None:
    keep(session, case)
    start(session, case)
    after = ENDS + timedelta(days=3)
    assert placement_ends.end_due(session, on=after, at=case.of(after)["at"]) == 1
    session.refresh(case.placement)
    reintegration.keep_result(
        session, case.commissioner, **case.of(after), is_reached=False, day=ENDS, words="Not yet ready."
    )
    found = result_of(session, case.placement.id)
    assert found is not None
    assert not found.is_reached
    events = session.scalars(select(AuditEvent.event).where(AuditEvent.event.like("way back%"))).all()
    assert events == ["way back planned", "way back ended"]


def test_nothing_came_of_what_never_started(session: Session, case: Running) -> None:
    keep(session, case)
    with pytest.raises(InvalidTransition, match="has not started"):
        reintegration.keep_result(session, case.commissioner, **case.of(ON), is_reached=True, day=ON, words="x")
    start(session, case)
    with pytest.raises(Invalid, match="to today"):
        reintegration.keep_result(
            session, case.commissioner, **case.of(STARTS_ON), is_reached=True, day=ENDS, words="x"
        )


def test_the_setting_plans_no_way_back(session: Session, case: Running) -> None:
    with pytest.raises(NotPermitted):
        reintegration.keep_plan(session, case.editor, **case.of(ON), **SAID)
    with pytest.raises(NotPermitted):
        reintegration.keep_result(session, case.editor, **case.of(ON), is_reached=True, day=ON, words="x")


def test_the_sixth_day_is_due_until_a_placement_starts_and_again_when_the_start_is_undone(
    session: Session, case: Running
) -> None:
    keep_next_due(session, case.need, dates_of(session, case.need))
    session.flush()
    row = session.get_one(CaseDates, case.need.id)
    assert (row.next_due_on, row.next_clock) == (date(2026, 11, 23), Clock.SIXTH_DAY)
    assert days_out(session, case.need, on=ON) == 11
    keep(session, case)
    start(session, case)
    assert (row.next_due_on, row.next_clock) == (None, None)
    assert days_out(session, case.need, on=STARTS_ON + timedelta(days=60)) == 35  # to the day before the start
    event = placement_corrections.last_event(session, case.placement, case.commissioner)
    assert event is not None
    placement_corrections.undo_event(
        session, case.commissioner, **case.of(STARTS_ON), event_id=event.id, reason="Did not come."
    )
    session.flush()
    assert row.next_clock is Clock.SIXTH_DAY

"""Each thing that happens to a placement: what it asks for, what it changes, what is refused and why."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition, NoRoom, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Band,
    EventKind,
    LedgerLine,
    Message,
    Placement,
    PlacementEvent,
    PlacementStatus,
    PlanStatus,
    PriceSchedule,
    Role,
    ScheduleStatus,
    SettingType,
    UpliftStatus,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import placement_uplifts, placements
from marketplace.services.ledger import due
from marketplace.services.schedule_drafts import line_fields, publish_schedule, raise_prices, start_schedule
from tests import builders, commissioning
from tests.commissioning import STARTS_ON
from tests.running import INTENSIVE, ON, OUTREACH, POROUS, PROFOUND, WEEKLY, Running, running

YEAR_END = date(2027, 3, 31)


def lines(session: Session, case: Running) -> list[tuple[str, str, int]]:
    """What is charged in all: the days and fee of every line that was not reversed."""
    rows = session.scalars(
        select(LedgerLine).where(LedgerLine.placement_id == case.placement.id).order_by(LedgerLine.starts_on)
    ).all()
    reversed_ = {row.reverses_id for row in rows}
    live = [row for row in rows if row.id not in reversed_ and row.reverses_id is None]
    return [(row.starts_on.isoformat(), row.ends_on.isoformat(), row.fee) for row in live]


def total(session: Session, case: Running) -> int:
    return sum(session.scalars(select(LedgerLine.amount).where(LedgerLine.placement_id == case.placement.id)))


def start(session: Session, case: Running, day: date = STARTS_ON) -> None:
    placements.start_placement(session, case.commissioner, **case.of(day), day=day)


def vary(session: Session, case: Running, on: date, **changes: Any) -> Placement:
    day = changes.pop("day", on)
    return placements.vary_placement(session, case.commissioner, **case.of(on), day=day, **case.terms(**changes))


def test_what_is_agreed_is_charged_from_the_first_day_to_the_end_of_the_next_financial_year(session: Session) -> None:
    case = running(session)
    assert lines(session, case) == [
        ("2027-01-04", "2027-03-31", INTENSIVE),
        ("2027-04-01", "2027-08-31", INTENSIVE),
        ("2027-09-01", "2028-03-31", INTENSIVE),
    ]


def test_a_pupil_starts_later_or_earlier_than_was_agreed_and_is_charged_for_from_that_day(session: Session) -> None:
    later, earlier = running(session), running(session)
    start(session, later, date(2027, 1, 11))
    start(session, earlier, date(2026, 12, 14))
    assert lines(session, later)[0] == ("2027-01-11", "2027-03-31", INTENSIVE)
    assert lines(session, earlier)[0] == ("2026-12-14", "2027-03-31", INTENSIVE)
    assert later.placement.status is PlacementStatus.STARTED


@pytest.mark.parametrize("day", [date(2027, 1, 12), date(2026, 1, 1)])
def test_nobody_has_started_on_a_day_to_come_or_long_past(session: Session, day: date) -> None:
    """A day to come was taken once, where the agreed one had passed."""
    case = running(session)
    with pytest.raises(Invalid) as refused:
        placements.start_placement(session, case.commissioner, **case.of(date(2027, 1, 11)), day=day)
    assert "today, or within the last year" in refused.value.errors["day"][0]


def test_a_variation_ahead_keeps_its_day_when_the_pupil_starts_on_another(session: Session) -> None:
    """The start once charged its fee from the first day on."""
    case = running(session)
    vary(session, case, date(2026, 12, 7), day=date(2027, 9, 1), band=Band.PROFOUND)
    start(session, case, date(2027, 1, 11))
    assert lines(session, case) == [
        ("2027-01-11", "2027-03-31", INTENSIVE),
        ("2027-04-01", "2027-08-31", INTENSIVE),
        ("2027-09-01", "2028-03-31", PROFOUND),
    ]


def test_another_band_costs_what_the_awards_own_schedule_says_from_its_day_on(session: Session) -> None:
    case = running(session)
    start(session, case)
    vary(session, case, date(2027, 2, 1), band=Band.PROFOUND)
    assert lines(session, case)[:2] == [
        ("2027-01-04", "2027-01-31", INTENSIVE),
        ("2027-02-01", "2027-03-31", PROFOUND),
    ]
    bands = session.execute(select(LedgerLine.band, LedgerLine.fee).distinct().order_by(LedgerLine.fee))
    assert [tuple(row) for row in bands] == [(Band.INTENSIVE, INTENSIVE), (Band.PROFOUND, PROFOUND)]


def test_another_pattern_is_another_provision_of_the_setting_and_takes_its_own_place(session: Session) -> None:
    case = running(session, places="1")
    start(session, case)
    beds = case.provisions["weekly"]
    vary(session, case, date(2027, 2, 1), provision_id=beds.id)
    assert (case.placement.provision, case.placement.price) == (beds, WEEKLY)
    used = {
        row.pool.name: (row.amount, row.used)
        for row in session.scalars(
            select(Vacancy)
            .join(Vacancy.pool)
            .where(Vacancy.pool_id.in_([case.provisions[name].pool_id for name in ("day", "weekly")]))
        )
    }
    # whether the day place opens for somebody else the provider says
    assert used == {"Places": (0, 0), "Beds": (1, 1)}


def test_sessions_and_hours_cost_their_share_of_what_is_priced(session: Session) -> None:
    porous, outreach = running(session, kind="porous"), running(session, kind="outreach")
    assert (porous.placement.price, outreach.placement.price) == (POROUS, OUTREACH)
    vary(session, porous, date(2026, 12, 7), day=STARTS_ON, sessions=6)
    vary(session, outreach, date(2026, 12, 7), day=STARTS_ON, hours_a_week=Decimal("7.5"))
    assert (porous.placement.price, outreach.placement.price) == (POROUS * 6 // 4, OUTREACH * 3 // 2)
    session.expire_all()
    used = [case.provisions[name].pool.vacancies[0].used for case, name in ((porous, "porous"), (outreach, "outreach"))]
    assert used == [Decimal("0.6"), Decimal("7.5")]


def test_a_porous_placement_becomes_a_full_one(session: Session) -> None:
    case = running(session, kind="porous")
    commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
    start(session, case)
    vary(session, case, date(2027, 2, 1), provision_id=case.provisions["day"].id)
    assert (case.placement.sessions, case.placement.price) == (None, INTENSIVE)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "band"),  # nothing is changed
        ({"band": Band.MILD}, "band"),  # which the schedule does not price
        ({"provision_id": 10**9}, "provision_id"),
        ({"day": date(2027, 1, 3)}, "day"),  # before it begins
        ({"day": date(2029, 1, 3), "band": Band.PROFOUND}, "day"),
    ],
)
def test_a_variation_says_what_is_wrong_by_field(session: Session, changes: dict[str, Any], field: str) -> None:
    case = running(session)
    start(session, case)
    with pytest.raises(Invalid) as refused:
        vary(session, case, date(2027, 2, 1), **changes)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(("kind", "changes"), [("porous", {"sessions": 0}), ("outreach", {"hours_a_week": None})])
def test_what_a_kind_of_provision_goes_by_is_asked_for(session: Session, kind: str, changes: dict[str, Any]) -> None:
    case = running(session, kind=kind)
    with pytest.raises(Invalid) as refused:
        vary(session, case, date(2026, 12, 7), day=STARTS_ON, **changes)
    assert list(refused.value.errors) == list(changes)


def test_where_there_is_no_room_nothing_is_varied(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        case = running(session)
        full = case.provisions["weekly"].pool.vacancies[0]
        full.used = full.amount
        session.flush()
        asked = case.of(ON) | case.terms(provision_id=case.provisions["weekly"].id) | {"day": STARTS_ON}
    with pytest.raises(NoRoom), transaction(case.commissioner) as session:
        placements.vary_placement(session, case.commissioner, **asked)
    with transaction(case.commissioner) as session:
        assert session.get_one(Placement, asked["placement_id"]).price == INTENSIVE
        assert session.scalars(select(PlacementEvent.kind)).all() == [EventKind.AWARDED]


def test_place_funding_that_is_paid_anyway_is_taken_off_a_varied_price_too(session: Session) -> None:
    case = running(session, type=SettingType.NMSS, transport=0, marginal=INTENSIVE - 1_000_000)
    assert case.placement.price == INTENSIVE - 1_000_000
    vary(session, case, date(2026, 12, 7), day=STARTS_ON, band=Band.PROFOUND)
    assert case.placement.price == PROFOUND - 1_000_000


def test_the_variation_of_the_award_stays(session: Session) -> None:
    case = running(session, variation=250_000, variation_reason="A second adult.")
    vary(session, case, date(2026, 12, 7), day=STARTS_ON, band=Band.PROFOUND)
    assert case.placement.price == PROFOUND + 250_000


def test_nothing_is_charged_while_a_placement_is_suspended_without_pay(session: Session) -> None:
    case = running(session)
    start(session, case)
    on = date(2027, 2, 1)
    placements.suspend_placement(session, case.commissioner, **case.of(on), day=on, is_paid=False, reason="Ill.")
    assert lines(session, case) == [("2027-01-04", "2027-01-31", INTENSIVE)]
    on = date(2027, 4, 12)
    vary(session, case, on, band=Band.PROFOUND)  # agreed for when the pupil is back
    assert len(lines(session, case)) == 1
    placements.resume_placement(session, case.commissioner, **case.of(on), day=on)
    assert lines(session, case)[1] == ("2027-04-12", "2027-08-31", PROFOUND)
    assert total(session, case) == sum(
        due(fee, date.fromisoformat(first), date.fromisoformat(last)) for first, last, fee in lines(session, case)
    )


def test_a_place_that_is_paid_for_costs_the_same_while_the_pupil_is_away(session: Session) -> None:
    case = running(session)
    start(session, case)
    before = lines(session, case)
    on = date(2027, 2, 1)
    placements.suspend_placement(session, case.commissioner, **case.of(on), day=on, is_paid=True, reason="Ill.")
    placements.resume_placement(session, case.commissioner, **case.of(on), day=on)
    assert lines(session, case) == before


def test_nothing_is_entered_before_what_was_entered_last_or_after_the_last_day(session: Session) -> None:
    case = running(session)
    start(session, case)
    vary(session, case, date(2027, 2, 1), band=Band.PROFOUND)
    of = {**case.of(date(2027, 2, 8)), "is_paid": True, "reason": "Ill."}
    with pytest.raises(Invalid) as refused:
        placements.suspend_placement(session, case.commissioner, **of, day=date(2027, 1, 31))
    assert "Something is kept for 1 February 2027 already" in refused.value.errors["day"][0]
    case.placement.ends_on = date(2027, 2, 12)
    session.flush()
    of["version"] = case.placement.version
    with pytest.raises(Invalid) as refused:
        placements.suspend_placement(session, case.commissioner, **of, day=date(2027, 2, 13))
    assert "The last day is 12 February 2027" in refused.value.errors["day"][0]


def test_what_is_suspended_is_resumed_and_not_started_again(session: Session) -> None:
    """It could be started on another day once, which moved its first day and its charges."""
    case, on = running(session), date(2027, 2, 1)
    start(session, case)
    placements.suspend_placement(session, case.commissioner, **case.of(on), day=on, is_paid=True, reason="Ill.")
    with pytest.raises(InvalidTransition):
        start(session, case, date(2027, 2, 15))
    assert case.placement.starts_on == STARTS_ON


@pytest.mark.parametrize("act", [placements.suspend_placement, placements.resume_placement])
def test_what_has_not_started_is_neither_suspended_nor_resumed(session: Session, act: Any) -> None:
    case = running(session)
    more = {"is_paid": True, "reason": "Ill."} if act is placements.suspend_placement else {}
    with pytest.raises(InvalidTransition):
        act(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON, **more)


def test_a_step_is_refused_on_a_page_that_was_opened_before_another(session: Session) -> None:
    case = running(session)
    of = case.of(STARTS_ON)
    start(session, case)
    with pytest.raises(Stale):
        placements.start_placement(session, case.commissioner, **of, day=STARTS_ON)


def test_only_the_las_commissioners_take_steps(session: Session) -> None:
    case = running(session)
    others = [
        case.editor,
        builders.acting(builders.user(session, case.la, Role.APPROVER, Role.PROCUREMENT)),
        builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER)),
    ]
    for other in others:
        with pytest.raises(NotPermitted):
            placements.start_placement(session, other, **case.of(STARTS_ON), day=STARTS_ON)


def test_each_step_is_an_event_with_who_and_what_held_before_and_the_other_side_is_told(session: Session) -> None:
    case = running(session)
    start(session, case)
    vary(session, case, date(2027, 2, 1), band=Band.PROFOUND)
    event = case.placement.events[-1]
    assert (event.kind, event.on, event.organisation_id) == (EventKind.VARIED, date(2027, 2, 1), case.la.id)
    assert (event.before["band"], event.after["band"]) == ("intensive", "profound")
    assert (event.officer, event.reason) == (case.commissioner.name, "As the panel agreed.")
    told = session.scalars(
        select(Message.template).where(Message.user_id == case.editor.user_id).order_by(Message.id)
    ).all()
    assert told == ["placement_started", "placement_varied"]
    recorded = select(AuditEvent.event).where(AuditEvent.subject_type == "placements").order_by(AuditEvent.id)
    assert session.scalars(recorded).all() == ["placement awarded", "placement started", "placement varied"]


@pytest.mark.parametrize("on", [date(2027, 3, 31), date(2027, 8, 31), date(2027, 9, 1), date(2028, 2, 29)])
def test_a_later_schedule_changes_no_placement_nor_what_a_variation_of_it_costs(session: Session, on: date) -> None:
    """R10."""
    case = running(session)
    start(session, case)
    before = (lines(session, case), case.placement.price, case.placement.schedule_id)
    later = dear(session, case, on)
    assert (lines(session, case), case.placement.price, case.placement.schedule_id) == before
    at = max(later.starts_on, on)
    vary(session, case, at, band=Band.PROFOUND)
    assert case.placement.price == PROFOUND


def dear(session: Session, case: Running, on: date) -> PriceSchedule:
    """Publish prices that are a tenth higher, from the day after."""
    draft = start_schedule(session, SYSTEM, setting_id=case.setting.id, on=on)
    raise_prices(
        session, SYSTEM, schedule_id=draft.id, version=draft.edit, percent=Decimal(10),
        starts_on=on + timedelta(days=1), lines=[line_fields(line) for line in draft.lines],
    )  # fmt: skip
    publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=on)
    assert draft.status is ScheduleStatus.PUBLISHED
    return draft


def test_an_accepted_uplift_is_applied_by_a_person_from_its_day_on_and_only_once(session: Session) -> None:
    case = running(session)
    start(session, case)
    on = date(2027, 8, 31)
    assert placement_uplifts.accepted_uplift(session, case.placement) is None
    uplift = builders.uplift(session, case.provisions["day"], case.la)
    new = dear(session, case, on)
    with pytest.raises(InvalidTransition):  # agreed, not published
        placement_uplifts.reprice_placement(session, case.commissioner, **case.of(on), day=on)
    uplift.status, uplift.published_id = UpliftStatus.PUBLISHED, new.id
    session.flush()
    with pytest.raises(Invalid) as refused:
        placement_uplifts.reprice_placement(session, case.commissioner, **case.of(on), day=on)
    assert "The new prices start on 1 September 2027" in refused.value.errors["day"][0]
    first = date(2027, 9, 1)
    placement_uplifts.reprice_placement(session, case.commissioner, **case.of(on), day=first)
    assert case.placement.price == INTENSIVE * 11 // 10
    assert {fee for first, _, fee in lines(session, case) if first >= "2027-09-01"} == {INTENSIVE * 11 // 10}
    assert placement_uplifts.accepted_uplift(session, case.placement) is None
    vary(session, case, first, band=Band.PROFOUND)
    assert case.placement.price == PROFOUND * 11 // 10


@pytest.mark.parametrize("is_accepted", [False, None])
def test_an_uplift_that_the_authority_declined_or_has_not_answered_changes_nothing(
    session: Session, is_accepted: bool | None
) -> None:
    case = running(session)
    uplift = builders.uplift(session, case.provisions["day"], case.la)
    uplift.status, uplift.published_id = UpliftStatus.PUBLISHED, dear(session, case, date(2027, 8, 31)).id
    uplift.answers[0].is_accepted = is_accepted
    if is_accepted is None:
        uplift.answers[0].reason = uplift.answers[0].officer = uplift.answers[0].answered_at = None
        uplift.answers[0].letter = None
    session.flush()
    assert placement_uplifts.accepted_uplift(session, case.placement) is None

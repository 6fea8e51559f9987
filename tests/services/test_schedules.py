"""The life of a price schedule: started as a copy, saved, published once, superseded, never changed."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Band,
    Discipline,
    Kind,
    Part,
    PriceLine,
    PriceSchedule,
    Provision,
    Role,
    ScheduleStatus,
    Unit,
)
from marketplace.permissions import SYSTEM
from marketplace.services import schedule_checks
from marketplace.services.people import actor_of
from marketplace.services.schedule_drafts import (
    LineFields,
    next_september,
    publish_schedule,
    raise_prices,
    raised_by,
    save_schedule,
    start_schedule,
)
from marketplace.services.schedule_review import review
from marketplace.services.schedules import predecessor, priced, schedule_in_force, timelines
from tests import builders

TODAY = date(2026, 11, 24)
NEXT = date(2027, 9, 1)


def fields(provision_id: int, band: Band = Band.MODERATE, amount: int = 3_000_000, **given: Any) -> LineFields:
    core: dict[str, Any] = {"part": Part.CORE, "discipline": None, "hours_a_week": None, "weeks": 38, **given}
    return LineFields(provision_id=provision_id, band=band, amount=amount, **core)


def offered(session: Session, **given: Any) -> Provision:
    setting = builders.setting(session, builders.authority(session), builders.provider(session))
    return builders.provision(session, builders.pool(session, setting), **given)


def drafted(
    session: Session, provision: Provision, lines: Iterable[LineFields], starts_on: date = NEXT
) -> PriceSchedule:
    draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    return save_schedule(
        session, SYSTEM, schedule_id=draft.id, version=draft.edit, starts_on=starts_on, lines=list(lines)
    )


def published(session: Session, provision: Provision, starts_on: date, on: date = TODAY) -> PriceSchedule:
    draft = drafted(session, provision, [fields(provision.id)], starts_on)
    return publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=on)


def stated(schedule: PriceSchedule) -> set[tuple[Any, ...]]:
    return {
        (line.provision_id, line.band, line.part, line.discipline, line.hours_a_week, line.weeks, line.amount)
        for line in schedule.lines
    }


# ---- starting


def test_a_draft_copies_every_line_of_the_latest_schedule_and_starts_next_september(session: Session) -> None:
    provision = offered(session)
    latest = drafted(
        session,
        provision,
        [
            fields(provision.id),
            fields(provision.id, part=Part.RESIDENTIAL, amount=2_000_000, weeks=52),
            fields(
                provision.id,
                part=Part.THERAPY,
                discipline=Discipline.SALT,
                hours_a_week=Decimal("1.25"),
                amount=1,
                weeks=None,
            ),
            fields(provision.id, part=Part.THERAPY, discipline=Discipline.OTHER, hours_a_week=Decimal(168), amount=0),
            fields(provision.id, part=Part.ONE_TO_ONE, hours_a_week=Decimal(15), amount=980_050),
            fields(provision.id, part=Part.EQUIPMENT, amount=90_000, weeks=None),
            fields(provision.id, band=Band.PROFOUND, amount=6_600_000, weeks=None),
        ],
        date(2026, 9, 1),
    )
    publish_schedule(session, SYSTEM, schedule_id=latest.id, version=latest.edit, on=TODAY)
    copy = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    assert stated(copy) == stated(latest)
    assert len(copy.lines) == 7
    assert (copy.version, copy.starts_on, copy.status) == (2, NEXT, ScheduleStatus.DRAFT)


def test_the_first_draft_of_a_setting_is_blank(session: Session) -> None:
    draft = start_schedule(session, SYSTEM, setting_id=offered(session).setting_id, on=TODAY)
    assert (draft.lines, draft.version, draft.starts_on) == ([], 1, NEXT)


def test_a_setting_has_one_draft_at_most(session: Session) -> None:
    provision = offered(session)
    start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    with pytest.raises(Conflict, match="has a draft of its next prices already: version 1"):
        start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)


def test_after_prices_that_start_next_september_the_next_draft_starts_the_september_after(session: Session) -> None:
    provision = offered(session)
    published(session, provision, NEXT)
    assert start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY).starts_on == date(2028, 9, 1)


def test_of_two_drafts_started_at_once_the_second_is_refused_in_words(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        setting_id = offered(session).setting_id
        start_schedule(session, SYSTEM, setting_id=setting_id, on=TODAY)
    with pytest.raises(Invalid, match="Somebody else has just started these prices"), transaction(SYSTEM) as session:
        session.add(PriceSchedule(setting_id=setting_id, version=1, starts_on=NEXT))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
@example(date(2027, 8, 31))
@example(date(2027, 9, 1))
def test_the_next_september_is_the_first_one_after_the_day(day: date) -> None:
    found = next_september(day)
    assert (found.day, found.month) == (1, 9)
    assert timedelta(0) < found - day <= timedelta(366)
    assert next_september(date(2027, 8, 31)) == date(2027, 9, 1)
    assert next_september(date(2027, 9, 1)) == date(2028, 9, 1)


# ---- saving


def test_a_draft_keeps_what_was_typed_and_nothing_else(session: Session) -> None:
    provision = offered(session)
    draft = drafted(session, provision, [fields(provision.id), fields(provision.id, Band.INTENSIVE, 4_800_000)])
    before = draft.edit
    core = next(line.id for line in draft.lines if line.band is Band.MODERATE)
    save_schedule(
        session, SYSTEM, schedule_id=draft.id, version=before, starts_on=NEXT, lines=[fields(provision.id, amount=1)]
    )
    session.expire_all()
    assert [(line.id, line.amount) for line in draft.lines] == [(core, 1)]
    assert draft.edit == before + 1


def test_a_draft_that_somebody_else_saved_is_not_overwritten(session: Session) -> None:
    provision = offered(session)
    draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    version = draft.edit
    save_schedule(session, SYSTEM, schedule_id=draft.id, version=version, starts_on=NEXT, lines=[fields(provision.id)])
    with pytest.raises(Stale):
        save_schedule(session, SYSTEM, schedule_id=draft.id, version=version, starts_on=NEXT, lines=[])
    with pytest.raises(Stale):
        publish_schedule(session, SYSTEM, schedule_id=draft.id, version=version, on=TODAY)
    assert len(draft.lines) == 1


def test_a_line_of_another_settings_provision_is_unknown(session: Session) -> None:
    provision, other = offered(session), offered(session)
    with pytest.raises(NotFound):
        drafted(session, provision, [fields(provision.id), fields(other.id)])


def test_a_rival_finds_no_setting_and_no_draft_and_an_approver_may_not_write(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        provision = offered(session)
        rival = actor_of(builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR))
        own = builders.user(session, provision.setting.provider, Role.ADMINISTRATOR)  # type: ignore[arg-type]
        administrator = actor_of(own)
        draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    with transaction(rival) as session, pytest.raises(NotFound):
        start_schedule(session, rival, setting_id=provision.setting_id, on=TODAY)
    with transaction(rival) as session, pytest.raises(NotFound):
        save_schedule(session, rival, schedule_id=draft.id, version=draft.edit, starts_on=NEXT, lines=[])
    with transaction(administrator) as session, pytest.raises(NotPermitted):
        save_schedule(session, administrator, schedule_id=draft.id, version=draft.edit, starts_on=NEXT, lines=[])
    with transaction(administrator) as session, pytest.raises(NotPermitted):
        publish_schedule(session, administrator, schedule_id=draft.id, version=draft.edit, on=TODAY)


# ---- raising


def test_a_raise_starts_from_what_is_published_so_that_twice_is_the_same_as_once(session: Session) -> None:
    provision = offered(session)
    builders.schedule(session, provision, moderate=3_000_000, intensive=4_812_345)
    draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    lines = [fields(provision.id), fields(provision.id, Band.INTENSIVE, 1), fields(provision.id, Band.MILD, 777)]
    for percent in ("9", "4.5"):
        raise_prices(
            session,
            SYSTEM,
            schedule_id=draft.id,
            version=draft.edit,
            starts_on=NEXT,
            lines=lines,
            percent=Decimal(percent),
        )
    assert {line.band: line.amount for line in draft.lines} == {
        Band.MODERATE: 3_135_000,
        Band.INTENSIVE: 5_028_900,  # 50,289.005: to the pound below
        Band.MILD: 777,  # not published, so as typed
    }


def test_where_nothing_is_published_there_is_nothing_to_raise(session: Session) -> None:
    provision = offered(session)
    draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    with pytest.raises(Conflict, match="nothing to raise"):
        raise_prices(
            session, SYSTEM, schedule_id=draft.id, version=draft.edit, starts_on=NEXT, lines=[], percent=Decimal(1)
        )


@given(st.integers(0, 1_000_000_000), st.decimals(-50, 100, places=2))
@example(100, Decimal(50))  # £1.50 goes up to £2
def test_a_raise_is_whole_pounds_and_within_fifty_pence_of_the_exact_figure(amount: int, percent: Decimal) -> None:
    raised = raised_by(amount, percent)
    exact = amount * (100 + percent) / 100
    assert raised % 100 == 0
    assert -50 < raised - exact <= 50


# ---- publishing


def test_published_prices_end_those_before_on_the_day_they_start(session: Session) -> None:
    provision = offered(session)
    first = builders.schedule(session, provision)
    second = published(session, provision, NEXT)
    assert (first.status, first.ends_on) == (ScheduleStatus.SUPERSEDED, NEXT)
    assert (second.status, second.ends_on, second.version) == (ScheduleStatus.PUBLISHED, None, 2)
    assert second.published_at is not None
    for day, row in ((date(2026, 8, 31), None), (date(2027, 8, 31), first), (NEXT, second)):
        assert schedule_in_force(session, provision.setting_id, on=day) is row
        assert [priced(each).holds_on(day) for each in (first, second)] == [row is first, row is second]
    assert predecessor(session, second) is first
    events = session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()
    assert events == [
        "price schedule started",
        "price schedule saved",
        "price schedule superseded",
        "price schedule published",
    ]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(st.integers(1, 200), min_size=1, max_size=4), offset=st.integers(-2, 900))
@example(gaps=[1, 1, 1], offset=1)
def test_from_the_first_start_on_exactly_one_schedule_is_in_force_each_day(
    session: Session, gaps: list[int], offset: int
) -> None:
    provision = offered(session)
    starts = [TODAY + timedelta(days=sum(gaps[: place + 1])) for place in range(len(gaps))]
    rows = [published(session, provision, start) for start in starts]
    day = starts[0] + timedelta(days=offset)
    expected = max((row for row in rows if row.starts_on <= day), key=lambda row: row.starts_on, default=None)
    assert schedule_in_force(session, provision.setting_id, on=day) is expected
    assert [row for row in rows if priced(row).holds_on(day)] == ([expected] if expected else [])


def test_prices_are_published_once_and_then_neither_saved_nor_raised(session: Session) -> None:
    provision = offered(session)
    row = published(session, provision, NEXT)
    before = stated(row)
    same: dict[str, Any] = {"schedule_id": row.id, "version": row.edit}
    with pytest.raises(InvalidTransition, match="Version 1 is published"):
        publish_schedule(session, SYSTEM, **same, on=TODAY)
    with pytest.raises(InvalidTransition):
        save_schedule(session, SYSTEM, **same, starts_on=NEXT, lines=[])
    assert stated(row) == before


@pytest.mark.parametrize(
    ("starts_on", "words"),
    [
        (date(2026, 9, 1), "Prices from 1 September 2026 are published already, as version 1."),
        (date(2026, 8, 31), "Prices from 1 September 2026 are published already"),
        (TODAY - timedelta(days=1), "23 November 2026 has passed, and published prices hold for it."),
        (date(2207, 9, 1), "more than three years from today"),
    ],
)
def test_a_start_that_overlaps_or_is_past_is_refused_in_words(session: Session, starts_on: date, words: str) -> None:
    provision = offered(session)
    builders.schedule(session, provision)
    draft = drafted(session, provision, [fields(provision.id)], starts_on)
    with pytest.raises(Invalid) as caught:
        publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=TODAY)
    assert words in caught.value.errors["starts_on"][0]
    assert draft.status is ScheduleStatus.DRAFT


def test_prices_may_start_today_and_the_first_ones_of_a_setting_in_the_past(session: Session) -> None:
    provision = offered(session)
    published(session, provision, date(2026, 4, 1))
    assert published(session, provision, TODAY).status is ScheduleStatus.PUBLISHED


def test_everything_in_the_way_is_told_in_one_pass_and_where(session: Session) -> None:
    provision = offered(session, name="Autism day school")
    hours = builders.pool(session, provision.setting, unit=Unit.HOURS)
    outreach = builders.provision(session, hours, name="Autism outreach", kind=Kind.OUTREACH)
    lines = [fields(provision.id, part=Part.EQUIPMENT, weeks=None), fields(outreach.id, Band.MILD)]
    draft = drafted(session, provision, lines, date(2207, 9, 1))
    with pytest.raises(Invalid) as caught:
        publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=TODAY)
    assert caught.value.errors == {
        "starts_on": ["1 September 2207 is more than three years from today. Check the year."],
        f"lines-{provision.id}-moderate-core-amount": [
            "Autism day school, moderate: it has no core price. Add a core line; the other parts come on top of it."
        ],
        f"lines-{outreach.id}-mild-core-hours_a_week": [
            "Autism outreach, mild: state the staff hours a week that the outreach package buys."
        ],
    }


def test_a_draft_without_a_price_is_not_published(session: Session) -> None:
    draft = drafted(session, offered(session), [])
    with pytest.raises(Invalid, match="There is no price in this draft"):
        publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=TODAY)


# ---- what stands beside


def test_what_is_worth_a_look_is_a_warning_and_stops_nothing(session: Session) -> None:
    provision = offered(session, name="Day school")
    builders.provision(session, provision.pool, name="Sixth form")
    withdrawn = builders.provision(session, provision.pool, name="Old hall", is_offered=False)
    builders.schedule(session, provision, moderate=3_000_000, exceptional=9_000_000)
    lines = [
        fields(provision.id, amount=3_000_000, weeks=None),
        fields(provision.id, Band.INTENSIVE, 2_900_000),
        fields(withdrawn.id),
    ]
    draft = drafted(session, provision, lines)
    found = review(session, draft)
    assert schedule_checks.warnings(found.prices, found.provisions, before=found.prices_before) == [
        "Day school: Intensive (£29,000 a year) costs less than moderate (£30,000).",
        "Day school, moderate: the weeks a year are not stated, so the fee cannot be compared like for like.",
        "Old hall has a price but is not offered at present.",
        "Sixth form has no price, so no local authority can be offered it.",
        "Day school, exceptional: it has a price today (£90,000) and none here.",
    ]
    publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=TODAY)


def test_a_fee_that_is_far_from_todays_is_worth_a_look(session: Session) -> None:
    """Found when a fee raised by 113% passed the check page without a word."""
    provision = offered(session, name="Day school")
    builders.schedule(session, provision, mild=1_000_000, moderate=4_000_000, intensive=5_000_000, profound=8_000_000)
    bands = {Band.MILD: 740_000, Band.MODERATE: 5_000_000, Band.INTENSIVE: 6_300_000, Band.PROFOUND: 8_000_000}
    draft = drafted(session, provision, [fields(provision.id, band, amount) for band, amount in bands.items()])
    found = review(session, draft)
    assert schedule_checks.warnings(found.prices, found.provisions, before=found.prices_before) == [
        "Day school, mild: £7,400 a year is 26% less than today's £10,000.",
        "Day school, intensive: £63,000 a year is 26% more than today's £50,000.",
    ]


def test_a_setting_shows_what_is_in_force_to_come_ended_and_in_draft(session: Session) -> None:
    provision = offered(session)
    first = builders.schedule(session, provision)
    second = published(session, provision, TODAY)
    third = published(session, provision, NEXT)
    draft = start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=TODAY)
    (found,) = timelines(session, [provision.setting], on=TODAY)
    assert (found.draft, found.current, found.later, found.past) == (draft, second, (third,), (first,))


def test_lines_are_read_for_pricing_by_rising_band_and_part(session: Session) -> None:
    provision = offered(session)
    lines = [
        fields(provision.id, Band.PROFOUND),
        fields(provision.id, part=Part.EQUIPMENT, amount=5, weeks=None),
        fields(provision.id, amount=7),
    ]
    found = priced(drafted(session, provision, lines))
    assert [price.band for price in found.prices] == [Band.MODERATE, Band.PROFOUND]
    assert [line.part for line in found.prices[0].lines] == [Part.CORE, Part.EQUIPMENT]
    assert (found.prices[0].annual_fee, found.prices[0].equipment) == (7, 5)


def test_the_key_of_a_line_is_as_unique_as_the_table_says(session: Session) -> None:
    provision = offered(session)
    draft = drafted(session, provision, [fields(provision.id)])
    assert [line.key for line in draft.lines] == [f"{provision.id}-moderate-core"]
    therapy = PriceLine(provision_id=12, band=Band.MILD, part=Part.THERAPY, discipline=Discipline.SALT)
    assert therapy.key == "12-mild-therapy-salt"

"""Prices never change under an award: what a quote for a day says, once a schedule is published for that day, no later
upload, draft, raise or publication changes, unless it starts on that day or before it, and none starts in the past."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.errors import BadFiles, Conflict, Invalid
from marketplace.models import Band, Need, Part, PriceSchedule, Provision, ScheduleStatus, today
from marketplace.permissions import SYSTEM
from marketplace.services.price_files import drafts_of, keep_price_file
from marketplace.services.quotes import quote_options
from marketplace.services.schedule_drafts import (
    LineFields,
    next_september,
    publish_schedule,
    raise_prices,
    save_schedule,
    start_schedule,
)
from marketplace.services.schedules import latest_published
from pricing.quote import Transport
from tests import builders

FIRST = date(2026, 9, 1)
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
# Before anything is published; the turns of academic years; the nights on which clocks change.
DAYS = (
    date(2026, 8, 31), date(2026, 9, 1), date(2026, 10, 25), date(2027, 3, 28), date(2027, 8, 31), date(2027, 9, 1),
    date(2027, 10, 31), date(2028, 2, 29), date(2028, 8, 31), date(2028, 9, 1),
)  # fmt: skip
ACTS = ("upload", "save", "raise", "publish")
AMOUNTS = st.integers(1, 9_999_999)
STEPS = st.tuples(st.sampled_from(ACTS), st.integers(0, 120), AMOUNTS, st.sampled_from(DAYS) | st.none())


def line(provision: Provision, amount: int) -> LineFields:
    return LineFields(
        provision_id=provision.id, band=Band.INTENSIVE, part=Part.CORE, discipline=None, hours_a_week=None, weeks=38,
        amount=amount,
    )  # fmt: skip


def quotes(session: Session, need: Need, provision: Provision) -> dict[date, tuple[int, int] | None]:
    """The version and the pence that a quote for each day says; None where there is no price."""
    found = {}
    for day in DAYS:
        transport = {provision.id: Transport(0, "walks")}
        quote = quote_options(session, need=need, provisions=[provision], transport=transport, on=day).get(provision.id)
        found[day] = (quote.schedule_version, quote.price) if quote else None
    return found


def act(session: Session, provision: Provision, step: tuple[str, int, int, date | None], on: date) -> date | None:
    """Do one thing to the setting's prices, as far as it is allowed; the start of what it published."""
    what, _, amount, day = step
    draft = drafts_of(session, [provision.setting_id]).get(provision.setting_id)
    if what == "upload":
        row = {
            "row": 2, "is_stated": True, "urn": provision.setting.urn, "provision": provision.name,
            **line(provision, amount),
        }  # fmt: skip
        seen = {draft.id: draft.edit} if draft else {}
        keep_price_file(
            session, SYSTEM, provider_id=provision.setting.provider_id or 0, file="prices.csv", rows=[row], faults=[],
            starts_on=day or next_september(on), seen=seen, on=on, at=AT,
        )  # fmt: skip
        return None
    draft = draft or start_schedule(session, SYSTEM, setting_id=provision.setting_id, on=on)
    if what == "publish":
        return publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=on).starts_on
    typed: Mapping[str, object] = {"percent": Decimal(amount % 100)} if what == "raise" else {}
    change = raise_prices if what == "raise" else save_schedule
    change(  # type: ignore[operator]
        session, SYSTEM, schedule_id=draft.id, version=draft.edit, starts_on=day or on,
        lines=[line(provision, amount)], **typed,
    )  # fmt: skip
    return None


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=8), is_new=st.booleans())
@example(steps=[("upload", 0, 4_812_345, date(2027, 9, 1)), ("publish", 0, 1, None)], is_new=False)
@example(steps=[("save", 0, 1, date(2026, 9, 2)), ("publish", 0, 1, None)], is_new=False)  # backdated
@example(steps=[("save", 0, 1, date(2027, 9, 1)), ("publish", 0, 1, None)] * 2, is_new=False)  # the same start again
@example(
    steps=[("save", 0, 1, date(2028, 9, 1)), ("publish", 0, 1, None), ("upload", 0, 2, date(2027, 9, 1)),
           ("publish", 0, 2, None)], is_new=False,
)  # fmt: skip  # between what is in force and what is published to come
def test_a_quote_for_a_day_never_changes_once_prices_are_published_for_it(
    session: Session, steps: list[tuple[str, int, int, date | None]], is_new: bool
) -> None:
    la = builders.authority(session)
    setting = builders.setting(session, la, builders.provider(session))
    provision = builders.provision(session, builders.pool(session, setting))
    need = builders.need(session, la)
    if not is_new:
        builders.schedule(session, provision, starts_on=FIRST, intensive=4_800_050)
    on = date(2026, 11, 24)
    before = quotes(session, need, provision)
    for step in steps:
        on += timedelta(days=step[1])
        latest = latest_published(session, [setting.id]).get(setting.id)
        starts_on = None
        with suppress(BadFiles, Conflict, Invalid):  # what is refused may change nothing either
            starts_on = act(session, provision, step, on)
        now = quotes(session, need, provision)
        if starts_on is not None and latest is not None:
            assert starts_on > latest.starts_on
            assert starts_on >= on
        for day, quote in before.items():
            if quote is not None and (starts_on is None or day < starts_on):
                assert now[day] == quote, day
        before = now


def test_a_quote_keeps_the_pence(session: Session) -> None:
    la = builders.authority(session)
    provision = builders.provision(session, builders.pool(session, builders.setting(session, la)))
    need = builders.need(session, la)
    builders.schedule(session, provision, intensive=120_050)
    assert quotes(session, need, provision)[date(2026, 9, 1)] == (1, 120_050)
    assert quotes(session, need, provision)[date(2026, 8, 31)] is None


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2027-08-31 22:59+00:00", date(2027, 8, 31)),  # a minute to midnight in London
        ("2027-08-31 23:00+00:00", date(2027, 9, 1)),  # midnight, though not yet by Greenwich
        ("2027-03-27 23:59+00:00", date(2027, 3, 27)),  # the night on which summer time begins
        ("2027-03-28 23:00+00:00", date(2027, 3, 29)),
        ("2027-10-30 23:00+00:00", date(2027, 10, 31)),  # the night on which it ends
        ("2027-10-31 23:59+00:00", date(2027, 10, 31)),
    ],
)
def test_prices_start_today_by_the_clock_of_london_at_the_earliest(session: Session, instant: str, day: date) -> None:
    la = builders.authority(session)
    setting = builders.setting(session, la, builders.provider(session))
    provision = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, provision, intensive=4_800_000)
    with time_machine.travel(instant, tick=False):
        assert today() == day
        draft = start_schedule(session, SYSTEM, setting_id=setting.id, on=today())
        assert publish(session, draft, provision, day - timedelta(days=1)) is ScheduleStatus.DRAFT
        assert publish(session, draft, provision, day) is ScheduleStatus.PUBLISHED


def publish(session: Session, draft: PriceSchedule, provision: Provision, starts_on: date) -> ScheduleStatus:
    save_schedule(
        session, SYSTEM, schedule_id=draft.id, version=draft.edit, starts_on=starts_on, lines=[line(provision, 1)]
    )
    try:
        publish_schedule(session, SYSTEM, schedule_id=draft.id, version=draft.edit, on=today())
    except Invalid as invalid:
        assert "has passed" in invalid.errors["starts_on"][0]  # noqa: PT017
    return draft.status

"""What an LA's own cases tell of a provider: counted as they happened, told only from five on, and of nobody else's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import (
    AfterEnd,
    Authority,
    ConsultationStatus,
    EventKind,
    Placement,
    PlacementEvent,
    PlacementStatus,
    Provision,
    Role,
)
from marketplace.permissions import SYSTEM
from marketplace.services.track_records import NOTHING, TrackRecord, track_records
from tests import builders, commissioning

TODAY = date(2027, 9, 20)


@pytest.fixture
def la(session: Session) -> Authority:
    builders.framework(session)
    return builders.authority(session)


@pytest.fixture
def provision(session: Session, la: Authority) -> Provision:
    return offered(session, la)


def offered(session: Session, la: Authority) -> Provision:
    setting = builders.setting(session, la, builders.provider(session))
    row = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, row)
    return row


def record(session: Session, provision: Provision, on: date = TODAY) -> TrackRecord:
    session.flush()
    provider_id = provision.setting.provider_id
    assert provider_id is not None
    return track_records(session, [provider_id], on=on)[provider_id]


def ask(
    session: Session, la: Authority, provision: Provision, count: int, *, days: int | None = 7, **fields: Any
) -> None:
    """Consultations sent on 2 November 2026 and answered after `days` days, or not."""
    for _ in range(count):
        replied_at = None if days is None else commissioning.SENT_AT + timedelta(days=days)
        row = commissioning.consultation(session, builders.need(session, la), provision, **fields)
        row.replied_at = replied_at
    session.flush()


def refuse(session: Session, la: Authority, provision: Provision, count: int, **reasons: str) -> None:
    for _ in range(count):
        row = commissioning.consultation(session, builders.need(session, la), provision)
        commissioning.refusal(session, row, **reasons)


def end(
    session: Session, la: Authority, provision: Provision, count: int, then: AfterEnd, **fields: Any
) -> list[Placement]:
    """Placements from 4 January 2027 to 23 July, and what became of the need."""
    rows = []
    for _ in range(count):
        award = commissioning.award(session, builders.need(session, la), provision)
        row = commissioning.placement(session, award)
        row.status, row.ends_on = PlacementStatus.ENDED, fields.get("ends_on", date(2027, 7, 23))
        kind = EventKind.TRANSFERRED if then is AfterEnd.TRANSFER else EventKind.ENDED
        row.events.append(
            PlacementEvent(number=3, kind=kind, on=row.ends_on, officer="Officer", after={"then": then.value})
        )
        rows.append(row)
    session.flush()
    return rows


def test_of_a_provider_without_cases_nothing_is_known(session: Session, provision: Provision) -> None:
    assert record(session, provision) == NOTHING


def test_replies_are_counted_in_time_or_not_with_the_days_that_half_of_them_took(
    session: Session, la: Authority, provision: Provision
) -> None:
    ask(session, la, provision, 3, days=4)
    ask(session, la, provision, 3, days=15)
    ask(session, la, provision, 5, days=16)
    found = record(session, provision)
    assert (found.asked, found.in_time, found.days, found.refused) == (11, 6, 15, 0)


def test_silence_beyond_the_15_days_counts_and_a_question_that_was_withdrawn_or_is_still_open_does_not(
    session: Session, la: Authority, provision: Provision
) -> None:
    ask(session, la, provision, 5)
    ask(session, la, provision, 5, days=None)
    ask(session, la, provision, 1, days=None, status=ConsultationStatus.WITHDRAWN)
    ask(session, la, provision, 1, days=None, status=ConsultationStatus.CLOSED,
        ended_at=datetime(2026, 11, 10, 9, tzinfo=UTC))  # fmt: skip
    ask(session, la, provision, 1, days=None, due_on=TODAY)
    found = record(session, provision)
    assert (found.asked, found.in_time) == (10, 5)


def test_a_refusal_is_one_with_reasons_and_full_is_none(session: Session, la: Authority, provision: Provision) -> None:
    refuse(session, la, provision, 6)
    refuse(session, la, provision, 5, full="")
    assert record(session, provision).refused == 6


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_fewer_than_five_consultations_or_ends_are_not_shown(
    session: Session, la: Authority, provision: Provision, count: int, told: int | None
) -> None:
    ask(session, la, provision, count)
    end(session, la, provision, count, AfterEnd.NOT_NEEDED)
    found = record(session, provision)
    assert (found.asked, found.ended) == (told, told)
    if told is None:
        assert (found.in_time, found.days, found.refused, found.endings) == (None, None, None, None)


def test_a_part_of_one_to_four_is_not_told_nor_one_that_leaves_so_few(
    session: Session, la: Authority, provision: Provision
) -> None:
    ask(session, la, provision, 7)
    ask(session, la, provision, 2, days=20)
    refuse(session, la, provision, 3)
    found = record(session, provision)
    assert (found.asked, found.in_time, found.refused) == (12, None, None)


def test_ends_are_told_by_what_followed_where_each_is_five_or_more(
    session: Session, la: Authority, provision: Provision
) -> None:
    end(session, la, provision, 6, AfterEnd.TRANSFER)
    end(session, la, provision, 5, AfterEnd.NEEDED_AGAIN)
    assert record(session, provision).endings == {AfterEnd.NEEDED_AGAIN: 5, AfterEnd.TRANSFER: 6}
    end(session, la, provision, 1, AfterEnd.NOT_NEEDED)
    found = record(session, provision)
    assert (found.ended, found.endings) == (12, None)


def test_a_placement_that_never_began_and_one_that_runs_on_have_not_ended(
    session: Session, la: Authority, provision: Provision
) -> None:
    end(session, la, provision, 5, AfterEnd.NOT_NEEDED, ends_on=commissioning.STARTS_ON - timedelta(days=1))
    commissioning.placement(session, commissioning.award(session, builders.need(session, la), provision))
    assert record(session, provision).ended == 0


def test_of_an_end_that_was_undone_and_entered_again_the_last_counts(
    session: Session, la: Authority, provision: Provision
) -> None:
    for row in end(session, la, provision, 5, AfterEnd.NEEDED_AGAIN):
        row.events.append(
            PlacementEvent(
                number=4, kind=EventKind.TRANSFERRED, on=row.ends_on, officer="Officer", after={"then": "transfer"}
            )
        )
    found = record(session, provision)
    assert (found.ended, found.endings) == (5, {AfterEnd.TRANSFER: 5})


def test_what_is_older_than_three_years_is_left_out(session: Session, la: Authority, provision: Provision) -> None:
    ask(session, la, provision, 5)
    end(session, la, provision, 5, AfterEnd.NOT_NEEDED)
    assert record(session, provision, on=date(2029, 11, 16)).asked == 5
    assert record(session, provision, on=date(2029, 11, 17)).asked == 0
    assert record(session, provision, on=date(2030, 7, 22)).ended == 5
    assert record(session, provision, on=date(2030, 7, 23)).ended == 0


def test_an_authority_learns_from_its_own_cases_alone_and_its_region_from_those_of_all(
    database: Engine,  # noqa: ARG001
) -> None:
    with transaction(SYSTEM) as session:
        region = builders.region(session)
        ours, theirs = (builders.authority(session, region) for _ in range(2))
        builders.framework(session)
        provision = offered(session, ours)
        for la, count in ((ours, 5), (theirs, 9)):
            ask(session, la, provision, count)
            end(session, la, provision, count, AfterEnd.NOT_NEEDED)
        provider_id = provision.setting.provider_id
        assert provider_id is not None
        actors = {
            organisation.name: builders.acting(builders.user(session, organisation, Role.PROCUREMENT))
            for organisation in (ours, theirs, region)
        }
        names = (ours.name, theirs.name, region.name)
    told = []
    for name in names:
        with transaction(actors[name]) as session:
            found = track_records(session, [provider_id], on=TODAY)[provider_id]
            told.append((found.asked, found.ended))
    assert told == [(5, 5), (9, 9), (14, 14)]

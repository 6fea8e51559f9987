"""From draft to adopted: by two people, after a consultation and a shadow run, and never for days that have come."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Authority,
    Framework,
    Organisation,
    Role,
    RunStatus,
    ShadowRun,
    Tariff,
    TariffStatus,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.adoption import is_open, may_stay_open
from marketplace.services.tariff_adoption import adopt_tariff, extend_consultation, obstacles, open_consultation
from marketplace.services.tariffs import tariff_in_force
from tests import builders

ON = date(2027, 1, 16)  # the day after the builders' consultation closes


@pytest.fixture
def framework(session: Session) -> Framework:
    return builders.framework(session)


@pytest.fixture
def la(session: Session) -> Authority:
    return builders.authority(session)


@pytest.fixture
def maker(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.PROCUREMENT))


@pytest.fixture
def approver(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.APPROVER))


def shadow_run(session: Session, row: Tariff, owner: Organisation, **fields: Any) -> ShadowRun:
    """A done shadow run of the tariff as it stands, over placements of this owner."""
    placements = builders.placement_set(session, owner)
    fields = {"content": row.content, "status": RunStatus.DONE, "figures": {}, "files": b"", **fields}
    about = {"tariff_id": row.id, "owner_id": owner.id, "placement_set_id": placements.id, "limit": 500}
    return builders.kept(session, ShadowRun(**about, **fields))


def test_what_is_adopted_holds_from_its_start_and_ends_the_tariff_before(
    session: Session, la: Authority, framework: Framework, maker: Actor, approver: Actor
) -> None:
    old = builders.tariff(session, owner=la, framework=framework)
    row = builders.tariff_in_consultation(session, owner=la, framework=framework, makers=[maker.user_id])
    shadow_run(session, row, la)
    adopt_tariff(session, approver, tariff_id=row.id, version=row.edit, on=ON)
    assert (row.status, row.adopted_by_id, row.ends_on) == (TariffStatus.ADOPTED, approver.user_id, None)
    assert (old.status, old.ends_on) == (TariffStatus.SUPERSEDED, row.starts_on)
    for day, holds in ((ON, old), (row.starts_on - timedelta(days=1), old), (row.starts_on, row)):
        assert tariff_in_force(session, authority_id=la.id, on=day) is holds
    assert session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()[-2:] == [
        "tariff superseded",
        "tariff adopted",
    ]
    with pytest.raises(InvalidTransition, match="adopted already"):
        adopt_tariff(session, approver, tariff_id=row.id, version=row.edit, on=ON)


def test_everything_that_is_in_the_way_is_said_at_once(
    session: Session, la: Authority, framework: Framework, maker: Actor
) -> None:
    builders.tariff(session, owner=la, framework=framework, starts_on=date(2027, 9, 1))
    row = builders.tariff_in_consultation(session, owner=la, framework=framework, makers=[maker.user_id])
    with pytest.raises(Conflict) as refused:
        adopt_tariff(session, maker, tariff_id=row.id, version=row.edit, on=date(2027, 1, 15))
    for words in (
        "The consultation is open until 15 January 2027.",
        "Somebody else adopts it.",
        "No shadow run of exactly this tariff is kept.",
        "is adopted for days of these: it holds from 1 September 2027.",
    ):
        assert words in str(refused.value)
    assert row.status is TariffStatus.IN_CONSULTATION


@pytest.mark.parametrize(
    ("starts_on", "words"), [(ON, "before the day on which it starts"), (date(2030, 2, 1), "Check the year")]
)
def test_a_start_that_has_come_or_lies_far_off_is_refused(
    session: Session, la: Authority, framework: Framework, approver: Actor, starts_on: date, words: str
) -> None:
    row = builders.tariff_in_consultation(session, owner=la, framework=framework, starts_on=starts_on)
    shadow_run(session, row, la)
    (found,) = obstacles(session, approver, row, on=ON)
    assert words in found


def test_only_the_owners_run_of_exactly_this_content_that_is_done_counts(
    session: Session, la: Authority, framework: Framework, approver: Actor
) -> None:
    row = builders.tariff_in_consultation(session, owner=la, framework=framework)
    shadow_run(session, row, builders.authority(session))
    shadow_run(session, row, la, content={**row.content, "band": {"moderate": 1}})
    shadow_run(session, row, la, status=RunStatus.QUEUED, figures=None, files=None)
    (found,) = obstacles(session, approver, row, on=ON)
    assert "No shadow run" in found
    shadow_run(session, row, la)
    assert obstacles(session, approver, row, on=ON) == []


def test_of_a_national_tariff_any_las_run_counts(session: Session, la: Authority, framework: Framework) -> None:
    row = builders.tariff_in_consultation(session, owner=None, framework=framework)
    other = shadow_run(session, row, la, content={})
    assert len(obstacles(session, SYSTEM, row, on=ON)) == 1
    other = shadow_run(session, row, la)
    assert other.content == row.content
    assert obstacles(session, SYSTEM, row, on=ON) == []


def test_one_tariff_is_adopted_from_the_page_as_it_was_and_by_the_owners_people(
    session: Session, la: Authority, framework: Framework, approver: Actor
) -> None:
    row = builders.tariff_in_consultation(session, owner=la, framework=framework)
    shadow_run(session, row, la)
    with pytest.raises(Stale):
        adopt_tariff(session, approver, tariff_id=row.id, version=row.edit + 1, on=ON)
    for organisation, role in ((la, Role.COMMISSIONER), (builders.authority(session), Role.APPROVER)):
        stranger = builders.acting(builders.user(session, organisation, role))
        with pytest.raises(NotPermitted):
            adopt_tariff(session, stranger, tariff_id=row.id, version=row.edit, on=ON)


def test_a_consultation_leaves_providers_time_and_the_owner_a_day_to_adopt(
    session: Session, la: Authority, framework: Framework, maker: Actor
) -> None:
    row = builders.tariff_in_consultation(
        session, owner=la, framework=framework, status=TariffStatus.DRAFT, closes_on=None
    )
    on = date(2027, 3, 1)
    for closes_on in (date(2027, 3, 7), date(2027, 3, 31)):
        with pytest.raises(Invalid):
            open_consultation(session, maker, tariff_id=row.id, version=row.edit, closes_on=closes_on, on=on)
    open_consultation(session, maker, tariff_id=row.id, version=row.edit, closes_on=date(2027, 3, 30), on=on)
    assert (row.status, row.makers) == (TariffStatus.IN_CONSULTATION, [maker.user_id])


def test_an_open_consultation_closes_on_a_later_day_and_no_earlier_one_and_both_days_are_recorded(
    session: Session, la: Authority, framework: Framework, maker: Actor
) -> None:
    row = builders.tariff_in_consultation(session, owner=la, framework=framework)
    on = date(2027, 1, 15)  # its last day
    for closes_on, words in (
        (date(2027, 1, 14), "A closing date only moves to a later day: 16 January 2027"),
        (date(2027, 1, 15), "only moves to a later day"),
        (date(2027, 3, 31), "choose 30 March 2027 or earlier."),
    ):
        with pytest.raises(Invalid, match=words):
            extend_consultation(session, maker, tariff_id=row.id, version=row.edit, closes_on=closes_on, on=on)
    opened = row.edit
    extend_consultation(session, maker, tariff_id=row.id, version=opened, closes_on=date(2027, 1, 16), on=on)
    assert (row.status, row.closes_on) == (TariffStatus.IN_CONSULTATION, date(2027, 1, 16))
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.event, event.data) == (
        "tariff consultation extended", {"closes_on": "2027-01-16", "instead_of": "2027-01-15"},
    )  # fmt: skip
    with pytest.raises(Stale):
        extend_consultation(session, maker, tariff_id=row.id, version=opened, closes_on=date(2027, 2, 1), on=on)
    assert "The consultation is open until 16 January 2027." in obstacles(session, maker, row, on=date(2027, 1, 16))[0]


def test_a_closed_consultation_opens_again_for_as_long_as_a_new_one(
    session: Session, la: Authority, framework: Framework, maker: Actor
) -> None:
    row = builders.tariff_in_consultation(session, owner=la, framework=framework)
    with pytest.raises(Invalid, match="It is closed, so give providers 7 days again: 23 January 2027"):
        extend_consultation(session, maker, tariff_id=row.id, version=row.edit, closes_on=date(2027, 1, 22), on=ON)
    extend_consultation(session, maker, tariff_id=row.id, version=row.edit, closes_on=date(2027, 1, 23), on=ON)
    assert is_open(row, on=ON)
    late = date(2027, 3, 24)
    assert [may_stay_open(row, on=day) for day in (ON, date(2027, 3, 23), late)] == [True, True, False]


def test_only_what_is_in_consultation_stays_open_and_by_its_owners_procurement(
    session: Session, la: Authority, framework: Framework, maker: Actor, approver: Actor
) -> None:
    days = {"closes_on": date(2027, 2, 1), "on": ON}
    row = builders.tariff_in_consultation(session, owner=la, framework=framework)
    with pytest.raises(NotPermitted):
        extend_consultation(session, approver, tariff_id=row.id, version=row.edit, **days)
    adopted = builders.tariff(session, owner=la, framework=framework)
    draft = builders.tariff_in_consultation(
        session, owner=la, framework=framework, version="2", status=TariffStatus.DRAFT, closes_on=None
    )
    for other in (adopted, draft):
        with pytest.raises(InvalidTransition):
            extend_consultation(session, maker, tariff_id=other.id, version=other.edit, **days)


DAYS = st.integers(1, 400)


@pytest.fixture
def owners(session: Session, la: Authority) -> list[tuple[Organisation | None, Actor]]:
    """The nation, the region and the LA, with somebody who adopts for each."""
    operator = builders.user(session, builders.operator(session), Role.ADMINISTRATOR)
    others = [(row, builders.user(session, row, Role.APPROVER)) for row in (la.region, la)]
    return [(row, builders.acting(user)) for row, user in ((None, operator), *others)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(DAYS, DAYS, st.one_of(st.none(), DAYS), st.integers(0, 2)), min_size=2, max_size=6))
def test_which_tariff_holds_on_a_day_that_has_come_is_changed_by_no_later_adoption(
    session: Session,
    la: Authority,
    framework: Framework,
    owners: list[tuple[Organisation | None, Actor]],
    acts: list[tuple[int, int, int | None, int]],
) -> None:
    """Adoptions one after the other: days that pass, days until the start, days that it holds, whose it is."""

    def holding(upto: date) -> dict[date, int | None]:
        days = (date(2026, 4, 1) + timedelta(days=number) for number in range(0, (upto - date(2026, 4, 1)).days + 1, 7))
        found = {day: tariff_in_force(session, authority_id=la.id, on=day) for day in [*days, upto]}
        return {day: row.id if row else None for day, row in found.items()}

    with session.begin_nested() as savepoint:
        on = date(2026, 11, 25)
        for number, (passing, notice, length, whose) in enumerate(acts):
            on += timedelta(days=passing)
            before = holding(on)
            owner, person = owners[whose]
            start = on + timedelta(days=notice - 30)  # some of them too late
            row = builders.tariff_in_consultation(
                session, owner=owner, framework=framework, version=f"{number}", starts_on=start,
                ends_on=start + timedelta(days=length) if length else None,
                closes_on=min(on, start) - timedelta(days=1),
            )  # fmt: skip
            shadow_run(session, row, owner or la)
            with suppress(Conflict):
                adopt_tariff(session, person, tariff_id=row.id, version=row.edit, on=on)
            session.flush()
            assert holding(on) == before
            assert (row.status is TariffStatus.ADOPTED) <= (start > on)
        savepoint.rollback()
    session.expire_all()

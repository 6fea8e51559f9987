"""A framework from draft to adopted: by two people of the operator, after a consultation, and never for days that have
come; which one holds on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import AuditEvent, Band, Framework, Operator, Role, TariffStatus
from marketplace.permissions import Actor
from marketplace.services.framework_adoption import adopt_framework, extend_consultation, open_consultation
from marketplace.services.frameworks import framework_in_force, list_frameworks
from marketplace.services.needs import post_need
from tests import builders
from tests.services.test_needs import ANSWERS

ON = date(2027, 1, 16)  # the day after the builders' consultation closes


@pytest.fixture
def operator(session: Session) -> Operator:
    return builders.operator(session)


@pytest.fixture
def maker(session: Session, operator: Operator) -> Actor:
    return builders.acting(builders.user(session, operator, Role.ADMINISTRATOR))


@pytest.fixture
def adopter(session: Session, operator: Operator) -> Actor:
    return builders.acting(builders.user(session, operator, Role.ADMINISTRATOR))


def holding(session: Session, upto: date) -> dict[date, int | None]:
    """Which framework holds on some days up to one."""
    found: dict[date, int | None] = {}
    for number in range(0, (upto - date(2026, 4, 1)).days + 1, 7):
        day = date(2026, 4, 1) + timedelta(days=number)
        try:
            found[day] = framework_in_force(session, on=day).id
        except Conflict:
            found[day] = None
    return found


def test_what_is_adopted_holds_from_its_start_and_what_was_before_until_then(
    session: Session, maker: Actor, adopter: Actor
) -> None:
    old = builders.framework(session)
    row = builders.framework_in_consultation(session, makers=[maker.user_id])
    adopt_framework(session, adopter, framework_id=row.id, version=row.edit, on=ON)
    assert (row.status, row.adopted_by_id, row.ends_on) == (TariffStatus.ADOPTED, adopter.user_id, None)
    assert (old.status, old.ends_on) == (TariffStatus.SUPERSEDED, row.starts_on)
    for day, holds in ((ON, old), (date(2027, 3, 31), old), (date(2027, 4, 1), row)):
        assert framework_in_force(session, on=day) is holds
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()[-2:]
    assert [event.event for event in events] == ["framework superseded", "framework adopted"]
    assert events[1].data == {"changes": {"needs": None, "shown": {}, "together": [], "count": 0}}
    with pytest.raises(InvalidTransition, match="adopted already"):
        adopt_framework(session, adopter, framework_id=row.id, version=row.edit, on=ON)


def test_a_need_posted_before_a_superseded_framework_ends_is_banded_by_it(
    session: Session, maker: Actor, adopter: Actor
) -> None:
    old = builders.framework(session)
    row = builders.framework_in_consultation(session, makers=[maker.user_id])
    adopt_framework(session, adopter, framework_id=row.id, version=row.edit, on=ON)
    builders.home_area(session)
    la = builders.authority(session)
    commissioner = builders.acting(builders.user(session, la, Role.COMMISSIONER))
    profile = {"level_ci": 3, "level_cl": 3, "level_semh": 0, "level_sp": 0}
    needs = [
        post_need(session, commissioner, on=day, **ANSWERS | profile | {"reference": f"N-{day}"})
        for day in (date(2027, 3, 31), date(2027, 4, 1))
    ]
    assert [need.framework_id for need in needs] == [old.id, row.id]
    assert [need.band for need in needs] == [Band.PROFOUND, Band.INTENSIVE]


def test_everything_that_is_in_the_way_is_said_at_once(session: Session, maker: Actor) -> None:
    builders.framework(session)
    row = builders.framework_in_consultation(session, makers=[maker.user_id], ends_on=date(2027, 9, 2))
    builders.framework(session, starts_on=date(2027, 9, 1))
    with pytest.raises(Conflict) as refused:
        adopt_framework(session, maker, framework_id=row.id, version=row.edit, on=date(2027, 1, 15))
    for words in (
        "The consultation is open until 15 January 2027.",
        "You drafted, changed or opened this framework yourself. Somebody else adopts it.",
        "is adopted for days of these: it holds from 1 September 2027.",
    ):
        assert words in str(refused.value)
    assert row.status is TariffStatus.IN_CONSULTATION


def test_a_framework_is_adopted_from_the_page_as_it_was_and_by_the_operators_people(
    session: Session, adopter: Actor
) -> None:
    row = builders.framework_in_consultation(session)
    with pytest.raises(Stale):
        adopt_framework(session, adopter, framework_id=row.id, version=row.edit + 1, on=ON)
    stranger = builders.acting(builders.user(session, builders.authority(session), Role.APPROVER))
    for act in (adopt_framework, extend_consultation):
        days = {"closes_on": date(2027, 2, 1)} if act is extend_consultation else {}
        with pytest.raises(NotPermitted):
            act(session, stranger, framework_id=row.id, version=row.edit, on=ON, **days)  # type: ignore[operator]


def test_a_consultation_on_a_framework_leaves_time_to_comment_and_to_adopt(session: Session, maker: Actor) -> None:
    row = builders.framework_in_consultation(session, status=TariffStatus.DRAFT, closes_on=None)
    on = date(2027, 3, 1)
    for closes_on in (date(2027, 3, 7), date(2027, 3, 31)):
        with pytest.raises(Invalid):
            open_consultation(session, maker, framework_id=row.id, version=row.edit, closes_on=closes_on, on=on)
    open_consultation(session, maker, framework_id=row.id, version=row.edit, closes_on=date(2027, 3, 30), on=on)
    assert (row.status, row.makers) == (TariffStatus.IN_CONSULTATION, [maker.user_id])


def test_the_list_is_by_what_is_to_do_and_the_operators_stages_are_its_own(session: Session, maker: Actor) -> None:
    on = date(2026, 11, 25)
    held = builders.framework(session)
    rows = [
        builders.framework_in_consultation(session, version=f"{number}", **fields)
        for number, fields in enumerate(
            [
                {"closes_on": date(2026, 11, 24)},
                {"closes_on": on},
                {"closes_on": date(2026, 11, 1), "starts_on": on},
                {"closes_on": None, "status": TariffStatus.DRAFT},
            ]
        )
    ]
    found = list_frameworks(session, maker, on=on)
    assert [found.decide, found.consulting, found.lapsed, found.drafts] == [(row,) for row in rows]
    assert (found.others, found.in_force) == ((), (held,))
    buyer = builders.acting(builders.user(session, builders.authority(session), Role.PROCUREMENT))
    assert set(list_frameworks(session, buyer, on=on).others) == set(rows[:3])


DAYS = st.integers(1, 400)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(DAYS, DAYS, st.one_of(st.none(), DAYS)), min_size=2, max_size=6))
def test_which_framework_holds_on_a_day_that_has_come_is_changed_by_no_later_adoption(
    session: Session, adopter: Actor, acts: list[tuple[int, int, int | None]]
) -> None:
    """Adoptions one after the other: days that pass, days until the start, days that it holds."""
    with session.begin_nested() as savepoint:
        on = date(2026, 11, 25)
        for number, (passing, notice, length) in enumerate(acts):
            on += timedelta(days=passing)
            before = holding(session, on)
            start = on + timedelta(days=notice - 30)  # some of them too late
            row = builders.framework_in_consultation(
                session, version=f"{number}", starts_on=start,
                ends_on=start + timedelta(days=length) if length else None,
                closes_on=min(on, start) - timedelta(days=1),
            )  # fmt: skip
            try:
                adopt_framework(session, adopter, framework_id=row.id, version=row.edit, on=on)
            except Conflict:
                assert row.status is TariffStatus.IN_CONSULTATION
            session.flush()
            assert holding(session, on) == before
            assert (row.status is TariffStatus.ADOPTED) <= (start > on)
        savepoint.rollback()
    session.expire_all()
    assert session.scalars(select(Framework)).all() == []

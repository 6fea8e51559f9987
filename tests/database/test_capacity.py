"""Taking and freeing capacity: of which vacancy, what is left, what is kept, what is told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import NoRoom
from marketplace.models import AuditEvent, Award, Claim, ClaimEnd, Consultation, Kind, Need, Provision, Unit
from marketplace.permissions import SYSTEM
from marketplace.services import capacity
from tests import builders, commissioning
from tests.contention import AT, STARTS, Wanted, require_sums, wanted

AUTUMN, WINTER, LATER = date(2026, 9, 1), date(2026, 11, 1), date(2027, 2, 1)


@pytest.fixture(autouse=True)
def sums(database: Engine) -> Iterator[None]:  # noqa: ARG001
    """Whatever a test did, what is taken is what is claimed."""
    yield
    require_sums()


def claims(of: Wanted) -> list[tuple[Decimal, ClaimEnd | None]]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(Claim).where(Claim.pool_id == of.pool_id).order_by(Claim.id))
        return [(row.amount, row.end_kind) for row in rows]


def told(of: Wanted) -> list[tuple[str, list[str]]]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_type == "pools", AuditEvent.subject_id == of.pool_id)
            .order_by(AuditEvent.id)
        )
        return [(row.event, row.data["amounts"]) for row in rows]


def test_the_vacancy_that_opened_last_is_used_first() -> None:
    pool = wanted((7, 11, AUTUMN, "2"), (8, 8, WINTER, "1"), (7, 11, LATER, "5"), takers=3)
    pool.take(0)
    assert pool.state() == [(AUTUMN, "0", "2"), (WINTER, "1", "1"), (LATER, "0", "5")]
    pool.take(1)
    assert pool.state() == [(AUTUMN, "1", "2"), (WINTER, "1", "1"), (LATER, "0", "5")]
    pool.take(2, on=LATER)
    assert pool.state() == [(AUTUMN, "1", "2"), (WINTER, "1", "1"), (LATER, "1", "5")]


def test_one_may_take_of_several_vacancies() -> None:
    pool = wanted((0, 14, AUTUMN, "20"), (0, 14, WINTER, "2.5"), unit=Unit.HOURS)
    pool.take(amount="12.5")
    assert pool.state() == [(AUTUMN, "10", "20"), (WINTER, "2.5", "2.5")]
    assert claims(pool) == [(Decimal("2.5"), None), (Decimal(10), None)]
    assert told(pool) == [("capacity taken", ["2.5", "10"])]


@pytest.mark.parametrize(
    ("year_group", "on", "amount"),
    [
        (6, STARTS, "1"),  # too young
        (12, STARTS, "1"),  # too old
        (8, date(2026, 8, 31), "1"),  # before it opens
        (8, STARTS, "2.1"),  # more than there is; and of the first row something would have been taken
    ],
)
def test_where_there_is_no_room_nothing_is_left_of_the_act(year_group: int, on: date, amount: str) -> None:
    pool = wanted((7, 11, AUTUMN, "1"), (7, 9, WINTER, "1"))
    before, taker = pool.version(), pool.takers[0]

    def act() -> None:
        with transaction(taker.actor) as session:
            award = session.get_one(Award, taker.award_id)
            session.get_one(Need, award.need_id).priority = 1
            capacity.take(
                session, taker.actor, provision=session.get_one(Provision, pool.provision_id), year_group=year_group,
                on=on, amount=Decimal(amount), authority_id=taker.authority_id, subject=award,
            )  # fmt: skip

    with pytest.raises(NoRoom, match=r"^The place has gone: Autism day school has not enough free on \d+ \w+ 202\d"):
        act()
    assert pool.state() == [(AUTUMN, "0", "1"), (WINTER, "0", "1")]
    assert (claims(pool), told(pool), pool.version()) == ([], [], before)
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(Need.priority))) == {3}


def test_what_is_freed_is_vacant_again() -> None:
    pool = wanted((7, 11, AUTUMN, "1"), (7, 11, WINTER, "1"))
    pool.take(amount="1.4")
    pool.free()
    assert pool.state() == [(AUTUMN, "0", "1"), (WINTER, "0", "1")]
    assert claims(pool) == [(Decimal(1), ClaimEnd.FREED), (Decimal("0.4"), ClaimEnd.FREED)]
    assert told(pool) == [("capacity taken", ["1", "0.4"]), ("capacity freed", ["1", "0.4"])]


def test_where_a_placement_had_started_the_place_does_not_open_again_by_itself() -> None:
    """A pupil has left, but whether a place opens, and for whom, is for the provider to say."""
    pool = wanted((7, 11, AUTUMN, "3"), takers=2)
    pool.take(0)
    pool.take(1)
    pool.free(0, has_started=True)
    assert pool.state() == [(AUTUMN, "1", "2")]  # as much is free as before, and one taken
    assert claims(pool) == [(Decimal(1), ClaimEnd.KEPT), (Decimal(1), None)]
    pool.free(1)
    assert pool.state() == [(AUTUMN, "0", "2")]


def test_a_row_that_was_wholly_in_use_ends_with_its_placement() -> None:
    pool = wanted((7, 11, AUTUMN, "1"))
    pool.take()
    pool.free(has_started=True)
    assert pool.state() == [(AUTUMN, "0", "0")]
    with pytest.raises(NoRoom):
        pool.take()


def test_freeing_twice_frees_once() -> None:
    pool = wanted((7, 11, AUTUMN, "2"), takers=2)
    pool.take(0)
    pool.take(1)
    pool.free(0)
    version = pool.version()
    pool.free(0)
    assert pool.state() == [(AUTUMN, "1", "2")]
    assert pool.version() == version
    assert [event for event, _ in told(pool)] == ["capacity taken", "capacity taken", "capacity freed"]


def test_a_page_of_vacancies_opened_before_is_stale_after_each_change() -> None:
    pool = wanted((7, 11, AUTUMN, "1"))
    versions = [pool.version()]
    for act in (pool.take, pool.free, pool.take, lambda: pool.free(has_started=True)):
        act()
        versions.append(pool.version())
    assert versions == list(range(versions[0], versions[0] + 5))


def test_what_is_settled_is_not_held_any_more_and_takes_no_more() -> None:
    pool = wanted((7, 11, AUTUMN, "1"))
    taker = pool.takers[0]
    pool.take(held_until=datetime(2026, 12, 7, tzinfo=UTC))
    version = pool.version()
    with transaction(taker.actor) as session:
        capacity.settle(session, taker.actor, award=session.get_one(Award, taker.award_id))
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Claim.held_until)).all() == [None]
    assert (pool.state(), pool.version()) == ([(AUTUMN, "1", "1")], version)


def test_a_setting_holds_a_place_for_an_offer_and_the_award_that_comes_of_it_takes_that_place() -> None:
    pool = wanted((7, 11, AUTUMN, "1"), takers=2)
    taker = pool.takers[0]
    with transaction(SYSTEM) as session:
        award = session.get_one(Award, taker.award_id)
        provision = session.get_one(Provision, pool.provision_id)
        consultation_id = commissioning.consultation(session, session.get_one(Need, award.need_id), provision).id
    with transaction(pool.editor) as session:
        row = session.get_one(Consultation, consultation_id)
        provision = session.get_one(Provision, pool.provision_id)
        of: dict[str, Any] = {"provision": provision, "year_group": 8, "on": STARTS, "amount": Decimal(1)}
        capacity.take(session, pool.editor, authority_id=row.authority_id, subject=row, held_until=AT, **of)
    with pytest.raises(NoRoom):
        pool.take(1)
    with transaction(taker.actor) as session:
        row = session.get_one(Consultation, consultation_id)
        capacity.free(session, taker.actor, subject=row, at=AT)
        of["provision"] = session.get_one(Provision, pool.provision_id)
        award = session.get_one(Award, taker.award_id)
        capacity.take(session, taker.actor, authority_id=taker.authority_id, subject=award, **of)
    assert pool.state() == [(AUTUMN, "1", "1")]
    assert claims(pool) == [(Decimal(1), ClaimEnd.FREED), (Decimal(1), None)]


@pytest.mark.parametrize(
    ("vacancies", "state"),
    [
        # one is free: it is taken like any other
        ([(7, 11, AUTUMN, "1")], [(AUTUMN, "1", "1")]),
        # a part is free: the rest is opened from the day on, for that year group
        ([(7, 11, AUTUMN, "0.4")], [(AUTUMN, "0.4", "0.4"), (STARTS, "0.6", "0.6")]),
        # nothing is open to the year group
        ([(9, 11, AUTUMN, "1")], [(AUTUMN, "0", "1"), (STARTS, "1", "1")]),
        # a row of that day which holds the year group is opened by so much more
        ([(7, 11, STARTS, "0.5")], [(STARTS, "1", "1")]),
    ],
)
def test_an_order_opens_what_is_missing(
    vacancies: list[tuple[int, int, date, str]], state: list[tuple[date, str, str]]
) -> None:
    pool = wanted(*vacancies)
    pool.take(is_ordered=True)
    assert pool.state() == state


def test_what_an_order_opens_is_added_to_what_holds_by_then_not_to_what_was_read_before() -> None:
    pool = wanted((7, 11, STARTS, "1"), takers=2)
    pool.take(0)
    taker = pool.takers[1]
    with transaction(taker.actor) as session:
        provision = session.get_one(Provision, pool.provision_id)
        (row,) = provision.pool.vacancies  # read, and kept by the session
        pool.free(0, has_started=True)  # meanwhile
        award = session.get_one(Award, taker.award_id)
        capacity.take(
            session, taker.actor, provision=provision, year_group=8, on=STARTS, amount=Decimal(1),
            authority_id=taker.authority_id, subject=award, is_ordered=True,
        )  # fmt: skip
        assert row.amount == 1
    assert pool.state() == [(STARTS, "1", "1")]


def test_one_pupil_takes_a_place_a_share_of_one_or_hours(session: Session) -> None:
    setting = builders.setting(session, builders.authority(session))
    pool = builders.pool(session, setting)
    full = builders.provision(session, pool)
    porous = builders.provision(session, pool, kind=Kind.POROUS, sessions=3)
    outreach = builders.provision(session, pool, kind=Kind.OUTREACH)
    assert capacity.use_of(full) == 1
    assert capacity.use_of(porous) == Decimal("0.3")
    assert capacity.use_of(porous, sessions=6) == Decimal("0.6")
    assert capacity.use_of(outreach, hours_a_week=Decimal("2.5")) == Decimal("2.5")


@pytest.mark.parametrize("shares", [1, 2, 4, 5, None])
def test_who_shares_a_place_takes_whole_shares_of_it_so_that_sums_of_them_never_pass_it(
    session: Session, shares: int | None
) -> None:
    pool = builders.pool(session, builders.setting(session, builders.authority(session)))
    porous = builders.provision(session, pool, kind=Kind.POROUS, sessions=3, shares=shares)
    for sessions in range(1, 10):
        use = capacity.use_of(porous, sessions=sessions)
        assert Decimal(sessions) / 10 <= use < Decimal(sessions) / 10 + Decimal(1) / (shares or 10)
        assert (use * (shares or 10)) % 1 == 0
        assert use == round(use, 2)  # as the table keeps it
        assert capacity.use_of(porous, sessions=sessions, is_on_roll=True) == 1

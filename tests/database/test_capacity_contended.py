"""Several who reach for the same capacity at the same moment: nothing is oversold, and nothing stays empty that
somebody wants.

Eight against three, as reliability-and-security.md asks: with fewer the fault of a missing lock is never found.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, NoRoom, Stale
from marketplace.models import Award, Pool, Provision, Unit, Vacancy
from marketplace.services import capacity
from marketplace.services.vacancies import Row, Stated, confirm_vacancies
from tests.contention import AT, STARTS, Wanted, another_pool, at_once, require_sums, wanted

AUTUMN, WINTER = date(2026, 9, 1), date(2026, 11, 1)
TRIALS = 20


@pytest.fixture(autouse=True)
def sums(database: Engine) -> Iterator[None]:  # noqa: ARG001
    yield
    require_sums()


def outcomes(found: list[object]) -> Counter[str]:
    return Counter("taken" if each is None else type(each).__name__ for each in found)


def rush(pool: Wanted, **fields: str) -> Counter[str]:
    """All takers at once."""
    numbers = range(len(pool.takers))
    return outcomes(at_once([lambda number=number: pool.take(number, **fields) for number in numbers]))  # type: ignore[misc]


def test_of_eight_who_reach_for_three_places_three_have_one_and_five_are_told() -> None:
    first = wanted((7, 11, AUTUMN, "3"), takers=8)
    for trial in range(TRIALS):
        pool = another_pool(first, (7, 11, AUTUMN, "3")) if trial else first
        assert rush(pool) == {"taken": 3, "NoRoom": 5}
        assert pool.state() == [(AUTUMN, "3", "3")]


def test_so_it_is_where_the_places_stand_in_several_rows() -> None:
    first = wanted((7, 11, AUTUMN, "1"), takers=8)
    for _ in range(TRIALS):
        pool = another_pool(first, (7, 11, AUTUMN, "1"), (7, 9, WINTER, "1"), (8, 8, STARTS, "1"))
        assert rush(pool) == {"taken": 3, "NoRoom": 5}


def test_so_it_is_with_hours() -> None:
    pool = wanted((0, 14, AUTUMN, "4"), (0, 14, WINTER, "6.5"), takers=8, unit=Unit.HOURS)
    assert rush(pool, amount="2.5") == {"taken": 4, "NoRoom": 4}
    assert pool.state() == [(AUTUMN, "3.5", "4"), (WINTER, "6.5", "6.5")]


def test_two_groups_of_years_with_one_place_each_and_two_takers_both_have_one() -> None:
    first = wanted((7, 9, AUTUMN, "1"), takers=2)
    for _ in range(TRIALS):
        pool = another_pool(first, (7, 9, AUTUMN, "1"), (10, 11, AUTUMN, "1"))
        found = at_once([lambda: pool.take(0, year_group=8), lambda: pool.take(1, year_group=10)])  # noqa: B023
        assert outcomes(found) == {"taken": 2}


def test_who_waits_for_one_that_fails_has_the_place() -> None:
    pool = wanted((7, 11, AUTUMN, "1"), takers=2)
    has_taken, may_fail = threading.Event(), threading.Event()
    first = pool.takers[0]

    def take_and_fail() -> None:
        with transaction(first.actor) as session:
            capacity.take(
                session, first.actor, provision=session.get_one(Provision, pool.provision_id), year_group=8, on=STARTS,
                amount=Decimal(1), authority_id=first.authority_id, subject=session.get_one(Award, first.award_id),
            )  # fmt: skip
            has_taken.set()
            may_fail.wait(10)
            raise Conflict("tested")

    def wait_and_take() -> None:
        has_taken.wait(10)
        threading.Timer(0.2, may_fail.set).start()
        pool.take(1)

    assert outcomes(at_once([take_and_fail, wait_and_take])) == {"Conflict": 1, "taken": 1}
    assert pool.state() == [(AUTUMN, "1", "1")]


def test_places_that_come_and_go_add_up_in_the_end() -> None:
    pool = wanted((7, 11, AUTUMN, "1"), (7, 11, WINTER, "1"), takers=6)

    def come_and_go(number: int) -> int:
        had = 0
        for _ in range(10):
            try:
                pool.take(number, amount="0.6")
            except NoRoom:
                continue
            had += 1
            pool.free(number)
        return had

    found = at_once([lambda number=number: come_and_go(number) for number in range(6)])  # type: ignore[misc]
    assert all(isinstance(each, int) for each in found), found
    assert sum(each for each in found if isinstance(each, int)) > 0
    assert pool.state() == [(AUTUMN, "0", "1"), (WINTER, "0", "1")]


def test_a_provider_who_states_anew_and_an_la_that_takes_are_one_after_the_other() -> None:
    first = wanted((7, 11, AUTUMN, "1"))
    for _ in range(TRIALS):
        pool = another_pool(first, (7, 11, AUTUMN, "1"))
        none = Row(low_year=7, high_year=11, starts_on=AUTUMN, amount=Decimal(0))
        stated = {pool.pool_id: Stated(version=pool.version(), rows={0: none})}

        def state() -> None:
            with transaction(pool.editor) as session:  # noqa: B023
                confirm_vacancies(session, pool.editor, pools=stated, on=STARTS, at=AT)  # noqa: B023

        provider, la = at_once([state, pool.take])
        if la is None:  # it was first: the provider looks again
            assert isinstance(provider, Stale)
            assert pool.state() == [(AUTUMN, "1", "1")]
        else:
            assert provider is None
            assert isinstance(la, NoRoom)
            assert pool.state() == []


def test_were_there_no_lock_nothing_would_be_oversold_but_a_place_be_left_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the lock is for. Both read that the later row is free and reach for it; the table's own rule refuses the
    second, who is told of a broken rule though the other row has room."""
    pool = wanted((7, 11, AUTUMN, "1"), (7, 11, WINTER, "1"), takers=2)
    have_read = threading.Barrier(2, timeout=10)
    read = capacity._open

    def read_together(session: Session, *args: object, **fields: object) -> list[Vacancy]:
        found = read(session, *args, **fields)  # type: ignore[arg-type]
        have_read.wait()
        return list(found)

    def no_lock(session: Session, pool_id: int) -> Pool:
        return session.scalars(select(Pool).where(Pool.id == pool_id)).one()

    monkeypatch.setattr(capacity, "_lock", no_lock)
    monkeypatch.setattr(capacity, "_open", read_together)
    (refused,) = [found for found in at_once([pool.take, lambda: pool.take(1)]) if found is not None]
    assert isinstance(refused, Conflict)
    assert "ck_vacancies_used" in str(refused)
    assert pool.state() == [(AUTUMN, "0", "1"), (WINTER, "1", "1")]

"""Vacancies: who may state them, what is refused, what is recorded, and two editors at the same moment."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, NotFound, NotPermitted, Stale
from marketplace.models import AuditEvent, Pool, Role, Setting, SettingStatus, Unit, Vacancy
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.vacancies import Row, Stated, confirm_vacancies, is_due, list_pools
from tests import builders

ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
KEPT = Row(low_year=7, high_year=11, starts_on=date(2026, 9, 1), amount=Decimal(2))


@dataclass
class Side:
    """A provider's editor and its one pool."""

    editor: Actor
    pool_id: int
    version: int


def side(session: Session) -> Side:
    provider = builders.provider(session)
    pool = builders.pool(session, builders.setting(session, builders.authority(session), provider))
    return Side(builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR)), pool.id, pool.version)


@pytest.fixture
def mine(database: Engine) -> Side:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return side(session)


def stated(side: Side, *rows: Row) -> dict[int, Stated]:
    return {side.pool_id: Stated(version=side.version, rows=dict(enumerate(rows)))}


def confirm(side: Side, *rows: Row) -> None:
    with transaction(side.editor) as session:
        confirm_vacancies(session, side.editor, pools=stated(side, *rows), on=ON, at=AT)


def rows(side: Side) -> list[tuple[int, int, date, Decimal]]:
    with transaction(SYSTEM) as session:
        found = session.get_one(Pool, side.pool_id).vacancies
        return [(row.low_year, row.high_year, row.starts_on, row.amount) for row in found]


def test_rows_that_differ_replace_what_is_kept_and_the_trail_holds_both(mine: Side) -> None:
    confirm(mine, {**KEPT, "amount": Decimal("2.5")}, {**KEPT, "starts_on": None, "amount": Decimal(1)})
    assert rows(mine) == [(7, 11, date(2026, 9, 1), Decimal("2.5")), (7, 11, ON, Decimal(1))]
    with transaction(SYSTEM) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "vacancies changed")).one()
        pool = session.get_one(Pool, mine.pool_id)
        assert (pool.confirmed_at, pool.confirmed_by_id) == (AT, mine.editor.user_id)
        assert pool.version == mine.version + 1
    assert event.data == {
        "before": [["2026-09-01", 7, 11, "2"]],
        "after": [["2026-09-01", 7, 11, "2.5"], ["2026-11-24", 7, 11, "1"]],
    }
    assert event.subject_id == mine.pool_id


def test_a_confirmation_changes_neither_rows_nor_version(mine: Side) -> None:
    confirm(mine, {**KEPT, "amount": Decimal("2.0")})
    with transaction(SYSTEM) as session:
        pool = session.get_one(Pool, mine.pool_id)
        assert (pool.confirmed_at, pool.version) == (AT, mine.version)
        assert [event.event for event in session.scalars(select(AuditEvent))] == ["vacancies confirmed"]


def test_a_version_that_is_not_the_current_one_is_refused(mine: Side) -> None:
    confirm(mine, {**KEPT, "amount": Decimal(5)})
    with pytest.raises(Stale, match="Nothing was saved"):
        confirm(mine, KEPT)
    with pytest.raises(Stale):
        confirm(mine, {**KEPT, "amount": Decimal(5)})  # even what is the same by chance: it was not seen
    assert rows(mine)[0][3] == Decimal(5)


def test_a_pool_of_another_provider_is_not_found_and_ones_own_in_the_same_form_is_not_changed(mine: Side) -> None:
    with transaction(SYSTEM) as session:
        rival = side(session)
    both = stated(mine, {**KEPT, "amount": Decimal(9)}) | stated(rival, KEPT)
    with pytest.raises(NotFound), transaction(mine.editor) as session:
        confirm_vacancies(session, mine.editor, pools=both, on=ON, at=AT)
    assert rows(mine)[0][3] == Decimal(2)


@pytest.mark.parametrize(
    "build",
    [
        lambda session, pool: builders.user(session, pool.setting.authority, Role.COMMISSIONER),
        lambda session, pool: builders.user(session, pool.setting.provider, Role.ADMINISTRATOR),
        lambda session, _: builders.user(session, builders.operator(session), Role.ADMINISTRATOR),
    ],
    ids=["commissioner", "the provider's administrator", "operator"],
)
def test_only_editors_of_the_provider_confirm(mine: Side, build: Callable[[Session, Pool], object]) -> None:
    with transaction(SYSTEM) as session:
        actor = builders.acting(build(session, session.get_one(Pool, mine.pool_id)))  # type: ignore[arg-type]
    with pytest.raises((NotPermitted, NotFound)), transaction(actor) as session:
        confirm_vacancies(session, actor, pools=stated(mine, KEPT), on=ON, at=AT)


@pytest.mark.parametrize(
    ("second", "is_refused"),
    [
        ({"low_year": 11, "high_year": 14}, True),
        ({"low_year": 8, "high_year": 9}, True),
        ({"low_year": 0, "high_year": 7}, True),
        ({"low_year": 12, "high_year": 14}, False),
        ({"low_year": 7, "high_year": 11, "starts_on": date(2027, 9, 1)}, False),
        ({"low_year": 7, "high_year": 11, "amount": Decimal(0)}, False),  # no row at all
    ],
)
def test_rows_of_one_date_never_overlap(mine: Side, second: dict[str, object], is_refused: bool) -> None:
    pair = (KEPT, Row(**{**KEPT, **second}))  # type: ignore[typeddict-item]
    if not is_refused:
        return confirm(mine, *pair)
    with pytest.raises(Invalid) as refused:
        confirm(mine, *pair)
    assert list(refused.value.errors) == [f"pools-{mine.pool_id}-rows-1-low_year"]
    return None


def test_behind_the_words_the_database_refuses_an_overlap_too(mine: Side) -> None:
    with pytest.raises(Invalid) as refused, transaction(mine.editor) as session:
        session.add(Vacancy(pool_id=mine.pool_id, low_year=9, high_year=9, starts_on=date(2026, 9, 1), amount=1))
    assert refused.value.errors == {
        "vacancies": ["Two rows with the same date overlap in year groups. Change one of them."]
    }


def test_hours_go_by_halves_and_places_by_tenths(mine: Side) -> None:
    confirm(mine, {**KEPT, "amount": Decimal("0.4")})
    with transaction(SYSTEM) as session:
        pool = session.get_one(Pool, mine.pool_id)
        pool.unit = Unit.HOURS
        session.flush()
        mine.version = pool.version
    with pytest.raises(Invalid, match="halves"):
        confirm(mine, {**KEPT, "amount": Decimal("0.4")})


def test_of_two_editors_at_the_same_moment_one_is_told_that_the_other_was_first(mine: Side) -> None:
    """Both have read the same version before either writes; the lock makes the second look again."""
    is_locked, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with transaction(mine.editor) as session:
            pools = stated(mine, {**KEPT, "amount": Decimal(3)})
            confirm_vacancies(session, mine.editor, pools=pools, on=ON, at=AT)
            is_locked.set()
            may_end.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    assert is_locked.wait(10)
    threading.Timer(0.2, may_end.set).start()
    with pytest.raises(Stale):
        confirm(mine, KEPT)  # waits for the first, then sees that the version has moved on
    thread.join()
    assert rows(mine)[0][3] == Decimal(3)


def test_the_pools_listed_are_the_providers_own_of_settings_that_are_not_closed(mine: Side) -> None:
    with transaction(SYSTEM) as session:
        side(session)
    with transaction(mine.editor) as session:
        assert [pool.id for pool in list_pools(session)] == [mine.pool_id]
    with transaction(SYSTEM) as session:
        session.get_one(Setting, session.get_one(Pool, mine.pool_id).setting_id).status = SettingStatus.CLOSED
    with transaction(mine.editor) as session:
        assert list_pools(session) == []


def test_a_pool_is_due_after_fourteen_days_in_london_while_something_on_offer_draws_on_it(session: Session) -> None:
    pool = builders.pool(session, builders.setting(session, builders.authority(session)))
    pool.confirmed_at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on 2 July in London
    assert pool.days_since_confirmed(date(2026, 7, 16)) == 14
    assert not is_due(pool, on=date(2026, 7, 17))  # nothing draws on it
    provision = builders.provision(session, pool)
    session.refresh(pool, ["provisions"])
    assert not is_due(pool, on=date(2026, 7, 16))
    assert is_due(pool, on=date(2026, 7, 17))
    provision.is_offered = False
    assert not is_due(pool, on=date(2026, 7, 17))
    provision.is_offered, pool.confirmed_at = True, None
    assert is_due(pool, on=date(2026, 7, 17))


def test_what_is_open_on_a_day_is_the_sum_of_the_rows_that_have_started(session: Session) -> None:
    setting = builders.setting(session, builders.authority(session))
    pool = builders.pool(session, setting, (7, 9, ON, "2"), (10, 11, ON, "0.5"), (7, 9, ON + timedelta(days=1), "4"))
    assert [pool.open_on(ON + timedelta(days=days)) for days in (-1, 0, 1)] == [0, Decimal("2.5"), Decimal("6.5")]

"""The migrations build what the models say, and can be taken back."""

import pytest
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import db, embedded, migrate
from marketplace.errors import BadSetting, Conflict, Unavailable
from marketplace.models import PriceLine
from marketplace.services.verify import RULES
from tests import builders


@pytest.fixture
def empty(addresses: embedded.Addresses) -> embedded.Addresses:
    """A second, empty database on the same server."""
    name = f"{make_url(addresses.owner).database}_empty"
    admin = db.connect(_with(addresses.owner, username="postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER marketplace_owner"))
    admin.dispose()
    return embedded.Addresses(
        owner=_with(addresses.owner, database=name), application=_with(addresses.application, database=name)
    )


def _with(address: str, **changes: str) -> str:
    return make_url(address).set(**changes).render_as_string(hide_password=False)


def test_upgrade_check_downgrade_upgrade(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner)
    migrate.check(empty.owner)
    migrate.downgrade(empty.owner)
    engine = db.connect(empty.owner)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate.upgrade(empty.owner)
    migrate.check(empty.owner)


def test_check_names_the_command_when_a_migration_is_missing(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner, "0001")
    with pytest.raises(Conflict, match="marketplace db upgrade"):
        migrate.check(empty.owner)


def test_check_finds_a_column_that_no_migration_made(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner)
    engine = db.connect(empty.owner)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE settings DROP COLUMN boarders"))
    engine.dispose()
    with pytest.raises(Conflict, match="boarders"):
        migrate.check(empty.owner)


def test_the_application_does_not_start_on_a_database_without_tables(empty: embedded.Addresses) -> None:
    with pytest.raises(Unavailable, match="marketplace db upgrade"):
        db.connect_as_application(empty.application)


def test_the_application_does_not_start_as_the_owner_of_the_tables(addresses: embedded.Addresses) -> None:
    with pytest.raises(BadSetting, match="row-level security"):
        db.connect_as_application(addresses.owner)


def test_a_database_that_is_down_is_told_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        db.connect_as_application("postgresql+psycopg://nobody@127.0.0.1:1/nothing")


RUN_OF_TWO_LAS = """
INSERT INTO organisations (id, kind, name)
VALUES (1, 'region', 'Fenshire'), (2, 'la', 'Norbury'), (3, 'la', 'Southbury');
INSERT INTO regions (id) VALUES (1);
INSERT INTO authorities (id, code, region_id, area_factor) VALUES (2, '901', 1, 1), (3, '902', 1, 1);
INSERT INTO matching_runs (id, scope_id, status, on_date, seconds, policy, created_at)
VALUES (7, 1, 'done', '2026-11-23', 30, '{}', now());
INSERT INTO run_results (run_id, problem, sha256, summary) VALUES (7, '', '', '{}');
INSERT INTO run_budgets VALUES (7, 2, 500000, 700000, 0, 0, 0), (7, 3, 100000, 0, 40000, 60000, 1.5);
"""


def test_what_a_run_said_of_budgets_is_kept_on_the_way_back_and_forth(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner)
    engine = db.connect(empty.owner)
    with engine.begin() as connection:
        connection.execute(text(RUN_OF_TWO_LAS))
        kept = connection.execute(text("SELECT * FROM run_budgets ORDER BY authority_id")).all()
    migrate.downgrade(empty.owner, "0004")
    with engine.begin() as connection:
        first, second = connection.scalars(text("SELECT budgets FROM run_results")).one()
    assert first == {
        "la": "901", "name": "Norbury", "budget": 5000, "duties": 7000, "choices": 0, "left": 0, "shadow_price": 0,
        "overspent": 2000,
    }  # fmt: skip
    assert (second["left"], second["overspent"]) == (600, 0)
    migrate.upgrade(empty.owner)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT * FROM run_budgets ORDER BY authority_id")).all() == kept
    engine.dispose()


def test_what_states_none_is_not_stated_on_the_way_back_even_where_it_is_published(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner)
    engine = db.connect(empty.owner)
    with Session(engine) as session, session.begin():
        setting = builders.setting(session, builders.authority(session))
        provision = builders.provision(session, builders.pool(session, setting))
        none = PriceLine(provision=provision, band="moderate", part="one_to_one", hours_a_week=0, weeks=38, amount=0)
        builders.schedule(session, provision, lines=[none], moderate=3_000_000)
    migrate.downgrade(empty.owner, "0005")
    with engine.begin() as connection:
        assert connection.scalars(text("SELECT part FROM price_lines")).all() == ["core"]
        with pytest.raises(IntegrityError, match="never changed"):
            connection.execute(text("DELETE FROM price_lines"))
    engine.dispose()
    migrate.upgrade(empty.owner)
    migrate.check(empty.owner)


def test_events_of_before_there_was_a_chain_are_linked_and_the_next_one_follows(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner, "0013")
    add = """INSERT INTO audit_events (at, event, subject_type, data)
             SELECT '2026-11-01 09:00+00', 'tested', 'tests', '{}' FROM generate_series(1, 3)"""
    chain = next(rule.breaches for rule in RULES if rule.name == "audit chain")
    engine = db.connect(empty.owner)
    with engine.begin() as connection:
        connection.execute(text(add))
    migrate.upgrade(empty.owner)
    with engine.begin() as connection:
        connection.execute(text(add))
    with engine.begin() as connection:
        positions = connection.scalars(text("SELECT position FROM audit_links ORDER BY position")).all()
        assert positions == list(range(1, 7))
        assert connection.scalars(text(chain)).all() == []
    engine.dispose()


FRAMEWORKS = """
INSERT INTO frameworks (id, name, version, status, starts_on, content)
VALUES (1, 'F', '1', 'adopted', '2025-04-01', '{}'), (2, 'F', '2', 'adopted', '2026-04-01', '{}'),
       (3, 'F', '3', 'adopted', '2026-04-01', '{}'), (4, 'F', '4', 'draft', '2026-09-01', '{}'),
       (5, 'F', '5', 'superseded', '2024-04-01', '{}'), (6, 'F', '6', 'in_consultation', '2027-04-01', '{}')
"""


def test_each_framework_ends_where_the_next_begins_and_none_holds_that_did_not(empty: embedded.Addresses) -> None:
    migrate.upgrade(empty.owner, "0017")
    engine = db.connect(empty.owner)
    with engine.begin() as connection:
        connection.execute(text(FRAMEWORKS))
    migrate.upgrade(empty.owner)
    with engine.begin() as connection:
        kept = connection.execute(text("SELECT id, status, ends_on::text FROM frameworks ORDER BY id")).all()
    assert kept == [
        (1, "superseded", "2026-04-01"), (2, "superseded", "2026-04-01"), (3, "adopted", None), (4, "draft", None),
        (5, "superseded", "2024-04-01"), (6, "draft", None),
    ]  # fmt: skip
    migrate.downgrade(empty.owner, "0017")
    with engine.begin() as connection:
        back = connection.execute(text("SELECT id, status FROM frameworks WHERE status = 'adopted' ORDER BY id")).all()
    assert back == [(1, "adopted"), (3, "adopted")]
    migrate.upgrade(empty.owner)
    migrate.check(empty.owner)
    engine.dispose()

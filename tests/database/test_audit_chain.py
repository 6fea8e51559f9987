"""The chain of the audit trail: a link for each event, in the order of commits; an event that is changed, removed or
slipped in is found, at its place."""

import threading

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError

from marketplace import audit
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import AuditEvent, AuditHead, AuditLink
from marketplace.permissions import SYSTEM
from marketplace.services.verify import RULES
from tests import builders
from tests.contention import at_once

CHAIN = text(next(rule.breaches for rule in RULES if rule.name == "audit chain"))


def faults(owner: Engine) -> list[str]:
    """Where the chain is broken: a link that is not of its event and the link before, an event that has none, or a head
    that is not the last link."""
    with owner.connect() as connection:
        return sorted(connection.scalars(CHAIN))


def recorded(*events: str) -> list[int]:
    """Events in one transaction; their ids."""
    with transaction(SYSTEM) as session:
        rows = [AuditEvent(event=event, subject_type="tests", data={"ü": [1, 0.5, None]}) for event in events]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def links() -> list[tuple[int, int]]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(AuditLink).order_by(AuditLink.position))
        return [(row.position, row.event_id) for row in rows]


@pytest.fixture
def ids(database: Engine) -> list[int]:  # noqa: ARG001
    """Five events, of three transactions."""
    return recorded("first") + recorded("second", "third", "fourth") + recorded("fifth")


def test_each_event_has_a_link_in_the_order_of_commits(ids: list[int], owner: Engine) -> None:
    assert links() == list(enumerate(ids, 1))
    assert faults(owner) == []
    with transaction(SYSTEM) as session:
        head = session.scalars(select(AuditHead)).one()
        last = session.get_one(AuditLink, 5)
        assert (head.position, head.hash) == (5, last.hash)
        assert len(last.hash) == 32


def test_what_is_not_committed_has_no_link_and_leaves_no_gap(ids: list[int], owner: Engine) -> None:
    def fail() -> None:
        with transaction(SYSTEM) as session:
            audit.record(session, SYSTEM, "tested", session.get_one(AuditEvent, ids[0]))
            session.flush()
            raise Conflict("tested")

    with pytest.raises(Conflict):
        fail()
    ids += recorded("sixth")
    assert links() == list(enumerate(ids, 1))
    assert faults(owner) == []


def test_an_event_of_a_long_act_is_linked_when_it_is_committed_and_keeps_nobody_waiting(
    ids: list[int], owner: Engine
) -> None:
    with transaction(SYSTEM) as session:
        late = builders.kept(session, AuditEvent(event="begun first", subject_type="tests", data={}))
        meanwhile = recorded("done first")  # would wait for the lock of the head, and in the end be refused
    assert late.id < meanwhile[0]
    assert [event_id for _, event_id in links()] == [*ids, *meanwhile, late.id]
    assert faults(owner) == []


def test_the_chain_is_whole_when_many_record_at_once(ids: list[int], owner: Engine) -> None:
    def act(number: int) -> list[int]:
        found = []
        for turn in range(10):
            try:
                with transaction(SYSTEM) as session:
                    rows = [AuditEvent(event=f"{number}", subject_type="tests", data={}) for _ in range(1 + turn % 3)]
                    session.add_all(rows)
                    session.flush()
                    if turn % 4 == 3:
                        raise Conflict("tested")
            except Conflict:
                continue
            found += [row.id for row in rows]
        return found

    found = at_once([lambda number=number: act(number) for number in range(8)])  # type: ignore[misc]
    added = [event_id for each in found for event_id in each]  # type: ignore[union-attr]
    chain = links()
    assert [position for position, _ in chain] == list(range(1, len(ids) + len(added) + 1))
    assert sorted(event_id for _, event_id in chain) == sorted(ids + added)
    assert faults(owner) == []


def test_of_two_who_end_at_once_one_waits_for_the_other(database: Engine, owner: Engine) -> None:  # noqa: ARG001
    """The head is locked from the first link of a transaction to its end."""
    is_linked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction(SYSTEM) as session:
            builders.kept(session, AuditEvent(event="held", subject_type="tests", data={}))
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # as if it were ending
            is_linked.set()
            may_end.wait(10)

    def follow() -> None:
        is_linked.wait(10)
        threading.Timer(0.2, may_end.set).start()
        recorded("followed")

    assert at_once([hold, follow]) == [None, None]
    with transaction(SYSTEM) as session:
        query = select(AuditEvent.event).join(AuditLink, AuditLink.event_id == AuditEvent.id)
        assert session.scalars(query.order_by(AuditLink.position)).all() == ["held", "followed"]
    assert faults(owner) == []


# What somebody with all rights does to the second of the five events, and where it is found.
TAMPERED = {
    "its words": ("UPDATE audit_events SET event = 'other' WHERE id = :id", ["link 2"]),
    "its data": ("""UPDATE audit_events SET data = '{"ü": [2, 0.5, null]}' WHERE id = :id""", ["link 2"]),
    "its time": ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = :id", ["link 2"]),
    "who did it": ("UPDATE audit_events SET user_id = 7 WHERE id = :id", ["link 2"]),
    "for whom": ("UPDATE audit_events SET organisation_id = 7 WHERE id = :id", ["link 2"]),
    "what it is about": ("UPDATE audit_events SET subject_id = 7 WHERE id = :id", ["link 2"]),
    "and what kind that is": ("UPDATE audit_events SET subject_type = 'needs' WHERE id = :id", ["link 2"]),
    "its number": ("UPDATE audit_events SET id = 77 + id WHERE id = :id", ["event {77}", "link 2"]),
    "the event removed": ("DELETE FROM audit_events WHERE id = :id", ["link 2"]),
    "the event and its link removed": (
        "DELETE FROM audit_events WHERE id = :id; DELETE FROM audit_links WHERE event_id = :id",
        ["link 3"],
    ),
    "its link removed": ("DELETE FROM audit_links WHERE event_id = :id", ["event {0}", "link 3"]),
    "its link made to fit": (
        """UPDATE audit_events SET event = 'other' WHERE id = :id;
           UPDATE audit_links AS link SET hash = audit_hash(before.hash, told)
           FROM audit_links AS before, audit_events AS told
           WHERE link.event_id = :id AND told.id = :id AND before.position = link.position - 1""",
        ["link 3"],
    ),
    "this and all later ones cut off": (
        "DELETE FROM audit_links WHERE event_id >= :id; DELETE FROM audit_events WHERE id >= :id",
        ["the head"],
    ),
    "changed places with the next": (
        """UPDATE audit_events SET event = CASE event WHEN 'second' THEN 'third' ELSE 'second' END
           WHERE event IN ('second', 'third')""",
        ["link 2", "link 3"],
    ),
    "its link changed places with the next": (
        """UPDATE audit_links SET position = -position WHERE position IN (2, 3);
           UPDATE audit_links SET position = 5 + position WHERE position < 0""",
        ["link 2", "link 3", "link 4"],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_tampered_with_is_found_at_its_place(ids: list[int], owner: Engine, cleaner: Engine, what: str) -> None:
    statement, places = TAMPERED[what]
    with cleaner.begin() as connection:  # the superuser, past all triggers
        connection.execute(text(statement.replace(":id", str(ids[1]))))
    named = {"{0}": str(ids[1]), "{77}": str(ids[1] + 77)}
    expected = [place.replace(mark, number) for place in places for mark, number in named.items() if mark in place]
    assert faults(owner) == expected + [place for place in places if "{" not in place]


def test_an_event_slipped_in_past_the_trigger_is_found(ids: list[int], owner: Engine, cleaner: Engine) -> None:
    slip = """INSERT INTO audit_events (at, event, subject_type, data)
              VALUES ('2026-11-30 10:00+00', 'never happened', 'tests', '{}') RETURNING id"""
    with cleaner.begin() as connection:
        event_id = connection.scalar(text(slip))
    assert event_id not in ids
    assert faults(owner) == [f"event {event_id}"]


@pytest.mark.parametrize("table", ["audit_events", "audit_links", "audit_heads"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_changes_nothing_of_it(
    ids: list[int], owner: Engine, database: Engine, table: str, statement: str
) -> None:
    column = {"audit_events": "event = 'x'", "audit_links": "hash = ''", "audit_heads": "position = 0"}[table]
    with database.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement.format(table, column)))
    assert links() == list(enumerate(ids, 1))
    assert faults(owner) == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_links (position, event_id, hash) VALUES (6, 6, '')",
        "INSERT INTO audit_heads (id, position, hash) VALUES (1, 0, '')",
        "ALTER TABLE audit_events DISABLE TRIGGER audit_events_link",
        "SET session_replication_role = replica",
    ],
)
def test_nor_does_it_add_a_link_or_turn_off_what_does(database: Engine, statement: str) -> None:
    with database.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement))


def test_what_an_event_is_hashed_by_does_not_hang_on_the_session(ids: list[int], owner: Engine) -> None:
    """Whoever verifies may sit in another time zone, and read dates and numbers otherwise."""
    with owner.connect() as connection:
        for setting in ("TimeZone = 'Pacific/Auckland'", "DateStyle = 'SQL, DMY'", "extra_float_digits = -15"):
            connection.execute(text(f"SET {setting}"))
        assert connection.scalars(CHAIN).all() == []
    assert len(ids) == 5

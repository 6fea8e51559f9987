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
from tests import builders
from tests.contention import at_once

# Where the chain is broken, and at which event: a link that is not of its event and the link before, or of no event; a
# gap; an event without a link; a head that is not the last link.
FAULTS = text("""
SELECT 'link' AS fault, link.event_id
FROM audit_links AS link
LEFT JOIN audit_links AS before ON before.position = link.position - 1
LEFT JOIN audit_events AS told ON told.id = link.event_id
WHERE told.id IS NULL
   OR (before.position IS NULL AND link.position <> 1)
   OR link.hash <> audit_hash(coalesce(before.hash, ''::bytea), told)
UNION ALL
SELECT 'unlinked', told.id FROM audit_events AS told
WHERE NOT EXISTS (SELECT FROM audit_links AS link WHERE link.event_id = told.id)
UNION ALL
SELECT 'head', NULL FROM audit_heads AS head
LEFT JOIN (SELECT max(position) AS position FROM audit_links) AS last ON true
LEFT JOIN audit_links AS link ON link.position = last.position
WHERE (head.position, head.hash) IS DISTINCT FROM (coalesce(link.position, 0), coalesce(link.hash, ''::bytea))
ORDER BY 2, 1
""")


def faults(owner: Engine) -> list[tuple[str, int | None]]:
    with owner.connect() as connection:
        return [(row.fault, row.event_id) for row in connection.execute(FAULTS)]


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


# What somebody with all rights does to the second of the five events, and where it is found: the places of events.
TAMPERED = {
    "its words": ("UPDATE audit_events SET event = 'other' WHERE id = :id", [("link", 1)]),
    "its data": ("""UPDATE audit_events SET data = '{"ü": [2, 0.5, null]}' WHERE id = :id""", [("link", 1)]),
    "its time, by a microsecond": (
        "UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = :id",
        [("link", 1)],
    ),
    "what it is about": ("UPDATE audit_events SET subject_id = 7 WHERE id = :id", [("link", 1)]),
    "its number": ("UPDATE audit_events SET id = id + 1000000 WHERE id = :id", [("link", 1), ("unlinked", None)]),
    "the event removed": ("DELETE FROM audit_events WHERE id = :id", [("link", 1)]),
    "the event and its link removed": (
        "DELETE FROM audit_events WHERE id = :id; DELETE FROM audit_links WHERE event_id = :id",
        [("link", 2)],
    ),
    "its link removed": ("DELETE FROM audit_links WHERE event_id = :id", [("unlinked", 1), ("link", 2)]),
    "its link made to fit": (
        """UPDATE audit_events SET event = 'other' WHERE id = :id;
           UPDATE audit_links AS link SET hash = audit_hash(before.hash, told)
           FROM audit_links AS before, audit_events AS told
           WHERE link.event_id = :id AND told.id = :id AND before.position = link.position - 1""",
        [("link", 2)],
    ),
    "the last ones cut off": (
        "DELETE FROM audit_links WHERE event_id >= :id; DELETE FROM audit_events WHERE id >= :id",
        [("head", None)],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_tampered_with_is_found_at_its_place(ids: list[int], owner: Engine, cleaner: Engine, what: str) -> None:
    statement, places = TAMPERED[what]
    with cleaner.begin() as connection:  # the superuser, past all triggers
        connection.execute(text(statement.replace(":id", str(ids[1]))))
    found = faults(owner)
    expected = [(fault, None if place is None else ids[place]) for fault, place in places]
    if what == "its number":
        expected[1] = ("unlinked", ids[1] + 1_000_000)
    assert found == sorted(expected, key=lambda pair: (pair[1] is None, pair[1], pair[0]))


def test_two_events_that_change_places_are_found(ids: list[int], owner: Engine, cleaner: Engine) -> None:
    swap = """UPDATE audit_events SET event = CASE event WHEN 'second' THEN 'third' ELSE 'second' END
              WHERE event IN ('second', 'third')"""
    with cleaner.begin() as connection:
        connection.execute(text(swap))
    assert faults(owner) == [("link", ids[1]), ("link", ids[2])]


def test_an_event_slipped_in_past_the_trigger_is_found(ids: list[int], owner: Engine, cleaner: Engine) -> None:
    slip = """INSERT INTO audit_events (at, event, subject_type, data)
              VALUES ('2026-11-30 10:00+00', 'never happened', 'tests', '{}') RETURNING id"""
    with cleaner.begin() as connection:
        event_id = connection.scalar(text(slip))
    assert event_id not in ids
    assert faults(owner) == [("unlinked", event_id)]


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
        assert connection.execute(FAULTS).all() == []
    assert len(ids) == 5

"""What a transaction promises: whose rows it is, that it is done again where others were in the way, and that of what
fails inside it nothing is left."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from marketplace import db
from marketplace.db import as_system, repeated, transaction
from marketplace.errors import Conflict, Crowded, NoRoom, NotPermitted, Unavailable
from marketplace.models import AuditEvent, Budget, Need, Pool
from marketplace.permissions import SYSTEM, Actor
from tests.database.world import World, refused

SCOPE = select(
    func.current_setting("marketplace.scope", True), func.current_setting("marketplace.organisation_id", True)
)


def scope(session: Session) -> tuple[str, str]:
    found = session.execute(SCOPE).one()
    return found[0], found[1]


def needs(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Need)) or 0


def events() -> list[str]:
    with transaction(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type == "tests")))


def noted(session: Session, actor: Actor, event: str) -> None:
    session.add(AuditEvent(organisation_id=actor.organisation_id, event=event, subject_type="tests"))
    session.flush()


def test_what_one_act_changes_beyond_the_rows_of_its_actor_it_changes_as_the_system(world: World) -> None:
    actor = world.actor("provider")
    with transaction(actor) as session:
        assert needs(session) == 0
        with as_system(session, actor):
            assert scope(session) == ("system", str(actor.organisation_id))
            assert needs(session) == 2
            need = session.scalars(select(Need).order_by(Need.id)).first()
            assert need is not None
            need.priority = 1  # written when the block ends, as the system still
        assert scope(session) == ("provider", str(actor.organisation_id))
        assert needs(session) == 0
    with transaction(SYSTEM) as session:
        assert session.get_one(Need, need.id).priority == 1


def test_what_was_pending_before_is_written_as_the_actor(world: World) -> None:
    actor = world.actor("la")
    with refused(actor, "needs") as session:
        session.add(Need(authority_id=world.sides[1]["la"], reference="X-1"))
        with session.no_autoflush, as_system(session, actor):
            pass


def test_one_within_another_leaves_the_outer_one_the_system(world: World) -> None:
    actor = world.actor("provider")
    with transaction(actor) as session:
        with as_system(session, actor):
            with as_system(session, actor):
                pass
            assert scope(session)[0] == "system"
            assert needs(session) == 2
        assert scope(session)[0] == "provider"


def test_the_next_transaction_on_the_same_connection_begins_as_its_own_actor(world: World) -> None:
    """Scope is of a transaction; one that failed as the system leaves none behind."""
    actor = world.actor("la")
    with pytest.raises(NoRoom), transaction(actor) as session, as_system(session, actor):
        raise NoRoom("tested")
    for _ in range(10):
        with transaction(actor) as session:
            assert scope(session) == ("la", str(actor.organisation_id))
            assert needs(session) == 1


def broken_rule(session: Session) -> None:
    session.execute(text("UPDATE needs SET priority = 9"))


def broken_rule_at_the_end(session: Session) -> None:
    session.scalars(select(Need)).first().priority = 9  # type: ignore[union-attr]


def no_room(session: Session) -> None:  # noqa: ARG001
    raise NoRoom("The place has gone.")


def a_fault_of_ours(session: Session) -> None:  # noqa: ARG001
    raise ZeroDivisionError


@pytest.mark.parametrize("fail", [broken_rule, broken_rule_at_the_end, no_room, a_fault_of_ours])
def test_what_fails_inside_leaves_nothing_of_the_whole_act(world: World, fail: Callable[[Session], None]) -> None:
    actor = world.actor("la")

    def act() -> None:
        with transaction(actor) as session:
            noted(session, actor, "before")
            session.execute(text("UPDATE budgets SET amount = 1"))
            with as_system(session, actor):
                noted(session, actor, "inside")
                session.execute(text("UPDATE pools SET name = 'changed'"))
                fail(session)

    with pytest.raises((Conflict, ZeroDivisionError)):  # the failure itself, not what came of it
        act()
    assert events() == []
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(Budget.amount))) == {100}
        assert "changed" not in set(session.scalars(select(Pool.name)))


def fails_and_is_caught(session: Session, actor: Actor, fail: Callable[[Session], None] = no_room) -> None:
    with pytest.raises((NoRoom, IntegrityError)), as_system(session, actor):
        fail(session)


def test_a_use_case_that_catches_what_failed_inside_gets_no_further(world: World) -> None:
    actor = world.actor("la")

    def act() -> None:
        with transaction(actor) as session:
            noted(session, actor, "before")
            fails_and_is_caught(session, actor)
            noted(session, actor, "after")  # in whose scope? in none: the transaction is over

    with pytest.raises(InvalidRequestError):
        act()
    assert events() == []


@pytest.mark.parametrize("fail", [broken_rule, broken_rule_at_the_end, no_room])
def test_nor_does_it_end_as_if_it_had_succeeded(world: World, fail: Callable[[Session], None]) -> None:
    actor = world.actor("la")

    def act() -> None:
        with transaction(actor) as session:
            noted(session, actor, "before")
            fails_and_is_caught(session, actor, fail)

    with pytest.raises(RuntimeError, match="was caught"):
        act()
    assert events() == []


def test_an_act_is_done_again_from_the_start_where_others_were_in_the_way(world: World) -> None:
    actor = world.actor("la")
    is_locked, may_end, tries = threading.Event(), threading.Event(), []

    def hold() -> None:
        with transaction(SYSTEM) as session:
            session.execute(text("SELECT id FROM needs FOR UPDATE"))
            is_locked.set()
            may_end.wait(10)

    def act(session: Session) -> str:
        tries.append(session)
        noted(session, actor, f"try {len(tries)}")
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        if len(tries) == 3:
            may_end.set()
            holder.join()
        session.execute(text("SELECT id FROM needs FOR UPDATE"))
        return "done"

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_locked.wait(10)
    assert repeated(actor, act) == "done"
    assert len(set(map(id, tries))) == 3  # each time a transaction of its own
    assert events() == ["try 3"]


def test_after_some_tries_who_acts_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "TRIES", 3)
    actor = world.actor("la")
    tries = []

    def act(session: Session) -> None:
        tries.append(1)
        session.execute(text("SET LOCAL lock_timeout = '10ms'"))
        session.execute(text("SELECT id FROM needs FOR UPDATE"))

    with transaction(SYSTEM) as holder:
        holder.execute(text("SELECT id FROM needs FOR UPDATE"))
        with pytest.raises(Crowded, match="Nothing was changed; try again"):
            repeated(actor, act)
    assert len(tries) == 3
    assert issubclass(Crowded, Unavailable)  # a page that says so, and when to try again


def test_of_two_who_wait_for_each_other_both_get_through(world: World) -> None:
    """The database ends one of the two, and that one begins again."""
    ids = [row["need"] for row in world.sides]
    have_met = threading.Barrier(2, timeout=10)
    tries = {0: 0, 1: 0}

    def act(number: int) -> None:
        def both(session: Session) -> None:
            tries[number] += 1
            lock = text("SELECT id FROM needs WHERE id = :id FOR UPDATE")
            session.execute(lock, {"id": ids[number]})
            if tries[number] == 1:
                have_met.wait()
            session.execute(lock, {"id": ids[1 - number]})
            noted(session, SYSTEM, f"{number}")

        repeated(SYSTEM, both)

    threads = [threading.Thread(target=act, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(events()) == ["0", "1"]
    assert sum(tries.values()) == 3


@pytest.mark.parametrize(
    "error", [NoRoom("x"), NotPermitted("x"), Unavailable("x")], ids=lambda error: type(error).__name__
)
def test_nothing_else_is_done_again(world: World, error: Exception) -> None:
    tries = []

    def act(session: Session) -> None:  # noqa: ARG001
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        repeated(world.actor("la"), act)
    assert len(tries) == 1

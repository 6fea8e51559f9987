"""The life of a message: one worker has it at a time, it is tried so often and no more, and the operator sees it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import AuditEvent, Message, MessageStatus, Role, now
from marketplace.permissions import SYSTEM
from marketplace.services import messages
from marketplace.services.messages import MOST_TRIES, TAKEN_FOR, WAITS, InHand, Taken
from tests import builders, commissioning

PAGES = "https://marketplace.example.org"


@pytest.fixture
def message_id(database: Engine) -> int:  # noqa: ARG001
    """A message to an editor about a consultation."""
    with transaction(SYSTEM) as session:
        la, trust = builders.authority(session), builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, trust)))
        row = commissioning.consultation(session, builders.need(session, la), provision)
        editor = builders.user(session, trust, Role.PROVIDER_EDITOR)
        return commissioning.message(session, editor, row).id


def take(message_id: int) -> Taken | None:
    with transaction(SYSTEM) as session:
        return messages.take_message(session, message_id)


def read(message_id: int) -> Message:
    with transaction(SYSTEM) as session:
        return session.get_one(Message, message_id)


def time_out(message_id: int) -> None:
    """Its worker has died, and the time for which it had taken the message is over."""
    with transaction(SYSTEM) as session:
        past = text("interval '1 second'")
        session.execute(update(Message).where(Message.id == message_id).values(taken_until=func.now() - past))


def test_a_message_is_in_the_hands_of_one_worker(message_id: int) -> None:
    taken = take(message_id)
    assert taken is not None
    assert read(message_id).tries == 1
    with pytest.raises(InHand):
        take(message_id)
    message = read(message_id)
    assert (message.tries, message.taken_until) == (1, taken.until)
    assert timedelta(0) < taken.until - now() <= TAKEN_FOR


def how_many_have(message_id: int) -> int:
    """How many of two workers have the message, where the second reaches for it before the first has committed."""

    def reach() -> bool:
        try:
            return take(message_id) is not None
        except InHand:
            return False

    with ThreadPoolExecutor(1) as thread:
        with transaction(SYSTEM) as session:
            first = messages.take_message(session, message_id)
            second = thread.submit(reach)
            with suppress(TimeoutError):
                second.result(timeout=0.5)
        return (first is not None) + second.result()


def test_two_who_reach_for_a_message_at_once_do_not_both_have_it(message_id: int) -> None:
    assert how_many_have(message_id) == 1


def test_without_the_lock_both_have_it(message_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control of the test above."""
    get = Session.get

    def unlocked(session: Session, *of: Any, **options: Any) -> Any:
        return get(session, *of, **options | {"with_for_update": None})

    monkeypatch.setattr(Session, "get", unlocked)
    assert how_many_have(message_id) == 2


def test_what_is_sent_is_sent_and_is_not_taken_again(message_id: int) -> None:
    taken = take(message_id)
    assert taken is not None
    with transaction(SYSTEM) as session:
        owed = messages.read_message(session, taken, pages=PAGES)
        assert owed is not None
        assert owed.text.subject.startswith("Consultation ")
    with transaction(SYSTEM) as session:
        messages.note_sent(session, taken)
    message = read(message_id)
    assert (message.status, message.taken_until, message.error) == (MessageStatus.SENT, None, None)
    assert message.sent_at is not None
    assert take(message_id) is None
    assert take(10**9) is None


def test_the_same_message_has_the_same_key_whenever_it_is_read(message_id: int) -> None:
    keys = set()
    for _ in range(2):
        taken = take(message_id)
        assert taken is not None
        with transaction(SYSTEM) as session:
            owed = messages.read_message(session, taken, pages=PAGES)
            assert owed is not None
            keys.add(owed.key)
        time_out(message_id)
    assert len(keys) == 1


def test_a_worker_that_was_too_slow_writes_nothing(message_id: int) -> None:
    slow = take(message_id)
    assert slow is not None
    time_out(message_id)
    other = take(message_id)
    assert other is not None
    with transaction(SYSTEM) as session:
        assert messages.read_message(session, slow, pages=PAGES) is None
        messages.note_sent(session, slow)
        assert messages.put_off(session, slow, error="slow") is None
        messages.give_up(session, slow, error="slow")
    message = read(message_id)
    assert (message.status, message.taken_until, message.error) == (MessageStatus.QUEUED, other.until, None)


def test_a_message_waits_longer_after_each_try_and_is_given_up_after_two_days(message_id: int) -> None:
    waited = []
    for number in range(1, MOST_TRIES + 1):
        taken = take(message_id)
        assert taken is not None
        assert taken.tries == number
        with transaction(SYSTEM) as session:
            waited.append(messages.put_off(session, taken, error="451 to the address"))
    assert waited == [*WAITS, None]
    assert sorted(WAITS) == list(WAITS)
    assert timedelta(days=1.5) < sum(WAITS, timedelta()) < timedelta(days=2)
    message = read(message_id)
    assert (message.status, message.error) == (MessageStatus.FAILED, "451 to the address")
    assert take(message_id) is None


def test_a_message_whose_workers_all_die_is_given_up(message_id: int) -> None:
    for _ in range(MOST_TRIES):
        assert take(message_id) is not None
        time_out(message_id)
    assert take(message_id) is None
    message = read(message_id)
    assert (message.status, message.error) == (MessageStatus.FAILED, messages.SILENT)


def test_a_message_that_nobody_needs_any_more_is_dropped_with_the_reason(message_id: int) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Message, message_id).user.is_active = False
    taken = take(message_id)
    assert taken is not None
    with transaction(SYSTEM) as session:
        assert messages.read_message(session, taken, pages=PAGES) is None
    message = read(message_id)
    assert (message.status, message.error) == (MessageStatus.DROPPED, "the person's account is disabled")


# --- what the operator sees and does ---


def given_up(message_id: int) -> None:
    taken = take(message_id)
    assert taken is not None
    with transaction(SYSTEM) as session:
        messages.give_up(session, taken, error="550 to the address")


def test_the_operator_sees_numbers_and_reasons(message_id: int) -> None:
    with transaction(SYSTEM) as session:
        administrator = builders.acting(builders.user(session, builders.operator(session), Role.ADMINISTRATOR))
    with transaction(administrator) as session:
        found = messages.outstanding(session, administrator)
    assert found.counts == {MessageStatus.QUEUED: 1}
    assert found.waiting_since == read(message_id).created_at
    given_up(message_id)
    with transaction(administrator) as session:
        found = messages.outstanding(session, administrator)
    assert (found.counts, found.waiting_since) == ({MessageStatus.FAILED: 1}, None)
    assert found.errors == {"550 to the address": 1}


def test_what_was_given_up_is_queued_again_with_its_job_and_recorded(message_id: int, owner: Engine) -> None:
    given_up(message_id)
    with transaction(SYSTEM) as session:
        assert messages.resend_failed(session, SYSTEM) == 1
        assert messages.resend_failed(session, SYSTEM) == 0
    message = read(message_id)
    assert (message.status, message.tries, message.error) == (MessageStatus.QUEUED, 0, None)
    with transaction(SYSTEM) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.event == "message queued again")).all()
        assert [row.subject_id for row in events] == [message_id]
    with owner.connect() as connection:
        jobs = connection.execute(text("SELECT queue_name, task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("mail", "deliver_message", {"message_id": message_id})]


@pytest.mark.parametrize("kind", ["la", "provider", "region"])
def test_nobody_else_sees_how_mail_stands_or_sends_again(message_id: int, kind: str) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        makers = {"la": builders.authority, "provider": builders.provider, "region": builders.region}
        person = builders.acting(builders.user(session, makers[kind](session), Role.ADMINISTRATOR))
    for act in (messages.outstanding, messages.resend_failed):
        with pytest.raises(NotPermitted), transaction(person) as session:
            act(session, person)

"""Mail from the outbox by real workers to a real server: once, in time, and not lost whatever happens on the way."""

import asyncio
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from procrastinate.jobs import Job
from sqlalchemy import Engine, select, text
from structlog.testing import capture_logs

from marketplace import embedded, jobs, mail
from marketplace.config import Mail
from marketplace.db import transaction
from marketplace.jobs import messages as delivery
from marketplace.models import MatchingRun, Message, MessageStatus, Role, RunStatus
from marketplace.permissions import SYSTEM
from marketplace.services import outbox
from marketplace.services.matching import runs
from tests import builders, commissioning, mail_server
from tests.mail_server import PAGES, SENDER, Handler, running
from tests.told import TEMPLATES, build_case
from tests.workers import wait_until

pytestmark = pytest.mark.usefixtures("database")

Worker = Callable[..., subprocess.Popen[str]]


def owe(count: int = 1) -> list[int]:
    """Messages to editors of one provider about one consultation, each with its job."""
    with transaction(SYSTEM) as session:
        la, trust = builders.authority(session), builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, trust)))
        row = commissioning.consultation(session, builders.need(session, la), provision, reminded=15)
        found = []
        for _ in range(count):
            editor = builders.user(session, trust, Role.PROVIDER_EDITOR)
            found.append(commissioning.message(session, editor, row).id)
            outbox.queue(session, found[-1])
        return found


def read(message_id: int) -> Message:
    with transaction(SYSTEM) as session:
        return session.get_one(Message, message_id)


@pytest.fixture
def work_off(addresses: embedded.Addresses) -> Callable[[Mail | None], None]:
    return lambda settings: jobs.work(addresses.application, mail=settings, is_waiting=False)


@pytest.fixture
def queued(owner: Engine) -> Callable[[], list[Any]]:
    """The jobs of mail that are left: their status, and whether they wait for a later try."""

    def read() -> list[Any]:
        query = "SELECT status, scheduled_at > now() FROM procrastinate_jobs WHERE queue_name = 'mail'"
        with owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    return read


def make_due(owner: Engine) -> None:
    """The time of the next try has come."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
        connection.execute(
            text("UPDATE messages SET taken_until = now() - interval '1 second' WHERE status = 'queued'")
        )


def settings_of(server: mail_server.Server) -> dict[str, str]:
    return {
        "MARKETPLACE_SMTP": f"smtp://127.0.0.1:{server.port}",
        "MARKETPLACE_MAIL_FROM": SENDER,
        "MARKETPLACE_ADDRESS": PAGES,
    }


# --- once ---


def test_a_worker_delivers_what_is_owed(work_off: Callable[[Mail], None], queued: Callable[[], list[Any]]) -> None:
    (message_id,) = owe()
    with running() as server:
        work_off(server.mail())
    (found,) = server.handler.taken
    with transaction(SYSTEM) as session:
        message = session.get_one(Message, message_id)
        assert server.handler.to == [[message.user.email]]
        assert found["Subject"] == f"Consultation {message.subject_id}: reply by 17 November 2026"
        assert (message.status, message.tries) == (MessageStatus.SENT, 1)
    assert queued() == []


def test_two_workers_and_two_jobs_send_each_message_once(
    addresses: embedded.Addresses,
    queued: Callable[[], list[Any]],
    owner: Engine,
) -> None:
    found = owe(30)
    with transaction(SYSTEM) as session:
        for message_id in found:
            outbox.queue(session, message_id)
    with running() as server, ThreadPoolExecutor(2) as threads:
        for worker in [
            threads.submit(jobs.work, addresses.application, mail=server.mail(), is_waiting=False) for _ in range(2)
        ]:
            worker.result()
        make_due(owner)  # the jobs that found their message in other hands
        jobs.work(addresses.application, mail=server.mail(), is_waiting=False)
    counts = Counter(message["Message-ID"] for message in server.handler.taken)
    assert len(counts) == 30
    assert set(counts.values()) == {1}
    assert queued() == []
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(Message.status))) == {MessageStatus.SENT}


def test_a_worker_that_is_killed_between_the_servers_yes_and_its_own_note_shows_in_the_message_id(
    work_in_a_process: Worker, work_off: Callable[[Mail], None], owner: Engine
) -> None:
    (message_id,) = owe()
    workers: list[subprocess.Popen[str]] = []

    class Killer(Handler):
        async def handle_DATA(self, *told: Any) -> str:  # noqa: N802
            answer = await super().handle_DATA(*told)
            if len(self.taken) == 1:
                os.kill(workers[0].pid, signal.SIGKILL)
            return answer

    with running(Killer()) as server:
        workers.append(work_in_a_process(**settings_of(server)))
        wait_until(lambda: workers[0].poll() is not None)
        assert read(message_id).status is MessageStatus.QUEUED
        with owner.begin() as connection:
            connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
        work_off(server.mail())  # takes the job back, and finds the message in the hands of the dead
        assert len(server.handler.taken) == 1
        make_due(owner)
        work_off(server.mail())
    first, second = (message["Message-ID"] for message in server.handler.taken)
    assert first == second
    assert (read(message_id).status, read(message_id).tries) == (MessageStatus.SENT, 2)


# --- what goes wrong on the way ---


def test_while_the_server_is_down_mail_waits_and_then_goes(
    work_off: Callable[[Mail], None], queued: Callable[[], list[Any]], owner: Engine
) -> None:
    (message_id,) = owe()
    port = mail_server.free_port()
    down = mail_server.Server(Handler(), port).mail()
    work_off(down)
    message = read(message_id)
    assert (message.status, message.tries) == (MessageStatus.QUEUED, 1)
    assert message.error == "no connection: ConnectionRefusedError"
    assert queued() == [("todo", True)]
    with running(port=port) as server:
        work_off(server.mail())
        assert server.handler.taken == []  # not before its time
        make_due(owner)
        work_off(server.mail())
    assert len(server.handler.taken) == 1
    assert (read(message_id).status, read(message_id).error) == (MessageStatus.SENT, None)


def test_mail_that_is_asked_to_wait_goes_later(
    work_off: Callable[[Mail], None], queued: Callable[[], list[Any]], owner: Engine
) -> None:
    (message_id,) = owe()
    with running(Handler(rcpt=["451 greylisted"])) as server:
        work_off(server.mail())
        assert read(message_id).error == "the server answered 451 to the address"
        assert queued() == [("todo", True)]
        make_due(owner)
        work_off(server.mail())
    assert read(message_id).status is MessageStatus.SENT


def test_mail_that_is_refused_for_good_is_given_up_at_once_and_said(
    work_off: Callable[[Mail], None], queued: Callable[[], list[Any]]
) -> None:
    refused, other = owe(2)
    with running(Handler(rcpt=["550 no such person"])) as server, capture_logs() as logs:
        work_off(server.mail())
    statuses = {message_id: read(message_id).status for message_id in (refused, other)}
    assert sorted(statuses.values()) == [MessageStatus.FAILED, MessageStatus.SENT]
    (given_up,) = [message_id for message_id, status in statuses.items() if status is MessageStatus.FAILED]
    assert {
        "event": "mail given up",
        "log_level": "warning",
        "message_id": given_up,
        "error": "the server answered 550 to the address",
    } in logs
    assert queued() == []


def test_a_server_that_takes_too_long_holds_a_message_no_longer_than_it_may(
    work_off: Callable[[Mail], None], queued: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST", timedelta(seconds=0.3))
    (message_id,) = owe()
    with running(Handler(wait=1.5)) as server, capture_logs() as logs:
        work_off(server.mail())
        assert "mail not sent in time" in [entry["event"] for entry in logs]
        assert queued() == [("todo", True)]
        message = read(message_id)
        assert (message.status, message.tries) == (MessageStatus.QUEUED, 1)
        assert message.taken_until is not None  # nobody else sends it meanwhile
        time.sleep(2)  # the thread that was left behind comes to its end
    assert read(message_id).status is MessageStatus.SENT  # still its own: the message was in its hands


def test_a_message_that_cannot_be_made_is_put_off_and_the_others_go(
    work_off: Callable[[Mail], None], queued: Callable[[], list[Any]]
) -> None:
    broken, other = owe(2)
    with transaction(SYSTEM) as session:
        session.get_one(Message, broken).template = "consultation_of_no_template"
    with running() as server, capture_logs() as logs:
        work_off(server.mail())
    assert read(other).status is MessageStatus.SENT
    assert (read(broken).status, read(broken).error) == (MessageStatus.QUEUED, "unexpected: TemplateNotFound")
    assert [entry["message_id"] for entry in logs if entry["event"] == "mail not made"] == [broken]
    assert queued() == [("todo", True)]


def test_an_address_that_is_none_is_given_up(work_off: Callable[[Mail], None]) -> None:
    (message_id,) = owe()
    with transaction(SYSTEM) as session:
        session.get_one(Message, message_id).user.email = "a, b@example.org"
    with running() as server:
        work_off(server.mail())
    assert (read(message_id).status, read(message_id).error) == (MessageStatus.FAILED, "no address")


def test_without_a_mail_server_mail_stays_queued_and_that_is_said_once(
    work_off: Callable[[Mail | None], None], queued: Callable[[], list[Any]]
) -> None:
    first, second = owe(2)
    with capture_logs() as logs:
        work_off(None)
    assert [entry for entry in logs if "mail" in entry["event"]] == [
        {"event": "mail stays queued", "log_level": "warning", "because": "MARKETPLACE_SMTP is not set"}
    ]
    assert {read(message_id).status for message_id in (first, second)} == {MessageStatus.QUEUED}
    assert {read(message_id).tries for message_id in (first, second)} == {0}
    assert queued() == [("todo", None), ("todo", None)]


# --- beside a run, and after the database was away ---


def test_mail_does_not_wait_behind_a_run(work_in_a_process: Worker, owner: Engine) -> None:
    with transaction(SYSTEM) as session:
        builders.framework(session)
        la = builders.authority(session)
        builders.need(session, la)
        run_id = runs.start_run(session, SYSTEM, scope_id=la.region_id, on=date(2026, 11, 23)).id
    (message_id,) = owe()
    with running() as server, owner.begin() as connection:
        connection.execute(text("LOCK TABLE run_results"))  # keeps the run at the keeping of its problem

        def is_running() -> bool:
            with transaction(SYSTEM) as session:
                return session.get_one(MatchingRun, run_id).status is RunStatus.RUNNING

        work_in_a_process(**settings_of(server))
        wait_until(lambda: read(message_id).status is MessageStatus.SENT and is_running())


def test_a_worker_goes_on_when_the_database_is_back(work_in_a_process: Worker, cleaner: Engine) -> None:
    with running() as server:
        worker = work_in_a_process(**settings_of(server))
        (first,) = owe()
        wait_until(lambda: read(first).status is MessageStatus.SENT)
        with cleaner.connect() as connection:  # all that the worker is connected by breaks
            broken = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'marketplace_app'"
            connection.execute(text(f"{broken} AND datname = current_database()"))
        (second,) = owe()
        wait_until(lambda: read(second).status is MessageStatus.SENT)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


# --- what travels ---


def test_no_mail_and_no_log_carries_what_was_typed_or_who_a_pupil_is(work_off: Callable[[Mail], None]) -> None:
    with transaction(SYSTEM) as session:
        case = build_case(session)
        for template in TEMPLATES:
            outbox.queue(session, case.message(template).id)
    with running() as server, capture_logs() as logs:
        work_off(server.mail())
    assert len(server.handler.taken) == len(TEMPLATES)
    for message, words in zip(server.handler.taken, server.handler.texts(), strict=True):
        everything = f"{message.as_string()}\n{words}".replace(str(message["To"]), "")
        assert "canary" not in everything
        assert "2014-02-03" not in everything
        assert set(message.keys()) == {
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
            "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
        }  # fmt: skip
        assert "<" not in words  # plain text: no picture that tells who has opened it
    assert "canary" not in str(logs)
    assert "@example.org" not in str(logs)


def test_what_goes_wrong_is_logged_without_address_or_name(work_off: Callable[[Mail], None]) -> None:
    refused = owe(2)
    with transaction(SYSTEM) as session:
        people = [session.get_one(Message, message_id).user for message_id in refused]
        typed = [word for person in people for word in (person.email, person.name)]
    answers = [f"550 {people[0].email} unknown", f"451 {people[1].email} later"]
    with running(Handler(rcpt=answers)) as server, capture_logs() as logs:
        work_off(server.mail())
    assert "mail given up" in str(logs)
    kept = str(logs) + str([read(message_id).error for message_id in refused])
    assert [word for word in typed if word in kept] == []


def test_a_job_that_was_cut_short_comes_back_when_its_message_is_free_again() -> None:
    job = Job(
        id=1, status="doing", queue="mail", lock=None, queueing_lock=None, task_name="deliver_message", task_kwargs={}
    )
    for cut in (asyncio.CancelledError(), RuntimeError()):
        again = delivery.AsTold().get_retry_decision(exception=cut, job=job)
        assert again.retry_at is not None
        assert again.retry_at > datetime.now(UTC) + delivery.TAKEN_FOR - timedelta(seconds=5)


def test_the_time_for_one_message_is_less_than_that_for_which_it_is_taken() -> None:
    assert delivery.LONGEST.total_seconds() > mail.TIMEOUT
    assert delivery.LONGEST < delivery.TAKEN_FOR

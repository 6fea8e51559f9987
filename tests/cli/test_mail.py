"""`marketplace mail` and `marketplace worker`: what the operator sees of mail, and does about it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from marketplace import db, embedded
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.models import Message, MessageStatus, Role
from marketplace.permissions import SYSTEM
from marketplace.services import outbox
from tests import builders, commissioning, mail_server
from tests.mail_server import PAGES, SENDER, Handler, running

Command = Callable[..., Result]


@pytest.fixture
def command(
    database: Engine, addresses: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command of the product on the test's database; `smtp`: with this mail server."""
    monkeypatch.setenv("DATABASE_URL", addresses.application)
    monkeypatch.setenv("MARKETPLACE_DATA", str(tmp_path))
    monkeypatch.setenv("MARKETPLACE_MAIL_FROM", SENDER)
    monkeypatch.setenv("MARKETPLACE_ADDRESS", PAGES)

    def run(*arguments: str, smtp: str = "") -> Result:
        monkeypatch.setenv("MARKETPLACE_SMTP", smtp)
        outcome = CliRunner().invoke(main, arguments)
        db.configure(database)  # the command has closed its own
        return outcome

    return run


@pytest.fixture
def owed(database: Engine) -> int:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la, trust = builders.authority(session), builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, trust)))
        row = commissioning.consultation(session, builders.need(session, la), provision, reminded=15)
        message = commissioning.message(session, builders.user(session, trust, Role.PROVIDER_EDITOR), row)
        outbox.queue(session, message.id)
        return message.id


def status_of(message_id: int) -> MessageStatus:
    with transaction(SYSTEM) as session:
        return session.get_one(Message, message_id).status


def at(server: mail_server.Server) -> str:
    return f"smtp://127.0.0.1:{server.port}"


def test_an_empty_outbox_is_told(command: Command) -> None:
    shown = command("mail", "status", smtp="smtp://127.0.0.1")
    assert shown.exit_code == 0, shown.output
    assert "queued" in shown.output
    assert "MARKETPLACE_SMTP" not in shown.output


def test_that_there_is_no_mail_server_is_told_by_the_command_and_by_the_worker(command: Command, owed: int) -> None:
    shown = command("mail", "status")
    assert shown.exit_code == 0
    assert "No mail server is set (MARKETPLACE_SMTP)" in shown.output
    assert "The oldest that is queued waits since" in shown.output
    worked = command("worker", "--once")
    assert worked.exit_code == 0
    assert worked.output.count("MARKETPLACE_SMTP is not set") == 1
    assert status_of(owed) is MessageStatus.QUEUED


def test_what_was_given_up_is_told_with_its_reason_and_sent_again(command: Command, owed: int) -> None:
    with running(Handler(rcpt=["550 no such person"])) as server:
        assert command("worker", "--once", smtp=at(server)).exit_code == 0
        shown = command("mail", "status", smtp=at(server))
        assert shown.exit_code == 1
        assert "the server answered 550 to the address" in shown.output
        assert "`marketplace mail resend`" in shown.output
        again = command("mail", "resend", smtp=at(server))
        assert (again.exit_code, again.output) == (0, "1 queued again.\n")
        assert command("worker", "--once", smtp=at(server)).exit_code == 0
    assert status_of(owed) is MessageStatus.SENT
    assert command("mail", "status", smtp="smtp://127.0.0.1").exit_code == 0
    assert command("mail", "resend", smtp="smtp://127.0.0.1").output == "No message was given up.\n"


def test_a_mail_to_try_the_settings_arrives_or_says_why_not(command: Command) -> None:
    with running(Handler(rcpt=["550 no such person"])) as server:
        refused = command("mail", "test", "me@example.org", smtp=at(server))
        assert (refused.exit_code, refused.output) == (
            1,
            "Error: the mail was not taken: the server answered 550 to the address.\n",
        )
        sent = command("mail", "test", "me@example.org", smtp=at(server))
        assert (sent.exit_code, sent.output) == (0, "127.0.0.1 has taken the mail.\n")
    (text,) = server.handler.texts()
    assert PAGES in text
    unset = command("mail", "test", "me@example.org")
    assert unset.exit_code == 2
    assert "MARKETPLACE_SMTP is not set" in unset.output
    assert command("mail", "test", "nobody", smtp=at(server)).output == "Error: the mail was not taken: no address.\n"

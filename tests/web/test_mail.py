"""What the operator's home says of mail, and that nobody else's does."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Message, MessageStatus, Role
from marketplace.permissions import SYSTEM
from tests import builders

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def home(sign_in: SignIn) -> Callable[[], str]:
    """The operator's home, with two messages that wait."""
    with transaction(SYSTEM) as session:
        administrator = builders.user(session, builders.operator(session), Role.ADMINISTRATOR)
        for number in range(2):
            message = Message(key=str(number), user=administrator, template="award_made", subject_id=1)
            session.add(message)
        email = administrator.email
    client = sign_in(email)
    return lambda: client.get("/").text


def test_the_operator_is_told_that_there_is_no_mail_server_and_how_much_waits(home: Callable[[], str]) -> None:
    page = home()
    assert "No mail server is set" in page
    assert "2 messages wait to be sent, the oldest since" in page


def test_the_operator_is_told_what_was_given_up_and_why(
    home: Callable[[], str], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "HAS_MAIL", True)
    with transaction(SYSTEM) as session:
        for message in session.scalars(select(Message)):
            message.status, message.error = MessageStatus.FAILED, "550 to the address"
    page = home()
    assert "2 messages could not be sent." in page
    assert "<li>550 to the address: 2 messages</li>" in page
    assert "No mail server is set" not in page
    assert "All mail is sent" not in page


def test_the_operator_is_told_when_all_is_sent(
    home: Callable[[], str], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "HAS_MAIL", True)
    with transaction(SYSTEM) as session:
        for message in session.scalars(select(Message)):
            session.delete(message)
    assert "All mail is sent." in home()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.COMMISSIONER])
def test_nobody_else_is_told_of_mail(sign_in: SignIn, role: Role) -> None:
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), role).email
    page = sign_in(email).get("/").text
    assert "No mail server is set" not in page
    assert "Mail</h2>" not in page

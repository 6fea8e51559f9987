"""The page on which a person keeps tokens of the API: shown once, listed, revoked; nobody else's."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import Client

from marketplace.db import transaction
from marketplace.models import ApiToken, AuditEvent, Role
from marketplace.permissions import SYSTEM
from tests import builders

SignIn = Callable[[str], FlaskClient]
PAGE = "/account/tokens"
NEW = {"name": "Case management", "scopes": ["needs:read", "needs:write"], "days": "30"}
TOKEN = re.compile(r"mp_[A-Za-z0-9_-]{43}")


@pytest.fixture
def emails(database: Engine) -> list[str]:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        return [builders.user(session, la, Role.COMMISSIONER).email for _ in range(2)]


def made(client: FlaskClient) -> str:
    assert builders.post(client, PAGE, **NEW).location == PAGE
    found = TOKEN.search(client.get(PAGE).text)
    assert found
    return found[0]


def works(client: FlaskClient, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return Client(client.application).get("/api/v1/needs", headers=headers).status_code == 200


def test_a_token_is_made_and_shown_once(sign_in: SignIn, emails: list[str]) -> None:
    client = sign_in(emails[0])
    assert "API tokens</a>" in client.get("/needs").text
    token = made(client)
    assert works(client, token)
    again = client.get(PAGE).text
    assert not TOKEN.search(again)
    assert token[:12] in again
    assert "Post, change, publish and withdraw needs" in again
    with transaction(SYSTEM) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "token created")).one()
        assert event.data == {"scopes": ["needs:read", "needs:write"], "days": 30}


def test_a_token_is_revoked_at_once(sign_in: SignIn, emails: list[str]) -> None:
    client = sign_in(emails[0])
    token = made(client)
    with transaction(SYSTEM) as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    revoked = builders.post(client, f"{PAGE}/{token_id}/revoke", page=PAGE)
    assert revoked.location == PAGE
    assert not works(client, token)
    page = client.get(PAGE).text
    assert "Revoked on" in page
    assert "/revoke" not in page
    assert builders.post(client, f"{PAGE}/{token_id}/revoke", page=PAGE).status_code == 409


def test_a_colleagues_tokens_are_neither_seen_nor_revoked(sign_in: SignIn, emails: list[str]) -> None:
    token = made(sign_in(emails[0]))
    colleague = sign_in(emails[1])
    assert token[:12] not in colleague.get(PAGE).text
    with transaction(SYSTEM) as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    assert builders.post(colleague, f"{PAGE}/{token_id}/revoke", page=PAGE).status_code == 404
    assert works(colleague, token)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Enter what the token is for"),
        ({"name": "x" * 81}, "Use 80 characters or fewer."),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["everything"]}, "Choose at least one thing"),
        ({"days": "0"}, "Enter a number of days from 1 to 366."),
        ({"days": "367"}, "Enter a number of days from 1 to 366."),
        ({"days": "a year"}, "Enter a number of days from 1 to 366."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    sign_in: SignIn, emails: list[str], wrong: dict[str, object], words: str
) -> None:
    answer = builders.post(sign_in(emails[0]), PAGE, **{**NEW, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(ApiToken)).all() == []


def test_nobody_has_more_than_twenty_that_hold(
    sign_in: SignIn, emails: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.services.api_tokens.MOST", 1)
    client = sign_in(emails[0])
    made(client)
    refused = builders.post(client, PAGE, **NEW)
    assert (refused.status_code, "Revoke one" in refused.text) == (409, True)

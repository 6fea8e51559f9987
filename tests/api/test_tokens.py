"""Who gets in: tokens that hold, and nothing else; what one is for, and how often it may be used."""

from datetime import timedelta

import pytest
from flask import Flask
from limits import parse
from sqlalchemy import Engine, select, update
from werkzeug.test import Client

from marketplace.api import limits
from marketplace.db import transaction
from marketplace.models import ApiToken, Role, Scope, User, UserRole, now
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import System, system, token


class Borough:
    """An LA, and a commissioner with a token for everything."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with transaction(SYSTEM) as session:
            self.la = builders.authority(session)
            self.user = builders.user(session, self.la, Role.COMMISSIONER)
            self.system = System(app, token(session, self.user))

    def with_scopes(self, *scopes: Scope) -> System:
        with transaction(SYSTEM) as session:
            return System(self.app, token(session, session.get_one(User, self.user.id), scopes))


@pytest.fixture
def borough(app: Flask, database: Engine) -> Borough:  # noqa: ARG001
    return Borough(app)


def status(by: System, path: str = "/needs") -> int:
    return by.get(path).status_code


def changed(**values: object) -> None:
    with transaction(SYSTEM) as session:
        session.execute(update(ApiToken).values(**values))


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer  ", "Bearer wrong", "Basic YTpi", "bearer é", "Bearer a b"]
)
def test_without_a_token_that_holds_nobody_gets_in(app: Flask, database: Engine, header: str | None) -> None:  # noqa: ARG001
    headers = {} if header is None else {"Authorization": header}
    answer = Client(app).get("/api/v1/needs", headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json["status"] == 401


def test_a_browsers_session_is_nothing_to_the_api(app: Flask, borough: Borough, sign_in: object) -> None:  # noqa: ARG001
    client = sign_in(borough.user.email)  # type: ignore[operator]
    assert client.get("/needs").status_code == 200
    answer = client.get("/api/v1/needs")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_a_token_is_nothing_to_the_pages(borough: Borough) -> None:
    headers = {"Authorization": f"Bearer {borough.system.token}"}
    assert Client(borough.app).get("/needs", headers=headers).status_code == 302


def test_an_expired_a_revoked_and_a_disabled_ones_token_admit_nobody(borough: Borough) -> None:
    by = borough.system
    assert status(by) == 200
    long_ago = now() - timedelta(days=9)
    with transaction(SYSTEM) as session:
        row = session.scalars(select(ApiToken)).one()
        kept = {"revoked_at": None}
    changed(revoked_at=long_ago)
    assert status(by) == 401
    changed(**kept)
    assert status(by) == 200
    with transaction(SYSTEM) as session:
        session.execute(update(User).values(is_active=False))
    assert status(by) == 401
    assert row.prefix == by.token[:12]


def test_a_token_ends_on_its_day(borough: Borough, cleaner: Engine) -> None:
    with cleaner.begin() as connection:
        past = now() - timedelta(seconds=1)
        connection.execute(update(ApiToken).values(expires_at=past, created_at=past - timedelta(days=30)))
    answer = borough.system.get("/needs")
    assert (answer.status_code, "error=invalid_token" in answer.headers["WWW-Authenticate"]) == (401, True)


def test_a_role_that_is_taken_away_is_taken_from_the_token_at_once(borough: Borough) -> None:
    assert status(borough.system) == 200
    with transaction(SYSTEM) as session:
        session.get_one(User, borough.user.id).role_rows = [UserRole(role=Role.ADMINISTRATOR)]
    assert status(borough.system) == 403


def test_a_token_does_only_what_it_is_for(borough: Borough) -> None:
    reader = borough.with_scopes(Scope.NEEDS_READ)
    assert status(reader) == 200
    refused = reader.post("/needs", {})
    assert refused.status_code == 403
    assert refused.headers["WWW-Authenticate"] == 'Bearer error=insufficient_scope, scope="needs:write"'
    assert status(borough.with_scopes(Scope.NEEDS_WRITE)) == 403


def test_whose_password_somebody_else_chose_uses_no_token(borough: Borough) -> None:
    with transaction(SYSTEM) as session:
        session.execute(update(User).values(is_password_temporary=True))
    assert status(borough.system) == 403


def test_a_token_is_kept_as_a_hash_and_noted_when_it_is_used(borough: Borough) -> None:
    status(borough.system)
    with transaction(SYSTEM) as session:
        row = session.scalars(select(ApiToken)).one()
        assert borough.system.token not in str(vars(row))
        assert row.last_used_at is not None
        before = row.last_used_at
    status(borough.system)
    with transaction(SYSTEM) as session:
        assert session.scalars(select(ApiToken)).one().last_used_at == before  # to the minute is enough


def test_who_uses_it_too_often_is_told_when_to_try_again(borough: Borough, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "READS", parse("2 per minute"))
    other = borough.with_scopes(Scope.NEEDS_READ)
    assert [status(borough.system), status(other), status(borough.system)] == [200, 200, 429]
    answer = borough.system.get("/needs")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    with transaction(SYSTEM) as session:
        stranger = system(borough.app, session, borough.la, Role.COMMISSIONER)
    assert status(stranger) == 200


def test_what_slows_others_down_may_be_asked_for_less_often(borough: Borough, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.COSTLY, "options.index", parse("1 per minute"))
    found = [status(borough.system, "/needs/999/options") for _ in range(2)]
    assert found == [404, 429]


def test_who_guesses_tokens_is_stopped_and_nobody_else(
    app: Flask, borough: Borough, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WRONG", parse("3 per 15 minutes"))
    guesser = System(app, "mp_wrong")
    assert [status(guesser) for _ in range(4)] == [401, 401, 401, 429]
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}
    assert borough.system.get("/needs", **elsewhere).status_code == 200

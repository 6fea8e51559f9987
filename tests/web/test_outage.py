"""The database is down while pages are served: said in a page, nothing pretended, healed by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace import db
from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from marketplace.web.guards import HEADERS
from tests import builders


@contextmanager
def outage(database: Engine) -> Iterator[None]:
    """Every new connection is refused, as while the server is stopped."""
    closed = db.connect("postgresql+psycopg://marketplace_app@127.0.0.1:1/marketplace")
    db.configure(closed)
    try:
        yield
    finally:
        db.configure(database)
        closed.dispose()


@pytest.fixture
def client(sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    return sign_in(email)


def test_pages_answer_503_in_time_and_come_back_by_themselves(client: FlaskClient, database: Engine) -> None:
    assert client.get("/needs").status_code == 200
    with outage(database):
        started = time.perf_counter()
        down = client.get("/needs")
        assert time.perf_counter() - started < 3
        assert down.status_code == 503
        assert "The service is not available" in down.text
        assert "Traceback" not in down.text
        assert {name: down.headers.get(name) for name in HEADERS} == HEADERS
        assert down.headers["Cache-Control"] == "no-store"
    assert client.get("/needs").status_code == 200


def test_the_machine_that_watches_is_told_apart_process_and_database(client: FlaskClient, database: Engine) -> None:
    assert [client.get(path).status_code for path in ("/live", "/ready")] == [200, 200]
    with outage(database):
        assert [client.get(path).status_code for path in ("/live", "/ready")] == [200, 503]
    assert client.get("/ready").status_code == 200


def test_who_was_sending_a_form_is_told_how_it_is_not_lost(client: FlaskClient, database: Engine) -> None:
    token = builders.csrf_token(client.get("/needs/new").text)
    form = {"reference": "EX-1042", "year_group": "8", "home": "405000, 305000", "csrf_token": token}
    with outage(database):
        down = client.post("/needs/new", data=form)
        assert down.status_code == 503
        assert "your browser sends it once more" in down.text
        assert "your browser sends it once more" not in client.get("/needs").text
    assert client.post("/needs/new", data=form).status_code == 302


def test_nobody_signs_in_and_nobody_is_counted_wrong_while_it_is_down(client: FlaskClient, database: Engine) -> None:
    other = client.application.test_client()
    token = builders.csrf_token(other.get("/sign-in").text)
    with outage(database):
        answer = other.post("/sign-in", data={"email": "a@example.org", "password": "x", "csrf_token": token})
        assert answer.status_code == 503

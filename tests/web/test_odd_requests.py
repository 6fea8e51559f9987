"""What no browser of ours would send: odd numbers, names sent twice, huge bodies. A clear page answers, never a 500."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import POLICY, SYSTEM
from tests import builders
from tests.security.test_policy import first_value

BEYOND = 2**63  # the first number that no row can have
DAY = {"on-day": "1", "on-month": "9", "on-year": "2027", "seconds": "30"}


@pytest.fixture
def client(sign_in: Callable[[str], FlaskClient], database: Engine) -> FlaskClient:  # noqa: ARG001
    """Somebody with every role of an LA."""
    with transaction(SYSTEM) as session:
        builders.framework(session)
        la = builders.authority(session)
        roles = (Role.COMMISSIONER, Role.PROCUREMENT, Role.APPROVER, Role.ADMINISTRATOR)
        email = builders.user(session, la, *roles).email
        builders.need(session, la)
    return sign_in(email)


@pytest.mark.parametrize("number", [0, BEYOND, 10**30])
def test_an_id_that_no_row_can_have_is_no_page(app: Flask, client: FlaskClient, number: int) -> None:
    with app.test_request_context():
        urls = [
            app.url_for(
                rule.endpoint,
                **{name: number if name.endswith("_id") else first_value(rule, name) for name in rule.arguments},
            )
            for rule in app.url_map.iter_rules()
            if rule.endpoint in POLICY and any(name.endswith("_id") for name in rule.arguments)
        ]
    assert len(urls) > 20
    for url in urls:
        assert client.get(url).status_code in {404, 405}, url


@pytest.mark.parametrize("page", ["0", "-1", str(10**18), "1e9", "²", "", "\x00", "x"])
@pytest.mark.parametrize("path", ["/needs", "/settings"])
def test_a_page_number_that_cannot_be_is_answered_in_words(client: FlaskClient, path: str, page: str) -> None:
    assert client.get(path, query_string={"page": page}).status_code in {200, 422}


@pytest.mark.parametrize("day", ["9" * 12, str(2**31), "²", "\x00", "-1", "0"])
def test_a_day_that_no_calendar_has_is_said_beside_its_boxes(client: FlaskClient, day: str) -> None:
    answer = builders.post(client, "/runs/start", **{**DAY, "on-day": day})
    assert answer.status_code == 422
    assert "Enter a real date" in answer.text or "Enter the day" in answer.text


def test_a_name_that_is_sent_twice_is_said_beside_its_box(client: FlaskClient) -> None:
    page = client.get("/budgets").text
    name = page.partition('name="budgets-')[2].partition('"')[0]
    answer = builders.post(client, "/budgets", **{f"budgets-{name}": ["1", "2"]})
    assert answer.status_code == 422
    assert "Enter an amount in pounds" in answer.text


def test_what_a_column_cannot_hold_is_said_and_not_half_kept(client: FlaskClient) -> None:
    typed = {"email": "a@example.org", "name": "N" * 121, "roles": ["approver"], "password": builders.PASSWORD}
    answer = builders.post(client, "/people/new", **typed)
    assert answer.status_code == 422
    assert "at most 120 characters" in answer.text


@pytest.mark.parametrize("size", [1_000_001, 20_000_001])
def test_a_body_that_is_too_large_is_answered_with_a_page(client: FlaskClient, size: int) -> None:
    answer = client.post("/needs/new", data={"mainstream": "x" * size})
    assert answer.status_code == 413
    assert "too large" in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "FOO"])
def test_a_method_that_a_page_does_not_have_is_refused_with_a_page(client: FlaskClient, method: str) -> None:
    token = builders.csrf_token(client.get("/needs").text)
    answer = client.open("/needs", method=method, data={"csrf_token": token})
    assert answer.status_code == 405
    assert "cannot be used in that way" in answer.text

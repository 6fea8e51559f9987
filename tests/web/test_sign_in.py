"""Signing in and out, through the real pages on the real database."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import AuditEvent, Need, Role, User, UserSession
from marketplace.permissions import SYSTEM
from tests import builders

SignIn = Callable[[str], FlaskClient]
HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')
START = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.fixture
def email(database: Engine) -> str:  # noqa: ARG001
    """A commissioner's address."""
    with transaction(SYSTEM) as session:
        la = builders.authority(session, name="Fictional Borough of Elm")
        return builders.user(session, la, Role.COMMISSIONER, email="commissioner@example.org").email


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


def attempt(client: FlaskClient, email: str, password: str = "wrong", address: str = "192.0.2.1") -> int:
    environ = {"REMOTE_ADDR": address}
    page = client.get("/sign-in", environ_overrides=environ)
    token = builders.csrf_token(page.text)
    form = {"email": email, "password": password, "csrf_token": token}
    return client.post("/sign-in", data=form, environ_overrides=environ).status_code


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def test_a_person_signs_in_and_sees_the_name_of_the_organisation(sign_in: SignIn, email: str) -> None:
    assert "Fictional Borough of Elm" in sign_in(email).get("/").text


def test_the_address_is_read_without_regard_to_case_and_spaces(sign_in: SignIn, email: str) -> None:
    assert is_signed_in(sign_in(f"  {email.upper()} "))


@pytest.mark.parametrize("who", ["unknown@example.org", "commissioner@example.org", "disabled@example.org"])
def test_every_refused_sign_in_reads_the_same(client: FlaskClient, email: str, who: str) -> None:
    with transaction(SYSTEM) as session:
        la = session.scalars(select(User).where(User.email == email)).one().organisation
        builders.user(session, la, Role.COMMISSIONER, email="disabled@example.org", is_active=False)
    password = builders.PASSWORD if who.startswith("disabled") else "wrong"
    answer = builders.post(client, "/sign-in", email=who, password=password)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "The e-mail address or the password is not right." in answer.text


def test_signing_out_ends_the_session_on_the_server(sign_in: SignIn, email: str) -> None:
    client = sign_in(email)
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert builders.post(client, "/sign-out", page="/").status_code == 302
    client.set_cookie("session", cookie.value)  # a copy that somebody kept
    assert not is_signed_in(client)


def test_signing_in_makes_a_new_session_whatever_cookie_came_before(app: Flask, sign_in: SignIn, email: str) -> None:
    first, second = sign_in(email), sign_in(email)
    tokens = {client.get_cookie("session").value for client in (first, second)}  # type: ignore[union-attr]
    assert len(tokens) == 2
    planted = app.test_client()
    planted.set_cookie("session", first.get_cookie("session").value)  # type: ignore[union-attr]
    before = planted.get_cookie("session").value  # type: ignore[union-attr]
    builders.post(planted, "/sign-in", email=email, password=builders.PASSWORD)
    assert planted.get_cookie("session").value != before  # type: ignore[union-attr]


def test_the_database_holds_no_token_that_signs_in(sign_in: SignIn, email: str) -> None:
    client = sign_in(email)
    with transaction(SYSTEM) as session:
        stolen = session.scalars(select(UserSession.token_hash)).one()
    other = client.application.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = stolen
    assert not is_signed_in(other)


def test_a_session_ends_after_thirty_idle_minutes(sign_in: SignIn, email: str, clock: time_machine.Traveller) -> None:
    client = sign_in(email)
    clock.shift(timedelta(minutes=29))
    assert is_signed_in(client)
    clock.shift(timedelta(minutes=29))
    assert is_signed_in(client)
    clock.shift(timedelta(minutes=31))
    assert not is_signed_in(client)


def test_a_session_ends_after_twelve_hours_of_work(sign_in: SignIn, email: str, clock: time_machine.Traveller) -> None:
    client = sign_in(email)
    for _ in range(12 * 3 - 1):
        clock.shift(timedelta(minutes=20))
        assert is_signed_in(client)
    clock.shift(timedelta(minutes=21))
    assert not is_signed_in(client)


FORM = {"reference": "EX-77", "year_group": "", "home": "405000, 305000"}


def late(client: FlaskClient, clock: time_machine.Traveller, hours: float, path: str = "/needs/new") -> TestResponse:
    """A form that is sent so long after its page was opened."""
    with transaction(SYSTEM) as session:
        builders.framework(session)
    token = builders.csrf_token(client.get("/needs/new").text)
    clock.shift(timedelta(hours=hours))
    return client.post(path, data={**FORM, "csrf_token": token})


def carried(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


@pytest.mark.parametrize("hours", [0.6, 20, 72])
def test_what_was_typed_before_a_session_ended_is_shown_again_and_not_acted_upon(
    sign_in: SignIn, email: str, clock: time_machine.Traveller, hours: float
) -> None:
    client = sign_in(email)
    asked = late(client, clock, hours)
    assert asked.status_code == 401
    assert "What you typed is not lost" in asked.text
    assert "EX-77" not in asked.text, "it is sealed until the person has signed in"
    wrong = client.post("/sign-in", data={**carried(asked.text), "email": email, "password": "wrong"})
    assert wrong.status_code == 422
    back = client.post("/sign-in", data={**carried(wrong.text), "email": email, "password": builders.PASSWORD})
    assert back.status_code == 200
    again = client.post("/needs/new", data=carried(back.text))
    assert again.status_code == 200
    assert 'value="EX-77"' in again.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Need)).all() == []
    sent = {**FORM, "year_group": "8", "csrf_token": builders.csrf_token(again.text)}
    assert client.post("/needs/new", data=sent).status_code == 302


def test_what_somebody_else_had_typed_is_not_opened(sign_in: SignIn, email: str, clock: time_machine.Traveller) -> None:
    with transaction(SYSTEM) as session:
        other = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    client = sign_in(email)
    asked = carried(late(client, clock, 1).text)
    answer = client.post("/sign-in", data={**asked, "email": other, "password": builders.PASSWORD})
    assert answer.status_code == 302
    page = client.get("/").text
    assert "could not be read again" in page
    assert "EX-77" not in page


def test_what_is_no_sealed_form_is_said_to_be_lost(email: str, client: FlaskClient) -> None:
    for unsent in ("x", "AAAA", "é"):
        answer = builders.post(client, "/sign-in", email=email, password=builders.PASSWORD, unsent=unsent)
        assert answer.status_code == 302
        assert "could not be read again" in client.get("/").text


def test_no_password_is_carried_to_the_next_session(sign_in: SignIn, email: str, clock: time_machine.Traveller) -> None:
    client = sign_in(email)
    token = builders.csrf_token(client.get("/account/password").text)
    clock.shift(timedelta(hours=1))
    typed = {"current": builders.PASSWORD, "password": "another long one", "csrf_token": token}
    asked = client.post("/account/password", data=typed)
    back = client.post("/sign-in", data={**carried(asked.text), "email": email, "password": builders.PASSWORD})
    assert carried(back.text).keys() == {"csrf_token", "once", "typed_before"}


def test_a_form_in_which_nothing_is_typed_is_to_be_sent_again(
    sign_in: SignIn, email: str, clock: time_machine.Traveller
) -> None:
    client = sign_in(email)
    asked = late(client, clock, 1, "/sign-out")
    back = client.post("/sign-in", data={**carried(asked.text), "email": email, "password": builders.PASSWORD})
    assert "There was nothing typed in it" in back.text


def test_a_page_tells_its_script_when_the_session_ends_and_the_sign_in_page_tells_everybody(
    sign_in: SignIn, email: str, clock: time_machine.Traveller
) -> None:
    client = sign_in(email)
    clock.shift(timedelta(minutes=20))
    page = client.get("/").text
    assert 'data-idle="1800" data-left="42000"' in page
    assert "<dialog" not in client.application.test_client().get("/sign-in").text
    assert "signed out after 30 minutes" in client.application.test_client().get("/sign-in").text


def test_signing_in_ends_the_session_that_this_browser_had(app: Flask, sign_in: SignIn, email: str) -> None:
    first = sign_in(email)
    planted = first.get_cookie("session")
    assert planted is not None
    builders.post(first, "/sign-in", email=email, password=builders.PASSWORD)
    attacker = app.test_client()
    attacker.set_cookie("session", planted.value)
    assert not is_signed_in(attacker)
    assert is_signed_in(first)


def test_disabling_an_account_ends_its_session_at_once(sign_in: SignIn, email: str) -> None:
    client = sign_in(email)
    with transaction(SYSTEM) as session:
        session.scalars(select(User).where(User.email == email)).one().is_active = False
    assert not is_signed_in(client)


def test_after_ten_failures_even_the_right_password_is_refused_but_only_from_there(
    client: FlaskClient, email: str, clock: time_machine.Traveller
) -> None:
    assert [attempt(client, email) for _ in range(10)] == [422] * 10
    assert attempt(client, email, builders.PASSWORD) == 429
    assert attempt(client.application.test_client(), email, builders.PASSWORD, address="192.0.2.2") == 302
    clock.shift(timedelta(minutes=16))
    assert attempt(client, email, builders.PASSWORD) == 302


def test_guessing_at_one_account_from_many_addresses_is_refused(client: FlaskClient, email: str) -> None:
    codes = [attempt(client, email, address=f"192.0.2.{number}") for number in range(51)]
    assert codes == [422] * 50 + [429]


def test_guessing_at_many_accounts_from_one_address_is_refused_and_others_sign_in(
    client: FlaskClient, email: str
) -> None:
    codes = [attempt(client, f"person{number}@example.org") for number in range(101)]
    assert codes == [422] * 100 + [429]
    assert attempt(client, email, builders.PASSWORD, address="192.0.2.2") == 302


def test_a_throttled_answer_says_when_to_try_again(client: FlaskClient, email: str) -> None:
    for _ in range(10):
        attempt(client, email, address="127.0.0.1")
    answer = builders.post(client, "/sign-in", email=email, password="wrong")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Too many requests" in answer.text


def test_signing_in_is_recorded_without_the_address(sign_in: SignIn, email: str) -> None:
    sign_in(email)
    with transaction(SYSTEM) as session:
        event = session.scalars(select(AuditEvent)).one()
        assert (event.event, event.user_id is not None, event.data) == ("user signed in", True, {})

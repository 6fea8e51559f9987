"""A form that is sent twice, at once or after its answer was lost, has one effect and the same answer."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from marketplace import once
from marketplace.db import transaction
from marketplace.models import AuditEvent, Effect, Need, Role, User
from marketplace.permissions import SYSTEM
from marketplace.services import needs
from marketplace.web import repeats
from tests import again, builders

SignIn = Callable[[str], FlaskClient]
FORM = {"reference": "EX-1", "year_group": "8", "home": "405000, 305000"}


@pytest.fixture
def email(database: Engine) -> str:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        builders.framework(session)
        return builders.user(session, builders.authority(session), Role.COMMISSIONER).email


@pytest.fixture
def commissioner(email: str, sign_in: SignIn) -> FlaskClient:
    return sign_in(email)


def form(client: FlaskClient, **fields: str) -> dict[str, str]:
    client.sends_keys = True  # type: ignore[attr-defined]
    page = client.get("/needs/new").text
    return {**FORM, "csrf_token": builders.csrf_token(page), "once": repeats.once_key(), **fields}


def counts() -> tuple[int, int]:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count(Need.id))) or 0, session.scalar(select(func.count(AuditEvent.id))) or 0


def test_every_form_of_a_page_has_a_key_of_its_own(commissioner: FlaskClient) -> None:
    pages = [commissioner.get("/needs/new").text for _ in range(2)]
    keys = [part.split('"')[0] for page in pages for part in page.split('name="once" value="')[1:]]
    assert len(keys) >= 4  # the question's and the sign-out's, on each page
    assert len(set(keys)) == len(keys)
    assert all(repeats.KEY.fullmatch(key) for key in keys)


def test_the_same_form_again_does_nothing_and_leads_where_the_first_one_did(commissioner: FlaskClient) -> None:
    sent = form(commissioner)
    first = commissioner.post("/needs/new", data=sent)
    assert first.status_code == 302
    before = counts()
    for _ in range(3):
        again = commissioner.post("/needs/new", data=sent)
        assert (again.status_code, again.location) == (302, first.location)
    assert counts() == before
    assert "This was done already" in commissioner.get(first.location).text


def test_the_same_form_sent_by_many_at_once_has_one_effect_and_one_answer(
    app: Flask, email: str, sign_in: SignIn
) -> None:
    client = sign_in(email)
    sent = form(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    answers: list[tuple[int, str | None]] = []

    def send() -> None:
        other = app.test_client()
        other.sends_keys = True  # type: ignore[attr-defined]
        other.set_cookie("session", cookie.value)
        answer = other.post("/needs/new", data=sent)
        answers.append((answer.status_code, answer.location))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts()[0] == 1
    assert {status for status, _ in answers} == {302}
    # Who comes before the first one's answer is noted is led to the start, and told that it was done.
    assert len({location for _, location in answers} - {"/"}) == 1


def test_where_the_answer_was_lost_with_its_process_the_form_sent_again_says_that_it_was_done(
    commissioner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = form(commissioner)
    with monkeypatch.context() as patch:
        patch.setattr(once, "note_location", lambda *_: None)  # the process died after the commit
        assert commissioner.post("/needs/new", data=sent).status_code == 302
    again = commissioner.post("/needs/new", data=sent)
    assert (again.status_code, again.location) == (302, "/")
    assert "This was done already" in commissioner.get("/").text
    assert counts()[0] == 1


def test_the_same_key_with_other_content_is_refused_and_what_was_typed_is_kept(commissioner: FlaskClient) -> None:
    sent = form(commissioner)
    commissioner.post("/needs/new", data=sent)
    before = counts()
    answer = commissioner.post("/needs/new", data={**sent, "reference": "EX-2"})
    assert answer.status_code == 409
    assert "You have sent this page before, with other content" in answer.text
    assert 'value="EX-2"' in answer.text
    assert counts() == before


def test_a_refused_form_may_be_corrected_and_sent_with_the_key_it_had(commissioner: FlaskClient) -> None:
    sent = form(commissioner, year_group="")
    assert commissioner.post("/needs/new", data=sent).status_code == 422
    assert commissioner.post("/needs/new", data={**sent, "year_group": "8"}).status_code == 302
    assert counts()[0] == 1


@pytest.mark.parametrize("key", ["", "short", "with spaces and more", "x" * 65])
def test_a_form_without_a_key_is_refused(commissioner: FlaskClient, key: str) -> None:
    answer = commissioner.post("/needs/new", data=form(commissioner, once=key))
    assert answer.status_code == 400
    assert "Open the page again" in answer.text
    assert counts()[0] == 0


def test_a_key_of_somebody_else_is_nobodys_form(commissioner: FlaskClient, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        other = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    sent = form(commissioner)
    commissioner.post("/needs/new", data=sent)
    stranger = sign_in(other)
    theirs = {**form(stranger), "once": sent["once"]}
    answer = stranger.post("/needs/new", data=theirs)
    assert answer.status_code == 409
    assert counts()[0] == 1


def test_what_is_kept_of_a_form_says_nothing_of_what_was_sent(commissioner: FlaskClient) -> None:
    assert commissioner.post("/needs/new", data=form(commissioner, reference="SECRET-77")).status_code == 302
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Effect)).one()
        told = f"{row.key} {row.endpoint} {row.digest} {row.location}"
    assert "SECRET" not in told
    assert row.endpoint == "questions.post_new"


def test_every_post_there_is_is_among_those_that_must_be_sent_again(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())} == again.posts()


def test_control_where_no_key_is_kept_a_form_that_is_sent_again_is_found(
    commissioner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "TRIED", again.Tried())
    monkeypatch.setattr(once, "keep", lambda *_: None)
    with pytest.raises(AssertionError, match="again"):
        builders.post(commissioner, "/needs/new", **FORM)


def test_control_where_no_version_is_looked_at_a_stale_form_is_found(
    email: str, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "TRIED", again.Tried())
    with transaction(SYSTEM) as session:
        la = session.scalars(select(User).where(User.email == email)).one().organisation
        need = builders.need(session, la)  # type: ignore[arg-type]
    monkeypatch.setattr(needs, "find_need_to_change", lambda session, *_, need_id, **__: session.get_one(Need, need_id))
    form = {"mainstream": "Other words.", "kinds": ["full"], "version": str(need.version)}
    with pytest.raises(AssertionError, match="from a stale page is answered 302"):
        builders.post(sign_in(email), f"/needs/{need.id}/mainstream", **form)

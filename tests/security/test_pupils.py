"""Before it is consulted, and after it is not any more, a provider receives nothing that says who a pupil is: no page,
no file, no header, no address, no message, no log (S04, S05, S22, S24)."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect, select, text

from marketplace.db import transaction
from marketplace.models import (
    Consultation,
    ConsultationStatus,
    Document,
    Identity,
    OrganisationKind,
    Role,
    now,
)
from marketplace.observability import configure_logs
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.security.test_policy import address, readable, routes
from tests.security.world import UNKNOWN, Side, build_side, objects

SignIn = Callable[[str], FlaskClient]
CANARIES = (
    "CanaryName", "9 March 2014", "2014-03-09", "B801200005001", "CanaryFamily", "CanaryChild", "CanaryFile",
    "CanaryContent",
)  # fmt: skip
OPEN = {"sent", "offered", "full", "refused"}


@dataclass
class Pupil:
    """A need of one side with its identity full of canaries, the editor of the consulted provider, and all ids."""

    side: Side
    other: Side
    editor: str
    door: str
    file: str


@pytest.fixture
def pupil(database: Engine) -> Pupil:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        side, other = build_side(session, "Side"), build_side(session, "OtherSide")
        identity = session.get_one(Identity, side.ids["need"])
        identity.name, identity.birth_date, identity.upn = "CanaryName", date(2014, 3, 9), "B801200005001"
        identity.family_view, identity.child_view = "CanaryFamily", "CanaryChild"
        document = session.get_one(Document, side.ids["document"])
        document.name, document.content = "CanaryFile.pdf", commissioning.pdf("CanaryContent")
    editor = side.people[OrganisationKind.PROVIDER, Role.PROVIDER_EDITOR]
    door = f"/needs/{side.ids['need']}/identity"
    return Pupil(side, other, editor, door, f"/documents/{side.ids['document']}/file")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the product writes to its log."""
    written = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        configure_logs()
    yield written
    configure_logs()


def consult(pupil: Pupil, status: str) -> None:
    """The consultation of the side's own provider, in this state."""
    with transaction(SYSTEM) as session:
        row = session.get_one(Consultation, pupil.side.ids["consultation"])
        row.status, row.replied_at = ConsultationStatus(status), now()
        row.ended_at = None if status in OPEN else now()


def received(app: Flask, client: FlaskClient, pupil: Pupil) -> str:
    """All that a provider's editor can get hold of: every page and file with its own ids, those of the case, those of
    nobody; and what posts answer that open something."""
    own = {name: pair[0] for name, pair in objects(OrganisationKind.PROVIDER, pupil.side, pupil.other).items()}
    own |= {"need_id": pupil.side.ids["need"], "document_id": pupil.side.ids["document"]}
    answers = []
    for route, method in routes(app):
        for ids in (own, dict.fromkeys(own, UNKNOWN)):
            url = address(app, route, ids)
            if url and method == "GET":
                answers.append(client.get(url))
    token = {"csrf_token": builders.csrf_token(client.get("/").text)}
    answers += [client.post(url, data=token) for url in (pupil.door, pupil.file)]
    answers.append(client.post(f"/documents/{pupil.side.ids['document']}/confirm", data=token))
    answers.append(client.post(f"{pupil.door}/edit", data=token))
    return "".join(readable(answer) + str(answer.headers) + answer.data.decode(errors="replace") for answer in answers)


def messages(superuser: Engine) -> str:
    """Every row of what is owed to people, queued for workers, or kept for a repeated form."""
    with superuser.connect() as connection:
        tables = [
            name for name in inspect(connection).get_table_names() if name.startswith(("messages", "effects", "proc"))
        ]
        return "".join(
            str(row) for table in tables for row in connection.scalars(text(f"SELECT t::text FROM {table} t"))
        )


@pytest.mark.parametrize("status", ["never consulted", *(status.value for status in ConsultationStatus)])
def test_a_provider_receives_who_a_pupil_is_only_while_its_consultation_is_open(
    app: Flask,
    pupil: Pupil,
    sign_in: SignIn,
    log: io.StringIO,
    caplog: pytest.LogCaptureFixture,
    cleaner: Engine,
    status: str,
) -> None:
    if status == "never consulted":
        with cleaner.begin() as connection:
            connection.execute(
                text("DELETE FROM consultations WHERE need_id = :need"), {"need": pupil.side.ids["need"]}
            )
    else:
        consult(pupil, status)
    client = sign_in(pupil.editor)
    with caplog.at_level(logging.DEBUG):
        got = received(app, client, pupil)
    found = {canary for canary in CANARIES if canary in got}
    if status in OPEN:
        assert found == set(CANARIES) - {"2014-03-09"}
    else:
        assert found == set()
    written = log.getvalue() + caplog.text + messages(cleaner)
    assert "identities.post_index" in written
    assert [canary for canary in CANARIES if canary in written] == []


def test_what_was_open_is_closed_at_the_next_request_of_the_same_session(pupil: Pupil, sign_in: SignIn) -> None:
    client = sign_in(pupil.editor)
    page = builders.post(client, pupil.door)
    assert "CanaryName" in page.text
    token = {"csrf_token": builders.csrf_token(page.text)}
    assert client.post(pupil.file, data=token).status_code == 200
    consult(pupil, "withdrawn")
    for answer in (client.get(pupil.door), client.post(pupil.door, data=token), client.post(pupil.file, data=token)):
        assert answer.status_code == 404
        assert not any(canary in answer.text for canary in CANARIES)
    assert client.get("/").status_code == 200, "it is the case that is closed, not the session"


def test_what_is_opened_by_a_consultation_is_there_at_the_next_request(pupil: Pupil, sign_in: SignIn) -> None:
    consult(pupil, "withdrawn")
    client = sign_in(pupil.editor)
    assert builders.post(client, pupil.door, page="/").status_code == 404
    consult(pupil, "sent")
    assert "CanaryName" in builders.post(client, pupil.door).text


def test_no_get_of_anybody_shows_who_a_pupil_is_and_no_address_carries_it(
    app: Flask, pupil: Pupil, sign_in: SignIn
) -> None:
    for kind, role in pupil.side.people:
        client = sign_in(pupil.side.people[kind, role])
        ids = {name: pair[0] for name, pair in objects(kind, pupil.side, pupil.other).items()}
        ids |= {"need_id": pupil.side.ids["need"], "document_id": pupil.side.ids["document"]}
        for route, method in routes(app):
            url = address(app, route, ids)
            if method == "GET" and url:
                with client.get(url) as answer:
                    said = readable(answer) + str(answer.headers)
                assert not any(canary in said for canary in CANARIES), (kind, role, url)


def test_what_shows_who_a_pupil_is_is_kept_by_no_browser(pupil: Pupil, sign_in: SignIn) -> None:
    client = sign_in(pupil.editor)
    page = builders.post(client, pupil.door)
    file = client.post(pupil.file, data={"csrf_token": builders.csrf_token(page.text)})
    for answer in (page, file):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert b"CanaryContent" in file.data
    assert "Pragma" not in file.headers
    assert not {"ETag", "Last-Modified"} & set(file.headers.keys()), "nothing by which a copy could be asked for again"


def test_what_is_wrong_with_what_is_sealed_is_said_to_nobody(
    pupil: Pupil, sign_in: SignIn, log: io.StringIO, app: Flask
) -> None:
    with transaction(SYSTEM) as session:  # somebody with the disk puts one pupil's name in the place of another's
        names = select(Identity.sealed_name).where(Identity.need_id == pupil.other.ids["need"])
        session.get_one(Identity, pupil.side.ids["need"]).sealed_name = session.scalars(names).one()
    client = sign_in(pupil.editor)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = builders.post(client, pupil.door)
    assert answer.status_code == 500
    assert "Sorry, there is a problem with the service" in answer.text
    assert "NotGenuine at" in log.getvalue()
    for said in (answer.text, log.getvalue()):
        assert not any(canary in said for canary in (*CANARIES, "OtherSide name"))

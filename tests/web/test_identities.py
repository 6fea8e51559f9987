"""Who a pupil is through the real pages: stated and corrected by the LA, opened by a post, documents sent and saved."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import (
    AuditEvent,
    Consultation,
    ConsultationStatus,
    Document,
    Identity,
    Placement,
    PlacementStatus,
    Role,
    now,
)
from marketplace.permissions import SYSTEM
from marketplace.services.documents import MOST_BYTES
from tests import builders, commissioning
from tests.web.price_files import post_whole

SignIn = Callable[[str], FlaskClient]
STATED = {
    "name": "Pip Example", "birth_date-day": "9", "birth_date-month": "3", "birth_date-year": "2014",
    "upn": "b801200005001", "family_view": "Small groups,\nplease.", "child_view": "",
}  # fmt: skip


@dataclass
class Case:
    need_id: int
    commissioner: str
    approver: str
    editor: str

    @property
    def door(self) -> str:
        return f"/needs/{self.need_id}/identity"

    @property
    def upload(self) -> str:
        return f"/needs/{self.need_id}/documents/new"


@pytest.fixture
def case(database: Engine) -> Case:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la, provider = builders.authority(session), builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, provider)))
        need = builders.need(session, la, reference="EX-1042")
        commissioning.consultation(session, need, provision)
        return Case(
            need_id=need.id,
            commissioner=builders.user(session, la, Role.COMMISSIONER).email,
            approver=builders.user(session, la, Role.APPROVER).email,
            editor=builders.user(session, provider, Role.PROVIDER_EDITOR).email,
        )


def opened(client: FlaskClient, case: Case) -> TestResponse:
    return builders.post(client, case.door)


def state(client: FlaskClient, case: Case, page: str = "", **fields: str) -> TestResponse:
    """Fill in the form of the page as it stands, or as it was opened earlier."""
    page = page or opened(client, case).text
    (version,) = re.findall(r'name="version" value="(\d*)"', page)
    form = {**STATED, "version": version, **fields, "csrf_token": builders.csrf_token(page)}
    return client.post(f"{case.door}/edit", data=form)


def send(client: FlaskClient, case: Case, content: bytes, name: str = "plan.pdf", **form: Any) -> TestResponse:
    token = builders.csrf_token(client.get(case.upload).text)
    return post_whole(
        client,
        case.upload,
        {"kind": "plan", "csrf_token": token, "file": FileStorage(io.BytesIO(content), name), **form},
    )


def only_document() -> int:
    with transaction(SYSTEM) as session:
        return session.scalars(select(Document.id).where(Document.removed_at.is_(None))).one()


def test_the_authority_states_who_the_pupil_is_and_the_consulted_setting_opens_it(case: Case, sign_in: SignIn) -> None:
    commissioner, editor = sign_in(case.commissioner), sign_in(case.editor)
    assert f'href="{case.door}"' in commissioner.get(f"/needs/{case.need_id}").text
    door = commissioner.get(case.door).text
    assert "Nobody has stated yet who the pupil is." in door
    assert "State who the pupil is" in door
    assert state(commissioner, case).location == case.door
    assert "Pip Example" not in commissioner.get(case.door).text, "no page says it unasked"
    door = editor.get(case.door).text
    assert "EX-1042" in door
    assert "Pip Example" not in door
    for client in (editor, sign_in(case.approver)):
        page = opened(client, case)
        assert page.status_code == 200
        for said in ("Pip Example", "9 March 2014", "B801200005001", "Small groups,\nplease."):
            assert said in page.text
        assert "Keep this" not in page.text, "it is not theirs to correct"


def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    page = state(client, case, name="", upn="A801200005001", **{"birth_date-year": "1914"})
    assert page.status_code == 422
    assert "Enter the pupil’s name." in page.text
    assert "its first letter does not fit" in page.text
    assert "Small groups,\nplease." in page.text
    page = state(client, case, **{"birth_date-year": "1914"})
    assert (page.status_code, "Check the year." in page.text) == (422, True)
    with transaction(SYSTEM) as session:
        assert session.get(Identity, case.need_id) is None


def test_who_was_second_sees_what_is_kept_now_and_can_put_the_own_in_its_place(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    blank = opened(client, case).text
    assert state(client, case).status_code == 302
    for early in (blank, opened(client, case).text):
        with transaction(SYSTEM) as session:
            session.get_one(Identity, case.need_id).name = "Meanwhile Example"
        late = state(client, case, early, name="Sam Example")
        assert late.status_code == 409
        assert "Changed since you opened this page." in late.text
        assert "Meanwhile Example" in late.text
        assert 'value="Sam Example"' in late.text
        assert state(client, case, late.text, name="Sam Example").status_code == 302
    with transaction(SYSTEM) as session:
        assert session.get_one(Identity, case.need_id).name == "Sam Example"


def test_a_provider_comes_from_the_consultation_or_the_placement_and_goes_back_there(
    case: Case, sign_in: SignIn
) -> None:
    editor = sign_in(case.editor)
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Consultation)).one()
        commissioning.identity(session, row.need)
        consultation = f"/inbox/{row.id}"
    for page in (editor.get(case.door), opened(editor, case)):
        assert f'href="{consultation}"' in page.text
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Consultation)).one()
        row.status, row.ended_at = ConsultationStatus.WITHDRAWN, now()
        builders.schedule(session, row.provision)
        award = commissioning.award(session, row.need, row.provision)
        placement = f"/placements/{commissioning.placement(session, award).id}"
    assert f'action="{case.door}"' in editor.get(placement).text
    for page in (editor.get(case.door), opened(editor, case)):
        assert f'href="{placement}"' in page.text
        assert "EX-1042" in page.text
    with transaction(SYSTEM) as session:
        ended = session.scalars(select(Placement)).one()
        ended.status, ended.ends_on = PlacementStatus.ENDED, ended.starts_on
    assert f'action="{case.door}"' not in editor.get(placement).text
    assert opened(editor, case).status_code == 404


def test_extra_fields_change_nothing(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    assert state(client, case, authority_id="999", need_id="999", sealed_name="x").status_code == 302
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Identity)).one()
        assert (row.need_id, row.name) == (case.need_id, "Pip Example")


def test_a_document_is_added_saved_by_the_setting_and_removed(case: Case, sign_in: SignIn) -> None:
    commissioner, editor = sign_in(case.commissioner), sign_in(case.editor)
    page = commissioner.get(case.upload).text
    assert "A PDF of at most 10 MB. Up to 40 documents about a pupil." in page
    content = commissioning.pdf("Plan")
    assert send(commissioner, case, content, "Pip’s plan.pdf").location == case.door
    assert "1 document is kept here." in commissioner.get(case.door).text
    page = opened(editor, case).text
    assert "Pip’s plan.pdf" in page
    assert "Remove" not in page
    answer = editor.post(f"/documents/{only_document()}/file", data={"csrf_token": builders.csrf_token(page)})
    assert answer.data == content
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert "Pip’s plan.pdf" in unquote(disposition)
    page = opened(commissioner, case).text
    document_id = only_document()
    sure = commissioner.post(f"/documents/{document_id}/confirm", data={"csrf_token": builders.csrf_token(page)})
    assert "Pip’s plan.pdf" in sure.text
    assert only_document() == document_id, "being asked removes nothing"
    token = {"csrf_token": builders.csrf_token(sure.text)}
    assert commissioner.post(f"/documents/{document_id}/remove", data=token).location == case.door
    for client in (commissioner, editor):
        page = opened(client, case).text
        assert "Pip’s plan" not in page
        gone = client.post(f"/documents/{document_id}/file", data={"csrf_token": builders.csrf_token(page)})
        assert gone.status_code == 404
    assert commissioner.post(f"/documents/{document_id}/remove", data=token).status_code == 404
    assert "removed" in opened(commissioner, case).text
    assert "removed" not in opened(editor, case).text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("plan\u202efdp.pdf", "planfdp.pdf"),
        ("NUL.pdf", "_NUL.pdf"),
        ("<b>plan.pdf", "_b_plan.pdf"),
    ],
)
def test_a_name_escapes_neither_folder_nor_header_nor_page(case: Case, sign_in: SignIn, sent: str, kept: str) -> None:
    client = sign_in(case.commissioner)
    assert send(client, case, commissioning.pdf("Plan"), sent).status_code == 302
    page = opened(client, case).text
    assert f"{kept}</strong>" in page
    saved = client.post(f"/documents/{only_document()}/file", data={"csrf_token": builders.csrf_token(page)})
    assert saved.headers["Content-Disposition"] == f"attachment; filename={kept}"


def test_what_is_no_pdf_is_refused_and_what_was_chosen_beside_it_stays(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    for content, name, words in (
        (b"\x89PNG\r\n\x1a\n", "plan.pdf", "is not a PDF, whatever its name says"),
        (commissioning.pdf("x"), "plan.png", "whose name ends in .pdf"),
        (b"", "plan.pdf", "is empty"),
    ):
        page = send(client, case, content, name, kind="review")
        assert page.status_code == 422
        assert words in page.text
        assert re.search(r'value="review"[^>]*checked', page.text)
    page = send(client, case, b"", "")
    assert (page.status_code, "Choose the document: a PDF." in page.text) == (422, True)
    page = send(client, case, b"GIF", "plan.pdf", kind="nonsense")
    assert "is not a PDF" in page.text
    assert "Choose what the document is." in page.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Document)).all() == []


def test_a_document_of_the_most_bytes_is_kept_and_one_more_is_refused(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    content = b"%PDF-" + bytes(MOST_BYTES - 5)
    assert send(client, case, content).status_code == 302
    page = send(client, case, content + b"x")
    assert (page.status_code, "The most is 10 MB." in page.text) == (422, True)
    assert send(client, case, content + bytes(200_000)).status_code == 413
    assert only_document()


def test_where_forms_carry_no_document_nothing_so_large_is_read(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    assert state(client, case, family_view="x" * 1_100_000).status_code == 413


def test_what_happened_to_it_stands_on_the_need_without_what_it_says(case: Case, sign_in: SignIn) -> None:
    client = sign_in(case.commissioner)
    state(client, case)
    send(client, case, commissioning.pdf("Plan"), "Pip.pdf")
    opened(client, case)
    opened(sign_in(case.editor), case)
    page = client.get(f"/needs/{case.need_id}").text
    for event in ("Identity stated", "Document added", "Identity opened"):
        assert event in page
    assert "Pip" not in page
    assert "Opened by providers" in opened(client, case).text
    with transaction(SYSTEM) as session:
        assert not any("Pip" in str(data) for data in session.scalars(select(AuditEvent.data)))


def test_reading_can_be_repeated_and_keeping_has_one_effect(case: Case, sign_in: SignIn) -> None:
    """A second press of "Save" hands the document out again, as the first did; only what changes something is once."""
    client = sign_in(case.commissioner)
    send(client, case, commissioning.pdf("Plan"))
    page = opened(client, case).text
    client.sends_keys = True  # type: ignore[attr-defined]
    again = {"csrf_token": builders.csrf_token(page), "once": "a-key-of-one-form-0001"}
    for path in (case.door, f"/documents/{only_document()}/file"):
        assert [client.post(path, data=again).status_code for _ in range(2)] == [200, 200]
    form = {**STATED, **again, "once": "a-key-of-one-form-0002", "version": ""}
    wrong = {**form, "name": ""}
    assert [client.post(f"{case.door}/edit", data=wrong).status_code for _ in range(2)] == [422, 422]
    kept = [client.post(f"{case.door}/edit", data=form) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in kept] == [(302, case.door)] * 2, kept[1].text
    with transaction(SYSTEM) as session:
        found = list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))
    assert (found.count("document opened"), found.count("identity stated")) == (2, 1)

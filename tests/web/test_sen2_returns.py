"""The SEN2 return through the real pages: counts and gaps without a name, and the files by a post that is recorded."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import AuditEvent, Need, NeedStatus, Role
from marketplace.permissions import SYSTEM
from marketplace.web.sen2_returns import SHOWN
from tests import builders
from tests.returning import Returning, returning

SignIn = Callable[[str], FlaskClient]
PAGE = "/needs/sen2"


@pytest.fixture
def case(database: Engine) -> Returning:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return returning(session)


@pytest.fixture(autouse=True)
def in_the_collection() -> object:
    with time_machine.travel(datetime(2027, 2, 1, 12, tzinfo=UTC)) as traveller:
        yield traveller


def take(client: FlaskClient, **form: str) -> TestResponse:
    return builders.post(client, f"{PAGE}/file", page=PAGE, **form)


def events() -> list[str]:
    query = select(AuditEvent.event).where(AuditEvent.event != "user signed in").order_by(AuditEvent.id)
    with transaction(SYSTEM) as session:
        return list(session.scalars(query))


def test_the_page_counts_and_leads_to_where_a_gap_is_put_right_and_names_nobody(
    case: Returning, sign_in: SignIn
) -> None:
    client = sign_in(case.people[Role.COMMISSIONER].email)
    needs = client.get("/needs")
    assert f'href="{PAGE}"' in needs.text
    answer = client.get(PAGE)
    words = builders.words_of(answer.text)
    assert "SEN2 return 2027" in words
    assert "as on 21 January 2027" in words
    assert "Person Record 5" in words
    assert "Not in it: 1 still a draft, 1 withdrawn, 1 without an EHCP." in words
    assert f'href="/needs/{case.needs["E-5"].id}/identity"' in answer.text
    assert f'href="/needs/{case.needs["B-2"].id}/dates"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Canary" not in answer.text
    assert "B801200005001" not in answer.text
    assert events() == []


def test_the_files_are_handed_out_by_a_post_and_recorded(case: Returning, sign_in: SignIn) -> None:
    answer = take(sign_in(case.people[Role.APPROVER].email), year="2027")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == "attachment; filename=sen2-330-2027.zip"
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        assert "Robin Canary" in files.read("1-person.csv").decode("utf-8-sig")
        assert len(files.namelist()) == 11
    assert set(events()) == {"identity opened", "SEN2 return taken"}
    assert sign_in(case.people[Role.APPROVER].email).get(f"{PAGE}/file").status_code == 405


def test_an_approver_is_led_to_pages_that_are_theirs(case: Returning, sign_in: SignIn) -> None:
    client = sign_in(case.people[Role.APPROVER].email)
    page = client.get(PAGE).text
    assert "/dates" not in page
    assert client.get(f"/needs/{case.needs['B-2'].id}").status_code == 200


@pytest.mark.parametrize("who", [Role.PROCUREMENT, Role.ADMINISTRATOR, "region", "editor"])
def test_others_reach_neither(case: Returning, sign_in: SignIn, who: str) -> None:
    client = sign_in(case.people[who].email)
    token = builders.csrf_token(client.get("/no-such-page").text)
    answers = (client.get(PAGE), client.post(f"{PAGE}/file", data={"csrf_token": token}))
    assert [answer.status_code for answer in answers] == [403, 403]
    if who in {Role.PROCUREMENT, "region"}:
        assert PAGE not in client.get("/needs").text
    assert events() == []


def test_another_collection_is_chosen_and_a_wrong_one_refused(case: Returning, sign_in: SignIn) -> None:
    client = sign_in(case.people[Role.COMMISSIONER].email)
    assert "as on 20 January 2028" in builders.words_of(client.get(f"{PAGE}?year=2028").text)
    assert client.get(f"{PAGE}?year=1").status_code == 422


def test_where_there_is_nothing_the_page_says_so(case: Returning, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        for need in session.scalars(select(Need).where(Need.authority_id == case.la.id)):
            need.status = NeedStatus.WITHDRAWN
    client = sign_in(case.people[Role.COMMISSIONER].email)
    page = client.get(PAGE).text
    assert "There is nothing to return" in page
    assert f'action="{PAGE}/file"' not in page
    answer = client.post(f"{PAGE}/file", data={"csrf_token": builders.csrf_token(page)})
    assert answer.status_code == 409
    assert events() == []


def test_of_many_cases_with_one_gap_some_are_shown_and_the_file_has_all(case: Returning, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        for number in range(SHOWN):
            builders.need(session, case.la, framework, reference=f"M-{number:03}")
    client = sign_in(case.people[Role.COMMISSIONER].email)
    assert "M-007 and 2 more, which missing.csv in the file lists" in builders.words_of(client.get(PAGE).text)
    with zipfile.ZipFile(io.BytesIO(take(client, year="2027").data)) as files:
        assert "M-009" in files.read("missing.csv").decode("utf-8-sig")

"""Awards as open data through the real pages and the API: what the page says is what the file says; a year about which
nothing can be told says so in words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import AwardBasis, Role, Scope, User
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import System, token
from tests.services.test_open_contracting import Town

SignIn = Callable[[str], FlaskClient]
PAGE, FILE, API = "/open-contracting", "/open-contracting/releases.json", "/open-contracting"


class Case:
    """In 2025-26 five pupils at Elm, in 2024-25 one; two awards without a contract."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            town = Town(session, builders.authority(session, name="Norbury", code="330"))
            town.awards("Elm", *range(4_000_001, 4_000_006))
            town.awards("Elm", 1, 1, basis=AwardBasis.NO_CONTRACT)
            town.award("Elm", 7_777_777, decided_at=datetime(2024, 6, 3, tzinfo=UTC))
            self.people = {role: builders.user(session, town.la, role) for role in Role if role.value != "operator"}
            self.people["region"] = builders.user(session, town.la.region, Role.PROCUREMENT)
            self.people["editor"] = builders.user(session, town.providers["Elm"], Role.PROVIDER_EDITOR)


@pytest.fixture
def case(database: Engine) -> Case:  # noqa: ARG001
    return Case()


@pytest.fixture(autouse=True)
def after_the_year() -> object:
    with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC)) as traveller:
        yield traveller


@pytest.fixture
def client(case: Case, sign_in: SignIn) -> FlaskClient:
    return sign_in(case.people[Role.PROCUREMENT].email)


def test_the_page_says_all_that_the_file_says(client: FlaskClient) -> None:
    assert f'href="{PAGE}"' in client.get("/ledger").text
    words = builders.words_of(client.get(PAGE).text)
    assert "Publish awards of 2025 to 2026" in words
    assert "Elm Trust £200,000.15" in words
    assert "Total £200,000.15" in words
    assert "It stands on 5 awards with a contract, which you alone see here, and sums to the penny." in words
    assert "2 awards to maintained schools and academies are left out" in words
    assert "Do not publish this file yet: its identifiers begin with ocds-000000" in words
    answer = client.get(f"{FILE}?year=2025")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == "attachment; filename=open-contracting-330-2025.json"
    (release,) = json.loads(answer.data)["releases"]
    assert release["awards"][0]["value"] == {"amount": 200_000.15, "currency": "GBP"}


def test_a_registered_prefix_is_used_and_nothing_warned_of(app: Flask, client: FlaskClient) -> None:
    app.config["OCID_PREFIX"] = "ocds-1a2b3c"
    try:
        assert "Do not publish" not in client.get(PAGE).text
        assert json.loads(client.get(FILE).data)["releases"][0]["ocid"].startswith("ocds-1a2b3c-330-2025-")
    finally:
        app.config["OCID_PREFIX"] = "ocds-000000"


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (2024, "There was 1 award with a contract, for so few pupils that even their sum could tell of one."),
        (2023, "Nothing was bought in this year, so there is nothing to publish."),
        (2026, "Nothing is published of this year before it has ended, on 31 March 2027."),
    ],
)
def test_a_year_of_which_nothing_can_be_told_says_so(client: FlaskClient, year: int, words: str) -> None:
    page = client.get(f"{PAGE}?year={year}").text
    assert words in builders.words_of(page)
    assert FILE not in page
    assert "77,777" not in page
    assert client.get(f"{FILE}?year={year}").status_code == 409


def test_the_years_with_awards_are_linked(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    assert f'href="{PAGE}?year=2024"' in page
    assert f'href="{PAGE}?year=2023"' not in page
    assert client.get(f"{PAGE}?year=1").status_code == 422


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, "region", "editor"])
def test_others_reach_neither_page_nor_file(case: Case, sign_in: SignIn, who: str) -> None:
    client = sign_in(case.people[who].email)
    assert [client.get(address).status_code for address in (PAGE, FILE)] == [403, 403]
    if who == "region":
        assert PAGE not in client.get("/ledger").text


def test_a_system_reads_the_same_package(app: Flask, case: Case, client: FlaskClient) -> None:
    with transaction(SYSTEM) as session:
        owner = session.get_one(User, case.people[Role.PROCUREMENT].id)
        system = System(app, token(session, owner, [Scope.PLACEMENTS_READ]))
        other = System(app, token(session, owner, [Scope.NEEDS_READ]))
    answer = system.get(API)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == json.loads(client.get(FILE).data)
    assert answer.json["uri"].endswith("/api/v1/open-contracting?year=2025")
    assert system.get(f"{API}?year=2024").status_code == 409
    assert system.get(f"{API}?year=x").status_code == 422
    assert other.get(API).status_code == 403

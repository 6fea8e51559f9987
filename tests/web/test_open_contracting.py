"""What an LA publishes of its awards: by provider, nothing of a child, and every pound accounted for."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import Authority, AwardBasis, AwardStatus, Provider, Role
from marketplace.permissions import SYSTEM
from marketplace.services.open_contracting import publication, release_package
from tests import builders, commissioning

SignIn = Callable[[str], FlaskClient]
ADDRESS = "/ledger/open-contracting"
YEAR = {"year": 2026}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def award_some(session: Session, la: Authority, count: int, *, provider: Provider | None = None, **fields: Any) -> int:
    """So many awards to one provider; what they come to, pence a year."""
    setting = builders.setting(session, la, provider or builders.provider(session))
    provision = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, provision)
    total = 0
    for number in range(count):
        need = builders.need(session, la, reference=f"CANARY-{setting.id}-{number}", status="placed")
        row = commissioning.award(session, need, provision, **fields)
        total += row.price + row.variation
    return total


class World:
    """An LA with awards to five providers: 6, 5, 5, 3 and 1; and what is none of that year's contracts."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            la = builders.authority(session, name="Norbury", code="498")
            self.alder = builders.provider(session, "Alder Trust")
            self.paid = {
                "Alder Trust": award_some(session, la, 6, provider=self.alder, notice_reference="2026/S 000-000001"),
                "Birch Trust": award_some(
                    session, la, 5, provider=builders.provider(session, "Birch Trust"),
                    variation=123_45, variation_reason="Lessons in braille.",
                ),
                "few": sum(award_some(session, la, count) for count in (5, 3))
                + award_some(session, la, 1, basis=AwardBasis.USER_CHOICE),
            }  # fmt: skip
            award_some(session, la, 2, basis=AwardBasis.NO_CONTRACT)
            award_some(session, la, 2, status=AwardStatus.LAPSED)
            award_some(session, la, 5, decided_at=datetime(2026, 3, 31, 22, tzinfo=UTC))  # 31 March in London
            award_some(session, builders.authority(session), 7)
            self.officer = builders.user(session, la, Role.APPROVER).email
            self.actor = builders.acting(builders.user(session, la, Role.APPROVER))
            region = builders.user(session, session.get_one(Authority, la.id).region, Role.PROCUREMENT)
            self.others = [region.email, builders.user(session, self.alder, Role.PROVIDER_EDITOR).email]


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001 - the database that it is built in
    return World()


def test_a_year_is_published_by_provider_and_those_with_few_placements_together(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.officer)
    page = text_of(client.get(ADDRESS, query_string=YEAR).text)
    assert "Alder Trust 6" in page
    package = json.loads(client.get(f"{ADDRESS}/releases.json", query_string=YEAR).data)
    amounts = {row["awards"][0]["value"]["amount"]: row["parties"] for row in package["releases"]}
    few = world.paid["Birch Trust"] + world.paid["few"]  # 3 and 1, with as many as hide each from all others
    assert list(amounts) == [world.paid["Alder Trust"] / 100, few / 100]
    assert [[party["roles"] for party in parties] for parties in amounts.values()] == [
        [["buyer"], ["supplier"]],
        [["buyer"]],
    ]
    assert package["releases"][1]["awards"][0]["items"][0]["quantity"] == 5 + 5 + 3 + 1
    assert "2025 to 2026" in client.get(ADDRESS, query_string=YEAR).text
    assert "Birch Trust" not in page


def test_what_is_published_has_what_the_standard_requires(world: World, sign_in: SignIn) -> None:
    package = json.loads(sign_in(world.officer).get(f"{ADDRESS}/releases.json", query_string=YEAR).data)
    assert (package["version"], package["publisher"]["name"]) == ("1.1", "Norbury")
    assert package["uri"].endswith(f"{ADDRESS}/releases.json?year=2026")
    for release in package["releases"]:
        assert re.fullmatch(r"ocds-000000-la498-2026-(\d+|others)", release["ocid"])
        assert {"ocid", "id", "date", "tag", "initiationType"} <= release.keys()
        assert (release["tag"], release["initiationType"]) == (["award"], "tender")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", release["date"])
        parties = {party["id"] for party in release["parties"]}
        (award,) = release["awards"]
        assert {release["buyer"]["id"], *(row["id"] for row in award["suppliers"])} == parties
        assert award["value"]["currency"] == "GBP"
    ids = [release["id"] for release in package["releases"]]
    assert len(set(ids)) == len(ids)
    documents = [release["awards"][0].get("documents", []) for release in package["releases"]]
    assert [[each["title"] for each in row] for row in documents] == [["Notice 2026/S 000-000001"], []]


def test_nothing_of_a_child_is_published(world: World, sign_in: SignIn) -> None:
    content = sign_in(world.officer).get(f"{ADDRESS}/releases.json", query_string=YEAR).text
    for canary in ("CANARY", "Fictional School", "intensive", "2027-", "braille", "user_choice"):
        assert canary not in content
    assert content.count('"procurementMethod"') == 1, "of the few, one was chosen by the family: that is not told"


def test_it_is_the_las_own(world: World, sign_in: SignIn) -> None:
    for email in world.others:
        client = sign_in(email)
        assert client.get(ADDRESS, query_string=YEAR).status_code == 403
        assert client.get(f"{ADDRESS}/releases.json", query_string=YEAR).status_code == 403
        assert ADDRESS not in client.get("/ledger").text
    assert ADDRESS in sign_in(world.officer).get("/ledger").text


def test_where_all_of_it_is_few_nothing_is_published(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        award_some(session, la, 4)
        award_some(session, la, 4)  # eight in all, but each provider could take its own away
        officer = builders.user(session, la, Role.APPROVER).email
    client = sign_in(officer)
    assert "8 placements were awarded, too few to publish anything of." in text_of(
        client.get(ADDRESS, query_string=YEAR).text
    )
    answer = client.get(f"{ADDRESS}/releases.json", query_string=YEAR)
    assert answer.status_code == 409
    assert "nothing that can be published" in answer.text
    assert "No contract was awarded in this year." in client.get(ADDRESS, query_string={"year": 2020}).text


def test_a_registered_prefix_is_the_operators_setting(world: World, app: Flask, sign_in: SignIn) -> None:
    client = sign_in(world.officer)
    assert "bear no registered prefix yet" in text_of(client.get(ADDRESS, query_string=YEAR).text)
    app.config["OCID_PREFIX"] = "ocds-a1b2c3"
    try:
        package = json.loads(client.get(f"{ADDRESS}/releases.json", query_string=YEAR).data)
        assert {row["ocid"][:11] for row in package["releases"]} == {"ocds-a1b2c3"}
        assert "bear no registered prefix yet" not in client.get(ADDRESS, query_string=YEAR).text
    finally:
        app.config["OCID_PREFIX"] = None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.integers(1, 9), max_size=5))
def test_what_is_published_and_what_is_withheld_add_up_to_what_was_awarded(
    database: Engine,  # noqa: ARG001
    counts: list[int],
) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        person = builders.acting(builders.user(session, la, Role.APPROVER))
        paid = sum(award_some(session, la, count) for count in counts)
    with transaction(person) as session:
        found = publication(session, person, year=2026)
        assert (found.n, found.price) == (sum(counts), paid)
        assert all(row.n >= 5 for row in found.contracts)
        at = datetime(2026, 12, 1, tzinfo=UTC)
        package = json.loads(release_package(found, prefix="ocds-000000", address="https://example.org/", at=at))
    published = sum(round(100 * row["awards"][0]["value"]["amount"]) for row in package["releases"])
    assert published + found.withheld_price == paid

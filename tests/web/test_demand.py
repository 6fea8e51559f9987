"""The pages on which a provider sees what is posted around its settings."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Role, today
from marketplace.permissions import SYSTEM
from marketplace.services.demand import providers_to_tell, tell_provider
from tests import builders

SignIn = Callable[[str], FlaskClient]


@dataclass
class Trust:
    setting: int
    second: int
    editor: str
    administrator: str
    commissioner: str


@pytest.fixture
def trust(database: Engine) -> Trust:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la, provider = builders.authority(session), builders.provider(session)
        at = {"easting": 400_000, "northing": 300_000}
        first = builders.setting(session, la, provider, name="Ash House", **at)
        second = builders.setting(session, la, provider, name="Birch House", easting=480_000, northing=300_000)
        framework = builders.framework(session)
        for code, count, km in (("ASD", 12, 4), ("SEMH", 7, 20), ("VI", 2, 20)):
            for n in range(count):
                near = {"easting": 400_000 + 1000 * km + n, "northing": 300_000}
                builders.need(session, la, framework, reference=f"CANARY-{code}{n}", primary_need=code, **near)
        return Trust(
            setting=first.id,
            second=second.id,
            editor=builders.user(session, provider, Role.PROVIDER_EDITOR).email,
            administrator=builders.user(session, provider, Role.ADMINISTRATOR).email,
            commissioner=builders.user(session, la, Role.COMMISSIONER).email,
        )


def work() -> None:
    with transaction(SYSTEM) as session:
        for provider_id in providers_to_tell(session, on=today()):
            assert tell_provider(session, SYSTEM, provider_id=provider_id, on=today())


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def test_before_a_worker_has_worked_it_out_the_page_says_so(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    assert "Ash House not yet not yet not yet" in words(client.get("/demand").text)
    assert "it will be within a few minutes" in words(client.get(f"/demand/{trust.setting}").text)


def test_all_settings_stand_in_one_table_with_their_distances(trust: Trust, sign_in: SignIn) -> None:
    work()
    for person in (trust.editor, trust.administrator):
        text = words(sign_in(person).get("/demand").text)
        assert re.search(r"Ash House \d+ \w+ \d{4} about 10 about 10 –", text)
        assert re.search(r"Birch House \d+ \w+ \d{4} – – –", text)
        assert "groups of 5 or more that lie together" in text


def test_a_setting_shows_each_kind_in_a_chart_and_a_table(trust: Trust, sign_in: SignIn) -> None:
    work()
    page = sign_in(trust.editor).get(f"/demand/{trust.setting}").text
    text = words(page)
    assert "up to 10 km: about 10 10 to 25 km: about 10 25 to 50 km: none, or too few to tell" in text
    assert "Autistic spectrum disorder 10 – –" in text
    assert "Social, emotional and mental health; Vision impairment (taken together) – 10 –" in text
    assert "2 kinds taken together" in text
    assert "Intensive 10 10 –" in text
    assert "Years 7 to 9 10 10 –" in text
    assert page.count('class="app-chart__picture"') == 3
    assert "CANARY" not in page
    assert "None within 50 km, or too few to be told." in words(
        sign_in(trust.editor).get(f"/demand/{trust.second}").text
    )


def test_nobody_else_sees_it(trust: Trust, sign_in: SignIn) -> None:
    work()
    with transaction(SYSTEM) as session:
        rival = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email
    client = sign_in(rival)
    assert client.get(f"/demand/{trust.setting}").status_code == 404
    assert "runs no open setting here yet" in client.get("/demand").text
    assert sign_in(trust.commissioner).get("/demand").status_code == 403


def test_a_page_that_is_none_is_refused(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    assert client.get("/demand?page=99").status_code == 200
    assert client.get("/demand?page=x").status_code == 422

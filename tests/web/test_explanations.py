"""Why a run recommends this: each nearer or cheaper place with what stands against it, in words for a parent."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from marketplace import embedded, jobs
from marketplace.db import transaction
from marketplace.models import Budget, Role
from marketplace.permissions import SYSTEM
from marketplace.services.matching import runs
from tests import builders

SignIn = Callable[[str], FlaskClient]
AUTUMN = date(2026, 9, 1)
NEAR, FAR = (405_000, 305_000), (415_000, 305_000)  # 10 km apart: 14 km by road


class World:
    """A near school with one place for three pupils of one LA, a far one with room, one for other needs, and a pupil of
    another LA, whose budget reaches for nothing."""

    def __init__(self, addresses: embedded.Addresses) -> None:
        with transaction(SYSTEM) as session:
            builders.framework(session)
            region = builders.region(session, "Fenshire")
            la = builders.authority(session, region, name="Norbury")
            poor = builders.authority(session, region, name="Southbury")
            session.add(Budget(authority=poor, amount=1_000_000))
            for name, (easting, northing), places, needs in (
                ("Near School", NEAR, "1", ["ASD"]),
                ("Far School", FAR, "9", ["ASD"]),
                ("Other School", NEAR, "9", ["VI"]),
            ):
                setting = builders.setting(session, la, name=name, easting=easting, northing=northing)
                pool = builders.pool(session, setting, (7, 11, AUTUMN, places))
                builders.schedule(session, builders.provision(session, pool, needs=needs))
            home = {"easting": NEAR[0], "northing": NEAR[1]}
            self.urgent = builders.need(session, la, reference="NOR-1", priority=1, **home).id
            self.usual = builders.need(session, la, reference="NOR-2", easting=NEAR[0] + 100, northing=NEAR[1]).id
            self.poor = builders.need(session, poor, reference="SOU-1", **home).id
            self.people = {
                "region": builders.user(session, region, Role.PROCUREMENT).email,
                "norbury": builders.user(session, la, Role.COMMISSIONER).email,
                "southbury": builders.user(session, poor, Role.COMMISSIONER).email,
            }
            self.run_id = runs.start_run(session, SYSTEM, scope_id=region.id, on=date(2026, 11, 23), seconds=30).id
        jobs.work(addresses.application, is_waiting=False)

    def page(self, client: FlaskClient, need_id: int) -> str:
        answer = client.get(f"/runs/{self.run_id}/needs/{need_id}")
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def world(database: Engine, addresses: embedded.Addresses) -> World:  # noqa: ARG001 - the database that it is built in
    return World(addresses)


def test_who_goes_farther_is_told_that_the_nearer_is_full_and_of_whom(world: World, sign_in: SignIn) -> None:
    page = world.page(sign_in(world.people["norbury"]), world.usual)
    assert "Why Far School" in page
    assert "Near School" in page
    assert "13.7 km nearer" in page
    assert "It is full. Its places go to pupils (the most urgent) to whom they matter more" in page
    assert "A place more there, or one of those pupils placed elsewhere." in page
    assert "so that all pupils together have the shortest ways" in page


def test_what_is_nearer_and_does_not_suit_is_told_with_the_rule(world: World, sign_in: SignIn) -> None:
    page = world.page(sign_in(world.people["norbury"]), world.usual)
    assert "Nearer, but not suitable" in page
    assert re.search(r"Other School .*? Does not meet the primary need", page)


def test_who_has_the_best_is_told_so(world: World, sign_in: SignIn) -> None:
    page = world.page(sign_in(world.people["norbury"]), world.urgent)
    assert "Why Near School" in page
    assert "No other place that suits is nearer, cheaper or better for this pupil." in page
    assert "1 other place would suit, farther, dearer and no better" in page


def test_who_has_nothing_is_told_what_the_budget_lacks(world: World, sign_in: SignIn) -> None:
    page = world.page(sign_in(world.people["southbury"]), world.poor)
    assert "Why no place was found" in page
    assert "budget lacks £45,980 for it. £45,980 more in the budget." in page
    assert "more in the budget." in page


def test_an_la_reads_why_for_its_own_pupils_and_for_no_others(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.people["southbury"])
    assert client.get(f"/runs/{world.run_id}/needs/{world.usual}").status_code == 404
    page = world.page(client, world.poor)
    assert "NOR-" not in page
    assert f"/runs/{world.run_id}/needs/{world.poor}" in client.get(f"/runs/{world.run_id}/recommendations").text
    assert world.page(sign_in(world.people["region"]), world.usual)


def test_the_page_of_a_need_leads_to_why(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.people["norbury"]).get(f"/needs/{world.usual}").text
    assert f"/runs/{world.run_id}/needs/{world.usual}" in page


def test_a_run_whose_files_are_gone_says_so(world: World, sign_in: SignIn, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM run_results"))
    answer = sign_in(world.people["norbury"]).get(f"/runs/{world.run_id}/needs/{world.usual}")
    assert answer.status_code == 409
    assert "keeps no files to explain it by" in answer.text

"""Budgets in one grid: procurement of a region sets those of its LAs, of an LA its own."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import AuditEvent, Budget, Role
from marketplace.permissions import SYSTEM
from tests import builders

SignIn = Callable[[str], FlaskClient]


class World:
    """A region of two LAs, one with a budget, and an LA elsewhere."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            region = builders.region(session)
            self.first = builders.authority(session, region, name="Norbury").id
            self.second = builders.authority(session, region, name="Southbury").id
            self.elsewhere = builders.authority(session).id
            session.add(Budget(authority_id=self.first, amount=5_000_000))
            self.region = builders.user(session, region, Role.PROCUREMENT).email
            self.la = builders.user(session, session.get_one(builders.Authority, self.second), Role.PROCUREMENT).email
            self.other = builders.user(session, region, Role.APPROVER).email


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001 - the database that it is built in
    return World()


def kept() -> dict[int, int]:
    with transaction(SYSTEM) as session:
        return {row.authority_id: row.amount for row in session.scalars(select(Budget))}


def typed(**rows: tuple[str, str]) -> dict[str, str]:
    """The fields of the grid: amount and version by authority ("a17")."""
    return {
        f"budgets-{at[1:]}-{name}": value
        for at, pair in rows.items()
        for name, value in zip(("amount", "version"), pair, strict=True)
    }


def test_a_region_sets_the_budgets_of_its_las_at_once(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.region)
    page = client.get("/budgets").text
    assert ("Norbury" in page, "Southbury" in page, 'value="50,000"' in page) == (True, True, True)
    form = typed(**{f"a{world.first}": ("£75,000.50", "1"), f"a{world.second}": ("20,000", "")})
    assert builders.post(client, "/budgets", **form).status_code == 302
    assert kept() == {world.first: 7_500_050, world.second: 2_000_000}
    with transaction(SYSTEM) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.event == "budget set")).all()
        assert {event.subject_id: event.data["amount"] for event in events} == kept()


def test_an_empty_box_is_no_limit(world: World, sign_in: SignIn) -> None:
    builders.post(sign_in(world.region), "/budgets", **typed(**{f"a{world.first}": ("", "1")}))
    assert kept() == {}


def test_nothing_changed_is_said(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.region)
    builders.post(client, "/budgets", **typed(**{f"a{world.first}": ("50,000", "1")}))
    assert "Nothing was changed" in client.get("/budgets").text


def test_an_la_sets_its_own_and_sees_no_others(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.la)
    assert "Norbury" not in client.get("/budgets").text
    builders.post(client, "/budgets", **typed(**{f"a{world.second}": ("10", "")}))
    assert kept()[world.second] == 1_000


def test_the_budget_of_another_region_is_not_there_to_be_set_and_nothing_else_is_kept(
    world: World, sign_in: SignIn
) -> None:
    form = typed(**{f"a{world.first}": ("1", "1"), f"a{world.elsewhere}": ("1", "")})
    assert builders.post(sign_in(world.region), "/budgets", **form).status_code == 404
    assert kept() == {world.first: 5_000_000}


def test_an_amount_that_is_none_is_said_beside_its_box_and_kept(world: World, sign_in: SignIn) -> None:
    answer = builders.post(sign_in(world.region), "/budgets", **typed(**{f"a{world.first}": ("1.2k", "1")}))
    assert answer.status_code == 422
    assert "Enter an amount in pounds" in answer.text
    assert f'href="#budgets-{world.first}-amount"' in answer.text
    assert 'value="1.2k"' in answer.text


@pytest.mark.parametrize("version", ["", "7"])
def test_a_budget_that_somebody_else_has_set_meanwhile_is_shown_before_it_is_replaced(
    world: World, sign_in: SignIn, version: str
) -> None:
    client = sign_in(world.region)
    answer = builders.post(client, "/budgets", **typed(**{f"a{world.first}": ("99,000", version)}))
    assert answer.status_code == 409
    assert "Somebody else has set the budget of Norbury" in answer.text
    assert "Kept now: £50,000" in answer.text
    assert 'value="99,000"' in answer.text
    assert kept() == {world.first: 5_000_000}
    again = builders.post(client, "/budgets", **typed(**{f"a{world.first}": ("99,000", "1")}))
    assert (again.status_code, kept()) == (302, {world.first: 9_900_000})


def test_who_does_not_procure_sets_no_budget(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.other).get("/budgets").status_code == 403


def test_a_page_that_is_not_ours_is_refused(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.region)
    for form in ({}, {"budgets": "x"}, {"budgets-x-amount": "1"}, {f"budgets-{world.first}-version": "x"}):
        assert builders.post(client, "/budgets", **form).status_code == 422

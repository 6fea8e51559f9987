"""Building the demonstration region: the same each time, only where nothing else is, with accounts that sign in."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, MetaData, select, text
from sqlalchemy.orm import Session

from marketplace import db
from marketplace.errors import Conflict, NotPermitted
from marketplace.models import Base, OrganisationKind, Role, Setting, User
from marketplace.permissions import NOBODY, SYSTEM
from marketplace.services.demonstration import PASSWORD, build_demonstration, names
from marketplace.services.people import ROLES
from tests import builders

ON = date(2026, 11, 24)


def content(cleaner: Engine) -> dict[str, list[Any]]:
    """Every row of every table but the salted hashes of passwords; then the tables are empty, their ids start again."""
    metadata: MetaData = Base.metadata
    with cleaner.begin() as connection:
        rows = {}
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "password_hash"]
            rows[table.name] = [tuple(row) for row in connection.execute(select(*columns).order_by(*table.primary_key))]
        everything = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {everything} RESTART IDENTITY CASCADE"))
    return rows


def built(cleaner: Engine, *, seed: int, on: date = ON) -> dict[str, list[Any]]:
    with db.transaction(SYSTEM) as session:
        build_demonstration(session, SYSTEM, on=on, seed=seed)
    return content(cleaner)


def test_two_builds_from_one_seed_and_day_are_identical_and_from_another_differ(
    database: Engine, cleaner: Engine
) -> None:
    assert database
    content(cleaner)
    first = built(cleaner, seed=7)
    assert built(cleaner, seed=7) == first
    assert len(first["needs"]) == 600
    other, later = built(cleaner, seed=8), built(cleaner, seed=7, on=date(2027, 3, 1))
    for table in ("settings", "price_lines", "needs"):
        assert other[table] != first[table]
    assert later["vacancies"] != first["vacancies"]


def test_an_account_of_every_role_signs_in_and_every_page_says_what_it_is(client: FlaskClient) -> None:
    with db.transaction(SYSTEM) as session:
        build_demonstration(session, SYSTEM, on=ON)
        first: dict[tuple[OrganisationKind, Role], str] = {}
        for user in session.scalars(select(User).order_by(User.id)):
            (role,) = user.roles
            first.setdefault((user.organisation.kind, role), user.email)
    assert len(first) == sum(map(len, ROLES.values()))
    assert "Demonstration data; illustrative tariff" in client.get("/sign-in").text
    for email in first.values():
        browser = client.application.test_client()
        answer = builders.post(browser, "/sign-in", email=email, password=PASSWORD)
        assert answer.status_code == 302, (email, answer.text)
        assert "Demonstration data; illustrative tariff" in browser.get("/").text


def test_it_is_never_built_beside_other_organisations(session: Session) -> None:
    builders.region(session, "Elmland")
    with pytest.raises(Conflict, match="not the demonstration's, such as Elmland"):
        build_demonstration(session, SYSTEM, on=ON)


def test_once_built_it_is_used_as_it_stands(session: Session) -> None:
    build_demonstration(session, SYSTEM, on=ON)
    builders.provider(session, "Somebody who came later")
    found = build_demonstration(session, SYSTEM, on=date(2027, 1, 5))
    assert found.name == names.REGION
    assert len(session.scalars(select(Setting)).all()) == 60
    with pytest.raises(Conflict, match="built with the seed 12"):
        build_demonstration(session, SYSTEM, on=ON, seed=13)


def test_only_the_system_builds_it(session: Session) -> None:
    with pytest.raises(NotPermitted):
        build_demonstration(session, NOBODY, on=ON)

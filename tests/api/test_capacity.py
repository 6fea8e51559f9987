"""A provider's vacancies, settings and prices through the API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Pool, Role, Unit
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import System, system

ROW = {"low_year": 7, "high_year": 11, "starts_on": "2026-09-01", "amount": 2}


class Trust:
    """A provider with a pool of two places, a rival with another, and an LA."""

    def __init__(self, app: Flask) -> None:
        with transaction(SYSTEM) as session:
            la = builders.authority(session)
            provider, rival = builders.provider(session), builders.provider(session)
            pool = builders.pool(session, builders.setting(session, la, provider))
            self.setting, self.pool, self.version = pool.setting_id, pool.id, pool.version
            self.schedule = builders.schedule(session, builders.provision(session, pool)).id
            other = builders.pool(session, builders.setting(session, la, rival))
            self.rivals_setting, self.rivals_pool = other.setting_id, other.id
            builders.provision(session, other)
            self.system = system(app, session, provider, Role.PROVIDER_EDITOR)
            self.commissioner = system(app, session, la, Role.COMMISSIONER)

    def state(self, *rows: dict[str, Any], version: int | None = None) -> Any:
        body = {"rows": list(rows)}
        return self.system.put(f"/pools/{self.pool}/vacancies", body, version=version or self.version)


@pytest.fixture
def trust(app: Flask, database: Engine) -> Trust:  # noqa: ARG001
    return Trust(app)


def test_a_provider_reads_its_own_pools(trust: Trust) -> None:
    listed = trust.system.get("/pools").json["items"]
    assert [row["id"] for row in listed] == [trust.pool]
    assert listed[0]["rows"] == [ROW]
    shown = trust.system.get(f"/pools/{trust.pool}")
    assert (shown.json, shown.headers["ETag"]) == (listed[0], f'"{trust.version}"')


def test_vacancies_are_changed_and_confirmed(trust: Trust) -> None:
    before = trust.system.get(f"/pools/{trust.pool}").json["confirmed_at"]
    answer = trust.state({**ROW, "amount": 3.0}, {"low_year": -1, "amount": 1, "starts_on": "2027-01-04"})
    assert (answer.status_code, answer.json["version"]) == (200, trust.version + 1), answer.text
    now = trust.system.get(f"/pools/{trust.pool}").json
    assert [row["amount"] for row in now["rows"]] == [3, 1]
    assert now["confirmed_at"] > before


def test_what_is_confirmed_as_it_was_keeps_its_version(trust: Trust) -> None:
    before = trust.system.get(f"/pools/{trust.pool}").json
    assert trust.state(*before["rows"]).json["version"] == trust.version
    assert trust.system.get(f"/pools/{trust.pool}").json["confirmed_at"] > before["confirmed_at"]


def test_a_stale_statement_changes_nothing_and_is_told_what_holds(trust: Trust) -> None:
    trust.state({**ROW, "amount": 5})
    answer = trust.state({**ROW, "amount": 1})
    assert (answer.status_code, answer.json["current_etag"]) == (412, f'"{trust.version + 1}"')
    assert trust.system.get(f"/pools/{trust.pool}").json["rows"][0]["amount"] == 5


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{**ROW, "amount": "2"}], "rows.0.amount"),
        ([{**ROW, "amount": 0.25}], "rows.0.amount"),
        ([ROW, {**ROW, "low_year": 9}], "rows.1.low_year"),
        ([{**ROW, "high_year": 6}], "rows.0.high_year"),
        ([None], "rows"),
        (None, "rows"),
    ],
)
def test_rows_that_cannot_be_are_refused_by_their_place(trust: Trust, rows: Any, field: str) -> None:
    answer = trust.system.put(f"/pools/{trust.pool}/vacancies", {"rows": rows}, version=trust.version)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_hours_go_by_halves_and_the_row_is_named_as_it_was_sent(trust: Trust) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Pool, trust.pool).unit = Unit.HOURS
    version = trust.system.get(f"/pools/{trust.pool}").json["version"]
    answer = trust.state({**ROW, "amount": 2.3}, version=version)
    assert list(answer.json["errors"]) == ["rows.0.amount"]


def test_a_rivals_pool_and_setting_are_not_there(trust: Trust) -> None:
    by = trust.system
    assert by.get(f"/pools/{trust.rivals_pool}").status_code == 404
    assert by.put(f"/pools/{trust.rivals_pool}/vacancies", {"rows": []}, version=1).status_code == 404
    assert by.get(f"/settings/{trust.rivals_setting}").status_code == 404


def test_an_la_reads_settings_offers_vacancies_and_prices(trust: Trust) -> None:
    by: System = trust.commissioner
    assert by.get("/settings?kind=full").json["count"] == 2
    shown = by.get(f"/settings/{trust.setting}").json
    assert [row["rows"] for row in shown["pools"]] == [[ROW]]
    assert [row["pool_id"] for row in shown["provisions"]] == [trust.pool]
    listed = by.get(f"/settings/{trust.setting}/schedules").json["items"]
    assert [row["id"] for row in listed] == [trust.schedule]
    lines = by.get(f"/schedules/{trust.schedule}").json["lines"]
    assert {line["band"]: line["amount"] for line in lines} == {
        "moderate": 3_000_000, "intensive": 4_800_000, "profound": 6_600_000,
    }  # fmt: skip
    assert by.get(f"/pools/{trust.pool}").status_code == 403

"""What is sent again has one effect and the same answer; what is sent under another's key is refused (R04)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.models import MatchingRun, Need, Role
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import NEED, System, system

KEY = "a-key-of-its-own"


@pytest.fixture
def by(app: Flask, database: Engine) -> System:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        builders.framework(session)
        return system(app, session, builders.authority(session), Role.COMMISSIONER, Role.PROCUREMENT)


def needs() -> int:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Need)) or 0


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "a key of its own", "é" * 10])
def test_a_post_without_a_key_is_refused(by: System, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")} if key else {}
    answer = by.post("/needs", NEED, key="", headers=headers)
    assert (answer.status_code, needs()) == (400, 0)


def test_the_same_again_has_no_effect_and_the_same_answer(by: System) -> None:
    first = by.post("/needs", NEED, key=KEY)
    assert (first.status_code, "Idempotent-Replayed" in first.headers) == (201, False)
    for _ in range(3):
        again = by.post("/needs", dict(reversed(NEED.items())), key=KEY)
        assert (again.status_code, again.json, again.headers["Location"]) == (
            201, first.json, first.headers["Location"],
        )  # fmt: skip
        assert again.headers["Idempotent-Replayed"] == "true"
    assert needs() == 1


def test_the_same_again_is_answered_so_though_the_object_has_moved_on(by: System) -> None:
    need = by.post("/needs", NEED).json
    address = f"/needs/{need['id']}/publish"
    first = by.post(address, version=need["version"], key=KEY)
    assert by.put(f"/needs/{need['id']}", {**NEED, "priority": 1}, version=first.json["version"]).status_code == 200
    again = by.post(address, version=need["version"], key=KEY)
    assert (again.status_code, again.json, again.headers["ETag"]) == (200, first.json, first.headers["ETag"])


@pytest.mark.parametrize(("path", "body"), [("/needs", {**NEED, "priority": 1}), ("/runs", {})])
def test_something_else_under_the_same_key_is_refused(by: System, path: str, body: dict[str, object]) -> None:
    by.post("/needs", NEED, key=KEY)
    answer = by.post(path, body if path == "/needs" else {"on": "2027-09-01", "seconds": 5}, key=KEY)
    assert (answer.status_code, needs()) == (409, 1)


def test_what_was_refused_may_be_put_right_under_the_same_key(by: System) -> None:
    assert by.post("/needs", {**NEED, "priority": 9}, key=KEY).status_code == 422
    assert by.post("/needs", NEED, key=KEY).status_code == 201


def test_keys_of_others_are_never_met(app: Flask, by: System) -> None:
    by.post("/needs", NEED, key=KEY)
    with transaction(SYSTEM) as session:
        other = system(app, session, builders.authority(session), Role.COMMISSIONER)
    assert other.post("/needs", {**NEED, "priority": 1}, key=KEY).status_code == 201


def test_of_several_at_once_one_has_an_effect(by: System) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: by.post("/needs", NEED, key=KEY), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == needs() == 1


def test_a_run_that_was_asked_for_twice_is_one(by: System) -> None:
    need = by.post("/needs", NEED).json
    by.post(f"/needs/{need['id']}/publish", version=need["version"])
    asked = {"on": "2027-09-01", "seconds": 5}
    first, again = (by.post("/runs", asked, key=KEY) for _ in range(2))
    assert (first.status_code, again.status_code, again.json) == (202, 202, first.json)
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(MatchingRun)) == 1


def test_without_the_database_the_answer_says_when_to_try_again(by: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr("marketplace.api.guards.transaction", fails)
    answer = by.post("/needs", NEED, key=KEY)
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (
        503, "application/problem+json", "60",
    )  # fmt: skip


def test_what_nobody_expected_is_told_without_a_trace(app: Flask, by: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions["api"].config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("marketplace.api.needs.list_needs", lambda *_, **__: 1 / 0)
    answer = by.get("/needs")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "division" not in answer.text
    assert answer.json["request_id"]

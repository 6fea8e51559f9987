"""Whatever goes wrong is told as a problem, with the headers of every answer, and nothing of the inside."""

import pytest
from flask import Flask
from sqlalchemy import Engine

from marketplace.api.guards import HEADERS
from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import NEED, System, system


@pytest.fixture
def by(app: Flask, database: Engine) -> System:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return system(app, session, builders.authority(session), Role.COMMISSIONER)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no-such-noun", 404),
        ("GET", "/", 404),
        ("GET", "/needs/999", 404),
        ("DELETE", "/needs", 405),
        ("OPTIONS", "/needs", 405),
        ("TRACE", "/needs", 405),
        ("PATCH", "/needs/1", 405),
        ("GET", "/pools", 403),
        ("GET", "/needs?page=0", 422),
    ],
)
def test_a_problem_says_its_status_in_the_form_of_the_standard(by: System, method: str, path: str, status: int) -> None:
    answer = by.send(method, path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail", "request_id"} <= set(answer.json)
    assert (answer.json["type"], answer.json["status"]) == ("about:blank", status)
    assert ("Allow" in answer.headers) == (status == 405)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_more_than_a_need_can_hold_is_not_read(by: System) -> None:
    answer = by.post("/needs", {**NEED, "mainstream": "x" * 1_000_001})
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


def test_without_a_framework_in_force_nothing_can_be_posted_and_the_answer_says_so(by: System) -> None:
    answer = by.post("/needs", NEED)
    assert answer.status_code == 409
    assert "framework" in answer.json["detail"]


def test_the_head_of_an_answer_is_that_of_its_whole(by: System) -> None:
    answer = by.send("HEAD", "/needs")
    assert (answer.status_code, answer.data) == (200, b"")

"""The examples of the document, run as they stand against a server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from marketplace.db import transaction
from marketplace.models import Need, Role, Scope, Vacancy
from marketplace.permissions import API_POLICY, SYSTEM
from tests import builders
from tests.api.systems import token

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


@pytest.fixture
def url(app: Flask, database: Engine) -> Iterator[str]:  # noqa: ARG001
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    return str(found)


def ran(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_posts_a_need_and_shows_its_options(url: str) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.framework(session)
        pool = builders.pool(session, builders.setting(session, la, builders.provider(session)))
        builders.schedule(session, builders.provision(session, pool))
        urn = pool.setting.urn
        text = token(session, builders.user(session, la, Role.COMMISSIONER), [Scope.NEEDS_READ, Scope.NEEDS_WRITE])
    said = ran([sys.executable, "-c", example("python")], MARKETPLACE_URL=url, MARKETPLACE_TOKEN=text)
    assert re.fullmatch(rf"{urn} £[\d,]+ a year [\d.]+ km\n", said), said
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Need.status)).one() == "published"


def test_the_curl_example_states_what_is_vacant(url: str) -> None:
    with transaction(SYSTEM) as session:
        provider = builders.provider(session)
        pool = builders.pool(session, builders.setting(session, builders.authority(session), provider))
        editor = builders.user(session, provider, Role.PROVIDER_EDITOR)
        text = token(session, editor, [Scope.CAPACITY_READ, Scope.CAPACITY_WRITE])
    said = ran(["bash", "-ec", example("sh")], MARKETPLACE_URL=url, MARKETPLACE_TOKEN=text, POOL=str(pool.id))
    assert f'"id":{pool.id}' in said.replace(" ", "")
    with transaction(SYSTEM) as session:
        assert [float(row.amount) for row in session.scalars(select(Vacancy))] == [3]


def test_the_document_names_every_scope_and_none_that_there_is_not() -> None:
    assert set(re.findall(r"`([a-z]+:[a-z]+)`", DOCUMENT)) == {scope.value for scope in Scope}
    assert {access.scope for access in API_POLICY.values()} - {None} == set(Scope)

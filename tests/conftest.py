"""The real things that tests stand on: a PostgreSQL of the test run's own, one migrated database per test process."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from marketplace import db, embedded, migrate
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.permissions import SYSTEM
from tests import builders

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def addresses(worker_id: str) -> embedded.Addresses:
    """A database of this test process, built by the real migrations, on a server shared by all of them."""
    server = Path(tempfile.gettempdir()) / f"marketplace-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    found = embedded.start(server, database=f"tests_{worker_id}")
    migrate.upgrade(found.owner)
    return found


@pytest.fixture(scope="session")
def owner(addresses: embedded.Addresses) -> Iterator[Engine]:
    """The owner of the tables: tests use it to clean up, the product never does."""
    engine = db.connect(addresses.owner)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def application(addresses: embedded.Addresses) -> Iterator[Engine]:
    """The application role, as the product runs."""
    engine = db.connect_as_application(addresses.application)
    yield engine
    engine.dispose()


@pytest.fixture
def database(owner: Engine, application: Engine) -> Iterator[Engine]:
    """An empty database for one test; whatever the test commits is removed after it."""
    db.configure(application)
    yield application
    with owner.begin() as connection:
        names = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
        )
        connection.execute(text(f"TRUNCATE {', '.join(sorted(names))} RESTART IDENTITY"))


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:  # noqa: ARG001
    """One transaction of the system, open for the whole test; for tests of services."""
    with db.transaction(SYSTEM) as session:
        yield session


@pytest.fixture(scope="session")
def app(addresses: embedded.Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application as gunicorn serves it."""
    data = tmp_path_factory.mktemp("data")
    app = create_app(Config(data=data, database_url=addresses.application, is_plain_http=True))
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def client(app: Flask, database: Engine) -> FlaskClient:
    """A browser without a session."""
    db.configure(database)
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, database: Engine) -> Callable[[str], FlaskClient]:
    """Sign in by e-mail address, with the builders' password, through the real page."""
    db.configure(database)

    def signed_in(email: str) -> FlaskClient:
        client = app.test_client()
        answer = builders.post(client, "/sign-in", email=email, password=builders.PASSWORD)
        assert answer.status_code == 302, answer.text
        return client

    return signed_in

"""The real things that tests stand on: a PostgreSQL of the test run's own, one migrated database per test process."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.orm import Session
from xdist.scheduler.loadscope import LoadScopeScheduling

from marketplace import db, embedded, migrate, sealing
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.permissions import SYSTEM
from tests import builders
from tests.again import TRIED, Tried, unheld

ROOT = Path(__file__).parents[1]

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


class OneBrowser(LoadScopeScheduling):
    """Tests over processes one by one, but the browser walks, which share one site, all in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    """How tests are shared out. (The plug-in's own groups are lost on the way with the pytest that we use.)"""
    return OneBrowser(config, log)


def pytest_testnodedown(node: Any) -> None:
    """A process of tests has ended: what it has tried counts for all."""
    TRIED.add(getattr(node, "workeroutput", {}).get("tried", Tried().told()))


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """A run of all tests of the pages fails where a form was not sent again (`tests/again.py`)."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tried"] = TRIED.told()
    yield
    if is_of_all_pages(session.config) and exitstatus == pytest.ExitCode.OK and (left := unheld()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("", *left, sep="\n")  # noqa: T201 - the summary is written by now


def is_of_all_pages(config: pytest.Config) -> bool:
    """Whether a run, seen from where it is reported, is of all the tests of the pages there are."""
    pages = ROOT / "tests" / "web"
    asked = {Path(str(config.invocation_params.dir), name).resolve() for name in config.args}
    is_picked = (
        config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False) or config.option.deselect
    )
    return not hasattr(config, "workeroutput") and not is_picked and bool(asked & {ROOT, pages.parent, pages})


def superuser(addresses: embedded.Addresses) -> str:
    """The address of the server's superuser, whom the product does not know."""
    return make_url(addresses.owner).set(username="postgres").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def addresses(worker_id: str) -> embedded.Addresses:
    """A database of this test process, built by the real migrations, on a server shared by all of them."""
    server = Path(tempfile.gettempdir()) / f"marketplace-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    atexit.register(_remove, server)  # registered before the server's own, so it runs after the server has stopped
    found = embedded.start(server, database=f"tests_{worker_id}")
    engine = db.connect(superuser(found), options="").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:  # nobody will miss these data after a power cut
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    migrate.upgrade(found.owner)
    return found


def _remove(server: Path) -> None:
    if not (server / "postgresql" / "postmaster.pid").exists():  # another test process may still use it
        shutil.rmtree(server, ignore_errors=True)


@pytest.fixture(scope="session")
def owner(addresses: embedded.Addresses) -> Iterator[Engine]:
    """The owner of the tables, who is not held by row-level security."""
    engine = db.connect(addresses.owner)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def cleaner(addresses: embedded.Addresses) -> Iterator[Engine]:
    """Removes what a test left, past all triggers and foreign keys."""
    engine = db.connect(superuser(addresses), options="-c session_replication_role=replica")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def application(addresses: embedded.Addresses) -> Iterator[Engine]:
    """The application role, as the product runs, with keys to seal."""
    sealing.configure(builders.ENCRYPTION_KEYS)
    engine = db.connect_as_application(addresses.application)
    yield engine
    engine.dispose()


@pytest.fixture
def database(cleaner: Engine, application: Engine) -> Iterator[Engine]:
    """An empty database for one test; whatever the test commits is removed after it."""
    db.configure(application)
    sealing.configure(builders.ENCRYPTION_KEYS)  # again: a test may have changed them
    yield application
    empty(cleaner)


def empty(cleaner: Engine) -> None:
    """Remove every row there is."""
    with cleaner.begin() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        connection.execute(text("; ".join(f"DELETE FROM {table}" for table in sorted(tables))))


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:  # noqa: ARG001
    """One transaction of the system, open for the whole test; for tests of services."""
    with db.transaction(SYSTEM) as session:
        yield session


@pytest.fixture(scope="session")
def app(addresses: embedded.Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application as gunicorn serves it."""
    data = tmp_path_factory.mktemp("data")
    keys = builders.ENCRYPTION_KEYS
    app = create_app(Config(data=data, database_url=addresses.application, is_plain_http=True, encryption_keys=keys))
    app.test_client_class = builders.Browser
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


@pytest.fixture
def work_in_a_process(addresses: embedded.Addresses, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `marketplace worker` as a process of its own, with these settings."""
    environment = {**os.environ, "DATABASE_URL": addresses.application, "MARKETPLACE_DATA": str(tmp_path)}
    processes: list[subprocess.Popen[str]] = []

    def begin(**settings: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "marketplace", "worker"]
        started = subprocess.Popen(command, env=environment | settings, stderr=subprocess.PIPE, text=True)
        processes.append(started)
        return started

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()

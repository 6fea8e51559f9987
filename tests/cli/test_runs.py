"""`marketplace runs` and `marketplace worker`: by command what the pages do, with clear errors and exit codes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from marketplace import db, embedded
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.models import Authority, Budget
from marketplace.permissions import SYSTEM
from tests import builders

Command = Callable[..., Result]


@pytest.fixture
def command(
    database: Engine, addresses: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command of the product on the test's database."""
    monkeypatch.setenv("DATABASE_URL", addresses.application)
    monkeypatch.setenv("MARKETPLACE_DATA", str(tmp_path))

    def run(*arguments: str) -> Result:
        outcome = CliRunner().invoke(main, arguments)
        db.configure(database)  # the command has closed its own
        return outcome

    return run


@pytest.fixture
def la(database: Engine) -> Authority:  # noqa: ARG001
    """A budgeted LA with two pupils, and one place for them."""
    with transaction(SYSTEM) as session:
        builders.framework(session)
        la = builders.authority(session, builders.region(session, "Fenshire"), name="Norbury", code="951")
        session.add(Budget(authority=la, amount=10_000_000))
        setting = builders.setting(session, la, name="Ash Grove School")
        vacancy = (7, 11, builders.date(2026, 9, 1), "1")
        builders.schedule(session, builders.provision(session, builders.pool(session, setting, vacancy)))
        for _ in range(2):
            builders.need(session, la)
        return la


def number(started: Result) -> str:
    """The number of the run that was started."""
    return started.output.split()[1]


@pytest.mark.parametrize("scope", ["fenshire", "951", "NORBURY"])
@pytest.mark.usefixtures("la")
def test_a_run_is_started_by_the_name_of_a_region_or_the_name_or_code_of_an_la(
    command: Command,
    scope: str,
) -> None:
    outcome = command("runs", "start", "--scope", scope, "--on", "2026-11-23")
    assert outcome.exit_code == 0, outcome.output
    assert "is queued" in outcome.output
    assert "queued" in command("runs", "list").output


@pytest.mark.usefixtures("la")
def test_a_worker_does_the_run_and_it_can_be_shown(command: Command) -> None:
    started = command("runs", "start", "--scope", "951", "--on", "2026-11-23")
    assert command("worker", "--once").exit_code == 0
    shown = command("runs", "show", number(started))
    assert shown.exit_code == 0
    for words in (
        "done",
        "Full placement",
        "Every suitable provision is full",
        "Norbury",
        "1 of 2",
        "£100,000",
        "Ash Grove",
    ):
        assert words in shown.output, shown.output
    assert "never a decision" in shown.output


@pytest.mark.usefixtures("la")
def test_waiting_for_a_run_ends_with_its_result(
    command: Command,
    addresses: embedded.Addresses,
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "DATABASE_URL": addresses.application, "MARKETPLACE_DATA": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-m", "marketplace", "worker"], env=environment, stderr=subprocess.PIPE)
    try:
        outcome = command("runs", "start", "--scope", "951", "--on", "2026-11-23", "--wait")
        assert outcome.exit_code == 0, outcome.output
        assert "Proven within" in outcome.output
    finally:
        worker.terminate()
        worker.communicate()
    assert worker.returncode == 0


@pytest.mark.usefixtures("la")
def test_a_run_that_has_failed_ends_its_command_with_one_and_says_why(command: Command) -> None:
    started = command("runs", "start", "--scope", "951", "--on", "2020-01-01")
    command("worker", "--once")
    shown = command("runs", "show", number(started))
    assert shown.exit_code == 1
    assert "No framework is in force" in shown.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("start", "--scope", "Atlantis"), 'No LA has the code or name "Atlantis"'),
        (("start", "--scope", "951", "--on", "23/11/2026"), "does not match the format"),
        (("start", "--scope", "951", "--seconds", "0"), "is not in the range"),
        (("show", "0"), "There is no matching run 0."),
        (("show", "x"), "is not a valid integer"),
    ],
)
@pytest.mark.usefixtures("la")
def test_what_cannot_be_done_is_said_in_a_sentence(
    command: Command,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    outcome = command("runs", *arguments)
    assert outcome.exit_code == 2
    assert words in outcome.output
    assert "Traceback" not in outcome.output


@pytest.mark.usefixtures("la")
def test_a_second_run_over_a_scope_is_refused_until_the_first_has_ended(command: Command) -> None:
    start = ("runs", "start", "--scope", "951", "--on", "2026-11-23")
    command(*start)
    refused = command(*start)
    assert (refused.exit_code, "already under way" in refused.output) == (2, True)
    command("worker", "--once")
    assert command(*start).exit_code == 0


def test_a_scope_without_needs_is_not_run(command: Command, la: Authority) -> None:
    with transaction(SYSTEM) as session:
        builders.authority(session, la.region, name="Southbury")
    refused = command("runs", "start", "--scope", "Southbury")
    assert (refused.exit_code, "no published need" in refused.output) == (2, True)


def test_without_a_database_the_worker_says_so(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    outcome = command("worker")
    assert outcome.exit_code == 2
    assert "cannot be reached" in outcome.output


@pytest.mark.usefixtures("la")
def test_a_run_goes_by_a_policy_file_as_the_template_of_match_writes_it(command: Command, tmp_path: Path) -> None:
    assert command("match", "--template", str(tmp_path / "example")).exit_code == 0
    file = tmp_path / "example" / "policy.toml"
    file.write_text(file.read_text().replace("circuity = 1.4", "circuity = 1.25"))
    started = command("runs", "start", "--scope", "951", "--on", "2026-11-23", "--policy", str(file))
    assert started.exit_code == 0, started.output
    assert command("worker", "--once").exit_code == 0
    assert "Policy: circuity 1.25 (published 1.4)" in command("runs", "show", number(started)).output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"circuity = 0.5", "policy.toml, circuity: '0.5' Enter a number from 1 to 10."),
        (b"circuit = 1.4", "policy.toml, circuit: '1.4' There is no such entry."),
        (b"unplaced = [1, 2]", "policy.toml, unplaced_3: Give all 5 of these numbers, or none."),
        (b"journeys = { day = 0 }", "policy.toml, journeys_day: '0' Enter a whole number from 1 to 1,000."),
        (b"circuity 1.4", "policy.toml: is not TOML"),
        (b"circuity = " + b"9" * 5000, "policy.toml: is not TOML"),
        (b"\xff\xfe\x00", "policy.toml: is not TOML"),
    ],
)
@pytest.mark.usefixtures("la")
def test_a_policy_file_at_fault_is_told_and_starts_nothing(
    command: Command, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(content)
    outcome = command("runs", "start", "--scope", "951", "--policy", str(file))
    assert outcome.exit_code == 2
    assert words in outcome.output
    assert "queued" not in command("runs", "list").output

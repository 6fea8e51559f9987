"""Setting up who takes part, by command, on a database of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from marketplace import embedded
from marketplace.db import transaction
from marketplace.models import Setting, SettingType, User
from marketplace.permissions import SYSTEM
from tests import builders

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(addresses: embedded.Addresses, database: Engine, tmp_path: Path) -> Run:  # noqa: ARG001
    """Run `marketplace` as an operator would, in a process of its own."""

    def running(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": addresses.application, "MARKETPLACE_DATA": str(tmp_path)}
        command = [sys.executable, "-m", "marketplace", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return running


def test_the_operator_adds_a_provider_its_settings_and_its_first_administrator(run: Run) -> None:
    with transaction(SYSTEM) as session:
        urn = builders.setting(session, builders.authority(session)).urn
    assert run("organisations", "add", "Fictional Trust", "--kind", "provider").returncode == 0
    assert "1 of 1 settings changed hands." in run("organisations", "assign", "Fictional Trust", str(urn)).stdout
    added = run(
        "users", "add", "Admin@Example.org", "--name", "A Person", "--organisation", "Fictional Trust",
        "--role", "administrator", "--password", builders.PASSWORD,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    with transaction(SYSTEM) as session:
        user = session.scalars(select(User)).one()
        assert (user.email, user.is_password_temporary) == ("admin@example.org", True)
        assert session.scalars(select(Setting.provider_id)).one() == user.organisation_id
    assert "provider   Fictional Trust" in run("organisations", "list").stdout


def test_the_operator_adds_what_is_not_registered_as_a_school(run: Run) -> None:
    with transaction(SYSTEM) as session:
        code = builders.authority(session).code
        builders.home_area(session)
        builders.provider(session, "Fictional Trust")
    for number in (990000, 990001):
        added = run(
            "organisations", "add-unregistered", "Fictional Trust", f"Workshop {number}", "--authority", code,
            "--district", "qx4",
        )  # fmt: skip
        assert f"under the number {number}." in added.stdout, added.stderr
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(Setting).order_by(Setting.urn)).all()
        assert [(row.urn, row.type, row.is_registered) for row in rows] == [
            (990000, SettingType.AP, False), (990001, SettingType.AP, False)
        ]  # fmt: skip
    refused = run(
        "organisations", "add-unregistered", "Fictional Trust", "Workshop", "--authority", code, "--district", "ZZ9"
    )
    assert "The district ZZ9 is not known here." in refused.stderr
    assert refused.returncode != 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("organisations", "assign", "Nobody", "100000"), "No organisation is called Nobody."),
        (("organisations", "assign", "Fictional Trust", "100001"), "No setting has the URN 100001."),
        (("organisations", "add", "Fictional Trust", "--kind", "provider"), "already has this name"),
        (
            ("users", "add", "a@b.example", "--name", "A", "--organisation", "Fictional Trust",
             "--role", "commissioner", "--password", builders.PASSWORD),
            "has the roles provider_editor, administrator only",
        ),
        (
            ("users", "add", "a@b.example", "--name", "A", "--organisation", "Fictional Trust",
             "--role", "administrator", "--password", "short"),
            "Use a password of 12 to 200 characters.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_sentence_and_changes_nothing(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    with transaction(SYSTEM) as session:
        builders.provider(session, "Fictional Trust")
    answer = run(*arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
    with transaction(SYSTEM) as session:
        assert session.scalars(select(User)).all() == []

"""docs/batch-files.md says what the code does: its tables are the declared columns, its example is run."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketplace.cli import main
from optimiser.answer_files import COLUMNS
from optimiser.columns import TABLES, Table
from optimiser.policy_file import ENTRIES, FORMS, policy_text
from optimiser.problem import Policy

DOCUMENT = (Path(__file__).parents[2] / "docs" / "batch-files.md").read_text("utf-8")


def described(table: Table) -> str:
    """The columns of a file as the document shows them."""
    lines = ["| column | content | form |", "|---|---|---|"]
    for column in table.columns:
        default = column.kind.write(column.default) if not column.is_required else ""
        form = column.kind.form + (f"; default {default}" if default else "")
        name = f"**{column.name}**" if column.is_required else column.name
        lines.append(f"| {name} | {column.meaning} | {form} |")
    return "\n".join(lines)


@pytest.mark.parametrize("name", TABLES)
def test_the_document_shows_the_columns_as_they_are_declared(name: str) -> None:
    table = TABLES[name]
    need = "required" if table.is_required else "optional"
    assert (
        f"### {name}.csv ({need})\n\n{table.meaning[0].upper()}{table.meaning[1:]}.\n\n{described(table)}\n" in DOCUMENT
    )


def test_the_document_shows_the_policy_with_its_defaults_and_limits() -> None:
    assert f"```toml\n{policy_text(Policy(), with_remarks=True)}```" in DOCUMENT
    assert set(ENTRIES) == set(FORMS)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_document_shows_the_columns_of_the_answer(name: str) -> None:
    assert f"| {name}.csv | {', '.join(COLUMNS[name])} |" in DOCUMENT


def test_the_example_of_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    for line in block.splitlines():
        command, *arguments = shlex.split(line)
        assert command == "marketplace"
        assert CliRunner().invoke(main, arguments).exit_code == 0, line
    assert (tmp_path / "result" / "report.html").exists()


def test_the_document_names_every_option_and_exit_code() -> None:
    help_text = CliRunner().invoke(main, ["match", "--help"]).output
    options = set(re.findall(r"--[a-z]+", help_text)) - {"--help"}
    assert all(f"`{option}" in DOCUMENT for option in options)
    for code in (0, 1, 2, 3, 130):
        assert f"| {code} |" in DOCUMENT

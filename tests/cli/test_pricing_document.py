"""docs/pricing.md says what the commands do: its columns are the declared ones, its commands and example are run."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.services.observed_file import OBSERVED
from marketplace.services.pricing_files import CORRIDOR_COLUMNS, PLACE_COLUMNS, TOTAL_COLUMNS
from pricing.tariff import DEMONSTRATION_TARIFF
from tests.cli.test_pricing import lines_of, write
from tests.pricing.placements import generated

DOCUMENT = (Path(__file__).parents[2] / "docs" / "pricing.md").read_text("utf-8")


def test_the_document_shows_the_columns_as_they_are_declared() -> None:
    lines = ["| column | content | form |", "|---|---|---|"]
    for column in OBSERVED.columns:
        default = "" if column.is_required else f"; default {column.kind.write(column.default)}"
        name = f"**{column.name}**" if column.is_required else column.name
        lines.append(f"| {name} | {column.meaning} | {column.kind.form}{default} |")
    assert "\n".join(lines) in DOCUMENT


def test_the_document_names_the_columns_of_the_results() -> None:
    assert f"| corridor.csv | {', '.join(CORRIDOR_COLUMNS)} |" in DOCUMENT
    assert f"| placements.csv | {', '.join(PLACE_COLUMNS)} (below, within, above) |" in DOCUMENT
    assert ", ".join(TOTAL_COLUMNS) in DOCUMENT


def test_the_commands_of_the_document_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "observed.csv", *lines_of(generated(200, seed=6)))
    (block,) = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    for line in block.splitlines():
        command, *arguments = shlex.split(line)
        assert command == "marketplace"
        told = CliRunner().invoke(main, arguments)
        assert told.exit_code == 0, told.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corridor", "observed.csv", "shadow", "tariff.toml"]


def test_the_example_of_the_document_is_a_file_that_can_be_used(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "observed.csv").write_text(example, "utf-8")
    arguments = ["shadow", tmp_path / "observed.csv", "--tariff", DEMONSTRATION_TARIFF, "--out", tmp_path / "out"]
    assert CliRunner().invoke(main, ["pricing", *map(str, arguments)]).exit_code == 0


@pytest.mark.parametrize("command", ["calibrate", "shadow", "corridor"])
def test_the_document_names_every_option_and_exit_code(command: str) -> None:
    help_text = CliRunner().invoke(main, ["pricing", command, "--help"]).output
    options = set(re.findall(r"--[a-z][a-z-]+", help_text)) - {"--help"}
    assert {option for option in options if option not in DOCUMENT} == set()
    assert all(f"| {code} |" in DOCUMENT for code in (0, 1, 2))

"""The `marketplace` command as a whole."""

from click import Context
from click.testing import CliRunner

from marketplace.cli import main


def test_every_command_can_be_loaded_and_explains_itself() -> None:
    for name in main.list_commands(Context(main)):
        answer = CliRunner().invoke(main, [name, "--help"])
        assert answer.exit_code == 0, (name, answer.output)


def test_an_unknown_command_is_refused() -> None:
    answer = CliRunner().invoke(main, ["mach"])
    assert answer.exit_code == 2
    assert "No such command" in answer.output

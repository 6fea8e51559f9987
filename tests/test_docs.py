"""What the documents say is what the product does: settings, targets, commands."""

import re
import shlex
from pathlib import Path

import click
import pytest

from marketplace.cli import main
from marketplace.config import SETTINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text()


def consoles(document: Path) -> list[str]:
    """The command lines of a document's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(), flags=re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def spoken_commands(document: Path) -> list[str]:
    """Every `marketplace …` in a document: console lines and inline code with a subcommand."""
    inline = re.findall(r"`(marketplace [a-z][^`\n]*)`", document.read_text())
    return [line for line in [*consoles(document), *inline] if line.startswith("marketplace ")]


COMMANDS = [(document.name, line) for document in DOCUMENTS for line in spoken_commands(document)]


def test_the_readme_lists_every_setting_in_the_words_of_the_code() -> None:
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", README, flags=re.MULTILINE))
    assert listed == SETTINGS


def test_every_make_target_that_is_spoken_of_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    spoken = {name for path in DOCUMENTS for name in re.findall(r"(?:`|\$ )make ([a-z]+)", path.read_text())}
    assert spoken
    assert spoken <= targets


@pytest.mark.parametrize(("document", "line"), COMMANDS, ids=[f"{name}: {line}" for name, line in COMMANDS])
def test_every_command_that_is_spoken_of_exists_with_its_options(document: str, line: str) -> None:  # noqa: ARG001
    words = [word for word in shlex.split(line)[1:] if "…" not in word]
    command: click.Command = main
    context = click.Context(main)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{line}: no such command"
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known | {"--help"}


def test_every_link_of_a_document_leads_to_a_file() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} → {target}"


def test_every_test_that_a_document_names_exists() -> None:
    named = {name for path in DOCUMENTS for name in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", path.read_text())}
    assert len(named) > 40
    for name in sorted(named):
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert not function or f"def {function}(" in (ROOT / path).read_text(), name


def test_every_security_statement_up_to_ten_and_from_fifteen_to_24_names_its_tests() -> None:
    rows = re.findall(
        r"^\| (S\d\d(?:, S\d\d)*) \|.*`tests/\S+::\w+` \|$", (ROOT / "docs/security.md").read_text(), re.M
    )
    assert [name for row in rows for name in row.split(", ")] == [f"S{n:02}" for n in (*range(1, 11), *range(15, 25))]


def test_the_table_of_journeys_says_what_the_walks_count() -> None:
    walks = "\n".join(path.read_text() for path in sorted((ROOT / "tests/browser").glob("test_*.py")))
    counted: dict[str, set[tuple[int, int]]] = {}
    for journey, screens, clicks in re.findall(r'took\("(J\d\d)", screens=(\d+), clicks=(\d+)', walks):
        counted.setdefault(journey, set()).add((int(screens), int(clicks)))
    everywhere = set(re.findall(r"@in_every_window\(.+\)\ndef (\w+)", walks))
    rows = re.findall(r"^\| (J\d\d) \|(.+)\|$", (ROOT / "docs/journeys.md").read_text(), flags=re.MULTILINE)
    assert [journey for journey, _ in rows] == [f"J{number:02}" for number in range(1, 16)]
    for journey, cells in rows:
        _, asked, stated, walk, keyboard = (cell.strip(" `") for cell in cells.split("|"))
        assert pairs(stated) == counted[journey], journey
        within = pairs(re.sub(r"\(.*\)", "", stated))  # what is more, and why, stands in brackets
        ((most_screens, most_clicks),) = pairs(asked)
        assert all(screens <= most_screens and clicks <= most_clicks for screens, clicks in within), journey
        assert walk in everywhere, journey
        assert re.search(rf"^def {keyboard}\(", walks, flags=re.MULTILINE), journey
        assert keyboard.endswith("by_keyboard_alone")


def pairs(cell: str) -> set[tuple[int, int]]:
    """The pairs of numbers in a cell: screens, clicks."""
    return {(int(screens), int(clicks)) for screens, clicks in re.findall(r"(\d+), (\d+)", cell)}

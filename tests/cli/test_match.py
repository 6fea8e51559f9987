"""`marketplace match` as a person or a cron job meets it: what it writes, what it says, and how it ends."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.region import generate
from marketplace.cli import main
from optimiser.cells import Whole
from optimiser.files import write_problem
from optimiser.solve import match
from optimiser.template import EXAMPLE, write_template
from tests.optimiser.slips import change

COMMAND = (sys.executable, "-c", "from marketplace.cli import main; main()", "match")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["match", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path / "problem")
    return tmp_path / "problem"


def test_a_template_is_written_and_matches_as_it_stands(tmp_path: Path) -> None:
    written = run("--template", tmp_path / "ex")
    assert written.exit_code == 0
    assert f"marketplace match {tmp_path / 'ex'} --out result" in written.stdout
    matched = run(tmp_path / "ex", "--out", tmp_path / "out", "--workbook")
    assert matched.exit_code == 0, matched.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("assignments.csv", "unplaced.csv", "pools.csv", "budgets.csv"),
        *("summary.json", "report.html", "answer.xlsx"),
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ex", "out"]


def test_the_result_is_told_in_plain_text_where_there_is_no_terminal(folder: Path, tmp_path: Path) -> None:
    told = run(folder, "--out", tmp_path / "out")
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "\x1b" not in told.output
    for line in ("Porous placement 1 0.4", "All 3 1.6", "999 £80,905 £150,000 £69,095"):
        assert line in lines
    assert "Child's km, one way: mean 2.1, median 1.2, 90th percentile 4.3" in lines
    assert any(line.startswith("Proven within 0.000% (optimal) in ") for line in lines)
    assert "choices: whole answer" in told.stderr


def test_every_error_is_told_and_kept_and_nothing_else_is_written(folder: Path, tmp_path: Path) -> None:
    change(folder / "pupils.csv", "EX-002,999", "EX-002,none")
    change(folder / "prices.csv", "38000", '"£38,000"')
    told = run(folder, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert told.stdout == ""
    assert told.stderr.splitlines() == [
        'pupils.csv, row 3, la: "none" does not have the form of the code. Give a DfE LA code of 3 digits.',
        f'prices.csv, row 2, price: "£38,000" is not a whole number in plain digits. Give {Whole(0, 10_000_000).form}.',
        f"Error: 2 errors; nothing was solved. The list is in {tmp_path / 'out' / 'errors.csv'}.",
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["errors.csv"]
    with (tmp_path / "out" / "errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["row"], row["column"], row["value"]) for row in rows] == [
        ("pupils.csv", "3", "la", "none"),
        ("prices.csv", "2", "price", "£38,000"),
    ]
    assert all(row["problem"] and row["remedy"] for row in rows)


def test_once_the_files_are_right_the_list_of_errors_makes_way(folder: Path, tmp_path: Path) -> None:
    change(folder / "pupils.csv", "EX-002,999", "EX-002,none")
    assert run(folder, "--out", tmp_path / "out").exit_code == 2
    change(folder / "pupils.csv", "EX-002,none", "EX-002,999")
    assert run(folder, "--out", tmp_path / "out").exit_code == 0
    assert not (tmp_path / "out" / "errors.csv").exists()


def test_many_errors_are_all_kept_and_the_first_of_them_told(folder: Path, tmp_path: Path) -> None:
    with (folder / "budgets.csv").open("a") as file:
        file.writelines(f"x{number},1\n" for number in range(300))
    told = run(folder, "--out", tmp_path / "out")
    assert len(told.stderr.splitlines()) == 202
    assert "… and 100 more" in told.stderr
    assert len((tmp_path / "out" / "errors.csv").read_text().splitlines()) == 301


@pytest.mark.parametrize("name", ["nowhere", "picture.xlsx", "empty", "old.xls"])
def test_a_problem_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "empty").mkdir()
    told = run(tmp_path / name, "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit)
    assert "Error: 1 error; nothing was solved." in told.stderr


def test_a_policy_given_apart_is_used_and_kept_in_the_summary(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("circuity = 1.5\n")
    assert run(folder, "--out", tmp_path / "out", "--policy", tmp_path / "mine.toml").exit_code == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["policy"]["circuity"] == 1.5
    told = run(folder, "--out", tmp_path / "other", "--policy", tmp_path / "none.toml")
    assert told.exit_code == 2
    assert "none.toml: cannot be read (No such file or directory)" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["problem"], "Give a PROBLEM and --out FOLDER"),
        (["--out", "out"], "Give a PROBLEM and --out FOLDER"),
        ([], "Give a PROBLEM and --out FOLDER"),
        (["problem", "--out", "out", "--seconds", "0"], "above 0"),
        (["problem", "--out", "out", "--seconds", "-1"], "above 0"),
        (["problem", "--out", "out", "--seconds", "nan"], "above 0"),
        (["problem", "--out", "out", "--seconds", "inf"], "above 0"),
        (["problem", "--out", "out", "--seconds", "soon"], "not a valid float"),
        (["problem", "--out", "out", "--memory-gb", "0"], "above 0"),
        (["problem", "--out", "out", "--memory-gb", "0.001"], "more than the 0.001 GB allowed by --memory-gb"),
        (["problem", "--template", "ex"], "--template stands alone"),
        (["problem", "--out", "out", "--fast"], "No such option"),
        (["problem", "--out", "/"], "not a new folder"),
        (["problem", "--out", "problem"], "is not empty"),
        (["problem", "--out", "problem/pupils.csv"], "is not a folder"),
        (["problem", "--out", "problem/pupils.csv/out"], "cannot be made"),
        (["--template", "problem"], "holds pupils.csv, "),
        (["--template", "problem/pupils.csv"], "cannot be used"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_cannot_be_done_says_why_and_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], said: str
) -> None:
    monkeypatch.chdir(folder.parent)
    before = sorted(folder.parent.rglob("*"))
    told = run(*arguments)
    assert told.exit_code == 2
    assert said in told.stderr
    assert isinstance(told.exception, SystemExit)
    assert sorted(folder.parent.rglob("*")) == before


def test_when_the_time_is_over_before_any_answer_the_code_is_3_and_nothing_is_written(
    folder: Path, tmp_path: Path
) -> None:
    told = run(folder, "--out", tmp_path / "out", "--seconds", "0.000000001")
    assert told.exit_code == 3
    assert "give more --seconds" in told.stderr
    assert not (tmp_path / "out").exists()


def test_an_answer_that_fails_its_check_is_not_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.cli.match.solve", lambda *_, **__: _wrong_answer())
    told = run(folder, "--out", tmp_path / "out")
    assert told.exit_code == 1
    assert "fails its check" in told.stderr
    assert not (tmp_path / "out").exists()


def _wrong_answer() -> object:
    answer = match(EXAMPLE)
    return replace(answer, assignments=(replace(answer.assignments[0], price=1), *answer.assignments[1:]))


def test_a_stop_from_the_keyboard_writes_the_best_answer_so_far(tmp_path: Path) -> None:
    (tmp_path / "problem").mkdir()
    write_problem(generate(300, 300, seed=7), tmp_path / "problem")  # its last per cents take minutes to prove
    command = [*COMMAND, "problem", "--out", "out", "--seconds", "300"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "choices: relaxation" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)  # so that the solver is deep in its own code, where Python hears no signal
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 0
    assert "Stopping with the best answer so far" in errors
    assert "(feasible)" in output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["status"] == "feasible"


def test_a_second_stop_from_the_keyboard_waits_for_no_answer(tmp_path: Path) -> None:
    script = """
import threading, time
from marketplace.cli.match import _in_thread
print("ready", flush=True)
_in_thread(lambda: time.sleep(600), threading.Event())
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGINT)
        assert "press Ctrl-C again" in process.stderr.readline()
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert errors.splitlines()[-1] == "KeyboardInterrupt"

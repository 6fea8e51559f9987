"""`marketplace explain` as a person meets it: what it says of a result on files, and when it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main
from optimiser.template import write_template
from tests.optimiser.slips import change


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a problem, and its result beside it; Alder has a place too few."""
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path / "problem")
    change(tmp_path / "problem" / "pools.csv", "places,2", "places,1")
    assert run("match", "problem", "--out", "result").exit_code == 0
    return tmp_path


def refused(told: Result) -> str:
    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit)
    assert told.stdout == ""
    (line,) = told.stderr.splitlines()
    return line


def test_a_pupil_a_pool_and_a_budget_are_explained(place: Path) -> None:
    assert place
    told = run("explain", "result", "EX-001")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("EX-001 (LA 999) is unplaced: alder-porous is best and takes 0.4 of a place, ")
    told = run("explain", "result", "--pool", "alder-places")
    assert told.exit_code == 0, told.output
    assert "Pool alder-places (setting 900001): 1 place. The duties use 1, the choices 0; 0 left." in told.stdout
    told = run("explain", "result", "--budget", "999")
    assert told.exit_code == 0, told.output
    assert "Budget of LA 999: £150,000 a year." in told.stdout


def test_the_sentence_on_an_unplaced_pupil_is_that_of_the_cell(place: Path) -> None:
    cell = (place / "result" / "unplaced.csv").read_text("utf-8").splitlines()[1].split(",", 4)[4].strip('"')
    assert f"is unplaced: {cell}." in run("explain", "result", "EX-001").stdout


def test_the_result_keeps_where_the_problem_and_the_policy_were(place: Path) -> None:
    shutil.copy(place / "problem" / "policy.toml", place / "mine.toml")
    change(place / "mine.toml", "circuity = 1.4", "circuity = 1.5")
    assert run("match", "problem", "--out", "other", "--policy", "mine.toml").exit_code == 0
    summary = json.loads((place / "other" / "summary.json").read_text("utf-8"))
    assert summary["problem"] == {"path": "problem", "policy": "mine.toml"}
    assert run("explain", "other", "EX-001").exit_code == 0


def test_a_problem_or_policy_that_has_moved_is_found_where_it_is_said_to_be(place: Path) -> None:
    (place / "problem").rename(place / "moved")
    said = refused(run("explain", "result", "EX-001"))
    assert said.startswith("Error: The problem problem cannot be read")
    assert said.endswith("give its place with --problem.")
    assert run("explain", "result", "EX-001", "--problem", "moved").exit_code == 0
    (place / "moved" / "policy.toml").rename(place / "policy.toml")
    assert run("explain", "result", "EX-001", "--problem", "moved", "--policy", "policy.toml").exit_code == 0


def test_a_problem_that_has_changed_is_refused(place: Path) -> None:
    change(place / "problem" / "prices.csv", "38000", "38001")
    assert refused(run("explain", "result", "EX-001")) == (
        "Error: The problem problem is no longer the one that result answers; match it again, or give --problem."
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["EX-009"], "Error: There is no pupil EX-009 in the problem."),
        (["--pool", "elm"], "Error: There is no pool elm in the problem."),
        (["--budget", "998"], "Error: There is no budget of LA 998 in the problem."),
    ],
)
def test_who_and_what_is_not_there_is_refused(place: Path, asked: list[str], said: str) -> None:
    assert place
    assert refused(run("explain", "result", *asked)) == said


@pytest.mark.parametrize("asked", [[], ["EX-001", "--pool", "alder-places"], ["--pool", "x", "--budget", "999"]])
def test_one_question_is_asked_at_a_time(place: Path, asked: list[str]) -> None:
    assert place
    told = run("explain", "result", *asked)
    assert told.exit_code == 2
    assert "Give a PUPIL, or --pool POOL, or --budget LA." in told.stderr


@pytest.mark.parametrize("folder", ["nowhere", "problem"])
def test_what_is_no_result_folder_is_refused(place: Path, folder: str) -> None:
    assert place
    said = refused(run("explain", folder, "EX-001"))
    assert said == f"Error: {folder} is no result of marketplace match: it holds no summary.json."


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("summary.json", "{"),
        ("summary.json", "[]"),
        ("summary.json", '{"phases": {}}'),
        ("assignments.csv", ""),
        ("assignments.csv", "pupil,provision\nEX-001\n"),
        ("unplaced.csv", '"'),
    ],
)
def test_a_result_that_was_spoilt_is_refused(place: Path, file: str, content: str) -> None:
    (place / "result" / file).write_text(content, "utf-8")
    assert refused(run("explain", "result", "EX-001")).endswith("its files cannot be read as one.")


@pytest.mark.parametrize(("prices", "of"), [("pool_prices", "alder-places"), ("budget_prices", "999")])
@pytest.mark.parametrize(("price", "can_be"), [(-0.5, False), (float("nan"), False), (0, True), (0.5, True)])
def test_prices_that_cannot_be_are_refused(place: Path, prices: str, of: str, price: float, *, can_be: bool) -> None:
    path = place / "result" / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    summary["phases"]["choices"][prices][of] = price
    path.write_text(json.dumps(summary), "utf-8")
    told = run("explain", "result", "EX-001")
    if can_be:
        assert told.exit_code == 0, told.output
    else:
        assert refused(told).endswith("its files cannot be read as one.")


def test_assignments_of_another_answer_are_refused(place: Path) -> None:
    change(place / "result" / "assignments.csv", "EX-002,", "EX-009,")
    assert "result is no answer to its problem" in refused(run("explain", "result", "EX-001"))


def test_a_result_that_does_not_say_where_its_problem_is_asks_for_it(place: Path) -> None:
    path = place / "result" / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    del summary["problem"]
    path.write_text(json.dumps(summary), "utf-8")
    assert refused(run("explain", "result", "EX-001")).endswith("give it with --problem.")
    assert run("explain", "result", "EX-001", "--problem", "problem").exit_code == 0

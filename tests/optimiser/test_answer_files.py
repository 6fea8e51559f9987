"""A result folder is whole or absent, the same to the byte for the same problem, and safe in a spreadsheet."""

import csv
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from optimiser.answer import Answer
from optimiser.answer_files import COLUMNS, write_answer, write_errors
from optimiser.columns import TABLES
from optimiser.errors import FileError
from optimiser.files import problem_sha256
from optimiser.problem import Problem
from optimiser.result_folder import FolderTakenError
from optimiser.solve import match
from optimiser.template import EXAMPLE

ERROR = FileError("pupils.csv", 2, "la", "=1+1", "is wrong", "Put it right.")


@pytest.fixture(scope="module")
def answer() -> Answer:
    return match(EXAMPLE)


def save(answer: Answer, out: Path, problem: Problem = EXAMPLE) -> Path:
    write_answer(problem, answer, out, version="1.0", with_workbook=True)
    return out


def test_a_result_holds_its_files_and_their_columns(tmp_path: Path, answer: Answer) -> None:
    out = save(answer, tmp_path / "new" / "deeper" / "out")
    tables = {f"{name}.csv" for name in COLUMNS}
    assert {path.name for path in out.iterdir()} == {*tables, "summary.json", "report.html", "answer.xlsx"}
    header = "pupil,la,phase,provision,setting,kind,pattern,band,fte,road_km,child_km,price,transport,cost,wish"
    assert (out / "assignments.csv").read_text().splitlines() == [
        header,
        "EX-001,999,choices,alder-porous,900001,porous,day,intensive,0.4000,2.900,1.160,17000,0,17000,0",
        "EX-002,999,choices,hazel-outreach,900002,outreach,day,moderate,0.2000,17.046,0.000,9000,0,9000,0",
        "EX-003,999,duties,alder-full,900001,full,day,profound,1.0000,5.096,5.096,52000,2905,54905,0",
    ]
    assert (out / "budgets.csv").read_text().splitlines()[1] == "999,150000,54905,26000,69095,0.0000"
    assert (out / "pools.csv").read_text().splitlines() == [
        "pool,setting,unit,amount,used,shadow_price",
        "alder-places,900001,places,2.0000,1.4000,0.0000",
        "hazel-hours,900002,hours,17.5000,5.0000,0.0000",
    ]


def test_the_summary_says_what_was_found_on_which_inputs(tmp_path: Path, answer: Answer) -> None:
    content = json.loads((save(answer, tmp_path / "out") / "summary.json").read_text("utf-8"))
    assert content["status"] == "optimal"
    assert content["placed"] == 3
    assert content["kinds"]["porous"] == {"pupils": 1, "fte": 0.4}
    assert content["cost"] == 80905
    assert list(content["phases"]) == ["duties", "choices"]
    assert set(content["phases"]["duties"]) == {
        *("pupils", "options", "placed", "objective", "relaxation", "bound", "gap", "pool_prices", "budget_prices"),
    }
    assert content["phases"]["duties"]["bound"] <= content["phases"]["duties"]["objective"]
    assert content["phases"]["choices"]["pool_prices"] == content["phases"]["choices"]["budget_prices"] == {}
    assert set(content["child_km"]) == {"mean", "median", "p90"}
    assert all(stage["seconds"] >= 0 and stage["peak_mb"] > 0 for stage in content["stages"])
    assert content["sha256"] == problem_sha256(EXAMPLE)
    assert content["policy"]["circuity"] == 1.4
    assert content["version"] == "1.0"


def without_seconds(answer: Answer) -> Answer:
    """The answer without how long it took, which differs each time and is told in the report."""
    return replace(answer, summary=replace(answer.summary, stages=()))


def test_equal_problems_give_equal_files_whatever_the_order_of_rows(tmp_path: Path, answer: Answer) -> None:
    first = save(without_seconds(answer), tmp_path / "first")
    rows = {name: getattr(EXAMPLE, name) for name in TABLES}
    reversed_rows = {name: table[::-1] for name, table in rows.items()}
    rotated = {name: (*table[1:], *table[:1]) for name, table in rows.items()}
    for place, order in (("reversed", reversed_rows), ("rotated", rotated)):
        reordered = replace(EXAMPLE, **order)
        second = save(without_seconds(match(reordered)), tmp_path / place, reordered)
        for name in (*(f"{table}.csv" for table in COLUMNS), "report.html", "answer.xlsx"):
            assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_dangerous_text_is_neutralised_and_a_negative_number_is_not(
    tmp_path: Path, answer: Answer, start: str
) -> None:
    row = replace(answer.assignments[0], pupil=f"{start}1+1", transport=-5, child_km=-0.00001)
    out = save(replace(answer, assignments=(row,)), tmp_path / "out")
    with (out / "assignments.csv").open(encoding="utf-8", newline="") as file:
        (cells,) = csv.DictReader(file)
    assert (cells["pupil"], cells["transport"], cells["child_km"]) == (f"'{start}1+1", "-5", "0.000")


def test_a_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("optimiser.answer_files.report_html", fail)
    with pytest.raises(KeyboardInterrupt):
        save(answer, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_no_result_folder(tmp_path: Path) -> None:
    killed = """
import os, signal, sys
from pathlib import Path
from optimiser import answer_files, solve, template
answer_files.report_html = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
answer = solve.match(template.EXAMPLE)
answer_files.write_answer(template.EXAMPLE, answer, Path(sys.argv[1]) / "out", version="1.0")
"""
    ended = subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert all(path.name.startswith(".out.") and path.name.endswith(".partial") for path in tmp_path.iterdir())


def test_a_result_is_never_written_over_anything(tmp_path: Path, answer: Answer) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(FolderTakenError):
            save(answer, place)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("target", ["empty", "nowhere"])
def test_a_link_in_the_place_of_the_result_is_left_alone(tmp_path: Path, answer: Answer, target: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "out").symlink_to(target)
    with pytest.raises(FolderTakenError):
        save(answer, tmp_path / "out")
    assert (tmp_path / "out").is_symlink()


def test_an_empty_folder_and_a_list_of_errors_make_way(tmp_path: Path, answer: Answer) -> None:
    write_errors([ERROR], tmp_path / "out")
    write_errors([ERROR, ERROR], tmp_path / "out")
    assert (tmp_path / "out" / "errors.csv").read_text() == (
        "file,row,column,value,problem,remedy\n" + "pupils.csv,2,la,'=1+1,is wrong,Put it right.\n" * 2
    )
    out = save(answer, tmp_path / "out")
    assert not (out / "errors.csv").exists()
    (tmp_path / "empty").mkdir()
    assert (save(answer, tmp_path / "empty") / "summary.json").exists()


def test_a_result_that_appeared_meanwhile_is_kept(
    tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object, **__: object) -> str:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "summary.json").write_text("theirs")
        return ""

    monkeypatch.setattr("optimiser.answer_files.report_html", meanwhile)
    with pytest.raises(FolderTakenError):
        save(answer, tmp_path / "out")
    assert (tmp_path / "out" / "summary.json").read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

"""A problem comes from its files exactly, however they were saved, and goes back to files without loss."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.columns import TABLES
from optimiser.files import problem_files, problem_sha256, read_problem, write_problem
from optimiser.problem import Policy, Problem
from optimiser.template import EXAMPLE
from tests.optimiser.problems import random_problem, seeded
from tests.optimiser.slips import change, errors_of
from tests.optimiser.written_problems import consistent, problems

Alteration = Callable[[str], str]
HARMLESS: dict[str, Alteration] = {
    "a byte order mark": lambda text: "\ufeff" + text,
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "no last line end": lambda text: text.rstrip("\n"),
    "blank rows": lambda text: text.replace("\n", "\n" + "," * text.split("\n")[0].count(",") + "\n\n"),
    "spaces around cells": lambda text: text.replace(",", " , "),
    "every cell in quotes": lambda text: "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
    ),
    "empty columns at the end": lambda text: text.replace("\n", ",,\n"),
    "rows in another order": lambda text: "\n".join([(lines := text.splitlines())[0], *reversed(lines[1:])]),
    "columns in another order": lambda text: "\n".join(
        ",".join(reversed(line.split(","))) for line in text.splitlines()
    ),
}


@pytest.mark.parametrize("alter", HARMLESS.values(), ids=HARMLESS.keys())
def test_how_a_spreadsheet_saves_a_file_does_not_matter(folder: Path, alter: Alteration) -> None:
    for path in folder.glob("*.csv"):
        path.write_text(alter(path.read_text("utf-8")), "utf-8", newline="")
    problem = read_problem(folder)
    assert problem == EXAMPLE.ordered()
    assert problem_sha256(problem) == problem_sha256(EXAMPLE)


def test_rows_are_counted_as_a_spreadsheet_counts_them(folder: Path) -> None:
    change(folder / "pupils.csv", "EX-002,999", '\n,,,,,,,,,,,,,,,,,,,,,,\n"EX-002",x')
    (error,) = errors_of(folder)
    assert (error.row, error.column) == (5, "la")


def test_an_optional_column_that_is_missing_takes_its_default(folder: Path) -> None:
    lines = [line.split(",") for line in (folder / "pupils.csv").read_text("utf-8").splitlines()]
    place = lines[0].index("priority")
    (folder / "pupils.csv").write_text("\n".join(",".join(line[:place] + line[place + 1 :]) for line in lines), "utf-8")
    assert [pupil.priority for pupil in read_problem(folder).pupils] == [3, 3, 3]


@given(problem=problems())
def test_a_problem_that_is_written_reads_back_the_same(
    problem: Problem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("written")
    write_problem(problem, folder)
    again = read_problem(folder)
    assert again == problem.ordered()
    assert problem_sha256(again) == problem_sha256(problem)


@pytest.mark.parametrize("seed", range(10))
def test_a_problem_that_is_solved_in_other_tests_can_stand_in_files(tmp_path: Path, seed: int) -> None:
    problem = consistent(random_problem(seeded(seed), pupils=30, provisions=60))
    write_problem(problem, tmp_path)
    assert read_problem(tmp_path) == problem.ordered()


@given(problem=problems(), random=st.randoms())
def test_the_files_and_the_hash_do_not_depend_on_the_order_of_rows(problem: Problem, random: Random) -> None:
    shuffled = {name: tuple(random.sample(getattr(problem, name), len(getattr(problem, name)))) for name in TABLES}
    assert list(problem_files(replace(problem, **shuffled))) == list(problem_files(problem))
    assert problem_sha256(replace(problem, **shuffled)) == problem_sha256(problem)


def test_the_hash_changes_with_every_table_and_with_the_policy() -> None:
    changed = [
        replace(EXAMPLE, **{name: getattr(EXAMPLE, name)[1:]}) for name in ("pupils", "pools", "prices", "travel")
    ]
    changed.append(replace(EXAMPLE, policy=Policy(max_km=39.0)))
    assert len({problem_sha256(problem) for problem in [EXAMPLE, *changed]}) == len(changed) + 1


def test_a_value_that_a_blank_cell_would_lose_is_not_written(tmp_path: Path) -> None:
    nothing = replace(EXAMPLE, pupils=(replace(EXAMPLE.pupils[0], options=()),))
    with pytest.raises(ValueError, match="options of"):
        write_problem(nothing, tmp_path)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'=", "''@"])
def test_a_text_that_a_spreadsheet_would_run_is_neutralised_and_reads_back(tmp_path: Path, start: str) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    problem = replace(EXAMPLE, pupils=(replace(EXAMPLE.pupils[0], pupil=name, requirements=("a", name)),), travel=())
    text = dict(problem_files(problem))["pupils.csv"]
    assert f"\n'{name}," in text
    write_problem(problem, tmp_path)
    assert read_problem(tmp_path) == problem.ordered()


def test_a_text_that_a_person_typed_without_an_apostrophe_is_read_as_it_stands(folder: Path) -> None:
    for name in ("pupils.csv", "travel.csv"):
        change(folder / name, "EX-001", "=EX-001")
    assert read_problem(folder).pupils[0].pupil == "=EX-001"

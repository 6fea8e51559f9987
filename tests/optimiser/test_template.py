"""The template files are a small problem that reads, solves and shows every kind of provision."""

from pathlib import Path

import pytest

from optimiser.check import check
from optimiser.columns import TABLES
from optimiser.files import read_problem
from optimiser.problem import KINDS
from optimiser.solve import match
from optimiser.template import EXAMPLE, TemplateExistsError, write_template


def test_the_template_is_read_without_an_error_and_is_the_example(tmp_path: Path) -> None:
    write_template(tmp_path / "new" / "folder")
    assert read_problem(tmp_path / "new" / "folder") == EXAMPLE.ordered()


def test_every_file_has_its_whole_header_and_an_example(tmp_path: Path) -> None:
    written = {path.name for path in write_template(tmp_path)}
    assert written == {*(f"{name}.csv" for name in TABLES), "policy.toml"}
    for name, table in TABLES.items():
        header, *rows = (tmp_path / f"{name}.csv").read_text("utf-8").splitlines()
        assert header.split(",") == [column.name for column in table.columns]
        assert rows


def test_the_policy_says_what_each_number_means(tmp_path: Path) -> None:
    write_template(tmp_path)
    lines = (tmp_path / "policy.toml").read_text("utf-8").splitlines()
    assert lines[:2] == [
        "# road km per straight-line km (Ballou et al. 2002, England): a number from 1 to 10",
        "circuity = 1.4",
    ]


def test_the_example_places_every_pupil_once_in_each_kind() -> None:
    answer = match(EXAMPLE)
    assert check(EXAMPLE, answer) == []
    assert sorted(row.kind for row in answer.assignments) == sorted(KINDS)
    assert answer.unplaced == ()


def test_a_template_is_never_written_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("mine")
    with pytest.raises(TemplateExistsError, match=r"holds prices\.csv already"):
        write_template(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["prices.csv"]
    assert (tmp_path / "prices.csv").read_text() == "mine"

"""The same problem gives the same bytes: whatever the order of rows, the threads of the machine and Python's hashes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from benchmarks.region import generate
from optimiser import Problem
from optimiser.answer_files import COLUMNS
from optimiser.files import problem_files
from optimiser.master import _SMALL
from tests.optimiser.problems import seeded

THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
COMMAND = (sys.executable, "-c", "from marketplace.cli import main; main()", "match")


def region() -> Problem:
    """Large enough for prices by ascent and a box around them, and proven near enough in a second or two; every tenth
    pupil is bound to a setting."""
    source = generate(1_400, 300, seed=7)
    rnd = seeded(1)
    settings = [row.setting for row in source.provisions if row.setting_type == "state_special"]
    pupils = (
        replace(row, request=rnd.choice(settings)) if at % 10 == 0 else row for at, row in enumerate(source.pupils)
    )
    return replace(source, pupils=tuple(pupils), policy=replace(source.policy, bound_gap=0.01))


def shuffled(files: dict[str, str], rnd: Random) -> dict[str, str]:
    """The files in another order, the rows of each table too."""
    names = rnd.sample(list(files), len(files))
    return {name: _rows_shuffled(files[name], rnd) if name.endswith(".csv") else files[name] for name in names}


def _rows_shuffled(text: str, rnd: Random) -> str:
    header, *rows = text.splitlines(keepends=True)
    return header + "".join(rnd.sample(rows, len(rows)))


def matched(folder: Path, files: dict[str, str], *, threads: int, hashes: int) -> dict[str, bytes | object]:
    """What the command writes, in a process of its own, but for seconds, memory and where the problem was read."""
    (folder / "problem").mkdir(parents=True)
    for name, text in files.items():
        (folder / "problem" / name).write_text(text, "utf-8")
    surroundings = dict.fromkeys(THREADS, str(threads)) | {"PYTHONHASHSEED": str(hashes)}
    command = [*COMMAND, "problem", "--out", "out", "--seconds", "400"]
    subprocess.run(command, cwd=folder, env=os.environ | surroundings, check=True, capture_output=True)
    summary = json.loads((folder / "out" / "summary.json").read_text())
    assert summary.pop("stages")
    assert summary.pop("problem")
    tables: dict[str, bytes | object] = {name: (folder / "out" / f"{name}.csv").read_bytes() for name in COLUMNS}
    return tables | {"summary": summary}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return dict(problem_files(region()))


@pytest.fixture(scope="module")
def first(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes | object]:
    return matched(tmp_path_factory.mktemp("first"), files, threads=1, hashes=0)


def test_the_region_takes_the_way_of_large_programmes_and_the_time_does_not_run_out(first: dict[str, object]) -> None:
    summary = first["summary"]
    assert isinstance(summary, dict)
    assert summary["status"] == "optimal"
    assert summary["phases"]["choices"]["options"] > _SMALL
    assert summary["phases"]["duties"]["placed"] > 30


@pytest.mark.parametrize(("threads", "hashes", "order"), [(4, 0, None), (1, 1, None), (1, 0, 1), (4, 2, 2)])
def test_every_byte_of_the_tables_is_the_same(
    tmp_path: Path,
    files: dict[str, str],
    first: dict[str, object],
    threads: int,
    hashes: int,
    order: int | None,
) -> None:
    given = files if order is None else shuffled(files, seeded(order))
    assert (given == files and list(given) == list(files)) == (order is None)
    assert matched(tmp_path, given, threads=threads, hashes=hashes) == first

"""`python -m benchmarks.real --region "South West"`: build the problem of a real region, match it, print the sums.

Only with `--out` are rows written: FOLDER/problem, FOLDER/result and FOLDER/provenance.csv. They put invented prices
beside real URNs, so they stay with the user: they are never committed or published.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import click

from benchmarks.real.provenance import HEADER, provenance
from benchmarks.real.region import DEFAULT_SEED, Region, build_region
from benchmarks.real.report import answer_lines, closing_lines, problem_lines, provenance_lines
from benchmarks.real.sources import DataError, data_folder
from optimiser.answer import Answer
from optimiser.answer_files import write_answer
from optimiser.check import check
from optimiser.files import csv_text, write_problem
from optimiser.result_folder import FolderTakenError, check_free, whole_folder
from optimiser.solve import TimeRanOutError, match

FAILED, BAD_INPUT, TIME_RAN_OUT = 1, 2, 3


@click.command()
@click.option(
    "--region", "regions", default="South West", show_default=True, help="A region, several between commas, or all."
)
@click.option("--pupils", type=click.IntRange(1, 2_000_000), help="Default: a usual year's for the settings at hand.")
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of everything drawn.")
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=120.0, show_default=True, help="Time to solve."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="New folder for the problem, the result and the provenance."
)
def main(regions: str, pupils: int | None, seed: int, seconds: float, out: Path | None) -> None:
    """Match synthetic pupils to real settings of English regions, from the public data folder."""
    try:
        if out:
            check_free(out)
        with _timed("build"):
            region = build_region(data_folder(), regions.split(","), pupils=pupils, seed=seed)
    except (DataError, FolderTakenError) as error:
        _stop(str(error), BAD_INPUT)
    _print(problem_lines(region))
    try:
        answer = match(region.problem, seconds=seconds)
    except TimeRanOutError as error:
        _stop(f"{error}: give more --seconds, or fewer --pupils.", TIME_RAN_OUT)
    with _timed("check"):
        faults = check(region.problem, answer)
    if faults:
        # The faults may name a setting beside a price, so they are counted and not shown.
        _stop(f"The answer fails its check in {len(faults)} points and was not written.", FAILED)
    _print(answer_lines(region.problem, answer))
    if out:
        _write(region, answer, out)
    _print(provenance_lines())
    _print(closing_lines())


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    click.echo(f"{'seconds':<18}{time.monotonic() - started:8.2f}  {what}")


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
    click.echo()


def _write(region: Region, answer: Answer, out: Path) -> None:
    """The folder, whole or not at all."""
    with whole_folder(out) as folder:
        (folder / "problem").mkdir()
        write_problem(region.problem, folder / "problem")
        write_answer(region.problem, answer, folder / "result", version=version("send-marketplace"))
        rows = csv_text(list(HEADER), map(astuple, provenance()))
        (folder / "provenance.csv").write_text(rows, "utf-8", newline="")
        (folder / "NOTICE.txt").write_text("\n".join(closing_lines()) + "\n", "utf-8")
    click.echo(f"Written to {out}.")


def _stop(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.real")

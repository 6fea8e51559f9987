"""`marketplace match`: a matching problem on files, an answer on files. No database, no server.

It must never write an answer that its check refuses, nor anything but the list of errors when the files are at fault.
"""

import math
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.status import Status

from marketplace.cli.refusal import BAD_INPUT, FAILED, refuse, sentence, stop
from marketplace.cli.tables import print_table
from optimiser.answer import Answer
from optimiser.answer_files import Source, write_answer, write_errors
from optimiser.boundaries import BoundariesError, read_boundaries
from optimiser.check import check
from optimiser.clock import Progress
from optimiser.errors import BadProblem, FileError
from optimiser.files import read_problem
from optimiser.memory import TooLittleMemoryError
from optimiser.problem import Problem
from optimiser.report import KIND_NAMES, REASONS, dearest, pounds
from optimiser.result_folder import ERRORS_FILE, FolderTakenError, check_free
from optimiser.solve import TimeRanOutError
from optimiser.solve import match as solve
from optimiser.template import TemplateExistsError, write_template

TIME_RAN_OUT, INTERRUPTED = 3, 130
MOST_FAULTS_SHOWN = 20


class Limits(NamedTuple):
    """What a match may take."""

    seconds: float
    memory_gb: float | None


def above_nothing(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:  # noqa: ARG001
    """The callback of an option that is an amount."""
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter("must be a number above 0.")
    return value


@click.command()
@click.argument("problem", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the result; must not exist or be empty.")
@click.option("--policy", type=click.Path(path_type=Path), help="Policy file, in place of the folder's policy.toml.")
@click.option("--seconds", type=float, default=120.0, show_default=True, callback=above_nothing, help="Time to solve.")
@click.option("--memory-gb", type=float, callback=above_nothing, help="Refuse to begin what would take more memory.")
@click.option("--workbook", is_flag=True, help="Write the tables also as answer.xlsx.")
@click.option("--boundaries", type=click.Path(path_type=Path), help="GeoJSON of LAs to draw on the report's map.")
@click.option("--template", type=click.Path(path_type=Path), help="Write example files into this folder, and end.")
def match(
    problem: Path | None,
    out: Path | None,
    policy: Path | None,
    seconds: float,
    memory_gb: float | None,
    *,
    workbook: bool,
    boundaries: Path | None,
    template: Path | None,
) -> None:
    """Match the pupils of PROBLEM, a folder of CSV files or an .xlsx workbook, to provisions.

    Ends with 0 when an answer is written, 2 when the input is at fault (see errors.csv in the folder of --out),
    3 when the time was over before there was an answer.
    """
    if template:
        if problem or out or policy or workbook or boundaries:
            raise click.UsageError("--template stands alone: it writes example files and solves nothing.")
        _write_template(template)
        return
    if not problem or not out:
        raise click.UsageError("Give a PROBLEM and --out FOLDER, or --template FOLDER.")
    try:
        _match(problem, out, policy, Limits(seconds, memory_gb), boundaries, with_workbook=workbook)
    except KeyboardInterrupt:
        click.echo("Stopped. No answer was written.", err=True)
        os._exit(INTERRUPTED)  # the usual end would take down the solver's thread while it runs, and abort


def _match(
    path: Path, out: Path, policy: Path | None, limits: Limits, boundaries: Path | None, *, with_workbook: bool
) -> None:
    try:
        check_free(out)
        outlines = read_boundaries(boundaries) if boundaries else ()
        problem = read_problem(path, policy)
    except (FolderTakenError, BoundariesError, OSError) as error:
        stop(f"Error: {sentence(error)}", BAD_INPUT)
    except BadProblem as bad:
        refuse(bad.errors, lambda errors: _keep(errors, out), "nothing was solved")
    try:
        answer = _solve(problem, limits)
    except TimeRanOutError as error:
        stop(f"Error: {error}. No answer was written; give more --seconds.", TIME_RAN_OUT)
    except TooLittleMemoryError as error:
        stop(f"Error: {error} by --memory-gb. Nothing was solved; allow more, or match fewer pupils.", BAD_INPUT)
    if faults := check(problem, answer):
        shown = "\n".join(faults[:MOST_FAULTS_SHOWN])
        stop(f"{shown}\nError: the answer fails its check in {len(faults)} points and was not written.", FAILED)
    try:
        write_answer(
            problem,
            answer,
            out,
            version=version("send-marketplace"),
            source=Source(problem=path, policy=policy),
            with_workbook=with_workbook,
            outlines=outlines,
        )
    except (FolderTakenError, OSError) as error:
        stop(f"Error: {sentence(error)} No answer was written.", FAILED)
    _print_result(answer, out)


def _write_template(folder: Path) -> None:
    try:
        written = write_template(folder)
    except (TemplateExistsError, OSError) as error:
        stop(f"Error: {sentence(error)}", BAD_INPUT)
    click.echo(f"Wrote {', '.join(path.name for path in written)} to {folder}.")
    click.echo(f"Try: marketplace match {folder} --out result")


def _keep(errors: Sequence[FileError], out: Path) -> Path:
    write_errors(errors, out)
    return out / ERRORS_FILE


def _solve(problem: Problem, limits: Limits) -> Answer:
    """Solve while the terminal shows where it stands; elsewhere one line a stage goes to standard error.

    The solver works in a thread of its own, because a signal reaches Python only between its steps: so Ctrl-C is
    heard at once. The first one asks for the best answer so far; at a second one the solver is left, and nothing is on
    disk.
    """
    console = Console(stderr=True)
    stop = threading.Event()

    def work(say: Callable[[Progress], None]) -> Answer:
        return solve(problem, seconds=limits.seconds, memory_gb=limits.memory_gb, progress=say, stop=stop)

    if not console.is_terminal:
        heard: list[Progress] = []

        def say(progress: Progress) -> None:
            if heard and heard[-1].stage != progress.stage:  # as far as the stage before came
                click.echo(_line(heard[-1]), err=True)
            heard[:] = [progress]

        return _in_thread(lambda: work(say), stop)
    with Status(f"Matching {len(problem.pupils):,} pupils", console=console) as status:
        return _in_thread(lambda: work(lambda progress: status.update(_line(progress))), stop)


def _in_thread(work: Callable[[], Answer], stop: threading.Event) -> Answer:
    done: list[Answer] = []
    failed: list[BaseException] = []
    over = threading.Event()  # a thread whose join() is interrupted counts as ended in Python 3.11

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failed.append(error)
        over.set()

    threading.Thread(target=run, daemon=True).start()
    while not over.is_set():
        try:
            over.wait(0.1)
        except KeyboardInterrupt:
            if stop.is_set():
                raise
            stop.set()
            click.echo("Stopping with the best answer so far; press Ctrl-C again to have none.", err=True)
    if failed:
        raise failed[0]
    return done[0]


def _line(progress: Progress) -> str:
    line = f"{progress.seconds:6.1f} s  {progress.stage}"
    if progress.objective is not None:
        line += f"  objective {progress.objective:,.1f}"
    if progress.bound is not None:
        line += f"  bound {progress.bound:,.1f}"
    return line


def _print_result(answer: Answer, out: Path) -> None:
    """The figures a person asks for first; the files hold the rest."""
    figures = answer.summary
    kinds = [(KIND_NAMES[row.kind], f"{row.pupils:,}", f"{row.fte:,.1f}") for row in figures.kinds]
    kinds.append(("All", f"{figures.placed:,}", f"{sum(row.fte for row in figures.kinds):,.1f}"))
    reasons = [(REASONS[reason], f"{count:,}") for reason, count in figures.unplaced_by_reason.items() if count]
    reasons.append(("All", f"{figures.unplaced:,}"))
    shortages = [(row.pool, row.setting, row.unit, f"{row.shadow_price:,.1f}") for row in dearest(answer.pools)]
    print_table("Placed", ("kind", "pupils", "FTE"), kinds, texts=1)
    print_table("Unplaced", ("reason", "pupils"), reasons, texts=1)
    print_table("Cost a year by LA", ("LA", "cost", "budget", "left"), _costs(answer), texts=1)
    if shortages:
        headings = ("pool", "setting", "unit", "worth of one more, km-equivalents")
        print_table("Dearest shortages", headings, shortages, texts=3)
    if km := figures.child_km:
        click.echo(f"Child's km, one way: mean {km.mean:.1f}, median {km.median:.1f}, 90th percentile {km.p90:.1f}")
    seconds = sum(stage.seconds for stage in figures.stages)
    click.echo(f"Proven within {figures.gap:.3%} ({figures.status}) in {seconds:.1f} s")
    click.echo(f"Result: {out}")


def _costs(answer: Answer) -> list[tuple[str, ...]]:
    costs: Counter[str] = Counter()
    for row in answer.assignments:
        costs[row.la] += row.cost
    budgets = {row.la: (pounds(row.budget), pounds(row.left)) for row in answer.budgets}
    rows = [(la, pounds(costs[la]), *budgets.get(la, ("no limit", ""))) for la in sorted({*costs, *budgets})]
    return [*rows, ("All", pounds(answer.summary.cost), "", "")]

"""`make load`: many people at once on the demonstration beside a running solve, against what journeys.md promises.

The people, the pages, the database, the worker and the solve share one machine, which is said beside the figures.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil

from benchmarks.page import machine, write_section
from marketplace.services.demonstration import PASSWORD
from tests.served import ROOT, Served, behind_the_scenes, demonstration, environment

Request = tuple[str, str, float, int]  # kind, name, milliseconds, status
# Kind of request → milliseconds within which 95 and 99 of 100 are to be answered.
ASKED = {"read": (300, 800), "write": (500, 1000)}
TEXT = """Written by `make load` (`python -m tests.load`): {people} people of six LAs, of every provider and of the
region, each with a session, work on the demonstration (600 pupils, two web processes) at a steady pace for
{seconds:.0f} s, after all have signed in; procurement keeps a matching run of the region under way. {machine};
people, pages, database, worker and solve on it together.

| | requests | a second | median ms | 95% within ms | 99% within ms | asked: 95%, 99% | failed |
|:--|--:|--:|--:|--:|--:|:--|--:|
{rows}

Failed is what was answered 4xx, 5xx or not at all, but for {conflicts} writes answered 409: a colleague of the same
organisation had been first, and the page said so. The web processes held {before:.0f} MB together at the beginning and
{after:.0f} MB at the end.
"""


@click.command()
@click.option("--seconds", type=float, default=600.0, show_default=True)
@click.option("--rate", type=float, default=50.0, show_default=True, help="Requests a second, all together.")
@click.option("--write/--no-write", default=True, show_default=True, help="Put the section into docs/performance.md.")
def main(seconds: float, rate: float, write: bool) -> None:
    """Serve the demonstration, let people work on it, and write how long they waited."""
    with demonstration() as served:
        before = _megabytes(served.pid)
        found = _worked(served, seconds, rate)
        after = _megabytes(served.pid)
    requests: list[Request] = [(kind, name, took, status) for kind, name, took, status in found["requests"]]
    text = TEXT.format(
        people=found["people"],
        seconds=seconds,
        machine=machine(),
        rows="\n".join(_rows(requests, seconds)),
        conflicts=sum(status == 409 for _, _, _, status in requests),
        before=before,
        after=after,
    )
    print(text)  # noqa: T201 - it is a command
    if write:
        write_section("Many people at once beside a solve", text)


def _worked(served: Served, seconds: float, rate: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "took.json"
        emails = json.dumps(behind_the_scenes(served.data, "editors", "")["emails"])
        command = [sys.executable, "-m", "tests.load.people", served.address, str(seconds), str(rate), str(file)]
        subprocess.run([*command, PASSWORD, emails], check=True, cwd=ROOT, env=environment(served.data))
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def _rows(requests: Sequence[Request], seconds: float) -> Iterable[str]:
    """All reads and all writes, then each name, by how many."""
    for kind, asked in ASKED.items():
        of_kind = [row for row in requests if row[0] == kind]
        yield _row(f"**all {kind}s**", of_kind, seconds, f"{asked[0]}, {asked[1]}")
    for kind in ASKED:
        names = sorted({row[1] for row in requests if row[0] == kind})
        for name in names:
            yield _row(f"{kind}: {name}", [row for row in requests if row[:2] == (kind, name)], seconds, "")


def _row(words: str, rows: Sequence[Request], seconds: float, asked: str) -> str:
    took = [row[2] for row in rows] or [0.0]
    median, p95, p99 = np.percentile(took, [50, 95, 99])
    failed = sum(status == 0 or (status >= 400 and status != 409) for _, _, _, status in rows)
    a_second = len(rows) / seconds
    return f"| {words} | {len(rows):,} | {a_second:.1f} | {median:.0f} | {p95:.0f} | {p99:.0f} | {asked} | {failed} |"


def _megabytes(pid: int) -> float:
    """What the web processes hold: the children that gunicorn forked, without worker and database."""
    forked = [each for each in psutil.Process(pid).children() if each.cmdline() == psutil.Process(pid).cmdline()]
    return float(sum(each.memory_info().rss for each in forked)) / 1e6


if __name__ == "__main__":
    os.chdir(ROOT)
    main()

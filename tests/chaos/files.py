"""R21, R22: files that somebody sends: what is wrong in them is told, bombs are refused fast, and nobody else waits."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import numpy as np
import psutil
from sqlalchemy import func, select

from marketplace.db import transaction
from marketplace.models import MatchingRun, Role
from marketplace.permissions import SYSTEM
from optimiser.files import problem_files
from optimiser.template import EXAMPLE
from tests import builders
from tests.chaos.cluster import Cluster
from tests.chaos.site import Site, serving
from tests.chaos.visitor import Visitor

PATH = "/runs/files"
FILES = dict(problem_files(EXAMPLE))
# One fault each: file, row as a spreadsheet counts it, column, and what stands there.
PLANTS = tuple(
    (f"{file}.csv", row, column, value)
    for file, row, column, values in (
        ("pupils", 2, "la", ("99x",)),
        ("pupils", 2, "easting", ("1.2k", "-5")),
        ("pupils", 4, "northing", ("abc",)),
        ("pupils", 2, "year_group", ("15", "x")),
        ("pupils", 2, "sex", ("Q",)),
        ("pupils", 2, "level_ci", ("6", "-1")),
        ("pupils", 2, "level_cl", ("2.5",)),
        ("pupils", 4, "level_semh", ("many",)),
        ("pupils", 4, "level_sp", ("9",)),
        ("pupils", 2, "primary_need", ("XXX",)),
        ("pupils", 3, "secondary_needs", ("QQQ",)),
        ("pupils", 2, "options", ("fulll",)),
        ("pupils", 2, "pattern", ("nightly",)),
        ("pupils", 2, "priority", ("6", "0")),
        ("pupils", 3, "max_km", ("-1", "far")),
        ("pupils", 4, "transport", ("maybe",)),
        ("pupils", 2, "locked", ("nowhere",)),
        ("pupils", 3, "forbidden", ("nowhere",)),
        ("provisions", 2, "setting_type", ("palace",)),
        ("provisions", 2, "kind", ("half",)),
        ("provisions", 3, "easting", ("x",)),
        ("provisions", 2, "low_year", ("-3",)),
        ("provisions", 2, "high_year", ("99",)),
        ("provisions", 3, "sex", ("both",)),
        ("provisions", 3, "needs", ("ZZZ",)),
        ("provisions", 4, "max_ci", ("7",)),
        ("provisions", 3, "pool", ("nowhere",)),
        ("provisions", 3, "sessions", ("11",)),
        ("provisions", 4, "radius_km", ("-2",)),
        ("pools", 2, "unit", ("beds",)),
        ("pools", 2, "amount", ("-1", "some")),
        ("prices", 2, "provision", ("nowhere",)),
        ("prices", 3, "band", ("tiny",)),
        ("prices", 2, "price", ("1.2k", "-5")),
        ("prices", 6, "hours", ("x",)),
        ("budgets", 2, "budget", ("1.2k", "-1")),
        ("travel", 2, "km", ("far", "-3")),
        ("travel", 2, "pupil", ("EX-999",)),
    )
    for value in values
)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)


@dataclass
class Told:
    """What became of files with planted faults."""

    files: int = 0
    planted: int = 0
    found: int = 0
    failures: int = 0  # answers 5xx
    kept: int = 0  # runs that were begun all the same


@dataclass
class Refused:
    """What became of files that are bombs or giants: the slowest answer, seconds; how much more the web processes held
    at the most, MB; within how many seconds 95 of 100 pages of others were answered meanwhile; those not refused."""

    files: int = 0
    slowest: float = 0.0
    grown: float = 0.0
    others: float = 0.0
    taken: int = 0


def told(cluster: Cluster, folder: Path, *, plants: int, mutant: str = "") -> Told:
    """Each planted fault in a file of its own, then all that have a place of their own in one."""
    found = Told()
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        visitor = _sender(site)
        tries = [[plant] for plant in PLANTS[:plants]]
        tries.append(list({plant[:3]: plant for plant in PLANTS[:plants] if plant[0] != "prices.csv"}.values()))
        for planted in tries:
            answer = visitor.upload(PATH, "batch.zip", builders.zipped(_with(planted)), seconds="30")
            rows = [[_text(cell) for cell in CELL.findall(row)] for row in answer.text.split("<tr")]
            found.files += 1
            found.planted += len(planted)
            found.failures += answer.status >= 500
            found.found += sum(_is_told(rows, *plant) for plant in planted)
        with transaction(SYSTEM) as session:
            found.kept = session.scalar(select(func.count()).select_from(MatchingRun)) or 0
    return found


def refused(cluster: Cluster, folder: Path, *, mutant: str = "") -> Refused:
    """Each bomb and giant, while somebody else opens pages."""
    found = Refused()
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        visitor, other = _sender(site), _sender(site)
        other.get("/runs")
        for name, make in BOMBS.items():
            content = make()
            with _watched(site, other) as seen:
                started = time.monotonic()
                try:
                    status = visitor.upload(PATH, name, content, seconds="30").status
                except TimeoutError:  # no answer in 30 seconds
                    status = 0
                except ConnectionError:  # cut off while it was still being sent, as what is larger than any may be
                    status = 413
                found.slowest = max(found.slowest, time.monotonic() - started)
            found.files += 1
            found.taken += status not in {413, 422}
            found.grown = max(found.grown, seen.grown)
            found.others = max(found.others, seen.p95)
    return found


def _sender(site: Site) -> Visitor:
    """Procurement of an LA, signed in."""
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), Role.PROCUREMENT).email
    visitor = site.visitor()
    visitor.sign_in(email, builders.PASSWORD)
    return visitor


def _with(planted: list[tuple[str, int, str, str]]) -> dict[str, bytes]:
    files = {name: text.splitlines() for name, text in FILES.items()}
    for name, row, column, value in planted:
        lines = files[name]
        cells = lines[row - 1].split(",")
        cells[lines[0].split(",").index(column)] = value
        lines[row - 1] = ",".join(cells)
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in files.items()}


def _is_told(rows: list[list[str]], file: str, row: int, column: str, value: str) -> bool:
    """Whether a line of the page names this cell."""
    return any(
        len(cells) >= 3 and re.fullmatch(rf"({re.escape(file)}, r|R)ow {row}", cells[0]) and cells[1] == column
        and value in cells[2]
        for cells in rows
    )  # fmt: skip


def _text(cell: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", cell)).strip()


def _plain(name: str, content: bytes) -> dict[str, bytes]:
    return {**{each: text.encode() for each, text in FILES.items()}, name: content}


def _noise(size: int) -> bytes:
    """Text that packs to little less than it is."""
    chance = random.Random(7)  # noqa: S311 - nothing secret comes of it
    return bytes(chance.choices(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=size))


def _many_rows() -> bytes:
    head, first = FILES["pupils.csv"].splitlines()[:2]
    chance = random.Random(7)  # noqa: S311 - nothing secret comes of it
    rows = (f"{chance.randrange(10**9)}{first.removeprefix('EX-001')}" for _ in range(1_000_000))
    return "\n".join([head, *rows]).encode()


def _entities() -> bytes:
    """A workbook whose sheet would grow without end, were its entities believed."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    sheet = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><worksheet><x>&a9;</x></worksheet>'
    return builders.zipped({"xl/workbook.xml": sheet.encode(), "xl/worksheets/sheet1.xml": sheet.encode()})


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "zeros.zip": lambda: builders.zipped(_plain("pupils.csv", b"0" * 300_000_000)),
    "entries.zip": lambda: builders.zipped({f"{n}.csv": b"x" for n in range(5_000)}),
    "zeros.xlsx": lambda: builders.zipped({"xl/workbook.xml": b"0" * 300_000_000}),
    "entities.xlsx": _entities,
    "cell.zip": lambda: builders.zipped(_plain("pupils.csv", FILES["pupils.csv"].encode() + _noise(10_000_000))),
    "rows.zip": lambda: builders.zipped(_plain("pupils.csv", _many_rows())),
    "columns.zip": lambda: builders.zipped(
        _plain("pupils.csv", ",".join(f"column_{n}" for n in range(2_000)).encode())
    ),
    "giant.zip": lambda: builders.zipped(_plain("pupils.csv", _noise(40_000_000))),
}


@dataclass
class _Seen:
    grown: float = 0.0
    p95: float = 0.0


@contextmanager
def _watched(site: Site, other: Visitor) -> Iterator[_Seen]:
    """Look at what the web processes hold, and open pages as somebody else, as long as the context lasts."""
    seen, took, over = _Seen(), list[float](), threading.Event()
    before = _megabytes(site.port)

    def look() -> None:
        while not over.is_set():
            seen.grown = max(seen.grown, _megabytes(site.port) - before)
            time.sleep(0.02)

    def browse() -> None:
        while not over.is_set():
            started = time.monotonic()
            other.get("/runs")
            took.append(time.monotonic() - started)

    threads = [threading.Thread(target=act) for act in (look, browse)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
    seen.p95 = float(np.percentile(took, 95)) if took else 0.0


def _megabytes(port: int) -> float:
    """What all processes hold that serve the site."""
    total = 0
    for process in psutil.process_iter(["cmdline"]):
        if f"127.0.0.1:{port}" in (process.info["cmdline"] or []):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    return total / 1e6

"""Times the ranked options of a need and writes them to docs/performance.md: `python -m benchmarks.options`.

Whole requests through the Flask test client, from the session's cookie to the last byte, on a PostgreSQL of its own.
"""

import gc
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any

import structlog
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select

from benchmarks.market import served
from benchmarks.page import machine, write_section
from marketplace.db import transaction
from marketplace.models import Need, NeedStatus, PriceLine, Provision, Region, Role, Setting, User, today
from marketplace.permissions import SYSTEM
from marketplace.services.demonstration import PASSWORD

PROVISIONS = 2_000
NEEDS = 300
SEED = 12
WARM = 20  # requests before the first that counts: templates and statements are compiled once
PAGES = {
    "the page": "",
    "filtered, a reason listed": "?kind=full&vacant=true&refused=level",
    "the points of its map": "/markers",
}
INTRODUCTION = """Written by `make bench` (`python -m benchmarks.options`): the options of {needs} needs of the
demonstration's region (seed {seed}), whose settings are copied side by side (`benchmarks/market.py`) into a market of
{settings:,} settings, {provisions:,} provisions and {lines:,} price lines. One request at a time, web process and
database on one machine: {machine}, SQLAlchemy {sqlalchemy}. The target is 500 ms for 95 of 100 requests.

The processor's time is that of the web process alone; where the load was above 1, other work on the machine took turns
with the requests, and their milliseconds hold the waiting.

| request | median ms | 95% within ms | of it processor, median | 95% | most queries | load |
|:--|--:|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """One request: milliseconds by the clock and of the web process's processor, and the queries that it made."""

    milliseconds: float
    processor: float
    queries: int


def main() -> None:
    """Build the market, time every page for every need, print and write the table."""
    with served(provisions=PROVISIONS, seed=SEED, on=today()) as app:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        with transaction(SYSTEM) as session:
            text = INTRODUCTION.format(
                needs=NEEDS,
                seed=SEED,
                machine=machine(),
                sqlalchemy=version("sqlalchemy"),
                settings=session.scalar(select(func.count(Setting.id))),
                provisions=session.scalar(select(func.count(Provision.id))),
                lines=session.scalar(select(func.count(PriceLine.id))),
            )
            published = select(Need.id).where(Need.status == NeedStatus.PUBLISHED).order_by(Need.id).limit(NEEDS)
            needs = session.scalars(published).all()
            buyers = select(User.email).where(User.role_rows.any(role=Role.PROCUREMENT))
            email = session.scalars(buyers.join(Region, Region.id == User.organisation_id)).one()
        client = app.test_client()
        sign_in(client, email)
        gc.freeze()  # as `marketplace serve` does
        for name, path in PAGES.items():
            paths = [f"/needs/{need_id}/options{path}" for need_id in needs]
            timings = list(timed(client, app.extensions["database"], paths))
            text += row(name, timings) + "\n"
    print(text)
    write_section("The ranked options of a need", text)


def sign_in(client: FlaskClient, email: str) -> None:
    """Sign in through the page, as everybody must."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": token[1]})


def timed(client: FlaskClient, engine: Engine, paths: list[str]) -> Iterator[Timing]:
    """Each request, after some that do not count; every answer must be the page."""
    with queries(engine) as seen:
        for number, path in enumerate([*paths[:WARM], *paths]):
            seen.clear()
            started, worked = time.perf_counter(), time.process_time()
            answer = client.get(path)
            milliseconds, processor = (
                1000 * spent for spent in (time.perf_counter() - started, time.process_time() - worked)
            )
            if answer.status_code != 200:
                raise AssertionError(f"{path} answered {answer.status_code}")
            if number >= WARM:
                yield Timing(milliseconds, processor, len(seen))


@contextmanager
def queries(engine: Engine) -> Iterator[list[str]]:
    """The statements that the engine sends."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def row(name: str, timings: list[Timing]) -> str:
    """One line of the table."""
    most = max(timing.queries for timing in timings)
    spent = ([timing.milliseconds for timing in timings], [timing.processor for timing in timings])
    figures = " | ".join(f"{median(each):.0f} | {quantiles(each, n=20)[-1]:.0f}" for each in spent)
    return f"| {name} | {figures} | {most} | {os.getloadavg()[0]:.1f} |"


if __name__ == "__main__":
    main()

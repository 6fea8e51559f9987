"""Times a price file of 20,000 rows and writes docs/performance.md: `python -m benchmarks.price_file`.

Whole requests through the Flask test client, from the session's cookie to the last byte, on a PostgreSQL of its own.
"""

import logging
import os
import re
import time
from collections.abc import Callable
from io import BytesIO

import structlog
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from benchmarks.market import served
from benchmarks.options import sign_in
from benchmarks.page import machine, write_section
from marketplace.db import transaction
from marketplace.models import PriceSchedule, Role, ScheduleStatus, Setting, User, today
from marketplace.permissions import SYSTEM
from marketplace.schemas.price_files import MOST_ROWS, prices_csv, prices_xlsx
from marketplace.services.people import actor_of
from marketplace.services.price_files import template

PROVISIONS = 800
SEED = 12
UPLOAD = "/schedules/upload"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SEEN = re.compile(r'name="seen" value="([^"]+)"')
TICKS = re.compile(r'name="drafts" type="checkbox" value="([^"]+)"')
INTRODUCTION = """Written by `python -m benchmarks.price_file`: one provider sends the prices of {settings} settings in
one file of {rows:,} rows, the template as it is filled in beforehand, with every amount raised. Each request once, web
process and database on one machine: {machine}.
The target is 10 s until every error of the file is known. Where the load was above 1, other work took turns.

| request | seconds | load |
|:--|--:|--:|
"""


def main() -> None:
    """Build a provider with many settings, send its file in several ways, print and write the table."""
    with served(provisions=PROVISIONS, seed=SEED, on=today()) as app:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        with transaction(SYSTEM) as session:
            editor = session.scalars(
                select(User).where(User.role_rows.any(role=Role.PROVIDER_EDITOR)).order_by(User.id)
            ).first()
            assert editor is not None
            session.execute(update(Setting).values(provider_id=editor.organisation_id))
            session.flush()
            person, email = actor_of(editor), editor.email
        with transaction(person) as session:
            rows = template(session, person, provider_id=person.organisation_id or 0, on=today())[:MOST_ROWS]
        raised = [{**row, "amount": row["amount"] and row["amount"] + 50} for row in rows]  # 50p; none stays none
        clean, changed, book = prices_csv(raised).encode(), prices_csv(rows).encode(), prices_xlsx(raised)
        wrong = re.sub(rb"(\d),(\d{4}/\d\d\r?\n)", rb"\1k,\2", clean)
        client = app.test_client()
        sign_in(client, email)
        text = INTRODUCTION.format(rows=len(rows), settings=len({row["urn"] for row in rows}), machine=machine())
        text += timed("the template of all settings, as CSV", lambda: client.get("/schedules/template.csv"))
        text += timed("the template, as a workbook", lambda: client.get("/schedules/template.xlsx"))
        text += timed("a file with an error in nearly every row", lambda: send(client, wrong, "prices.csv"), 422)
        text += timed("a file without errors, kept as drafts", lambda: send(client, clean, "prices.csv"), 302)
        text += timed("the same as a workbook: nothing changes", lambda: send(client, book, "prices.xlsx"), 302)
        text += timed("the file again, every amount changed", lambda: send(client, changed, "prices.csv"), 302)
        text += timed("the drafts side by side", lambda: client.get("/schedules/drafts"))
        page = client.get("/schedules/drafts").text
        form = {"drafts": TICKS.findall(page), "csrf_token": TOKEN.findall(page)[0]}
        text += timed("all of them published", lambda: client.post("/schedules/drafts/publish", data=form), 302)
        with transaction(SYSTEM) as session:
            left = select(func.count(PriceSchedule.id)).where(PriceSchedule.status == ScheduleStatus.DRAFT)
            assert session.scalar(left) == 0
    print(text)
    write_section("A price file of 20,000 rows", text)


def send(client: FlaskClient, content: bytes, name: str) -> TestResponse:
    """Send a file from the page as it is now, with the from-date that it suggests."""
    page = client.get(UPLOAD).text
    dates = dict(re.findall(r'name="(starts_on-\w+)"[^>]*value="(\d+)"', page))
    file = FileStorage(BytesIO(content), name)
    form = {**dates, "csrf_token": TOKEN.findall(page)[0], "seen": SEEN.findall(page), "file": file}
    boundary, body = encode_multipart(form)
    return client.post(UPLOAD, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def timed(name: str, request: Callable[[], TestResponse], status: int = 200) -> str:
    """One line of the table; the answer must have the status that it has where all is well."""
    started = time.perf_counter()
    answer = request()
    seconds = time.perf_counter() - started
    if answer.status_code != status:
        raise AssertionError(f"{name} answered {answer.status_code}: {answer.text[:2000]}")
    return f"| {name} | {seconds:.1f} | {os.getloadavg()[0]:.1f} |\n"


if __name__ == "__main__":
    main()

"""Price files as a browser sends them, and what the page answers."""

import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from marketplace.web.repeats import once_key
from tests import builders

HEADER = "URN,setting,provision,band,part,discipline,hours a week,weeks,amount,academic year"
UPLOAD = "/schedules/upload"


def csv(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def seen(page: str) -> list[str]:
    """The drafts, with their saves, that the page knows of."""
    return re.findall(r'name="seen" value="([^"]+)"', page)


def send_file(
    client: FlaskClient, content: bytes, *, name: str = "prices.csv", page: str = "", starts_on: str = "1/9/2027"
) -> TestResponse:
    """Send a file from the page as it is now, or as it was opened earlier."""
    page = page or client.get(UPLOAD).text
    day, month, year = starts_on.split("/")
    form: dict[str, Any] = {
        "csrf_token": builders.csrf_token(page), "seen": seen(page), "file": FileStorage(io.BytesIO(content), name),
        "starts_on-day": day, "starts_on-month": month, "starts_on-year": year,
    }  # fmt: skip
    return post_whole(client, UPLOAD, form)


def post_whole(client: FlaskClient, path: str, form: Mapping[str, Any]) -> TestResponse:
    """Post a form with a file; of a large one the test client itself would leave a temporary file open."""
    boundary, body = encode_multipart({**form, "once": once_key()})
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def faults(answer: TestResponse) -> list[tuple[str, str, str, str]]:
    """What the page says is wrong: row, column, value, words."""
    assert answer.status_code == 422, answer.text
    table = answer.text.split("<tbody", 1)[1].split("</tbody>")[0]
    cells = [
        unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table, re.S)
    ]
    cells = [{"Whole file": "all"}.get(cell, cell).removeprefix("Row ") for cell in cells]
    return [(cells[at], cells[at + 1], cells[at + 2], cells[at + 3]) for at in range(0, len(cells), 4)]


def ticked(page: str) -> list[str]:
    """The drafts that a page has ticked, or carries, to be published."""
    boxes = re.findall(r'<input[^>]*name="drafts"[^>]*>', page)
    chosen = [box for box in boxes if "checked" in box or 'type="hidden"' in box]
    return [re.search(r'value="([^"]+)"', box)[1] for box in chosen]  # type: ignore[index]

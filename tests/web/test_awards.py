"""Decisions and approvals through the real pages: compare, check, done; approve or return; a place that has gone."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Award, AwardStatus, Ground, Route, Vacancy
from marketplace.permissions import SYSTEM
from tests import builders
from tests.deciding import AT, STARTS, Deciding

SignIn = Callable[[str], FlaskClient]
HIDDEN = re.compile(r'<input type="hidden" name="(version|consultation_version|total|route)" value="([^"]*)"')


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=True):
        yield


@pytest.fixture
def case(database: Engine) -> Deciding:  # noqa: ARG001
    return Deciding()


def typed(**fields: Any) -> dict[str, str]:
    """A decision as a browser sends it."""
    return {
        "route": "offer", "starts_on-day": str(STARTS.day), "starts_on-month": str(STARTS.month),
        "starts_on-year": str(STARTS.year), "reasons": "The nearest <that> meets the need.", "basis": "framework",
        "notice_reference": "FW-7", **fields,
    }  # fmt: skip


def decide(client: FlaskClient, case: Deciding, name: str, **fields: Any) -> TestResponse:
    """Open the page of a choice and send its form."""
    address = f"/needs/{case.need}/decide/{case.provisions[name]}"
    page = client.get(address).text
    hidden = dict(HIDDEN.findall(page))
    return client.post(address, data={**hidden, "csrf_token": builders.csrf_token(page), **typed(**fields)})


def words(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def pdf(answer: TestResponse) -> str:
    assert answer.mimetype == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).split())


def test_from_the_comparison_to_the_letter(case: Deciding, sign_in: SignIn) -> None:
    case.ask("Ash", "Birch", "Cedar")
    case.offer("Ash", is_held=True)
    case.refuse("Birch", full="")
    commissioner, approver = sign_in(case.emails["commissioner"]), sign_in(case.emails["approver"])
    compared = words(commissioner.get(f"/needs/{case.need}/decide"))
    for text in (
        "The parents have requested no setting.", "Offers a place, 30 November 2026", "Full, 30 November 2026",
        "No reply; due by 15 December 2026", "£48,000", "Held for this pupil until 15 December 2026",
        "Decide for Ash School", "the straight line times 1.4", "No journey time is shown", "Capacity: not stated",
    ):  # fmt: skip
        assert text in compared, text
    answer = decide(commissioner, case, "Ash")
    assert answer.status_code == 302, answer.text
    said = words(commissioner.get(answer.location))
    assert "The award is proposed" in said
    assert "The place is held until 7 December 2026" in said
    award_id = int(answer.location.split("/")[2])
    waiting = approver.get("/approvals")
    assert "N-1" in waiting.text
    page = approver.get(f"/approvals/{award_id}")
    assert "The nearest &lt;that&gt; meets the need." in page.text
    assert "FW-7" in page.text
    made = builders.post(approver, f"/approvals/{award_id}/approve", f"/approvals/{award_id}", version=version(page))
    assert made.status_code == 302, made.text
    shown = words(commissioner.get(f"/awards/{award_id}"))
    assert "Letter to the family (PDF)" in shown
    assert "Chosen" in shown
    letter = pdf(commissioner.get(f"/awards/{award_id}/letter.pdf"))
    for text in ("Ash School", "section 40", "The nearest <that> meets the need.", "First-tier Tribunal", "two months"):
        assert text in letter, text
    agreement = pdf(commissioner.get(f"/awards/{award_id}/agreement.pdf"))
    for text in ("N-1", "published schedule version 1", "£48,000", "In all, a year"):
        assert text in agreement, text


def version(page: TestResponse) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found
    return found[1]

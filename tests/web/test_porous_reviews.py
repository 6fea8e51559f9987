"""The page on which a split week is reviewed, and how reviews are shown to both sides."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import PlanStatus, PorousPlan, PorousReview, User
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.running import Running, running

TODAY = "2027-02-15T10:00:00+00:00"
SAID = {
    "belonging-0": "4", "belonging-1": "3", "belonging-2": "1", "belonging-3": "0", "pupil": "I <like> both.",
    "special": "Calm.", "mainstream": "Joins in.", "outcome": "go_on",
    "day-day": "15", "day-month": "2", "day-year": "2027",
    "next_on-day": "29", "next_on-month": "3", "next_on-year": "2027",
}  # fmt: skip


class Sides:
    """A split week on the day of its first review, and somebody of each side at a browser."""

    def __init__(self, sign_in: Callable[[str], FlaskClient]) -> None:
        with transaction(SYSTEM) as session:
            case: Running = running(session, kind="porous")
            commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
            emails = [session.get_one(User, actor.user_id).email for actor in (case.commissioner, case.editor)]
            self.id = case.placement.id
        with time_machine.travel(TODAY):
            self.la, self.provider = (sign_in(email) for email in emails)

    def keep(self, client: FlaskClient, **changes: str) -> TestResponse:
        path = f"/placements/{self.id}/reviews/new"
        version = re.search(r'name="version" value="(\d+)"', client.get(path).text)
        assert version
        return builders.post(client, path, version=version[1], **{**SAID, **changes})


@pytest.fixture
def sides(sign_in: Callable[[str], FlaskClient]) -> Any:
    sides = Sides(sign_in)
    with time_machine.travel(TODAY):
        yield sides


def test_the_setting_keeps_a_review_that_the_authority_reads(sides: Sides) -> None:
    assert "Next review: 15 February 2027" in sides.provider.get(f"/placements/{sides.id}").text
    form = sides.provider.get(f"/placements/{sides.id}/reviews/new").text
    assert "In each place there is an adult who listens to me" in form, "the words for the older"
    answer = sides.keep(sides.provider)
    assert answer.location == f"/placements/{sides.id}", answer.text
    page = sides.la.get(answer.location).text
    assert "I &lt;like&gt; both." in page
    assert "In mainstream: yes" in page
    assert "Moving between: not asked, or no answer" in page
    assert "Next review: 29 March 2027" in page
    assert "What was said last" in sides.la.get(f"/placements/{sides.id}/reviews/new").text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"belonging-2": ""}, "belonging-2", "or that there is no answer"),
        ({"special": ""}, "special", "at the special setting"),
        ({"outcome": ""}, "outcome", "what comes next"),
        ({"next_on-day": "", "next_on-month": "", "next_on-year": ""}, "next_on", "within 26 weeks"),
        ({"day-day": "16"}, "day", "to today"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    sides: Sides, changes: dict[str, str], field: str, words: str
) -> None:
    refused = sides.keep(sides.provider, **changes)
    assert refused.status_code == 422
    assert re.search(rf'<a href="#{field}">\s*[^<]*{words}', refused.text)
    assert "I &lt;like&gt; both." in refused.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(PorousReview)).all() == []


def test_before_a_plan_holds_there_is_nothing_to_review(sides: Sides) -> None:
    with transaction(SYSTEM) as session:
        session.execute(update(PorousPlan).values(status="proposed", decided_at=None, decision=None))
    page = f"/placements/{sides.id}"
    assert sides.provider.get(f"{page}/reviews/new").location == page
    assert "Keep a review" not in sides.provider.get(page).text

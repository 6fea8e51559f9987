"""The pages of a porous plan: the week is proposed by either side, approved in writing by the authority, and shown on
the placement to both."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Placement, PlanStatus, PorousPlan, User
from marketplace.permissions import SYSTEM
from tests import builders
from tests.running import running

TODAY = "2026-11-30T10:00:00+00:00"


class Sides:
    """A porous placement that was agreed, and somebody of each side at a browser."""

    def __init__(self, sign_in: Callable[[str], FlaskClient], kind: str = "porous") -> None:
        with transaction(SYSTEM) as session:
            case = running(session, kind=kind)
            emails = [session.get_one(User, actor.user_id).email for actor in (case.commissioner, case.editor)]
            self.id = case.placement.id
        with time_machine.travel(TODAY):
            self.la, self.provider = (sign_in(email) for email in emails)

    def propose(self, client: FlaskClient, **changes: str) -> TestResponse:
        path = f"/placements/{self.id}/plans/new"
        page = client.get(path).text
        return builders.post(client, path, **{**boxes(page), **said(), **changes})

    def decide(self, client: FlaskClient, act: str, **form: str) -> TestResponse:
        plan = only()
        page = client.get(f"/plans/{plan.id}").text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        return builders.post(client, f"/plans/{plan.id}/{act}", version=version[1], **form)


def said() -> dict[str, str]:
    """What the page does not know beforehand."""
    return {
        "goal_on-day": "17", "goal_on-month": "12", "goal_on-year": "2027", "school": "Little Elms <Primary>",
        "special_staff": "Class teacher of Willow", "mainstream_staff": "SENCO", "reason": "As both schools <agreed>.",
    }  # fmt: skip


def boxes(page: str) -> dict[str, str]:
    """What stands in the boxes of a page's form, as a browser would send it."""
    form = page[page.index('<form method="post" action="/placements/') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and ("radio" not in tag or " checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: value for name, value in found.items() if name not in {"csrf_token", "once"}}


def only() -> PorousPlan:
    with transaction(SYSTEM) as session:
        return session.scalars(select(PorousPlan)).one()


@pytest.fixture
def sides(sign_in: Callable[[str], FlaskClient]) -> Any:
    sides = Sides(sign_in)
    with time_machine.travel(TODAY):
        yield sides


def test_the_setting_proposes_the_week_and_the_authority_approves_it_in_writing(sides: Sides) -> None:
    assert "The week is not planned yet" in sides.provider.get(f"/placements/{sides.id}").text
    answer = sides.propose(sides.provider)
    assert answer.status_code == 302, answer.text
    plan = only()
    assert answer.location == f"/plans/{plan.id}"
    assert (plan.special, plan.goal_sessions, plan.status) == (4, 10, PlanStatus.PROPOSED)
    placement = sides.la.get(f"/placements/{sides.id}").text
    assert "Version 1 waits for the authority" in placement
    page = sides.la.get(f"/plans/{plan.id}").text
    assert "4 sessions at the special setting, 6 in mainstream, from 4 January 2027." in page
    assert "4 journeys a week at the authority's cost." in page
    assert "Little Elms &lt;Primary&gt;" in page
    assert "As both schools &lt;agreed&gt;." in page
    answer = sides.decide(sides.la, "approve", decision="The panel <agrees>.")
    assert answer.location == f"/placements/{sides.id}"
    assert "The week, version 1" in sides.provider.get(f"/placements/{sides.id}").text
    shown = sides.provider.get(f"/plans/{plan.id}").text
    assert "The panel &lt;agrees&gt;." in shown
    assert "It holds now." in shown


def test_without_words_nothing_is_approved(sides: Sides) -> None:
    sides.propose(sides.provider)
    refused = sides.decide(sides.la, "approve")
    assert refused.status_code == 422
    assert re.search(r'<a href="#decision">\s*Write what the authority decides', refused.text)
    assert only().status is PlanStatus.PROPOSED


def test_the_authority_returns_a_version_and_what_holds_goes_on(sides: Sides) -> None:
    sides.propose(sides.provider)
    assert sides.decide(sides.la, "return", decision="Ask the family first.").status_code == 302
    assert "Ask the family first." in sides.provider.get(f"/plans/{only().id}").text
    assert "The week is not planned yet" in sides.la.get(f"/placements/{sides.id}").text


def test_the_side_that_proposed_takes_it_back_and_the_other_cannot(sides: Sides) -> None:
    sides.propose(sides.la)
    assert "Withdraw this version" not in sides.provider.get(f"/plans/{only().id}").text
    assert sides.decide(sides.la, "withdraw").status_code == 302
    assert only().status is PlanStatus.WITHDRAWN


def test_the_next_version_begins_with_what_the_last_one_says(sides: Sides) -> None:
    sides.propose(sides.provider, **{"week-0": "mainstream"})
    sides.decide(sides.la, "approve", decision="Yes.")
    page = boxes(sides.provider.get(f"/placements/{sides.id}/plans/new").text)
    assert [page[f"week-{number}"] for number in range(4)] == ["mainstream", "special", "special", "special"]
    assert page["school"] == "Little Elms &lt;Primary&gt;"
    assert "starts_on-day" in page
    with transaction(SYSTEM) as session:
        assert session.get_one(Placement, sides.id).sessions == 3, "the placement has the sessions of its plan"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"week-0": "nowhere"}, "week-0", "Say where"),
        ({f"week-{number}": "mainstream" for number in range(10)}, "week", "at least one session"),
        ({"rides-0": "none"}, "rides-0", "Say who brings the pupil"),
        ({"rides-4": "family"}, "rides-4", "No session of this day"),
        ({"school": ""}, "school", "Enter the name of the mainstream school"),
        ({"school_urn": "12"}, "school_urn", "six-digit URN"),
        ({"goal_sessions": "11"}, "goal_sessions", "from 0 to 10"),
        ({"goal": "stable"}, "goal_sessions", "A stable week keeps its 6"),
        ({"goal_on-year": ""}, "goal_on", "real date"),
        ({"review_weeks": "0"}, "review_weeks", "from 1 to 26"),
        ({"reason": ""}, "reason", "Say in words"),
        ({"why": "progress"}, "why", "This is the first version"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    sides: Sides, changes: dict[str, str], field: str, words: str
) -> None:
    refused = sides.propose(sides.provider, **changes)
    assert refused.status_code == 422
    assert re.search(rf'<a href="#{field}">\s*[^<]*{words}', refused.text), refused.text
    assert "SENCO" in refused.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(PorousPlan)).all() == []


def test_of_a_full_placement_no_week_is_planned(sign_in: Callable[[str], FlaskClient]) -> None:
    sides = Sides(sign_in, kind="day")
    with time_machine.travel(TODAY):
        assert sides.la.get(f"/placements/{sides.id}/plans/new").location == f"/placements/{sides.id}"
        assert "The week" not in sides.la.get(f"/placements/{sides.id}").text

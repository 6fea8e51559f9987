"""The pages of outreach orders: from what is asked to what an outcome has cost; what is refused; who reads what."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import LedgerTotal, OrderStatus, OrderVisit, OutreachOrder, User
from marketplace.permissions import SYSTEM
from tests import builders
from tests.builders import words_of
from tests.ordering import Ordering, ordering
from tests.running import running

ASKED_ON, FEBRUARY, OVER = "2026-11-30T10:00:00+00:00", "2027-02-01T10:00:00+00:00", "2027-07-19T10:00:00+00:00"


def day(d: int, m: int, y: int, name: str = "day") -> dict[str, str]:
    return {f"{name}-day": str(d), f"{name}-month": str(m), f"{name}-year": str(y)}


TERMS = {
    "outcome": "Four pupils join in whole-class talk.", "measure": "Lessons a week joined in without an adult",
    "baseline": "2", "target": "10", "hours": "60", "hours_a_week": "3", "grade": "specialist_teacher",
    "school": "Larch Primary School", "pupils_with": "1", "pupils_without": "3", "year_group": "8",
    **day(11, 1, 2027, "starts_on"), **day(16, 7, 2027, "ends_on"), **day(1, 3, 2027, "next_review_on"),
}  # fmt: skip
SHARES = "Larch Primary School, 60\nRowan Academy 40%\n"


@dataclass
class Sides:
    """Somebody of each side at a browser."""

    case: Ordering
    sign_in: Callable[[str], FlaskClient]
    emails: dict[str, str]

    def at(self, who: str) -> FlaskClient:
        return self.sign_in(self.emails[who])

    def ask(self, **fields: str) -> TestResponse:
        form = {**TERMS, "provision_id": str(self.case.provision), **fields}
        return builders.post(self.at("commissioner"), "/outreach/new", **form)

    def asked(self, **fields: str) -> int:
        answer = self.ask(**fields)
        assert answer.status_code == 302, words_of(answer.text)
        return int(answer.location.rpartition("/")[2])

    def step(self, who: str, order_id: int, name: str, **form: Any) -> TestResponse:
        """Take a step through its page, as it stands now."""
        client, path = self.at(who), f"/outreach/{order_id}/{name}"
        hidden = dict(re.findall(r'name="(version)" value="(\d+)"', client.get(path).text))
        return builders.post(client, path, **{**hidden, **form})

    def page(self, who: str, order_id: int) -> str:
        return words_of(self.at(who).get(f"/outreach/{order_id}").text)

    def run(self, **fields: str) -> int:
        order_id = self.asked(**fields)
        assert self.step("editor", order_id, "accept", price="4,300").status_code == 302
        assert self.step("commissioner", order_id, "agree").status_code == 302
        return order_id


@pytest.fixture
def sides(sign_in: Callable[[str], FlaskClient]) -> Any:
    with transaction(SYSTEM) as session:
        case = ordering(session, name="Ash Grove School")
        people = {name: getattr(case, name) for name in ("commissioner", "approver", "editor")}
        emails = {name: session.get_one(User, person.user_id).email for name, person in people.items()}
    with time_machine.travel(ASKED_ON):
        yield Sides(case, sign_in, emails)


def order(order_id: int) -> OutreachOrder:
    with transaction(SYSTEM) as session:
        return session.get_one(OutreachOrder, order_id)


def test_an_order_goes_from_what_is_asked_to_what_its_outcome_has_cost(sides: Sides) -> None:
    order_id = sides.asked(shares=SHARES)
    assert "Asked: the provider accepts or declines (1)" in words_of(sides.at("editor").get("/outreach").text)
    page = words_of(sides.at("editor").get(f"/outreach/{order_id}/accept").text)
    assert "The guide is £4,300" in page
    assert "20 half-days of a specialist teacher, £215 a half-day" in page
    assert "(illustrative)" in page or "illustrative" in page.lower()
    answer = sides.step("editor", order_id, "accept", price="4,400")
    assert answer.location == f"/outreach/{order_id}"
    page = words_of(sides.at("commissioner").get(f"/outreach/{order_id}/agree").text)
    assert "The price is £100 above it. The guide caps nothing." in page
    sides.step("commissioner", order_id, "agree")
    with time_machine.travel(FEBRUARY):
        _visit_and_review(sides, order_id)
    with time_machine.travel(OVER):
        assert "Over: what came of it? (1)" in words_of(sides.at("commissioner").get("/outreach").text)
        form = {**day(16, 7, 2027, "last_day"), "value": "10", "result": "met", "words": "All four join in."}
        assert sides.step("commissioner", order_id, "end", **form).status_code == 302
        page = sides.page("commissioner", order_id)
        assert "Cost of the outcome £4,400" in page
        assert "Measured at the end 10, from 2 to reach 10" in page
        assert "Cost of the outcome" not in sides.page("editor", order_id)  # the ledger is the authority's
        outcomes = words_of(sides.at("commissioner").get("/outreach/outcomes").text)
        assert "1 other provider Fewer than five: not shown" in outcomes
    with transaction(SYSTEM) as session:
        assert sum(session.scalars(select(LedgerTotal.amount))) == 440_000


def _visit_and_review(sides: Sides, order_id: int) -> None:
    schools = re.findall(
        r'name="share_id"[^>]*value="(\d+)"', sides.at("editor").get(f"/outreach/{order_id}/visits/new").text
    )
    path = f"/outreach/{order_id}/visits/new"
    form = {**day(1, 2, 2027), "hours": "1.5", "share_id": schools[0], "words": "Modelled talk partners."}
    client = sides.at("editor")
    answer = builders.post(client, path, **form)
    assert answer.location == path
    page = words_of(client.get(path).text)
    assert "Logged: 1.5 hours on 1 February 2027." in page
    assert "1.5 of 60 hours delivered, 58.5 to come: 1 half-day of 20." in page
    assert "Larch Primary School 60% 1.5 hours (100%) 36 hours" in page
    review = {**day(1, 2, 2027), "value": "5", "words": "Two of four join in.", **day(1, 4, 2027, "next_review_on")}
    assert sides.step("editor", order_id, "review", **review).status_code == 302
    page = sides.page("commissioner", order_id)
    assert "The next review is on 1 April 2027." in page
    assert "Two of four join in." in page
    assert "Modelled talk partners." in page
    assert "A visit logged" in page


def test_the_screen_of_a_visit_has_today_in_its_boxes_and_says_what_is_missing(sides: Sides) -> None:
    order_id = sides.run()
    with time_machine.travel(FEBRUARY):
        client, path = sides.at("editor"), f"/outreach/{order_id}/visits/new"
        assert re.findall(r'name="day-(\w+)"[^>]*value="(\d+)"', client.get(path).text) == [
            ("day", "1"), ("month", "2"), ("year", "2027"),
        ]  # fmt: skip
        answer = builders.post(client, path, hours="", words="Kept though refused.", **day(1, 2, 2027))
        assert answer.status_code == 422
        assert "Enter the hours of this visit." in answer.text
        assert "Kept though refused." in answer.text


def test_a_visit_is_undone_and_stays_to_be_seen(sides: Sides) -> None:
    order_id = sides.run()
    with time_machine.travel(FEBRUARY):
        client = sides.at("editor")
        builders.post(client, f"/outreach/{order_id}/visits/new", hours="3", **day(1, 2, 2027))
        with transaction(SYSTEM) as session:
            visit_id = session.scalars(select(OrderVisit.id)).one()
        path = f"/outreach/{order_id}"
        assert builders.post(client, f"{path}/visits/{visit_id}/undo", page=path).location == path
        assert "0 of 60 hours delivered" in sides.page("commissioner", order_id)


def test_what_cannot_be_asked_is_said_beside_its_boxes_and_nothing_typed_is_lost(sides: Sides) -> None:
    answer = sides.ask(target="2", hours="1", shares="Larch Primary School, 60\nRowan Academy, 30")
    assert answer.status_code == 422
    for words in ("The target is what the measure shows today.", "fewer hours in all than in a week", "come to 90"):
        assert words in answer.text
    assert "Four pupils join in whole-class talk." in answer.text


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("shares", "Larch Primary School", "Line 1: write the school, a comma, and its share"),
        ("shares", "Larch, 50\nLarch, 50", "Line 2: Larch stands there twice."),
        ("shares", "Larch, 100", "Hours are shared by two schools at least."),
        ("baseline", "many", "Enter a number, like 12 or 4.5."),
        ("urn", "12", "A URN has six digits."),
        ("hours", "a few", "Enter hours, like 60 or 1.5."),
        ("hours_a_week", "0", "Enter the hours a week, more than 0."),
        ("pupils_with", "-1", "Enter a number of pupils"),
        ("grade", "", "Choose who gives the outreach."),
        ("provision_id", "", "Choose the outreach."),
    ],
)
def test_what_is_typed_wrongly_is_told_in_words(sides: Sides, field: str, typed: str, words: str) -> None:
    answer = sides.ask(**{field: typed})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_provider_declines_and_an_authority_withdraws_with_their_reasons(sides: Sides) -> None:
    order_id = sides.asked()
    assert sides.step("editor", order_id, "decline", reason="Two teachers are leaving.").status_code == 302
    assert "Why it was declined: Two teachers are leaving." in sides.page("commissioner", order_id)
    other = sides.asked()
    assert sides.step("commissioner", other, "withdraw", reason="The school has staff of its own.").status_code == 302
    assert "The school has staff of its own." in sides.page("editor", other)
    assert {order(order_id).status, order(other).status} == {OrderStatus.DECLINED, OrderStatus.WITHDRAWN}


def test_where_the_hours_have_gone_the_page_says_so_and_keeps_the_price(sides: Sides) -> None:
    sides.run(hours_a_week="12", hours="240")
    second = sides.asked()
    answer = sides.step("editor", second, "accept", price="4,300")
    assert answer.status_code == 409
    assert "The hours have gone" in answer.text
    assert 'value="4,300"' in answer.text


def test_above_the_threshold_the_page_says_who_agrees(sides: Sides) -> None:
    order_id = sides.asked()
    sides.step("editor", order_id, "accept", price="10,001")
    page = words_of(sides.at("commissioner").get(f"/outreach/{order_id}/agree").text)
    assert "Another person has to agree. The price is above £10,000" in page
    assert "Agree to £10,001" not in page
    assert sides.step("approver", order_id, "agree").status_code == 302
    assert order(order_id).status is OrderStatus.RUNNING


def test_a_step_that_cannot_be_taken_leads_to_the_order(sides: Sides) -> None:
    order_id = sides.asked()
    for who, name in (("commissioner", "agree"), ("commissioner", "end"), ("editor", "review")):
        assert sides.at(who).get(f"/outreach/{order_id}/{name}").location == f"/outreach/{order_id}"
    assert sides.at("editor").get(f"/outreach/{order_id}/visits/new").location == f"/outreach/{order_id}"


def test_the_list_is_narrowed_and_says_when_nothing_matches(sides: Sides) -> None:
    client = sides.at("commissioner")
    assert "No outreach has been ordered here yet." in words_of(client.get("/outreach").text)
    sides.asked()
    assert "1 order" in words_of(client.get("/outreach?standing=accept").text)
    assert "No order matches these filters." in words_of(client.get("/outreach?standing=ended").text)
    assert "No order has ended yet." in words_of(client.get("/outreach/outcomes").text)


def test_the_ledger_shows_an_order_and_its_lines_come_to_the_total(sides: Sides) -> None:
    order_id = sides.run()
    with time_machine.travel(FEBRUARY):
        client = sides.at("commissioner")
        page = words_of(client.get(f"/ledger/{sides.case.la}?year=2026").text)
        assert f"Outreach order {order_id}" in page
        assert "Outreach orders 1 £1,839.57" in page
        assert "Total £1,839.57" in page
        file = client.get(f"/ledger/{sides.case.la}/lines.csv?year=2026").data.decode("utf-8-sig")
        assert file.splitlines()[1].endswith(f"4300.00,1839.57,,{order_id}")


def test_the_outreach_of_a_placement_is_given_an_outcome_from_its_page(sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        found = running(session, kind="outreach")
        placement_id = found.placement.id
        la, provider = (session.get_one(User, each.user_id).email for each in (found.commissioner, found.editor))
    with time_machine.travel(FEBRUARY):
        client, path = sign_in(la), f"/placements/{placement_id}/outreach"
        assert path in client.get(f"/placements/{placement_id}").text
        answer = builders.post(client, path, **TERMS)
        assert answer.status_code == 302, words_of(answer.text)
        page = words_of(client.get(answer.location).text)
        assert "60 in all, 5 a week" in page  # the placement's hours
        assert re.search(r"£6,147\.\d\d in the ledger", page)
        assert "What the outreach is for" in client.get(f"/placements/{placement_id}").text
        assert client.get(path).location == answer.location
        assert "What the outreach is for" in sign_in(provider).get(f"/placements/{placement_id}").text
        assert "in the ledger" not in words_of(sign_in(provider).get(answer.location).text)

"""The dates of a case: stated on one page, each possible or refused by field; the deadlines follow on the case."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.errors import NotPermitted, Stale
from marketplace.models import AuditEvent, CaseDates, Clock, Need, Role, Transfer
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.case_dates import DATES, state_dates
from tests import builders
from tests.contention import at_once
from tests.web.test_placements import day, text

TODAY = date(2026, 12, 1)


@dataclass
class Case:
    """A need of an LA, its commissioner at a browser, on 1 December 2026."""

    client: FlaskClient
    need_id: int

    @property
    def path(self) -> str:
        return f"/needs/{self.need_id}/dates"

    def state(self, **form: Any) -> TestResponse:
        page = self.client.get(self.path).text
        version = re.findall(r'name="version" value="(\d*)"', page)[0]
        return builders.post(self.client, self.path, **{"version": version, "transfer": "none", **form})


@pytest.fixture
def case(sign_in: Callable[[str], FlaskClient]) -> Any:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        need_id = builders.need(session, la).id
        email = builders.user(session, la, Role.COMMISSIONER).email
    with time_machine.travel("2026-12-01T09:00:00+00:00"):
        yield Case(sign_in(email), need_id)


def kept() -> CaseDates | None:
    with transaction(SYSTEM) as session:
        return session.scalars(select(CaseDates)).one_or_none()


def test_a_case_whose_dates_are_not_stated_says_so(case: Case) -> None:
    assert "None is known: no dates of this case are stated." in case.client.get(f"/needs/{case.need_id}").text


def test_dates_are_stated_and_the_deadlines_stand_on_the_case(case: Case) -> None:
    answer = case.state(
        **day(1, 9, 2026, "requested_on"), **day(2, 11, 2026, "draft_sent_on"),
        **day(3, 11, 2026, "review_held_on"), transfer="school", transfer_year="2027",
    )  # fmt: skip
    assert answer.location == f"/needs/{case.need_id}"
    page = text(case.client.get(answer.location).text)
    assert "Kept. Next is due by 1 December 2026." in page
    assert "Final plan: 20 weeks from the request for an assessment 19 January 2027" in page
    assert "at least 15 days 17 November 2026 The family’s time is over" in page
    assert "Decision after the annual review: 4 weeks from the meeting 1 December 2026 Due today" in page
    assert "Plan for the next phase of education 15 February 2027" in page
    row = kept()
    assert row is not None
    assert (row.next_due_on, row.next_clock, row.version) == (date(2026, 12, 1), Clock.REVIEW_DECISION, 1)


def test_what_was_met_late_is_said(case: Case) -> None:
    case.state(
        **day(1, 9, 2026, "review_held_on"), **day(1, 10, 2026, "review_decided_on"), review_outcome="maintain",
    )  # fmt: skip
    page = text(case.client.get(f"/needs/{case.need_id}").text)
    assert "29 September 2026 Done on 1 October 2026, 2 days late" in page
    row = kept()
    assert row is not None
    assert (row.next_due_on, row.next_clock) == (None, None)


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        (day(2, 12, 2026, "requested_on"), "requested_on", "This day is to come."),
        (day(31, 2, 2026, "draft_sent_on"), "draft_sent_on", "Enter a real date"),
        (
            {**day(2, 11, 2026, "requested_on"), **day(1, 11, 2026, "draft_sent_on")},
            "draft_sent_on",
            "cannot be sent before",
        ),
        ({"transfer": "school"}, "transfer_year", "Enter both the move and its year"),
        ({"transfer_year": "2027"}, "transfer", "Enter both the move and its year"),
        ({"transfer": "school", "transfer_year": "2024"}, "transfer_year", "Enter a year from 2025 to 2041."),
        ({"transfer": "school", "transfer_year": "next"}, "transfer_year", "four digits"),
        (day(1, 11, 2026, "review_decided_on"), "review_decided_on", "The decision follows the review meeting."),
        (
            {**day(1, 11, 2026, "review_held_on"), **day(2, 11, 2026, "review_decided_on")},
            "review_outcome",
            "or neither",
        ),
        ({**day(1, 11, 2026, "review_held_on"), "review_outcome": "amend"}, "review_decided_on", "or neither"),
        (
            {
                **day(1, 11, 2026, "review_held_on"),
                **day(31, 10, 2026, "review_decided_on"),
                "review_outcome": "amend",
            },
            "review_decided_on",
            "The decision follows",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_lost(
    case: Case, form: dict[str, str], field: str, words: str
) -> None:
    answer = case.state(**form)
    assert answer.status_code == 422
    assert f'href="#{field}' in answer.text
    assert words in text(answer.text)
    assert all(f'value="{value}"' in answer.text for value in form.values())
    assert kept() is None


def test_of_two_who_state_dates_the_second_sees_what_the_first_has_kept(case: Case) -> None:
    page = case.client.get(case.path).text
    case.state(**day(1, 9, 2026, "requested_on"))
    late = builders.post(case.client, case.path, version="", transfer="none", **day(2, 9, 2026, "requested_on"))
    assert 'name="version" value=""' in page
    assert late.status_code == 409
    assert "Changed since you opened this page." in late.text
    assert "Assessment requested 1 September 2026 Draft sent Not stated" in text(late.text)  # what is kept
    assert "19 January 2027" in late.text  # what follows from it
    assert re.search(r'name="requested_on-day"[^>]* value="2"', late.text)  # what was typed
    again = builders.post(case.client, case.path, version="1", transfer="none", **day(2, 9, 2026, "requested_on"))
    assert again.status_code == 302
    row = kept()
    assert row is not None
    assert row.requested_on == date(2026, 9, 2)  # once what was kept had been seen


def test_of_two_who_are_the_first_to_state_dates_at_one_moment_one_is_told_of_the_other(case: Case) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Need, case.need_id).authority
        people = [builders.acting(builders.user(session, la, Role.COMMISSIONER)) for _ in range(2)]

    def act(person: Actor) -> None:
        with transaction(person) as session:
            dates: dict[str, Any] = {**dict.fromkeys(DATES), "requested_on": date(2026, 9, 1)}
            state_dates(session, person, need_id=case.need_id, version=None, on=TODAY, **dates)
            time.sleep(0.2)  # until the other is there as well

    found = at_once([partial(act, person) for person in people])
    assert sorted(type(each) for each in found if each is not None) == [Stale]


def test_only_commissioners_of_the_authority_state_dates_and_what_changed_is_recorded(case: Case) -> None:
    none = dict.fromkeys(DATES)
    with transaction(SYSTEM) as session:
        la = session.get_one(Need, case.need_id).authority
        mine = builders.acting(builders.user(session, la, Role.COMMISSIONER))
        others = [
            builders.acting(builders.user(session, la, Role.APPROVER)),
            builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER)),
        ]
        for other in others:
            with pytest.raises(NotPermitted):
                state_dates(session, other, need_id=case.need_id, version=None, on=TODAY, **none)
        dates = {**none, "transfer": Transfer.POST_16, "transfer_year": 2028}
        state_dates(session, mine, need_id=case.need_id, version=None, on=TODAY, **dates)
        with pytest.raises(Stale):
            state_dates(session, mine, need_id=case.need_id, version=7, on=TODAY, **dates)
        said = session.scalars(select(AuditEvent).where(AuditEvent.event == "case dates stated")).one()
    assert said.data == {"dates": ["transfer", "transfer_year"]}
    row = kept()
    assert row is not None
    assert (row.next_due_on, row.next_clock) == (date(2028, 3, 31), Clock.TRANSFER)

"""Answering through the real pages: what needs a setting today, opening, a form and a check, changing, the outcome."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Consultation, ConsultationStatus, Need, Offer, Provision, RefusalReason, now
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.consulting import Consulting, send

SignIn = Callable[[str], FlaskClient]
START = now().date() + timedelta(days=40)


@pytest.fixture
def case(database: Engine) -> Consulting:  # noqa: ARG001
    return Consulting(mainstream="A calm room helped.")


@pytest.fixture
def asked(case: Consulting) -> int:
    (row,) = case.consult("Elm", at=builders.days_ago(3))
    case.open(row)
    return row


@pytest.fixture
def client(case: Consulting, sign_in: SignIn) -> FlaskClient:
    return sign_in(case.emails["heron"])


def day_of(name: str = "starts_on", on: Any = START) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def offered(case: Consulting, **fields: str) -> dict[str, str]:
    return {"reply": "offer", "provision_id": f"{case.provisions['Elm']}-intensive", **day_of(), **fields}


def reply(client: FlaskClient, asked: int, step: str = "reply", **form: str) -> TestResponse:
    return send(client, f"/inbox/{asked}", f"/inbox/{asked}/{step}", **form)


def onward(client: FlaskClient, asked: int, check: str, step: str = "send") -> TestResponse:
    """Send what the check page carries."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', check))
    return client.post(f"/inbox/{asked}/{step}", data=hidden)


def test_what_needs_the_setting_today_stands_at_home_overdue_first(case: Consulting, client: FlaskClient) -> None:
    (late,) = case.consult("Elm", at=builders.days_ago(17))
    (soon,) = case.consult("Oak", at=builders.days_ago(9))
    home = client.get("/").text
    assert home.index("Overdue (1)") < home.index("Due within a week (1)") < home.index("Vacancies to confirm")
    assert "2 days overdue" in home
    assert "6 days left" in home
    assert f"/inbox/{late}/open" in home[home.index("Overdue") : home.index("Due within a week")]
    assert "Nothing needs you today" not in home
    case.refuse(soon)
    home = client.get("/").text
    assert "Due within a week" not in home
    assert "1 consultation that you have answered" in home
    inbox = client.get("/inbox").text
    assert "Answered: the authority decides (1)" in inbox
    assert "Confirm the vacancies of 2 settings" in inbox


def test_with_nothing_asked_the_page_says_so(client: FlaskClient) -> None:
    assert "No local authority waits for a reply" in client.get("/inbox").text
    assert "None has ended yet" in client.get("/inbox?ended=true").text
    assert client.get("/inbox?page=0").status_code == 422


def test_looking_opens_nothing_and_the_button_does(case: Consulting, client: FlaskClient, sign_in: SignIn) -> None:
    (row,) = case.consult("Elm")
    page = client.get(f"/inbox/{row}").text
    assert "Open the consultation" in page
    assert "Year 8" in page
    assert "A calm room helped." not in page
    assert case.kept(row).seen_at is None
    answer = send(client, f"/inbox/{row}", f"/inbox/{row}/open")
    assert answer.location == f"/inbox/{row}"
    assert case.kept(row).seen_at is not None
    assert "A calm room helped." in client.get(answer.location).text
    assert ">Seen " in sign_in(case.emails["commissioner"]).get("/consultations").text
    assert f'href="/inbox/{row}"' in client.get("/inbox").text


def test_an_offer_in_two_screens_with_the_published_price(case: Consulting, asked: int, client: FlaskClient) -> None:
    page = client.get(f"/inbox/{asked}").text
    assert "12 days left" in page
    assert re.search(
        rf'<option value="{case.provisions["Elm"]}-intensive" selected>Autism day school, intensive: £48,000 a year',
        page,
    )
    assert 'name="price"' not in page
    check = reply(client, asked, **offered(case, note="Visits\non Tuesdays.", is_held="true", price="1"))
    assert check.status_code == 200
    for words in ("Check the reply", "Core education, 38 weeks: £48,000 a year", "<strong>£48,000</strong>", "until "):
        assert words in check.text
    assert case.kept(asked).status is ConsultationStatus.SENT, "a look keeps nothing"
    sent = onward(client, asked, check.text)
    assert sent.location == f"/inbox/{asked}"
    made = case.kept(asked).offer
    assert made is not None
    assert (made.price, made.starts_on, made.note) == (4_800_000, START, "Visits\non Tuesdays.")
    assert made.held_until is not None
    page = client.get(sent.location).text
    assert "Your reply is sent to Norbury. You can change it until the authority decides." in page
    assert "Your reply of" in page


def test_a_refusal_in_two_screens_by_what_is_written_beside_each_reason(
    case: Consulting, asked: int, client: FlaskClient
) -> None:
    words = {
        "reasons-staffing": "Two teachers leave.",
        "reasons-therapy": "  ",
        "reasons-full": "ignored",
        "note": "ignored",
    }
    check = reply(client, asked, reply="refuse", **words)
    assert "The staff that it would take cannot be found" in check.text
    assert "Two teachers leave." in check.text
    assert "It lacks a therapy" not in check.text
    assert onward(client, asked, check.text).status_code == 302
    row = case.kept(asked)
    assert row.status is ConsultationStatus.REFUSED
    assert [(reason.code.value, reason.words) for reason in row.reasons] == [("staffing", "Two teachers leave.")]


def test_full_needs_no_words_and_is_said_to_be_no_refusal(case: Consulting, asked: int, client: FlaskClient) -> None:
    check = reply(client, asked, reply="full", **{"reasons-staffing": "ignored"})
    assert "no refusal in law" in check.text
    assert onward(client, asked, check.text).status_code == 302
    assert case.kept(asked).status is ConsultationStatus.FULL


LAST_OF_FEBRUARY = {"starts_on-day": "31", "starts_on-month": "2", "starts_on-year": "2027"}
WRONG = [  # what is typed of an offer (the rest of it is right), the field, what is said
    ({"provision_id": ""}, "provision_id", "Choose the provision and band"),
    ({"provision_id": "7-royal"}, "provision_id", "Choose the provision and band"),
    ({"provision_id": f"{10**17}-mild"}, "provision_id", "Choose one of this setting"),
    ({"starts_on-day": "", "starts_on-month": "", "starts_on-year": ""}, "starts_on", "Enter the day from which"),
    (day_of(on=now().date() - timedelta(days=1)), "starts_on", "Enter a day from today on"),
    (LAST_OF_FEBRUARY, "starts_on", "Enter a real date"),
    ({"variation": "1200"}, "variation_reason", "Say why another amount"),
    ({"variation_reason": "A key adult."}, "variation", "Enter the amount that the reason is for"),
    ({"variation": "1.2k", "variation_reason": "x"}, "variation", "with all its digits"),
    ({"variation": "-48,000.01", "variation_reason": "x"}, "variation", "more off than the price"),
    ({"variation": "5", "variation_reason": "x" * 2001}, "variation_reason", "at most 2,000 characters"),
    ({"note": "x" * 4001}, "note", "at most 4,000 characters"),
]


@pytest.mark.parametrize(("typed", "field", "words"), WRONG)
def test_what_is_wrong_with_an_offer_is_said_beside_its_field_and_what_was_typed_stays(
    case: Consulting, asked: int, client: FlaskClient, typed: dict[str, str], field: str, words: str
) -> None:
    answer = reply(client, asked, **{**offered(case), **typed})
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}">\s*[^<]*{words}', answer.text)
    assert re.search(rf'id="{field}(-error)?"', answer.text)
    assert 'id="answer-offer" open' in answer.text
    for name, text in typed.items():
        assert name == "provision_id" or text in answer.text
    assert case.kept(asked).status is ConsultationStatus.SENT


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, "reply", "Say whether you can meet the need"),
        ({"reply": "maybe"}, "reply", "Say whether you can meet the need"),
        ({"reply": "refuse"}, "reasons", "Give at least one reason"),
        ({"reply": "refuse", "reasons-other": "x" * 4001}, "reasons-other", "at most 4,000 characters"),
        ({"reply": "full", "reasons-full": "x" * 4001}, "reasons-full", "at most 4,000 characters"),
    ],
)
def test_what_is_wrong_with_another_reply_is_said_too(
    case: Consulting, asked: int, client: FlaskClient, typed: dict[str, str], field: str, words: str
) -> None:
    answer = reply(client, asked, **typed)
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}">\s*[^<]*{words}', answer.text)
    assert f'id="{field}"' in answer.text
    assert all(text in answer.text for name, text in typed.items() if name != "reply")
    assert case.kept(asked).status is ConsultationStatus.SENT


def test_the_check_leads_back_to_the_form_as_it_was_typed(case: Consulting, asked: int, client: FlaskClient) -> None:
    typed = offered(case, variation="−1,200", variation_reason="No <transport>.", note="Visits.")
    check = reply(client, asked, **typed)
    assert "−£1,200 a year" in check.text
    assert "<strong>£46,800</strong>" in check.text
    form = {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', check.text)), "note": "Visits."}
    again = client.post(f"/inbox/{asked}/change", data=form).text
    assert 'value="−1,200"' in again
    assert "Visits.</textarea>" in again
    assert 'id="answer-offer" open' in again
    assert f'value="{START.year}"' in again
    assert case.kept(asked).status is ConsultationStatus.SENT


def test_a_place_that_cannot_be_kept_is_said_and_the_offer_stays_typed(
    case: Consulting, asked: int, client: FlaskClient
) -> None:
    with transaction(SYSTEM) as session:
        for vacancy in session.get_one(Provision, case.provisions["Elm"]).pool.vacancies:
            vacancy.used = vacancy.amount
    check = reply(client, asked, **offered(case, is_held="true", note="Visits."))
    late = onward(client, asked, check.text)
    assert late.status_code == 422
    assert re.search(r'<a href="#is_held">\s*[^<]*offer without keeping a place', late.text)
    assert "Visits.</textarea>" in late.text
    assert case.kept(asked).status is ConsultationStatus.SENT


def test_a_reply_is_changed_until_the_authority_decides(case: Consulting, asked: int, client: FlaskClient) -> None:
    case.refuse(asked, staffing="Two teachers leave.", premises="No lift.")
    page = client.get(f"/inbox/{asked}").text
    assert "another reply takes the place of the one above" in page
    assert "Two teachers leave.</textarea>" in page
    check = reply(client, asked, **offered(case))
    assert "in the place of your reply of" in check.text
    assert onward(client, asked, check.text).status_code == 302
    row = case.kept(asked)
    assert (row.status, row.reasons) == (ConsultationStatus.OFFERED, [])
    page = client.get(f"/inbox/{asked}").text
    assert f'value="{START.day}"' in page


def test_a_reply_that_a_colleague_has_overtaken_stands_beside_theirs(
    case: Consulting, asked: int, client: FlaskClient
) -> None:
    check = reply(client, asked, **offered(case, note="My note."))
    case.refuse(asked, staffing="A colleague's words.")
    late = onward(client, asked, check.text)
    assert late.status_code == 409
    notice = re.search(r"Changed since you opened this page.*?Saving again", late.text, re.DOTALL)
    assert notice
    assert "A colleague&#39;s words." in notice[0]
    assert "My note.</textarea>" in late.text
    assert case.kept(asked).status is ConsultationStatus.REFUSED
    stale = reply(client, asked, **offered(case, version="1"))
    assert stale.status_code == 409


def end(case: Consulting, asked: int, status: ConsultationStatus, *, with_placement: bool = False) -> None:
    with transaction(SYSTEM) as session:
        row, need = session.get_one(Consultation, asked), session.get_one(Need, case.need)
        if with_placement:
            provision = session.get_one(Provision, case.provisions["Elm"])
            commissioning.placement(session, commissioning.award(session, need, provision, row))
        row.status, row.ended_at = status, commissioning.DECIDED_AT


@pytest.mark.parametrize(
    ("status", "with_placement", "words"),
    [
        (ConsultationStatus.AWARDED, True, "the pupil is placed here</strong>, from 4 January 2027"),
        (ConsultationStatus.CLOSED, False, "the pupil is placed elsewhere"),
        (ConsultationStatus.CLOSED, True, "The placement that came of this has ended"),
        (ConsultationStatus.WITHDRAWN, False, "Norbury has withdrawn this consultation"),
    ],
)
def test_the_outcome_is_read_where_the_reply_was_given_and_nothing_can_be_changed(
    case: Consulting, asked: int, client: FlaskClient, status: ConsultationStatus, with_placement: bool, words: str
) -> None:
    case.offer(asked)
    opened = client.get(f"/inbox/{asked}").text
    end(case, asked, status, with_placement=with_placement)
    page = client.get(f"/inbox/{asked}").text
    assert words in page
    assert "Check the offer" not in page
    assert "£48,000" in page, "what was offered stays to read"
    assert ("See the placement and its agreement" in page) == with_placement
    assert f"/inbox/{asked}" in client.get("/inbox?ended=true").text
    assert f"/inbox/{asked}" not in client.get("/inbox").text
    form = {**offered(case), "csrf_token": builders.csrf_token(opened), "version": str(case.kept(asked).version)}
    late = client.post(f"/inbox/{asked}/reply", data=form)
    assert late.status_code == 409
    assert "waits for no reply any more" in late.text


def test_one_that_ended_before_it_was_opened_says_what_became_of_it(case: Consulting, client: FlaskClient) -> None:
    (row,) = case.consult("Elm")
    end(case, row, ConsultationStatus.WITHDRAWN)
    page = client.get(f"/inbox/{row}").text
    assert "has withdrawn this consultation" in page
    assert "Open the consultation" not in page
    assert "A calm room helped." not in page


def test_without_a_published_price_nothing_can_be_offered_and_the_page_says_what_to_do(
    case: Consulting, client: FlaskClient
) -> None:
    with transaction(SYSTEM) as session:
        setting = session.get_one(Provision, case.provisions["Elm"]).setting
        bare = builders.setting(session, setting.authority, setting.provider)
        provision = builders.provision(session, builders.pool(session, bare))
        need = session.get_one(Need, case.need)
        row = commissioning.consultation(session, need, provision, seen_at=now()).id
    page = client.get(f"/inbox/{row}").text
    assert "so nothing can be offered" in page
    assert "Publish prices first" in page


@pytest.mark.parametrize(("who", "status"), [("wren", 404), ("clerk", 403), ("commissioner", 403), ("other", 403)])
def test_nobody_else_reads_or_answers(case: Consulting, asked: int, sign_in: SignIn, who: str, status: int) -> None:
    stranger = sign_in(case.emails[who])
    assert stranger.get(f"/inbox/{asked}").status_code == status
    for step in ("open", "reply", "change", "send"):
        form = {**offered(case), "version": "2", "csrf_token": builders.csrf_token(stranger.get("/").text)}
        assert stranger.post(f"/inbox/{asked}/{step}", data=form).status_code == status, step
    assert case.kept(asked).status is ConsultationStatus.SENT
    assert "NB-1042" not in stranger.get("/").text
    assert case.system(lambda session: session.scalars(select(Offer)).all()) == []
    assert case.system(lambda session: session.scalars(select(RefusalReason)).all()) == []

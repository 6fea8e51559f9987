"""Decisions through the real pages: compare, check, done; what each form asks; a place that has gone; what is kept."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from io import BytesIO
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask, render_template
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import AuditEvent, Award, AwardStatus, Need, RefusalCode, Role, Vacancy
from marketplace.permissions import SYSTEM
from marketplace.services.award_steps import find_award
from marketplace.services.choices import choices
from marketplace.services.evidence import comparison
from marketplace.web import forms
from tests import builders, commissioning
from tests.deciding import AT, INDEPENDENT, S41, STARTS, Deciding
from tests.services.test_law import ASKED, CELLS, LETTERS, NAMED, REQUESTS, asked, judged

SignIn = Callable[[str], FlaskClient]
HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')
FIELD = re.compile(r'<(?:input|textarea)[^>]* name="([a-z_-]+)"')
NOW = {"version", "consultation_version", "total", "route"}  # what the form carries of what was seen


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=True):
        yield


@pytest.fixture
def case(database: Engine) -> Deciding:  # noqa: ARG001
    """Ash offers and keeps the place, Birch offers, Cedar says that it is full."""
    found = Deciding()
    found.ask("Ash", "Birch", "Cedar")
    found.offer("Ash", is_held=True)
    found.offer("Birch", variation=250_000, variation_reason="Two more adults.")
    found.refuse("Cedar", full="")
    return found


@pytest.fixture
def commissioner(case: Deciding, sign_in: SignIn) -> FlaskClient:
    return sign_in(case.emails["commissioner"])


def typed(**fields: Any) -> dict[str, str]:
    """A decision as a browser sends it."""
    return {
        "route": "offer", "starts_on-day": str(STARTS.day), "starts_on-month": str(STARTS.month),
        "starts_on-year": str(STARTS.year), "reasons": "The nearest <that> meets the need.", "basis": "framework",
        "notice_reference": "FW-7", **fields,
    }  # fmt: skip


def address(case: Deciding, name: str) -> str:
    return f"/needs/{case.need}/decide/{case.provisions[name]}"


def seen(page: TestResponse) -> dict[str, str]:
    """What the form of a page carries."""
    return {name: value for name, value in HIDDEN.findall(page.text) if name in NOW}


def send(
    client: FlaskClient, case: Deciding, name: str, page: TestResponse | None = None, **fields: Any
) -> TestResponse:
    """Open the page of a choice, or stay on one that is open, and send its form."""
    page = page or client.get(address(case, name))
    token = builders.csrf_token(page.text)
    return client.post(address(case, name), data={**typed(), **seen(page), "csrf_token": token, **fields})


def words(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    body = answer.text[answer.text.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def pdf(answer: TestResponse) -> str:
    assert answer.mimetype == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).split())


def proposed(answer: TestResponse) -> int:
    """The id of the award that a form has led to."""
    assert answer.status_code == 302, words(answer)
    return int(answer.location.split("/")[2])


def awards_of(case: Deciding) -> int:
    return case.see(lambda session: session.scalar(select(func.count()).select_from(Award)))


# ---- compare, check, done -----------------------------------------------------------------------------------------


def test_offers_stand_side_by_side_with_all_that_somebody_decides_by(case: Deciding, commissioner: FlaskClient) -> None:
    page = commissioner.get(f"/needs/{case.need}/decide")
    said = words(page)
    for text in (
        "The parents have requested no setting.", "section 40", "Offers a place, 30 November 2026", "Full",
        "Held for this pupil until 15 December 2026", "1 place free", "£50,500",
        "with a variation of £2,500: Two more adults.", "Marginal public cost", "at the guide price",
        "illustrative", "Pupils on roll: not stated", "Capacity: not stated", "the straight line times 1.4",
        "No journey time is shown", "holds no inspection outcome", "Decide for Ash School",
        "Why the authority decides without an offer.",
    ):  # fmt: skip
        assert text in said, text
    assert said.index("Ash School") < said.index("Birch School") < said.index("Cedar School")
    for name in case.provisions:
        assert f'href="{address(case, name)}"' in page.text


def test_five_settings_stand_in_two_tables_and_none_is_left_out(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    names = ("Ash", "Birch", "Cedar", "Dogwood", "Elm")
    case = Deciding(types=dict.fromkeys(names, S41))
    case.ask(*names)
    page = sign_in(case.emails["commissioner"]).get(f"/needs/{case.need}/decide")
    assert page.text.count("<table") == 2
    assert "The choices, 5 to 5" in page.text
    assert all(f"{name} School" in page.text for name in names)


def test_what_cannot_be_awarded_says_why_and_where_to_go_on(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    case = Deciding(types={"Ash": INDEPENDENT, "Birch": S41}, request="Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).locked_id = case.provisions["Birch"]
    page = words(sign_in(case.emails["commissioner"]).get(f"/needs/{case.need}/decide"))
    assert "A tribunal's order fixes another provision for this pupil." in page
    assert "Tribunal’s order" in page
    assert "Parents’ request" in page
    assert "The parents request Ash School , independent" in page
    assert "Record what a tribunal has ordered" in page
    assert "Consult another setting" in page


def test_with_nothing_to_compare_the_page_says_what_to_do(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    case = Deciding()
    page = words(sign_in(case.emails["commissioner"]).get(f"/needs/{case.need}/decide"))
    assert "There is nothing to compare yet" in page
    assert "Consult another setting" in page


def test_from_the_comparison_to_the_letter_and_the_agreement(
    case: Deciding, commissioner: FlaskClient, sign_in: SignIn
) -> None:
    page = commissioner.get(address(case, "Ash"))
    assert "A second person approves every award of your authority." in words(page)
    assert "What the price is made up of Core education, 38 weeks: £48,000 a year" in words(page)
    award_id = proposed(send(commissioner, case, "Ash", page))
    said = words(commissioner.get(f"/awards/{award_id}/done"))
    for text in ("The award is proposed", f"Award {award_id}", "The place is held until 7 December 2026 at 10:0"):
        assert text in said, text
    assert commissioner.get(f"/awards/{award_id}/letter.pdf").status_code == 404, "nothing is decided yet"
    case.approve(award_id)
    assert "The award is made" in words(commissioner.get(f"/awards/{award_id}/done"))
    letter = pdf(commissioner.get(f"/awards/{award_id}/letter.pdf"))
    for text in (
        "To the parents of the child with our reference N-1", "Ash School", "section I", "section 40",
        "The nearest <that> meets the need.", "First-tier Tribunal", "within two months", "mediation",
    ):  # fmt: skip
        assert text in letter, text
    agreement = pdf(commissioner.get(f"/awards/{award_id}/agreement.pdf"))
    for text in ("N-1", "published schedule version 1", "£48,000", "In all, a year", "Either side may end"):
        assert text in agreement, text
    for person in ("approver", "procurement"):
        client = sign_in(case.emails[person])
        assert client.get(f"/awards/{award_id}/letter.pdf").status_code == 200


def test_an_award_shows_what_was_compared_as_it_stood(case: Deciding, commissioner: FlaskClient) -> None:
    award_id = proposed(send(commissioner, case, "Ash"))
    case.reprice("Birch", starts_on=STARTS, intensive=9_900_000)
    said = words(commissioner.get(f"/awards/{award_id}"))
    for text in (
        "What was compared", "£50,500", "Chosen", "Call-off from a framework", "FW-7", "Award to Ash School proposed",
        "What the price is made up of Core education, 38 weeks: £48,000 a year",
    ):  # fmt: skip
        assert text in said, text
    assert "£99,000" not in said


def test_a_need_with_an_award_leads_to_it_and_no_second_can_be_typed(case: Deciding, commissioner: FlaskClient) -> None:
    page = commissioner.get(address(case, "Birch"))
    award_id = proposed(send(commissioner, case, "Ash"))
    assert commissioner.get(f"/needs/{case.need}/decide").location == f"/awards/{award_id}"
    answer = send(commissioner, case, "Birch", page)
    assert answer.status_code == 409
    assert "waits for its approval" in words(answer)


def test_a_proposal_is_taken_back(case: Deciding, commissioner: FlaskClient) -> None:
    award_id = proposed(send(commissioner, case, "Ash"))
    page = commissioner.get(f"/awards/{award_id}")
    assert "Take this proposal back" in words(page)
    answer = builders.post(commissioner, f"/awards/{award_id}/take-back", f"/awards/{award_id}", **seen(page))
    assert answer.location == f"/needs/{case.need}/decide"
    assert "Take this proposal back" not in words(commissioner.get(f"/awards/{award_id}"))


def test_what_the_family_and_the_child_say_stands_there_once_asked_for_and_that_is_recorded(
    case: Deciding, commissioner: FlaskClient, sign_in: SignIn
) -> None:
    path = f"/needs/{case.need}/decide"
    assert "is not stated yet" in words(commissioner.get(path))
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        commissioning.identity(session, need, family_view="Near his <sister>.", child_view=None)
    closed = commissioner.get(path)
    assert "Read what they say" in words(closed)
    assert "sister" not in closed.text
    opened = builders.post(commissioner, path)
    assert "Near his <sister>." in words(opened)
    assert "The child nothing is stated" in words(opened)
    assert "Robin" not in opened.text, "not who it is"
    with transaction(SYSTEM) as session:
        events = session.scalars(select(AuditEvent.event).where(AuditEvent.event == "identity opened")).all()
        assert events == ["identity opened"]
        assert "sister" not in str(comparison(choices(session, need=session.get_one(Need, case.need), on=case.on)))
    assert builders.post(sign_in(case.emails["procurement"]), path).status_code == 403


# ---- who sees -----------------------------------------------------------------------------------------------------


def test_those_who_do_not_decide_compare_without_a_way_on(case: Deciding, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        region = session.get_one(Need, case.need).authority.region
        email = builders.user(session, region, Role.PROCUREMENT).email
    for client in (sign_in(case.emails["approver"]), sign_in(email)):
        page = client.get(f"/needs/{case.need}/decide")
        assert "£50,500" in words(page)
        assert "Decide for" not in page.text
        assert client.get(address(case, "Ash")).status_code == 403


# ---- what each form asks ------------------------------------------------------------------------------------------


ROW = {
    "setting": "Ash School", "provision_id": 1, "provision": "Day", "kind": "full", "pattern": "day",
    "band": "moderate", "reply": "offered", "replied_on": None, "due_on": "2026-12-15", "room": "1",
    "held_until": None, "fee": 1, "variation": 0, "variation_reason": None, "transport": 1, "road_km": 1.0,
    "total": 2, "place": 1, "variance": None, "guide": None, "is_requested": False, "starts_on": "2027-01-04",
}  # fmt: skip


def asks(named: str, request: str, reply: str) -> dict[str, Any]:
    """The fields of the form of one cell, with the values of its radio buttons; the law's own."""
    reasons = [
        SimpleNamespace(code=RefusalCode.STAFFING, words="x"),
        SimpleNamespace(code=RefusalCode.PREMISES, words="y"),
    ]
    choice = SimpleNamespace(
        verdict=judged(named, request, reply),
        consultation=SimpleNamespace(version=1, reasons=reasons if reply == "refused" else []),
        published=SimpleNamespace(lines=[]),
    )
    page = render_template(
        "awards/check.html", need=SimpleNamespace(id=1, reference="N-1", version=1, request=None), choice=choice,
        row=ROW, requested=None, form=forms.Form(), has_changed=False, threshold=0, words=vocabulary,
    )  # fmt: skip
    fields = set(FIELD.findall(page)) - {"csrf_token", "once", "version", "consultation_version", "total"}
    values = {name: set(re.findall(rf'name="{name}"[^>]* value="([a-z_]+)"', page)) for name in ("route", "ground")}
    return {"fields": fields, **values}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("named", NAMED)
def test_each_form_asks_what_the_law_asks_and_nothing_else(app: Flask, named: str) -> None:
    wrong = []
    with app.test_request_context("/"):
        for request, reply in product(REQUESTS, [reply for name, reply in CELLS if name == named]):
            letters = CELLS[named, reply]
            if not letters:
                continue  # there is no such page
            grounds, needs_words = ASKED[asked(request)]
            by_order_alone = letters.upper() == "T"
            expected = {
                "starts_on-day", "starts_on-month", "starts_on-year", "reasons", "basis", "basis_reason",
                "notice_reference", "route", "order_reference",
                *(["route_reason"] if set(letters) & set("FSt") else []),
                *(["answers-staffing", "answers-premises"] if "R" in letters else []),
                *(["ground"] if grounds != {"none"} and not by_order_alone else []),
                *(["ground_evidence"] if needs_words and not by_order_alone else []),
            }  # fmt: skip
            found = asks(named, request, reply)
            if found != {
                "fields": expected,
                "route": {LETTERS[letter].value for letter in letters},
                "ground": set() if by_order_alone else grounds - {"none"},
            }:
                wrong.append((request, reply, found))
    assert wrong == []


def test_the_grounds_and_the_comparison_of_costs_stand_where_a_request_is_not_followed(
    database: Engine,  # noqa: ARG001
    sign_in: SignIn,
) -> None:
    case = Deciding(request="Birch", prices={"Birch": 9_000_000})
    case.ask("Ash")
    case.offer("Ash")
    client = sign_in(case.emails["commissioner"])
    page = words(client.get(address(case, "Ash")))
    for text in (
        "The parents request Birch School.",
        "Birch School, as requested",
        "a year more",
        "section 39(4)(b)(ii)",
    ):
        assert text in page, text
    bare = send(client, case, "Ash")
    assert bare.status_code == 422
    assert "Choose the ground on which it is not named." in words(bare)
    assert 'href="#ground"' in bare.text
    assert 'id="ground"' in bare.text
    award_id = proposed(
        send(client, case, "Ash", ground="resources", ground_evidence="The difference pays for two other pupils.")
    )
    case.approve(award_id)
    letter = pdf(client.get(f"/awards/{award_id}/letter.pdf"))
    for text in (
        "Birch School, which you requested, is not named on this ground",
        "Children and Families Act 2014, section 39(4)(b)(ii)", "The difference pays for two other pupils.",
        "Cost to the public, a year", "Birch School, as requested £90,000", "Difference",
    ):  # fmt: skip
        assert text in letter, text


def test_a_ground_that_the_need_records_is_typed_already(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    case = Deciding(request="Birch", prices={"Birch": 9_000_000})
    case.ask("Ash")
    case.offer("Ash")
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        need.ground, need.ground_evidence = "unsuitable", "It takes girls only."
    page = sign_in(case.emails["commissioner"]).get(address(case, "Ash")).text
    assert "It takes girls only.</textarea>" in page
    assert re.search(r'name="ground"[^>]* value="unsuitable" checked', page)


def test_every_reason_of_a_refusal_is_quoted_and_asks_for_an_answer(case: Deciding, commissioner: FlaskClient) -> None:
    case.refuse("Birch", staffing="Nobody <knows> how.", premises="No lift.")
    page = commissioner.get(address(case, "Birch"))
    assert "Nobody &lt;knows&gt; how." in page.text
    assert "Swalcliffe" in page.text
    bare = send(commissioner, case, "Birch", route="refusal")
    assert bare.status_code == 422
    for code in ("staffing", "premises"):
        assert f'href="#answers-{code}"' in bare.text
        assert f'id="answers-{code}"' in bare.text
    answers = {"answers-staffing": "Training is booked.", "answers-premises": "All rooms are on the ground floor."}
    nothing = send(commissioner, case, "Birch", route="refusal", reasons="", basis="")
    assert len(re.findall('href="#(answers-staffing|answers-premises|reasons|basis)"', nothing.text)) == 4, (
        "all at once"
    )
    award_id = proposed(send(commissioner, case, "Birch", route="refusal", **answers))
    assert "Training is booked." in words(commissioner.get(f"/awards/{award_id}"))


# ---- what goes wrong, and what stays --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "anchor"),
    [
        ({"route": ""}, "route"),
        ({"reasons": " "}, "reasons"),
        ({"basis": "barter"}, "basis"),
        ({"basis": "direct"}, "basis_reason"),
        ({"starts_on-month": "13"}, "starts_on"),
        ({"starts_on-year": "2029"}, "starts_on"),
        ({"route": "order"}, "order_reference"),
        ({"reasons": "x" * 4001}, "reasons"),
        ({"notice_reference": "x" * 81}, "notice_reference"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    case: Deciding, commissioner: FlaskClient, fields: dict[str, str], anchor: str
) -> None:
    answer = send(commissioner, case, "Ash", **fields)
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in answer.text
    assert f'id="{anchor}"' in answer.text
    assert ("FW-7" in answer.text) == ("notice_reference" not in fields)
    assert awards_of(case) == 0


def test_a_form_with_nothing_typed_is_told_all_that_it_lacks_at_once(case: Deciding, commissioner: FlaskClient) -> None:
    page = commissioner.get(address(case, "Ash"))
    bare = {**seen(page), "csrf_token": builders.csrf_token(page.text)}
    answer = commissioner.post(address(case, "Ash"), data=bare)
    assert answer.status_code == 422
    for anchor in ("route", "starts_on", "reasons", "basis"):
        assert f'href="#{anchor}"' in answer.text, anchor
        assert f'id="{anchor}"' in answer.text, anchor
    answer = builders.post(commissioner, address(case, "Ash"))
    assert answer.status_code == 422
    assert "Open the page again, then send." in words(answer), "it lacks what the page carries"


def test_a_place_that_has_gone_names_the_next_best_and_keeps_what_was_typed(
    case: Deciding, commissioner: FlaskClient
) -> None:
    with transaction(SYSTEM) as session:  # two more, of which nobody was asked
        la = session.get_one(Need, case.need).authority
        for name in ("Dogwood", "Elm"):
            setting = builders.setting(session, la, builders.provider(session), name=f"{name} School", type=S41)
            builders.schedule(session, builders.provision(session, builders.pool(session, setting)))
        full = case.provision(session, "Birch").pool_id
    page = commissioner.get(address(case, "Birch"))
    with transaction(SYSTEM) as session:  # another LA is first
        session.scalars(select(Vacancy).where(Vacancy.pool_id == full)).one().used = 1
    gone = send(commissioner, case, "Birch", page, basis="direct", basis_reason="Paragraph 5.", notice_reference="TN-1")
    assert gone.status_code == 409
    said = words(gone)
    for text in (
        "The place has gone", "Somebody else was first at Birch School.", "The next best 3",
        "Decide for Ash School instead, with what you typed", "Decide for Cedar School instead, with what you typed",
        "The nearest <that> meets the need.",
    ):  # fmt: skip
        assert text in said, text
    assert re.search(r"Consult (Dogwood|Elm) School", said)
    assert awards_of(case) == 0
    carried = {name: unescape(value) for name, value in HIDDEN.findall(gone.text) if name not in {"csrf_token", "once"}}
    instead = f"{address(case, 'Ash')}/instead"
    assert f'formaction="{instead}"' in gone.text
    other = commissioner.post(instead, data={**carried, "csrf_token": builders.csrf_token(gone.text)})
    assert other.status_code == 200
    assert "Check and decide for Ash School" in words(other)
    for text in ("The nearest &lt;that&gt; meets the need.", "Paragraph 5.", "TN-1"):
        assert text in other.text, text
    assert awards_of(case) == 0, "it keeps nothing"
    fields = {"basis": "direct", "basis_reason": "Paragraph 5.", "notice_reference": "TN-1"}
    assert proposed(send(commissioner, case, "Ash", other, **fields))


def test_where_every_place_has_gone_the_page_still_leads_on(database: Engine, sign_in: SignIn) -> None:  # noqa: ARG001
    case = Deciding(types={"Ash": S41})
    case.ask("Ash")
    case.offer("Ash")
    client = sign_in(case.emails["commissioner"])
    page = client.get(address(case, "Ash"))
    with transaction(SYSTEM) as session:
        case.provision(session, "Ash").pool.vacancies[0].used = 1
    gone = send(client, case, "Ash", page)
    assert gone.status_code == 409
    assert "No other setting that would suit has room today." in words(gone)
    assert "See all ranked options" in words(gone)


def test_a_need_that_changed_meanwhile_shows_what_holds_now_and_can_be_sent_again(
    case: Deciding, commissioner: FlaskClient
) -> None:
    page = commissioner.get(address(case, "Ash"))
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).mainstream = "Something new."
    stale = send(commissioner, case, "Ash", page)
    assert stale.status_code == 409
    assert "What stands here is what holds now." in words(stale)
    assert "The nearest &lt;that&gt; meets the need." in stale.text
    assert proposed(send(commissioner, case, "Ash", stale))


def test_another_day_at_another_price_is_told_before_anything_is_decided(
    database: Engine,  # noqa: ARG001
    sign_in: SignIn,
) -> None:
    case = Deciding()
    case.ask("Ash")
    case.refuse("Ash", full="")
    case.reprice("Ash", starts_on=date(2027, 4, 1), intensive=6_000_000)
    client = sign_in(case.emails["commissioner"])
    fields = {
        "route": "full", "route_reason": "A pupil leaves.", "starts_on-day": "12", "starts_on-month": "4",
        "starts_on-year": "2027",
    }  # fmt: skip
    told = send(client, case, "Ash", **fields)
    assert told.status_code == 409
    assert "as you saw" in words(told)
    assert "£60,000 a year" in words(told)
    award_id = proposed(send(client, case, "Ash", told, **fields))
    assert case.see(lambda session: session.get_one(Award, award_id).price) == 6_000_000


def test_what_a_browser_adds_to_the_form_changes_nothing(case: Deciding, commissioner: FlaskClient) -> None:
    forged = {
        "threshold": "999999999",
        "price": "1",
        "marginal": "1",
        "status": "made",
        "decided_by_id": "1",
        "need_id": "7",
    }
    award_id = proposed(send(commissioner, case, "Ash", **forged))
    with transaction(SYSTEM) as session:
        award = find_award(session, award_id)
        assert (award.status, award.price, award.threshold) == (AwardStatus.PROPOSED, 4_800_000, 0)

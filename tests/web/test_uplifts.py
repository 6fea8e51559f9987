"""Uplifts through the real pages: from the request to the letters, what each side sees, forms that are overtaken."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import UpliftStatus
from marketplace.permissions import SYSTEM
from tests import builders
from tests.uplifts import Round

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def trust(database: Engine) -> Round:  # noqa: ARG001
    return Round()


def typed(trust: Round, **changes: str) -> dict[str, str]:
    """The form of a request as a browser sends it."""
    rows = {
        f"counts-{number}-{name}": value
        for number, ((la, band), stated) in enumerate(trust.counts.items())
        for name, value in (
            ("authority_id", str(trust.las[la])),
            ("priced", f"{trust.provision}-{band}"),
            ("stated", str(stated)),
        )
    }
    return {
        "basis": "percent", "percent": "6.5%", "starts_on-day": "1", "starts_on-month": "9", "starts_on-year": "2027",
        "staff": "75", "premises": "10", "other": "15", "reasons": "The pay <award>.", **rows,
        "counts-9-authority_id": "", "counts-9-priced": "", "counts-9-stated": " ", **changes,
    }  # fmt: skip


def send(client: FlaskClient, trust: Round) -> str:
    """Ask and send; the address of the request."""
    answer = builders.post(client, f"/settings/{trust.setting}/uplifts/new", **typed(trust))
    assert answer.status_code == 302, answer.text
    check = answer.location
    page = client.get(check).text
    for words in ("Norbury", "Southbury", "Westbury", "+6.5%", "The pay &lt;award&gt;.", "1 September 2027"):
        assert words in page
    trust.id = int(check.split("/")[2])
    answer = step(client, trust, "send", page="check")
    assert answer.status_code == 302, answer.text
    return answer.location


def step(client: FlaskClient, trust: Round, act: str, page: str | None = None, **form: str):  # type: ignore[no-untyped-def]
    """Open the page of a step and send its form."""
    address = f"/uplifts/{trust.id}"
    opened = client.get(f"{address}/{page or act}")
    version = re.search(r'name="version" value="(\d+)"', opened.text)
    token = builders.csrf_token(opened.text)
    given = {"version": version[1] if version else "", "csrf_token": token, **form}
    return client.post(f"{address}/{act}", data=given)


def text_of(answer: object) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)  # type: ignore[attr-defined]


def test_from_the_request_to_the_letters(trust: Round, sign_in: SignIn) -> None:
    provider, norbury, southbury, westbury = map(sign_in, trust.emails[:4])
    assert f"/settings/{trust.setting}/uplifts/new" in provider.get("/uplifts").text
    address = send(provider, trust)
    assert "Answer the last proposal" in norbury.get("/uplifts").text
    assert "1 request for other prices" in norbury.get("/").text
    assert "With the link authority" in southbury.get("/uplifts").text
    answer = step(norbury, trust, "reply", reply="counter", percent="3", reasons="Budgets rise by 3%.")
    assert answer.status_code == 302
    page = provider.get(address).text
    assert "Budgets rise by 3%." in page
    assert page.index("Proposed +3%") < page.index("Asked for +6.5%")  # newest first
    assert step(provider, trust, "reply", reply="agree").status_code == 302
    counts = {f"counts-{trust.provision}-moderate": "4"}
    answer = step(southbury, trust, "answer", is_accepted="no", reason="Not in our budget.", **counts)
    assert answer.status_code == 302, answer.text
    both = {f"counts-{trust.provision}-{band}": str(trust.counts[0, band]) for band in ("moderate", "intensive")}
    assert step(norbury, trust, "answer", is_accepted="yes", reason="Fair.", **both).status_code == 302
    page = provider.get(address).text
    assert "no answer yet" in page
    assert page.count("answers/") == 2
    assert step(provider, trust, "publish").status_code == 302
    assert trust.kept().status is UpliftStatus.PUBLISHED
    letter = provider.get(f"{address}/answers/{trust.las[1]}/letter.pdf")
    assert (letter.status_code, letter.mimetype) == (200, "application/pdf")
    assert letter.headers["Content-Disposition"].startswith("attachment")
    said = text_of(letter)
    for words in (
        "Southbury declines",
        "Not in our budget.",
        "Officer of Southbury",
        "Heron House",
        "+3%",
        "Heron Trust",
    ):
        assert words in said
    assert "£30,000.50" in said
    agreement = text_of(westbury.get(f"{address}/agreement.pdf"))
    assert "Westbury" in agreement
    assert "Silence is not acceptance" in agreement
    assert westbury.get(f"{address}/answers/{trust.las[1]}/letter.pdf").status_code == 404
    assert "Not in our budget." not in westbury.get(address).text


def test_everything_that_is_wrong_with_a_request_is_told_at_once_and_what_was_typed_stays(
    trust: Round, sign_in: SignIn
) -> None:
    client = sign_in(trust.emails[0])
    wrong = {
        "percent": "", "staff": "70", "starts_on-year": "", "reasons": "", "counts-0-stated": "0",
        "counts-1-priced": "", "counts-2-authority_id": "x",
    }  # fmt: skip
    answer = builders.post(client, f"/settings/{trust.setting}/uplifts/new", **typed(trust, **wrong))
    assert answer.status_code == 422
    for words in (
        "Enter the percentage that you ask for",
        "The three shares come to 95%",
        "Enter a real date",
        "Say why the prices should change",
        "Row 1: enter how many placements",
        "Row 2: choose the provision and band",
        "Row 3: choose the local authority",
    ):
        assert words in answer.text
    assert 'value="10"' in answer.text
    assert trust.emails
    late = builders.post(client, f"/settings/{trust.setting}/uplifts/new", **typed(trust, **{"starts_on-year": "2025"}))
    assert "This day has passed" in late.text


def test_a_draft_that_a_colleague_has_saved_stands_beside_what_was_typed(trust: Round, sign_in: SignIn) -> None:
    client = sign_in(trust.emails[0])
    trust.save()
    stale = {"version": str(trust.version), **typed(trust, percent="9")}
    trust.save(uplift_id=trust.id, version=trust.version, reasons="A colleague's reasons.")
    answer = builders.post(client, f"/uplifts/{trust.id}/edit", **stale)
    assert answer.status_code == 409
    for words in ("Changed since you opened this page", "A colleague&#39;s reasons.", 'value="9"'):
        assert words in answer.text
    again = {**stale, "version": str(trust.version)}
    assert builders.post(client, f"/uplifts/{trust.id}/edit", **again).status_code == 302


def test_a_reply_to_a_proposal_that_a_newer_one_has_overtaken_shows_the_newer_one(
    trust: Round, sign_in: SignIn
) -> None:
    client = sign_in(trust.emails[1])
    trust.send()
    stale = str(trust.version)
    trust.counter(trust.officers[0], "2")
    trust.counter(trust.provider, "5.5")
    answer = step(client, trust, "reply", version=stale, reply="counter", percent="3", reasons="Typed before.")
    assert answer.status_code == 409
    notice = re.search(r"Changed since you opened this page.*?Saving again", answer.text, re.DOTALL)
    assert notice
    assert "+5.5%" in notice[0]
    assert "Typed before.</textarea>" in answer.text
    assert trust.kept().open_step.percent == 5.5  # type: ignore[union-attr]


def test_pages_of_steps_that_are_not_ones_own_lead_back_to_the_request(trust: Round, sign_in: SignIn) -> None:
    provider, norbury, southbury = map(sign_in, trust.emails[:3])
    trust.send()
    for client, act in (
        (provider, "reply"), (southbury, "reply"), (southbury, "hand-over"), (norbury, "take-over"),
        (southbury, "answer"), (provider, "publish"), (provider, "edit"), (provider, "check"),
    ):  # fmt: skip
        answer = client.get(f"/uplifts/{trust.id}/{act}")
        assert (answer.status_code, answer.location) == (302, f"/uplifts/{trust.id}"), act
    assert southbury.get(f"/uplifts/{trust.id}/take-over").status_code == 200
    assert provider.get(f"/uplifts/{trust.id}/answer").status_code == 403


def test_another_la_takes_over_and_hands_back_through_the_pages(trust: Round, sign_in: SignIn) -> None:
    norbury, southbury = sign_in(trust.emails[1]), sign_in(trust.emails[2])
    trust.send()
    assert step(southbury, trust, "take-over").status_code == 302
    assert "Southbury negotiates for all from now on." in norbury.get(f"/uplifts/{trust.id}").text
    assert step(norbury, trust, "take-over").status_code == 302
    assert "Answer the offer to take over" not in norbury.get("/uplifts").text
    assert step(southbury, trust, "hand-over").status_code == 422
    assert step(southbury, trust, "hand-over", is_handed_over="yes").status_code == 302
    assert trust.kept().link_id == trust.las[0]


def test_an_answer_needs_a_decision_a_reason_and_counts_and_stands_once_it_is_given(
    trust: Round, sign_in: SignIn
) -> None:
    client = sign_in(trust.emails[2])
    trust.send()
    trust.agree(trust.officers[0])
    box = f"counts-{trust.provision}-moderate"
    answer = step(client, trust, "answer", **{box: "many"})
    assert answer.status_code == 422
    for words in ("Say whether your authority accepts", "Give the reason", "from 0 to 999", 'value="many"'):
        assert words in answer.text
    opened = client.get(f"/uplifts/{trust.id}/answer").text
    trust.answer(1, is_accepted=True)
    form = {"csrf_token": builders.csrf_token(opened), "is_accepted": "no", "reason": "Late.", box: "6"}
    late = client.post(f"/uplifts/{trust.id}/answer", data=form)
    assert late.status_code == 409
    assert "Southbury has accepted already" in late.text


def test_a_withdrawn_request_says_why_and_shows_no_figures(trust: Round, sign_in: SignIn) -> None:
    provider, norbury = sign_in(trust.emails[0]), sign_in(trust.emails[1])
    trust.send()
    assert step(provider, trust, "withdraw").status_code == 422
    assert step(provider, trust, "withdraw", reasons="We <found> a way.").status_code == 302
    page = norbury.get(f"/uplifts/{trust.id}").text
    assert "We &lt;found&gt; a way." in page
    assert "What it would cost" not in page
    assert "Withdrawn" in norbury.get("/uplifts").text


def test_a_draft_is_discarded(trust: Round, sign_in: SignIn) -> None:
    client = sign_in(trust.emails[0])
    trust.save()
    assert step(client, trust, "discard", page="check").status_code == 302
    assert client.get(f"/uplifts/{trust.id}").status_code == 404


def test_a_setting_without_published_prices_says_what_to_do_first(trust: Round, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        la, provider = (
            session.get_one(builders.Authority, trust.las[0]),
            session.get_one(builders.Provider, trust.provider_id),
        )
        bare = builders.setting(session, la, provider).id
    answer = sign_in(trust.emails[0]).get(f"/settings/{bare}/uplifts/new")
    assert answer.status_code == 409
    assert "Set and publish prices first" in answer.text

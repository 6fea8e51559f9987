"""Uplifts through the real pages: from the request to the letters, what each side sees, forms that are overtaken."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Role, UpliftStatus
from marketplace.permissions import SYSTEM
from marketplace.services import schedule_drafts, uplift_negotiation
from tests import builders
from tests.uplifts import AT, STARTS, TODAY, Round, place

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


def test_the_placements_that_run_here_stand_in_the_form_of_a_request(trust: Round, sign_in: SignIn) -> None:
    for la in (1, 2, 2):
        place(trust, la)
    page = sign_in(trust.emails[0]).get(f"/settings/{trust.setting}/uplifts/new").text
    filled = re.findall(r'id="counts-(\d)-stated"[^>]* value="(\d+)"', page)
    assert filled == [("0", "1"), ("1", "2")]
    assert page.count(f'value="{trust.provision}-intensive" selected') == 2


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


@pytest.fixture
def placed(database: Engine) -> tuple[Round, list[str]]:  # noqa: ARG001
    """A request of +6.5% on prices that can be compared, countered with +4.25%, beside five settings of three others;
    and the names of these."""
    trust = Round(is_whole=True)
    names = trust.surround()
    trust.send()
    trust.counter(trust.officers[0], "4.25")
    return trust, names


def places_on(page: str) -> str:
    """What a page says of the prices of others."""
    return builders.words_of(page[page.index('id="places"') : page.index("Other requests for this school year")])


def test_an_la_reads_where_each_price_lies_now_as_asked_and_as_proposed(
    placed: tuple[Round, list[str]], sign_in: SignIn
) -> None:
    trust, _ = placed
    said = places_on(sign_in(trust.emails[1]).get(f"/uplifts/{trust.id}").text)
    row = "Autism day school, moderate Full placement, day"
    corridor = "£32,040 to £35,000, middle £34,500"
    spots = "£33,088 in it, below its middle £35,039 above it £34,364 in it, below its middle"
    assert f"{row} {corridor} {spots}" in said
    peers = "Norbury: 5 settings of 3 others; lower quartile £34,088, median £35,088, upper quartile £36,088"
    assert f"{row} {peers} 1 of 5 cheaper 2 of 5 cheaper 2 of 5 cheaper" in said
    assert "Autism day school, intensive Full placement, day None for this band, pattern and type of setting" in said
    assert "Too few settings of other providers, even in all of England" in said
    assert "Proposed now" in said
    assert "the same type of setting, independent special school; other" in said
    assert "How these figures are made" in said
    other = places_on(sign_in(trust.emails[2]).get(f"/uplifts/{trust.id}").text)
    assert row in other
    assert "intensive" not in other  # Southbury has no placement in that band


def test_the_provider_reads_only_what_where_you_stand_tells_it(
    placed: tuple[Round, list[str]], sign_in: SignIn
) -> None:
    trust, names = placed
    client = sign_in(trust.emails[0])
    page = client.get(f"/uplifts/{trust.id}").text
    said = places_on(page)
    assert "£32,000 to £35,000, middle £34,500" in said
    peers = "5 settings of 3 others; lower quartile £34,100, median £35,100, upper quartile £36,100"
    assert f": {peers} As told on 25 November 2026" in said
    assert "cheapest quarter second cheapest quarter second cheapest quarter" in said
    assert "of 5 cheaper" not in said
    assert "How these figures are made" not in said
    for name in names:
        assert name not in builders.words_of(page)
    for figure in ("£34,088", "£35,088", "£36,088", "£34,087.50", "£32,040"):
        assert figure not in page
    told = builders.words_of(client.get("/standing").text)
    for figure in ("£34,100", "£35,100", "£36,100", "£32,000", "£35,000"):
        assert figure in told


def test_the_operator_reads_the_places_as_those_who_buy(placed: tuple[Round, list[str]], sign_in: SignIn) -> None:
    trust, _ = placed
    with transaction(SYSTEM) as session:
        person = builders.user(session, builders.operator(session), Role.ADMINISTRATOR).email
    assert "1 of 5 cheaper 2 of 5 cheaper" in places_on(sign_in(person).get(f"/uplifts/{trust.id}").text)


def test_where_there_is_no_tariff_survey_corridor_or_comparable_price_the_page_says_so(
    trust: Round, sign_in: SignIn
) -> None:
    trust.send()
    provider, norbury = sign_in(trust.emails[0]), sign_in(trust.emails[1])
    for client in (provider, norbury):
        page = client.get(f"/uplifts/{trust.id}").text
        assert "No tariff held for this area on 1 September 2026" in places_on(page)
        assert "No tariff holds for this area from the day on which these prices would start" in page
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    assert "have not been surveyed yet" in places_on(norbury.get(f"/uplifts/{trust.id}").text)
    trust.survey(None)
    for client in (provider, norbury):
        page = client.get(f"/uplifts/{trust.id}").text
        assert "None of these prices can be compared, so none has a place." in places_on(page)
        assert "Autism day school, moderate: not stated: speech and language therapy" in page
    assert "None: there are fewer than 30 prices" not in page


def test_without_enough_prices_a_price_that_can_be_compared_says_why_it_has_no_place(
    database: Engine,  # noqa: ARG001
    sign_in: SignIn,
) -> None:
    trust = Round(is_whole=True)
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    trust.send()
    provider, norbury = sign_in(trust.emails[0]), sign_in(trust.emails[1])
    assert "Nothing is told yet" in places_on(provider.get(f"/uplifts/{trust.id}").text)
    trust.survey(None)
    said = places_on(norbury.get(f"/uplifts/{trust.id}").text)
    assert "None: there are fewer than 30 prices" in said
    assert "Too few settings of other providers, even in all of England" in said
    assert "Too few to be shown, even in all of England" in places_on(provider.get(f"/uplifts/{trust.id}").text)


def test_an_answer_just_after_midnight_in_london_is_late_though_the_day_is_not_over_elsewhere(
    trust: Round, sign_in: SignIn
) -> None:
    trust.send()
    trust.agree(trust.officers[0], at=datetime(2027, 4, 1, 12, tzinfo=UTC))
    trust.answer(1, is_accepted=True, at=datetime(2027, 4, 29, 22, 59, tzinfo=UTC))
    trust.answer(2, is_accepted=True, at=datetime(2027, 4, 29, 23, 0, tzinfo=UTC))
    said = builders.words_of(sign_in(trust.emails[0]).get(f"/uplifts/{trust.id}").text)
    assert "29 April 2027. Letter of Southbury" in said
    assert "30 April 2027, late. Letter of Westbury" in said


def draft_prices(trust: Round, **amounts: int) -> None:
    """A draft of new prices, of which a request can be made."""
    with transaction(trust.provider) as session:
        draft = schedule_drafts.start_schedule(session, trust.provider, setting_id=trust.setting, on=TODAY)
        lines = [schedule_drafts.line_fields(line) for line in draft.lines]
        for line in lines:
            line["amount"] = amounts[line["band"].value]
        schedule_drafts.save_schedule(
            session, trust.provider, schedule_id=draft.id, version=draft.edit, starts_on=STARTS, lines=lines
        )


def test_a_proposal_of_other_prices_with_the_same_sum_stands_in_a_column_of_its_own(
    database: Engine,  # noqa: ARG001
    sign_in: SignIn,
) -> None:
    trust = Round({(0, "moderate"): 1, (0, "intensive"): 1})
    draft_prices(trust, moderate=3_280_100, intensive=5_300_000)
    trust.send(percent=None)
    trust.counter(trust.officers[0], "10")  # £33,001 and £52,800, together as asked for
    said = builders.words_of(sign_in(trust.emails[0]).get(f"/uplifts/{trust.id}").text)
    assert "Norbury 2 £78,001 £85,801 +10% £85,801" in said
    assert "Proposed now" in said


def test_where_new_prices_are_asked_for_each_change_stands_beside_what_it_costs(trust: Round, sign_in: SignIn) -> None:
    trust.send()
    client = sign_in(trust.emails[0])
    address = f"/uplifts/{trust.id}"
    assert "£390,006.50" not in client.get(address).text
    assert "+6.5%</span>" not in client.get(address).text  # the same for all, and said above
    trust.step(trust.provider, uplift_negotiation.withdraw, reasons="Another.", at=AT)
    draft_prices(trust, moderate=3_300_055, intensive=4_800_000)
    trust.send(percent=None)
    said = builders.words_of(client.get(f"/uplifts/{trust.id}").text)
    assert "Southbury 6 £180,003 £198,003 +10%" in said
    assert "Westbury 5 £240,000 £240,000 no change" in said

"""Consulting through the real pages: ticks, the preview, receipts, the list by what is due, reminders, withdrawal."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.models import Consultation, ConsultationStatus, Message, Need, NeedStatus, Setting, now
from marketplace.permissions import SYSTEM
from marketplace.web.formats import day
from tests import builders
from tests.consulting import Consulting, send

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def case(database: Engine) -> Consulting:  # noqa: ARG001
    return Consulting(mainstream="A calm room <helped>.")


@pytest.fixture
def client(case: Consulting, sign_in: SignIn) -> FlaskClient:
    return sign_in(case.emails["commissioner"])


def options(case: Consulting, query: str = "") -> str:
    return f"/needs/{case.need}/options{query}"


def ids(case: Consulting, *names: str) -> list[str]:
    return [str(case.provisions[name]) for name in names]


def count(case: Consulting) -> int:
    return case.system(lambda session: session.scalar(select(func.count()).select_from(Consultation))) or 0


def briefs(page: str) -> list[str]:
    return re.findall(r"<dl class=\"govuk-summary-list\">.*?Pupil</dt>.*?</dl>", page, re.DOTALL)


def test_from_ticks_to_receipts_in_two_screens_and_one_send(case: Consulting, client: FlaskClient) -> None:
    opened = client.get(options(case)).text
    assert opened.count('name="provision_ids"') == 3
    assert "Consult the selected settings" in opened
    ticked = send(client, options(case), provision_ids=ids(case, "Ash", "Elm"))
    assert ticked.status_code == 302
    preview = client.get(ticked.location)
    assert "Check before you consult 2 settings" in preview.text
    assert count(case) == 0, "a look at what would be sent sends nothing"
    chosen = re.findall(r'name="provision_ids" value="(\d+)"', preview.text)
    assert chosen == ids(case, "Elm", "Ash"), "in the order of the ranking"
    sent = send(client, ticked.location, f"/needs/{case.need}/consult", provision_ids=chosen)
    assert (sent.status_code, count(case)) == (302, 2)
    receipts = client.get(sent.location).text
    assert "2 settings consulted" in receipts
    due = day(now() + timedelta(days=15))
    for row in case.system(lambda session: session.scalars(select(Consultation)).all()):
        assert f"/consultations/{row.id}" in receipts
        assert f"Consultation {row.id}</span></a>" in receipts
    assert receipts.count(due) == 2
    for name in ("Elm School", "Ash School"):
        assert name in receipts


def test_the_preview_shows_each_setting_the_very_page_that_it_then_reads(
    case: Consulting, client: FlaskClient, sign_in: SignIn
) -> None:
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        need.request_id, need.ground, need.ground_evidence = case.settings["Ash"], "resources", "The comparison."
    chosen = ids(case, "Elm", "Ash")
    shown = briefs(client.get(f"/needs/{case.need}/consult", query_string={"provision_ids": chosen}).text)
    assert "A calm room &lt;helped&gt;." in shown[0]
    assert "The parents request this setting" in shown[1]
    assert "The parents do not request this setting" in shown[0]
    read = []
    for consultation_id, who in zip(case.consult("Elm", "Ash"), ("heron", "wren"), strict=True):
        provider = sign_in(case.emails[who])
        send(provider, f"/inbox/{consultation_id}", f"/inbox/{consultation_id}/open")
        read += briefs(provider.get(f"/inbox/{consultation_id}").text)
    assert read == shown


def test_nothing_selected_is_said_on_the_list_with_a_link_to_the_first_tick(
    case: Consulting, client: FlaskClient
) -> None:
    answer = send(client, options(case), options(case, "?sort=total"))
    assert answer.status_code == 422
    assert "Error: Ranked options" in answer.text
    assert re.search(r'<a href="#provision_ids">\s*Select at least one setting to consult', answer.text)
    assert answer.text.count('id="provision_ids"') == 1
    assert 'id="provision_ids-error"' in answer.text, "and beside the list"
    assert 'aria-sort="ascending"' in answer.text


def test_what_was_ticked_stays_ticked_when_it_cannot_be_consulted(case: Consulting, client: FlaskClient) -> None:
    with transaction(SYSTEM) as session:
        setting = session.get_one(Setting, case.settings["Elm"])
        second = builders.provision(session, builders.pool(session, setting), name="Second school")
        builders.kept(session, second)
        case.provisions["Elm 2"] = second.id
    answer = send(client, options(case), provision_ids=ids(case, "Elm", "Elm 2", "Ash"))
    assert answer.status_code == 422
    assert "Elm School: you chose two of its provisions" in answer.text
    checked = re.findall(r'value="(\d+)" form="consult" checked', answer.text)
    assert sorted(checked) == sorted(ids(case, "Elm", "Elm 2", "Ash"))


@pytest.mark.parametrize("ticked", ["0", "-1", "x", str(2**63), "²"])
def test_a_tick_that_no_list_of_ours_has_is_answered_in_words(
    case: Consulting, client: FlaskClient, ticked: str
) -> None:
    answer = send(client, options(case), provision_ids=[ticked])
    assert answer.status_code == 422
    assert "Choose from the list again" in answer.text


def test_ticks_are_carried_through_filters_and_named_where_they_are_not_shown(
    case: Consulting, client: FlaskClient
) -> None:
    kept = send(client, options(case), options(case, "?sort=total"), provision_ids=ids(case, "Elm"), then="keep")
    assert kept.status_code == 302
    assert "sort=total" in kept.location
    page = client.get(f"{kept.location}&within=1").text
    assert "Also selected, not on this page" in page
    assert re.search(rf'value="{case.provisions["Elm"]}" form="consult" checked', page)
    assert f'<input type="hidden" name="provision_ids" value="{case.provisions["Elm"]}">' in page, "the filters keep it"
    sorts = re.findall(r'<a class="govuk-link app-sort[^"]*" href="([^"]*)"', client.get(kept.location).text)
    assert sorts
    assert all(f"provision_ids={case.provisions['Elm']}" in address for address in sorts)
    shown = client.get(kept.location).text
    assert "Also selected" not in shown
    assert re.search(rf'value="{case.provisions["Elm"]}" form="consult" checked', shown)


def test_a_setting_that_the_parents_request_is_consulted_though_it_is_no_option(
    case: Consulting, client: FlaskClient
) -> None:
    case.change_provision("Oak", needs=["HI"])
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        need.request_id, need.ground, need.ground_evidence = case.settings["Oak"], "unsuitable", "The report."
    page = client.get(options(case)).text
    assert "What the parents request" in page
    assert "does not meet the primary need" in page
    assert case.provisions["Oak"] in map(int, re.findall(r'value="(\d+)" form="consult"', page))
    assert send(client, options(case), provision_ids=ids(case, "Oak")).status_code == 302


def test_who_is_consulted_already_or_answers_to_nobody_has_no_tick(case: Consulting, client: FlaskClient) -> None:
    (sent,) = case.consult("Elm")
    with transaction(SYSTEM) as session:
        session.get_one(Setting, case.settings["Oak"]).provider_id = None
    page = client.get(options(case)).text
    assert re.findall(r'name="provision_ids" type="checkbox" value="(\d+)"', page) == ids(case, "Ash")
    assert f'href="/consultations/{sent}"' in page
    assert "waiting for a reply" in page
    assert "Nobody answers for it here" in page


@pytest.mark.parametrize("who", ["approver", "region"])
def test_who_may_not_consult_sees_no_ticks_and_is_refused(case: Consulting, sign_in: SignIn, who: str) -> None:
    reader = sign_in(case.emails[who])
    page = reader.get(options(case))
    assert page.status_code == 200
    assert 'form="consult"' not in page.text
    assert "Consult the selected" not in page.text
    assert send(reader, options(case), provision_ids=ids(case, "Elm")).status_code == 403
    assert reader.get(f"/needs/{case.need}/consult").status_code == 403


def test_a_need_that_is_placed_offers_no_ticks(case: Consulting, client: FlaskClient) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).status = NeedStatus.PLACED
    assert 'form="consult"' not in client.get(options(case)).text


def test_a_need_that_a_colleague_has_changed_is_shown_as_it_would_be_read_now(
    case: Consulting, client: FlaskClient
) -> None:
    address = f"/needs/{case.need}/consult?provision_ids={case.provisions['Elm']}"
    opened = client.get(address).text
    version, token = re.search(r'name="version" value="(\d+)"', opened), builders.csrf_token(opened)
    assert version
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).mainstream = "A colleague's words."
    form = {"version": version[1], "csrf_token": token, "provision_ids": ids(case, "Elm")}
    late = client.post(f"/needs/{case.need}/consult", data=form)
    assert (late.status_code, count(case)) == (409, 0)
    assert "Changed since you opened this page" in late.text
    assert "A colleague&#39;s words." in late.text
    again = {**form, "version": re.search(r'name="version" value="(\d+)"', late.text)[1]}  # type: ignore[index]
    assert client.post(f"/needs/{case.need}/consult", data=again).status_code == 302


def test_whom_a_colleague_has_consulted_meanwhile_is_left_out_and_the_others_can_be_sent(
    case: Consulting, client: FlaskClient
) -> None:
    chosen = ids(case, "Elm", "Ash")
    address = f"/needs/{case.need}/consult?provision_ids={chosen[0]}&provision_ids={chosen[1]}"
    opened = client.get(address).text
    case.consult("Elm")
    version = str(case.kept_need().version)
    form = {"version": version, "csrf_token": builders.csrf_token(opened), "provision_ids": chosen}
    late = client.post(f"/needs/{case.need}/consult", data=form)
    assert late.status_code == 409
    assert "Already consulted about this pupil: Elm School" in late.text
    assert "Check before you consult 1 setting<" in late.text
    assert client.post(f"/needs/{case.need}/consult", data={**form, "provision_ids": chosen[1:]}).status_code == 302
    assert count(case) == 2
    assert client.get(address).location == options(case), "nobody is left to consult"


def test_pages_of_receipts_show_ones_own_only(case: Consulting, client: FlaskClient, sign_in: SignIn) -> None:
    (sent,) = case.consult("Elm")
    address = f"/needs/{case.need}/consulted?consultation_ids={sent}"
    assert client.get(address).status_code == 200
    assert client.get(f"/needs/{case.need}/consulted?consultation_ids={sent + 1}").status_code == 302
    other = sign_in(case.emails["other"])
    for path in (address, f"/consultations/{sent}", f"/consultations/{sent}/withdraw"):
        assert other.get(path).status_code == 404
    assert "NB-1042" not in other.get("/consultations").text


@pytest.fixture
def tracked(case: Consulting) -> list[int]:
    """Elm overdue by a day and unseen, Oak seen on day 9, Ash refused."""
    (elm,) = case.consult("Elm", at=builders.days_ago(16))
    (oak,) = case.consult("Oak", at=builders.days_ago(9))
    (ash,) = case.consult("Ash", at=builders.days_ago(9))
    case.open(oak)
    case.refuse(ash, "wren", staffing="Two teachers leave.", premises="No lift.")
    return [elm, oak, ash]


def test_the_list_goes_overdue_first_with_day_and_seen_and_reply(tracked: list[int], client: FlaskClient) -> None:
    page = client.get("/consultations").text
    assert re.findall(r"govuk-table__caption--m\">([^<]+)<", page) == [
        "Overdue (1)", "Due within a week (1)", "Replied: compare and decide (1)",
    ]  # fmt: skip
    links = [int(found) for found in re.findall(r'href="/consultations/(\d+)"', page)]
    assert links == tracked
    for words in (
        "Day 16, after 15",
        "1 day overdue",
        "Day 9 of 15",
        "6 days left",
        "Not seen",
        "Seen ",
        "Cannot meet the need: 2 reasons",
    ):
        assert words in page, words
    assert "may decide without a reply" in page
    decide = re.findall(r'/decide">([^<]+)<span class="govuk-visually-hidden">: NB-1042, ([A-Z][a-z]+) School', page)
    assert decide == [("Decide without a reply", "Elm"), ("Compare and decide", "Ash")], "not while a reply is awaited"


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("?overdue=true", [0]),
        ("?seen=yes", [1, 2]),
        ("?seen=no", [0]),
        ("?status=refused", [2]),
        ("?status=sent&seen=yes", [1]),
        ("?status=closed", []),
    ],
)
def test_the_list_is_narrowed_by_filters_that_are_tags(
    tracked: list[int], client: FlaskClient, query: str, rows: list[int]
) -> None:
    page = client.get(f"/consultations{query}").text
    links = [int(found) for found in re.findall(r'href="/consultations/(\d+)"', page)]
    assert links == [tracked[row] for row in rows]
    assert page.count('app-filters__tag"') == query.count("=")
    assert f"<strong>{len(rows)} consultation" in page


def test_a_filter_that_is_not_offered_is_refused_in_words(client: FlaskClient) -> None:
    for query in ("?status=lost", "?seen=perhaps", "?page=0", "?overdue=maybe"):
        assert client.get(f"/consultations{query}").status_code == 422


def chased(case: Consulting) -> list[int]:
    query = select(Message.subject_id).where(Message.template == "consultation_chased").order_by(Message.subject_id)
    return list(case.system(lambda session: session.scalars(query).all()))


def test_one_click_reminds_all_that_have_not_replied(case: Consulting, tracked: list[int], client: FlaskClient) -> None:
    page = client.get("/consultations").text
    assert "Send a reminder to all 2 that have not replied" in page
    hidden = re.findall(r'<input type="hidden" name="consultation_ids" value="(\d+)">', page)
    assert [int(each) for each in hidden] == tracked[:2]
    answer = send(client, "/consultations", consultation_ids=hidden)
    assert (answer.status_code, chased(case)) == (302, tracked[:2])
    page = client.get("/consultations").text
    assert "A reminder is sent to 2 settings." in page
    assert page.count("Last reminded") == 2
    send(client, "/consultations", consultation_ids=hidden)
    assert "No reminder is sent. 2 have replied, or were reminded today." in client.get("/consultations").text
    assert chased(case) == tracked[:2]


def test_the_selected_are_reminded_and_nothing_selected_is_said(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    refused = send(client, "/consultations", "/consultations?seen=no")
    assert refused.status_code == 422
    assert "Select at least one consultation" in refused.text
    answer = send(client, "/consultations", "/consultations?seen=yes", consultation_ids=[str(tracked[1])])
    assert (answer.location, chased(case)) == ("/consultations?seen=yes", [tracked[1]])
    assert send(client, "/consultations", consultation_ids=["x"]).status_code == 422
    assert send(client, "/consultations", consultation_ids=[str(10**9)]).status_code == 404


def test_from_the_case_a_reminder_leads_back_to_the_case(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    page = client.get(f"/needs/{case.need}").text
    assert "Consultations</caption>" in page
    assert "Day 16, after 15" in page
    assert page.count('form="remind"') == 2
    back = send(client, f"/needs/{case.need}", "/consultations", consultation_ids=tracked, need_id=str(case.need))
    assert back.location == f"/needs/{case.need}"
    assert "A reminder is sent to 2 settings. 1 has replied" in client.get(back.location).text


@pytest.mark.parametrize("who", ["approver", "region"])
def test_who_only_reads_has_the_list_without_buttons(
    case: Consulting, tracked: list[int], sign_in: SignIn, who: str
) -> None:
    reader = sign_in(case.emails[who])
    for path in ("/consultations", f"/needs/{case.need}", f"/consultations/{tracked[2]}"):
        page = reader.get(path)
        assert page.status_code == 200
        assert "Send a reminder" not in page.text
        assert "Withdraw this consultation" not in page.text
    assert send(reader, "/consultations", consultation_ids=[str(tracked[0])]).status_code == 403
    assert reader.get(f"/consultations/{tracked[0]}/withdraw").status_code == 403
    assert send(reader, "/consultations", f"/consultations/{tracked[0]}/withdraw").status_code == 403


def test_a_refusal_is_read_reason_by_reason_with_what_the_law_asks(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    page = client.get(f"/consultations/{tracked[2]}").text
    for words in (
        "The staff that it would take cannot be found",
        "Two teachers leave.",
        "No lift.",
        "Swalcliffe Park v Wokingham",
    ):
        assert words in page
    assert len(briefs(page)) == 1, "what was sent stays there to read"
    assert f'href="/needs/{case.need}/decide"' in page
    assert "/decide" not in client.get(f"/consultations/{tracked[1]}").text


def test_an_offer_is_read_line_by_line(case: Consulting, tracked: list[int], client: FlaskClient) -> None:
    case.offer(
        tracked[1], starts_on=now().date() + timedelta(days=40), on=now().date(), at=now(), variation=120_000,
        variation_reason="A key <adult>.", note="Visits on Tuesdays.", is_held=True,
    )  # fmt: skip
    page = client.get(f"/consultations/{tracked[1]}").text
    for words in (
        "Core education, 38 weeks: £48,000 a year",
        "+£1,200 a year",
        "A key &lt;adult&gt;.",
        "<strong>£49,200</strong>",
        "Visits on Tuesdays.",
        "until ",
    ):
        assert words in page
    assert "Can meet the need, £49,200 a year from" in client.get("/consultations").text


def test_withdrawing_asks_first_and_tells_what_it_does(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    address = f"/consultations/{tracked[2]}/withdraw"
    page = client.get(address).text
    assert "govuk-button--warning" in page
    assert "Two teachers leave." in page
    answer = send(client, address)
    assert answer.location == f"/needs/{case.need}"
    assert case.kept(tracked[2]).status is ConsultationStatus.WITHDRAWN
    assert "Withdrawn" in client.get(answer.location).text
    assert client.get(address).status_code == 302
    assert send(client, "/consultations", address, version="9").status_code == 409


def test_a_withdrawal_that_a_reply_has_overtaken_shows_the_reply(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    address = f"/consultations/{tracked[0]}/withdraw"
    opened = client.get(address).text
    version = re.search(r'name="version" value="(\d+)"', opened)
    assert version
    case.refuse(tracked[0], full="In the summer.")
    form = {"version": version[1], "csrf_token": builders.csrf_token(opened)}
    late = client.post(address, data=form)
    assert late.status_code == 409
    notice = re.search(r"Changed since you opened this page.*?Saving again", late.text, re.DOTALL)
    assert notice
    assert "In the summer." in notice[0]
    assert case.kept(tracked[0]).status is ConsultationStatus.FULL


def test_the_home_page_says_what_is_overdue_and_what_has_come(tracked: list[int], client: FlaskClient) -> None:  # noqa: ARG001
    page = client.get("/").text
    assert "1 consultation overdue</a>" in page
    assert "1 reply</a> to compare and decide on" in page


def test_with_a_need_its_consultations_end_and_the_page_says_so_before(
    case: Consulting, tracked: list[int], client: FlaskClient
) -> None:
    address = f"/needs/{case.need}/withdraw"
    assert "Every setting that is consulted about it is told" in client.get(address).text
    assert send(client, address, reason="moved").status_code == 302
    assert {case.kept(each).status for each in tracked} == {ConsultationStatus.WITHDRAWN}


def test_no_address_names_the_pupil(case: Consulting, tracked: list[int], client: FlaskClient) -> None:
    for path in ("/consultations", f"/consultations/{tracked[0]}", options(case), f"/needs/{case.need}"):
        page = client.get(path).text
        assert not any("NB-1042" in address for address in re.findall(r'(?:href|action)="([^"]*)"', page)), path

"""A second person through the real pages: what waits, one by one, several at once, returned; and the threshold."""

import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Award, AwardStatus, Band, Need, Provision, SurveyedPrice
from marketplace.permissions import SYSTEM
from tests import builders
from tests.deciding import AT, S41, Deciding
from tests.web.test_awards import seen, words

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=True):
        yield


@pytest.fixture
def case(database: Engine) -> Deciding:  # noqa: ARG001
    """Awards of two needs wait, at Ash and at Birch."""
    found = Deciding()
    found.ask("Ash")
    found.offer("Ash")
    found.first = found.propose("Ash")  # type: ignore[attr-defined]
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, found.need)
        found.need = builders.need(session, need.authority, need.framework, reference="N-2").id
    found.ask("Birch")
    found.offer("Birch", variation=100_000, variation_reason="Two more adults.")
    found.second = found.propose("Birch")  # type: ignore[attr-defined]
    return found


@pytest.fixture
def approver(case: Deciding, sign_in: SignIn) -> FlaskClient:
    return sign_in(case.emails["approver"])


def status(case: Deciding, award_id: int) -> AwardStatus:
    return case.see(lambda session: session.get_one(Award, award_id).status)


def ids(case: Deciding) -> tuple[int, int]:
    return case.first, case.second  # type: ignore[attr-defined]


def test_what_waits_is_listed_with_its_cost_its_band_and_its_days(approver: FlaskClient) -> None:
    said = words(approver.get("/approvals"))
    for text in ("Waiting (2)", "N-1", "N-2", "at guide", "2.1%", "7 December 2026", "Every award of your authority"):
        assert text in said, text
    assert "2 awards" in words(approver.get("/")), "the start page says so"


def test_one_is_looked_at_and_approved(case: Deciding, approver: FlaskClient) -> None:
    first, _ = ids(case)
    page = approver.get(f"/approvals/{first}")
    for text in (
        "Approve Ash School?", "Proposed by", "Among its peers", "at the guide price", "What was compared",
        "The nearest that meets the need.", "section 40", "What happened", "Ash School offered a place",
        "Ash School consulted", "Award to Ash School proposed",
    ):  # fmt: skip
        assert text in words(page), text
    answer = builders.post(approver, f"/approvals/{first}/approve", f"/approvals/{first}", **seen(page))
    assert answer.location == "/approvals"
    assert status(case, first) is AwardStatus.MADE
    assert approver.get(f"/approvals/{first}").location == f"/awards/{first}"
    assert "is approved and made" in words(approver.get("/approvals"))


def test_the_price_stands_among_its_peers_where_there_are_enough(case: Deciding, approver: FlaskClient) -> None:
    first, _ = ids(case)
    with transaction(SYSTEM) as session:
        survey = builders.surveyed(session, case.provision(session, "Ash"))
    address = f"/approvals/{first}"
    assert "cannot be put beside others" in words(approver.get(address)), "the survey has it for another band only"
    with transaction(SYSTEM) as session:
        own = case.provision(session, "Ash")
        session.add(surveyed(survey.id, own, 4_800_000))
    assert "Too few other settings" in words(approver.get(address))
    with transaction(SYSTEM) as session:
        la = case.provision(session, "Ash").setting.authority
        for number in range(6):
            setting = builders.setting(session, la, builders.provider(session), type=S41)
            provision = builders.provision(session, builders.pool(session, setting))
            session.add(surveyed(survey.id, provision, 4_000_000 + 100_000 * number))
    said = words(approver.get(address))
    for text in ("asks £48,000 for the band", "6 settings of 6 other providers: median £42,500", "6 cheaper, 0 dearer"):
        assert text in said, text


def surveyed(survey_id: int, provision: Provision, amount: int) -> SurveyedPrice:
    """The intensive price of a provision in a survey."""
    return SurveyedPrice(
        survey_id=survey_id, provision_id=provision.id, setting_id=provision.setting_id,
        provider_id=provision.setting.provider_id, authority_id=provision.setting.authority_id, amount=amount,
        guide=4_800_000, band=Band.INTENSIVE, pattern=provision.pattern, setting_type=provision.setting.type,
    )  # fmt: skip


def test_one_is_returned_with_a_reason_and_not_without(case: Deciding, approver: FlaskClient) -> None:
    first, _ = ids(case)
    page = approver.get(f"/approvals/{first}")
    bare = builders.post(approver, f"/approvals/{first}/return", f"/approvals/{first}", **seen(page))
    assert bare.status_code == 422
    assert 'href="#note"' in bare.text
    note = {"note": "The need is <higher>."}
    answer = builders.post(approver, f"/approvals/{first}/return", f"/approvals/{first}", **seen(page), **note)
    assert answer.location == "/approvals"
    assert status(case, first) is AwardStatus.RETURNED
    assert "The need is <higher>." in words(approver.get(f"/awards/{first}"))


def keys(page: str) -> list[str]:
    return re.findall(r'name="awards" value="(\d+:\d+)"', page)


def test_several_are_approved_by_ticking_them(case: Deciding, approver: FlaskClient) -> None:
    ticked = keys(approver.get("/approvals").text)
    assert len(ticked) == 2
    answer = builders.post(approver, "/approvals", awards=ticked)
    assert answer.status_code == 302, words(answer)
    assert {status(case, each) for each in ids(case)} == {AwardStatus.MADE}
    assert "2 awards approved and made." in words(approver.get("/approvals"))


def test_with_nothing_ticked_the_page_says_so(approver: FlaskClient) -> None:
    answer = builders.post(approver, "/approvals")
    assert answer.status_code == 422
    assert "Select an award to approve." in words(answer)
    assert 'id="awards"' in answer.text


def test_where_one_of_several_has_changed_none_is_made_and_the_ticks_stay(
    case: Deciding, approver: FlaskClient
) -> None:
    ticked = keys(approver.get("/approvals").text)
    case.refuse("Birch", premises="No lift.")
    answer = builders.post(approver, "/approvals", awards=ticked)
    assert answer.status_code == 409
    assert "N-2: Birch School has said something else" in words(answer)
    assert answer.text.count(" checked") == 2
    assert {status(case, each) for each in ids(case)} == {AwardStatus.PROPOSED}


def test_ones_own_proposal_has_no_tick_and_no_button_and_a_forged_post_is_refused(
    case: Deciding, sign_in: SignIn
) -> None:
    first, second = ids(case)
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        case.need = builders.need(session, need.authority, need.framework, reference="N-3").id
    case.ask("Cedar")
    case.offer("Cedar")
    own = case.propose("Cedar", by="both")
    both = sign_in(case.emails["both"])
    page = both.get("/approvals")
    assert "Yours: somebody else decides" in words(page)
    assert {key.split(":")[0] for key in keys(page.text)} == {str(first), str(second)}
    assert "so somebody else decides it" in words(both.get(f"/approvals/{own}"))
    with transaction(SYSTEM) as session:
        version = session.get_one(Award, own).version
    for act, fields in (("approve", {}), ("return", {"note": "Mine."})):
        answer = builders.post(both, f"/approvals/{own}/{act}", "/approvals", version=str(version), **fields)
        assert answer.status_code == 403
        assert status(case, own) is AwardStatus.PROPOSED
    answer = builders.post(both, "/approvals", awards=[f"{own}:{version}"])
    assert answer.status_code == 403
    assert status(case, own) is AwardStatus.PROPOSED


def test_only_approvers_reach_the_pages(case: Deciding, sign_in: SignIn) -> None:
    for person in ("commissioner", "procurement"):
        client = sign_in(case.emails[person])
        assert client.get("/approvals").status_code == 403
        assert client.get("/thresholds").status_code == 200
        assert "Approvers of your authority state it." in words(client.get("/thresholds"))


# ---- thresholds ---------------------------------------------------------------------------------------------------


def stated(**fields: str) -> dict[str, str]:
    return {
        "amount": "50,000", "starts_on-day": "1", "starts_on-month": "12", "starts_on-year": "2026",
        "reason": "Cabinet, <3 November>.", **fields,
    }  # fmt: skip


def test_a_threshold_is_stated_from_a_day_to_come_and_its_history_stays(
    case: Deciding, approver: FlaskClient, sign_in: SignIn
) -> None:
    page = approver.get("/thresholds")
    assert "Every award waits for a second person." in words(page)
    assert builders.post(approver, "/thresholds", **stated()).status_code == 302
    later = stated(amount="60,000", **{"starts_on-day": "1", "starts_on-month": "4", "starts_on-year": "2027"})
    assert builders.post(approver, "/thresholds", **later).status_code == 302
    said = words(approver.get("/thresholds"))
    for text in (
        "1 December 2026 To come",
        "£50,000",
        "£60,000",
        "Cabinet, <3 November>.",
        case.people["approver"].name,
    ):
        assert text in said, text
    with time_machine.travel(AT.replace(month=12, day=2)):
        said = words(sign_in(case.emails["approver"]).get("/thresholds"))
        assert "more than £50,000 a year" in said
        assert "1 December 2026 Holds now" in said


@pytest.mark.parametrize(
    ("fields", "anchor"),
    [
        ({"amount": "50k"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"starts_on-month": "11", "starts_on-day": "30"}, "starts_on"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_with_a_threshold_is_said_beside_its_field(
    approver: FlaskClient, fields: dict[str, str], anchor: str
) -> None:
    answer = builders.post(approver, "/thresholds", **stated(**fields))
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in answer.text


def test_a_second_threshold_for_one_day_is_told_beside_the_day(approver: FlaskClient) -> None:
    builders.post(approver, "/thresholds", **stated())
    answer = builders.post(approver, "/thresholds", **stated(amount="60,000"))
    assert answer.status_code == 422
    assert "A threshold is stated from this day already." in words(answer)

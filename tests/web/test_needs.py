"""The needs pages as a commissioner walks them: question by question, check, publish, list, case, withdraw."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import AuditEvent, Authority, Need, NeedStatus, Role, SettingType
from marketplace.permissions import SYSTEM
from tests import builders

PUPIL = {"reference": "EX-1042", "year_group": "8", "home": "QX4 9ZZ"}
MAINSTREAM = {"mainstream": "A calm room and a key adult.", "kinds": ["full", "outreach"]}
PROFILE = {
    "level_ci": "3", "level_cl": "3", "level_semh": "1", "level_sp": "0", "primary_need": "ASD", "pattern": "day",
}  # fmt: skip
REQUEST = {"priority": "3", "is_transport_entitled": "false"}


@dataclass
class Borough:
    """An LA with a commissioner who is signed in, and the id of a setting that parents can request."""

    client: FlaskClient
    authority_id: int
    setting_id: int


@pytest.fixture
def borough(sign_in: Callable[[str], FlaskClient]) -> Borough:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.home_area(session)
        builders.framework(session)
        requested = builders.setting(session, la, type=SettingType.SECTION41, name="Fictional Elm School")
        email = builders.user(session, la, Role.COMMISSIONER, name="Commissioner One").email
        authority_id, setting_id = la.id, requested.id
    return Borough(sign_in(email), authority_id, setting_id)


def only_need() -> Need:
    with transaction(SYSTEM) as session:
        return session.scalars(select(Need)).one()


def answer(client: FlaskClient, path: str, **form: Any) -> Any:
    """Fill in a page as it is shown: with its CSRF token and its version."""
    page = client.get(path).text
    version = re.search(r'name="version" value="(\d+)"', page)
    hidden = {"version": version[1]} if version else {}
    return client.post(path, data={**hidden, **form, "csrf_token": builders.csrf_token(page)})


def start(client: FlaskClient) -> int:
    assert answer(client, "/needs/new", **PUPIL).status_code == 302
    return only_need().id


def test_a_commissioner_posts_a_need_in_five_pages_and_lands_on_the_ranked_options(borough: Borough) -> None:
    first = answer(borough.client, "/needs/new", **PUPIL)
    need = only_need()
    assert first.location == f"/needs/{need.id}/mainstream"
    assert answer(borough.client, first.location, **MAINSTREAM).location == f"/needs/{need.id}/profile"
    assert answer(borough.client, f"/needs/{need.id}/profile", **PROFILE).location == f"/needs/{need.id}/request"
    assert answer(borough.client, f"/needs/{need.id}/request", **REQUEST).location == f"/needs/{need.id}/check"
    check = borough.client.get(f"/needs/{need.id}/check").text
    assert "Two areas stand at that level, so the band is one step higher: profound." in check
    done = answer(borough.client, f"/needs/{need.id}/check")
    assert done.location == f"/needs/{need.id}/options"
    assert borough.client.get(done.location).status_code == 200
    assert only_need().status is NeedStatus.PUBLISHED


def test_what_would_make_mainstream_work_is_the_first_question_after_the_pupil(borough: Borough) -> None:
    first = answer(borough.client, "/needs/new", **PUPIL)
    assert "<h1" in (page := borough.client.get(first.location).text)
    assert "What would make mainstream work?" in page
    assert page.index("Outreach into mainstream") < page.index("Full placement")


def test_a_full_postcode_is_not_kept_anywhere(borough: Borough) -> None:
    start(borough.client)
    assert only_need().home_area == "QX4"
    with transaction(SYSTEM) as session:
        kept = [json.dumps(event.data) for event in session.scalars(select(AuditEvent))]
        row = session.execute(select(Need.__table__)).one()
    assert "9ZZ" not in str(row) + str(kept)


def test_a_draft_is_listed_and_taken_up_again_with_what_was_answered(borough: Borough) -> None:
    need_id = start(borough.client)
    page = borough.client.get("/needs").text
    assert "Drafts to finish (1)" in page
    assert f"/needs/{need_id}/check" in page
    assert 'value="EX-1042"' in borough.client.get(f"/needs/{need_id}/pupil").text


def test_publishing_with_answers_missing_links_to_each_question(borough: Borough) -> None:
    need_id = start(borough.client)
    refused = answer(borough.client, f"/needs/{need_id}/check")
    assert refused.status_code == 422
    assert "There is a problem" in refused.text
    for link in ("mainstream?back=check#kinds", "profile?back=check#level_ci", "request?back=check#priority"):
        assert f"/needs/{need_id}/{link}" in refused.text
    assert only_need().status is NeedStatus.DRAFT


def test_a_change_asked_for_on_the_check_page_returns_to_it(borough: Borough) -> None:
    need_id = start(borough.client)
    check = borough.client.get(f"/needs/{need_id}/check").text
    assert f"/needs/{need_id}/pupil?back=check#year_group" in check
    changed = answer(borough.client, f"/needs/{need_id}/pupil?back=check", **{**PUPIL, "year_group": "9"})
    assert changed.location == f"/needs/{need_id}/check"
    assert only_need().year_group == 9


def test_a_reference_that_is_taken_is_refused_beside_the_field_and_what_was_typed_is_kept(borough: Borough) -> None:
    start(borough.client)
    again = answer(borough.client, "/needs/new", **{**PUPIL, "year_group": "5"})
    assert again.status_code == 422
    assert "You already have a need with this reference" in again.text
    assert 'href="#reference"' in again.text
    assert 'value="EX-1042"' in again.text
    assert re.search(r'<option value="5" selected', again.text)


def test_another_band_needs_a_reason_and_is_shown_beside_the_derived_one(borough: Borough) -> None:
    need_id = start(borough.client)
    refused = answer(borough.client, f"/needs/{need_id}/profile", **PROFILE, band_override="exceptional")
    assert refused.status_code == 422
    assert 'href="#band_override_reason"' in refused.text
    answer(
        borough.client, f"/needs/{need_id}/profile", **PROFILE,
        band_override="exceptional", band_override_reason="Two adults at all times.",
    )  # fmt: skip
    check = borough.client.get(f"/needs/{need_id}/check").text
    assert "Two adults at all times." in check
    assert "Derived: Profound" in check


def test_a_ground_without_evidence_is_refused_and_with_it_the_case_names_the_statute(borough: Borough) -> None:
    need_id = start(borough.client)
    ground = {**REQUEST, "request_id": str(borough.setting_id), "ground": "resources"}
    refused = answer(borough.client, f"/needs/{need_id}/request", **ground)
    assert refused.status_code == 422
    assert 'href="#ground_evidence"' in refused.text
    answer(borough.client, f"/needs/{need_id}/request", **ground, ground_evidence="The panel's paper of 3 November.")
    case = borough.client.get(f"/needs/{need_id}").text
    assert "Children and Families Act 2014, section 39(4)(b)(ii)" in case
    assert "Children and Families Act 2014, section 38(3)" in case
    assert "section 51" in case


def test_without_a_framework_the_page_says_who_adopts_one(sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.home_area(session)
        email = builders.user(session, la, Role.COMMISSIONER).email
    client = sign_in(email)
    refused = answer(client, f"/needs/{start(client)}/profile", **PROFILE)
    assert refused.status_code == 409
    assert "Ask the operator of the marketplace to adopt one" in refused.text
    assert re.search(r'value="ASD" selected', refused.text), "what was typed is not lost"


def test_a_need_is_withdrawn_after_a_page_that_asks_why(borough: Borough) -> None:
    need_id = start(borough.client)
    assert answer(borough.client, f"/needs/{need_id}/withdraw").status_code == 422
    assert only_need().status is NeedStatus.DRAFT
    assert answer(borough.client, f"/needs/{need_id}/withdraw", reason="moved").location == f"/needs/{need_id}"
    assert only_need().status is NeedStatus.WITHDRAWN
    case = borough.client.get(f"/needs/{need_id}").text
    assert "The pupil moved to another authority" in case
    assert "Commissioner One" in case
    assert case.index("Need withdrawn") < case.index("Need started")


@pytest.fixture
def caseload(borough: Borough) -> Borough:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, borough.authority_id)
        builders.need(session, la, reference="A-1", year_group=9, priority=2)
        builders.need(session, la, reference="A-2", primary_need="SEMH", priority=1)
        builders.need(session, la, reference="A-3", derived_band=None, priority=5)
        builders.need(session, la, reference="A-4", status=NeedStatus.PLACED)
        builders.need(session, la, reference="A-5", status=NeedStatus.CONSULTING)
    return borough


def listed(page: str) -> list[str]:
    return re.findall(r">(A-\d)</a>", page)


@pytest.mark.parametrize(
    ("query", "references"),
    [
        ("", ["A-2", "A-1", "A-3", "A-5", "A-4"]),
        ("?sort=reference&order=descending", ["A-3", "A-2", "A-1", "A-5", "A-4"]),
        ("?sort=band", ["A-3", "A-1", "A-2", "A-5", "A-4"]),
        ("?status=placed", ["A-4"]),
        ("?primary_need=SEMH", ["A-2"]),
        ("?year_group=9", ["A-1"]),
        ("?band=none", ["A-3"]),
        ("?band=intensive&status=published", ["A-2", "A-1"]),
        ("?page=99", ["A-2", "A-1", "A-3", "A-5", "A-4"]),
    ],
)
def test_the_list_is_grouped_filtered_and_sorted(caseload: Borough, query: str, references: list[str]) -> None:
    page = caseload.client.get(f"/needs{query}").text
    assert listed(page) == references
    assert f"<strong>{len(references)} need" in page


def test_a_filter_in_force_is_a_tag_that_removes_itself(caseload: Borough) -> None:
    page = caseload.client.get("/needs?status=placed&band=intensive").text
    assert 'href="/needs?status=placed"' in page
    assert "Clear all filters" in page


@pytest.mark.parametrize(("reference", "is_first"), [("A-1", True), ("A-4", False)])
def test_the_options_of_a_placed_pupil_are_no_longer_the_first_thing_to_press(
    caseload: Borough, reference: str, is_first: bool
) -> None:
    with transaction(SYSTEM) as session:
        need_id = session.scalars(select(Need.id).where(Need.reference == reference)).one()
    link = re.search(r'class="([^"]*)"[^>]*>\s*See ranked options', caseload.client.get(f"/needs/{need_id}").text)
    assert link
    assert ("govuk-button" in link[1]) == is_first


def test_a_sort_or_filter_that_is_not_offered_is_refused(caseload: Borough) -> None:
    assert caseload.client.get("/needs?sort=mainstream").status_code == 422
    assert caseload.client.get("/needs?status=secret").status_code == 422


NEED_PAGES = (
    "",
    "/pupil",
    "/mainstream",
    "/profile",
    "/request",
    "/check",
    "/withdraw",
    "/options",
    "/options/markers",
    "/restrictions",
)


@pytest.mark.parametrize("page", NEED_PAGES)
def test_another_authoritys_need_is_not_found_on_any_page(
    borough: Borough, sign_in: Callable[[str], FlaskClient], page: str
) -> None:
    need_id = start(borough.client)
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    other = sign_in(email)
    assert other.get(f"/needs/{need_id}{page}").status_code == 404
    assert "EX-1042" not in other.get("/needs").text


@pytest.mark.parametrize("page", ["/needs", "/needs/new", *(f"/needs/1{page}" for page in NEED_PAGES)])
def test_a_provider_reaches_no_page_of_needs(sign_in: Callable[[str], FlaskClient], page: str) -> None:
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email
    assert sign_in(email).get(page).status_code == 403


def test_an_approver_reads_the_case_and_is_offered_no_change(
    caseload: Borough, sign_in: Callable[[str], FlaskClient]
) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, caseload.authority_id)
        email = builders.user(session, la, Role.APPROVER).email
        need_id = session.scalars(select(Need.id).where(Need.reference == "A-1")).one()
    approver = sign_in(email)
    case = approver.get(f"/needs/{need_id}")
    assert case.status_code == 200
    assert "Change" not in case.text
    assert approver.get(f"/needs/{need_id}/withdraw").status_code == 403


def test_what_is_typed_reaches_no_address_and_no_log(
    borough: Borough, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = {**MAINSTREAM, "mainstream": "CANARY-TEXT"}
        first = answer(borough.client, "/needs/new", **{**PUPIL, "reference": "CANARY-77"})
        second = answer(borough.client, first.location, **answers)
        page = borough.client.get("/needs").text
    written = capsys.readouterr()
    assert "CANARY" not in written.out + written.err + caplog.text + first.location + second.location
    assert not any("CANARY" in address for address in re.findall(r'(?:href|action)="([^"]*)"', page))


def test_the_home_page_says_what_needs_doing(caseload: Borough) -> None:
    start_page = caseload.client.get("/").text
    assert "No drafts to finish" in start_page
    answer(caseload.client, "/needs/new", **PUPIL)
    home = caseload.client.get("/").text
    assert "1 draft to finish" in home
    assert "3 needs that no run has looked at" in home


def test_drafts_are_waiting_for_those_who_post_needs_only(
    borough: Borough, sign_in: Callable[[str], FlaskClient]
) -> None:
    """Found when a region's procurement was asked to finish drafts that it may not change."""
    start(borough.client)
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, borough.authority_id)
        buyer = builders.user(session, la, Role.PROCUREMENT).email
    assert "1 draft to finish" in borough.client.get("/").text
    page = sign_in(buyer).get("/").text
    assert "Every published need has been looked at by a run" in page
    assert "to finish" not in page
    assert "Post a need" not in page


def test_what_is_fixed_and_what_is_ruled_out_are_two_sentences(caseload: Borough) -> None:
    """Found as "No order fixes a provision.None is ruled out."."""
    with transaction(SYSTEM) as session:
        need_id = session.scalars(select(Need.id).where(Need.reference == "A-1")).one()
    assert "No order fixes a provision. None is ruled out." in caseload.client.get(f"/needs/{need_id}").text

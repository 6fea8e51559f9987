"""The pages of alternative provision: a need without an EHCP, the way back of a placement, pupils out of education."""

import io
import re
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Footing, Need, NeedStatus, Placement, ReintegrationPlan, Role, Setting, SettingType, User
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.running import running

TODAY = "2026-11-30T10:00:00+00:00"
OUT = {
    "footing": "excluded", "last_education_on": "13 November 2026", "roll_school": "Larch <High> School",
    "reference": "EX-1042", "year_group": "8", "home": "QX4",
}  # fmt: skip
PLAN = {
    "purpose": "To learn in a <group> again.", "ends_on": "28 May 2027", "school": "Larch High School",
    "school_urn": "900123", "returns_on": "7 June 2027", "steps": "Two mornings.", "lead": "Deputy head",
    "review_on": "15 February 2027",
}  # fmt: skip


@pytest.fixture
def la(sign_in: Callable[[str], FlaskClient]) -> Any:
    """A commissioner, where the demonstration's framework holds."""
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.home_area(session)
        builders.framework(session)
        builders.setting(session, la, type=SettingType.SECTION41, name="Fictional Elm School")
        email = builders.user(session, la, Role.COMMISSIONER).email
    with time_machine.travel(TODAY):
        yield sign_in(email)


class Placed:
    """A placement in alternative provision that was agreed for a pupil without an EHCP, and who is at a browser."""

    def __init__(self, sign_in: Callable[[str], FlaskClient]) -> None:
        with transaction(SYSTEM) as session:
            case = running(session, type=SettingType.AP, starts_on=builders.days_ago(1).date())
            case.need.footing, case.need.roll_school = Footing.EXCLUDED, "Larch High School"
            case.need.last_education_on = case.placement.starts_on.replace(day=13)
            case.placement.agreement = dict(commissioning.letter(case.need))
            self.id, self.need = case.placement.id, case.need.id
            emails = [session.get_one(User, actor.user_id).email for actor in (case.commissioner, case.editor)]
        self.la, self.provider = (sign_in(email) for email in emails)

    def send(self, page: str, **form: str) -> TestResponse:
        path = f"/placements/{self.id}/{page}"
        version = re.search(r'name="version" value="(\d+)"', self.la.get(path).text)
        assert version
        return builders.post(self.la, path, version=version[1], **form)


@pytest.fixture
def placed(sign_in: Callable[[str], FlaskClient]) -> Any:
    with time_machine.travel(TODAY):
        yield Placed(sign_in)


def only_need() -> Need:
    with transaction(SYSTEM) as session:
        return session.scalars(select(Need)).one()


def test_a_need_without_an_ehcp_says_what_the_law_asks_instead(la: FlaskClient) -> None:
    assert builders.post(la, "/needs/new", **OUT).status_code == 302
    need = only_need()
    assert need.footing is Footing.EXCLUDED
    page = la.get(f"/needs/{need.id}").text
    assert "Education Act 1996, section 19(3A)" in page
    assert "independent review panel" in page
    assert "Larch &lt;High&gt; School" in page
    assert "11 weekdays out of education so far" in page
    assert "23 November 2026" in page
    assert "section 51:" not in page
    assert "They may do so at any time while the plan is drafted" not in page
    listed = la.get("/needs").text
    assert "Past a deadline in law (1)" in listed
    assert "No EHCP: excluded" in listed


def test_a_request_without_an_ehcp_is_neither_asked_for_nor_taken(la: FlaskClient) -> None:
    builders.post(la, "/needs/new", **OUT)
    need = only_need()
    page = la.get(f"/needs/{need.id}/request").text
    assert "Nobody can request a setting" in page
    assert 'name="request_id"' not in page
    with transaction(SYSTEM) as session:
        other = session.scalars(select(Setting.id)).one()
    refused = builders.post(
        la, f"/needs/{need.id}/request", version=str(need.version), request_id=str(other), priority="1"
    )
    assert refused.status_code == 422
    assert "there is no EHCP in which it would be named" in refused.text
    assert only_need().request_id is None


@pytest.mark.parametrize(("changes", "words"), [
    ({"last_education_on": "1 December 2026"}, "today, or within the last three years"),
    ({"footing": "at_risk"}, "A pupil at risk of exclusion is in school."),
    ({"footing": "nonsense"}, "Say whether the pupil has an EHCP."),
])  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(la: FlaskClient, changes: dict[str, str], words: str) -> None:
    refused = builders.post(la, "/needs/new", **{**OUT, **changes})
    assert refused.status_code == 422
    assert words in refused.text
    assert 'value="EX-1042"' in refused.text


def test_what_a_need_without_an_ehcp_lacks_links_to_its_question(la: FlaskClient) -> None:
    given = {name: value for name, value in OUT.items() if name not in {"last_education_on", "roll_school"}}
    builders.post(la, "/needs/new", **given)
    need = only_need()
    refused = builders.post(la, f"/needs/{need.id}/check", version=str(need.version))
    assert refused.status_code == 422
    for field in ("last_education_on", "roll_school"):
        assert f"/needs/{need.id}/pupil?back=check#{field}" in refused.text


def test_a_placement_starts_once_its_end_and_the_way_back_are_planned(placed: Placed) -> None:
    assert "Nothing is planned yet." in placed.la.get(f"/placements/{placed.id}").text
    refused = placed.send("start", day="30 November 2026")
    assert refused.status_code == 422
    assert "Keep that plan first" in refused.text
    assert placed.send("way-back/new", **PLAN).location == f"/placements/{placed.id}"
    for client in (placed.la, placed.provider):
        page = client.get(f"/placements/{placed.id}").text
        assert "To learn in a &lt;group&gt; again." in page
        assert "28 May 2027" in page
    assert placed.send("start", day="30 November 2026").status_code == 302
    assert "11 weekdays out of education" not in placed.la.get(f"/needs/{placed.need}").text
    assert "out of education until a placement started" in placed.la.get(f"/needs/{placed.need}").text
    agreement = pypdf.PdfReader(io.BytesIO(placed.la.get(f"/placements/{placed.id}/agreement.pdf").data))
    assert "The way back" in agreement.pages[0].extract_text()


def test_the_next_version_begins_with_the_last_and_says_why(placed: Placed) -> None:
    placed.send("way-back/new", **PLAN)
    page = placed.la.get(f"/placements/{placed.id}/way-back/new").text
    assert 'value="Larch High School"' in page
    refused = placed.send("way-back/new", **PLAN)
    assert refused.status_code == 422
    assert "Say what the review found, or why the end is put off." in refused.text
    placed.send("way-back/new", **{**PLAN, "ends_on": "18 June 2027", "reason": "The group begins later."})
    page = placed.la.get(f"/placements/{placed.id}").text
    assert "The group begins later." in page
    assert "Earlier versions: 1" in page
    with transaction(SYSTEM) as session:
        assert (
            session.get_one(Placement, placed.id).ends_on
            == session.scalars(select(ReintegrationPlan.ends_on).where(ReintegrationPlan.number == 2)).one()
        )


@pytest.mark.parametrize(("answer", "words"), [
    ("yes", "Reached: the pupil is back at a school"), ("no", "Not reached: the pupil is not back at a school"),
])  # fmt: skip
def test_what_came_of_it_ends_the_placement(placed: Placed, answer: str, words: str) -> None:
    placed.send("way-back/new", **PLAN)
    placed.send("start", day="29 November 2026")
    refused = placed.send("way-back/result", day="30 November 2026")
    assert refused.status_code == 422
    assert "Say whether the pupil is back at a school." in refused.text
    done = placed.send("way-back/result", is_reached=answer, day="30 November 2026", words="As <agreed>.")
    assert done.location == f"/placements/{placed.id}"
    page = placed.provider.get(f"/placements/{placed.id}").text
    assert words in page
    assert "As &lt;agreed&gt;." in page
    assert only_need().status is (NeedStatus.WITHDRAWN if answer == "yes" else NeedStatus.PUBLISHED)
    assert placed.la.get(f"/placements/{placed.id}/way-back/result").location == f"/placements/{placed.id}"
    assert placed.la.get(f"/placements/{placed.id}/way-back/new").location == f"/placements/{placed.id}"


def test_few_pupils_out_of_education_are_not_counted_and_five_are(sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        region = builders.region(session)
        la, framework = builders.authority(session, region, name="Norbury"), builders.framework(session)
        out = {"footing": Footing.EXCLUDED, "roll_school": "Larch High School"}
        emails = [
            builders.user(session, la, Role.COMMISSIONER).email, builders.user(session, region, Role.PROCUREMENT).email
        ]  # fmt: skip
        for number in range(4):
            last = builders.days_ago(20).date()
            builders.need(session, la, framework, reference=f"N-{number}", last_education_on=last, **out)
    clients = [sign_in(email) for email in emails]
    for client in clients:
        assert "Fewer than five pupils are out of education here" in client.get("/out-of-education").text
    with transaction(SYSTEM) as session:
        need = session.scalars(select(Need).limit(1)).one()
        last = builders.days_ago(30).date()
        builders.need(session, need.authority, need.framework, reference="N-9", last_education_on=last, **out)
    for client in clients:
        page = client.get("/out-of-education").text
        assert "5 pupils are out of education, <strong>5</strong> of them for more than five weekdays" in page
    assert "Norbury" in clients[1].get("/out-of-education").text

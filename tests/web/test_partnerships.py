"""The pages of a partnership: made, agreed to, entered, told, decided; what is refused; who reads what."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import (
    Kind,
    MemberKind,
    MemberStatus,
    PartnershipDecision,
    PartnershipMember,
    Register,
    ReportPart,
    Role,
    User,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.web.partnership_tables import SECTIONS, TABLES
from tests import builders, partnering
from tests.builders import words_of
from tests.partnering import Group

NOW, SUMMER = "2027-02-01T10:00:00+00:00", "2027-05-04T10:00:00+00:00"
SignIn = Callable[[str], FlaskClient]


def day(d: int, m: int, y: int, name: str) -> dict[str, str]:
    return {f"{name}-day": str(d), f"{name}-month": str(m), f"{name}-year": str(y)}


DECISION = {
    "decided": "Ten outreach days a term more.", "reasons": "Waits are longest there.",
    "alternatives": "A new unit, which opens too late.", "deciders": "The panel of head teachers",
    "expected": "Half wait less than ten weeks.", **day(18, 1, 2027, "day"), **day(16, 7, 2027, "due_on"),
}  # fmt: skip


@dataclass
class Sides:
    """Somebody of each side at a browser."""

    group: Group
    sign_in: SignIn

    def at(self, who: str) -> FlaskClient:
        people = {**self.group.people, "provider": self.group.places[0].editor}
        return self.sign_in(email_of(people[who]))

    @property
    def path(self) -> str:
        return f"/partnerships/{self.group.partnership.id}"

    def page(self, who: str, path: str = "") -> str:
        return words_of(self.at(who).get(self.path + path).text)

    def post(self, who: str, path: str, page: str | None = None, **form: Any) -> TestResponse:
        """Send a form of a page (default: that of its own path) as it stands now, with its version, if it has one."""
        client = self.at(who)
        seen = client.get(self.path + (path if page is None else page)).text
        own = re.search(rf'action="{re.escape(self.path + path)}[^"]*".*?</form>', seen, re.DOTALL)
        version = re.findall(r'name="(version)" value="(\d+)"', own[0]) if own else []
        return builders.post(
            client, self.path + path, self.path + (path if page is None else page), **dict(version), **form
        )


def email_of(actor: Actor) -> str:
    with transaction(SYSTEM) as session:
        return session.get_one(User, actor.user_id).email


def member_of(group: Group, kind: MemberKind, organisation_id: int) -> PartnershipMember:
    with transaction(SYSTEM) as session:
        return session.scalars(
            select(PartnershipMember).where(
                PartnershipMember.partnership_id == group.partnership.id,
                PartnershipMember.kind == kind,
                PartnershipMember.organisation_id == organisation_id,
            )
        ).one()


@pytest.fixture
def sides(database: Engine, sign_in: SignIn) -> Iterator[Sides]:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        group = partnering.group(session, agreed=False)
        for la in group.las.values():
            partnering.placed(session, la, group.places[0], Kind.FULL, 10)
            partnering.placed(session, la, group.places[1], Kind.POROUS, 6)
    with time_machine.travel(NOW):
        yield Sides(group, sign_in)


def test_a_partnership_is_made_and_asks_others(sides: Sides) -> None:
    lead = sides.at("lead")
    answer = builders.post(lead, "/partnerships/new", name="Oak Plain Partnership", **day(1, 9, 2026, "starts_on"))
    path = answer.location.removesuffix("/members")
    assert "Oak Plain Partnership" in words_of(lead.get("/partnerships").text)
    late = builders.post(lead, "/partnerships/new", name="Another", **day(1, 9, 2030, "starts_on"))
    assert "Enter today or an earlier day." in words_of(late.text)
    twice = builders.post(lead, "/partnerships/new", name="Oak Plain Partnership", **day(1, 9, 2026, "starts_on"))
    assert "Your authority leads a partnership of this name." in words_of(twice.text)
    group = sides.group
    other, setting = group.las["other"], group.places[0].setting
    for name, form in (
        ("authorities", {"authority_id": str(other.id)}), ("settings", {"setting_urn": str(setting.urn)})
    ):  # fmt: skip
        assert builders.post(lead, f"{path}/members/{name}", f"{path}/members", **form).status_code == 302
        again = builders.post(lead, f"{path}/members/{name}", f"{path}/members", **form)
        assert again.status_code == 422
    unknown = builders.post(lead, f"{path}/members/settings", f"{path}/members", setting_urn="999999")
    assert "There is no setting with this URN" in words_of(unknown.text)
    page = words_of(lead.get(f"{path}/members").text)
    assert page.count("Asked") == 2
    assert "are asked: agree or decline" in words_of(sides.at("provider").get("/partnerships").text)


def test_nobody_else_asks_for_a_partnership_nor_agrees_for_another(sides: Sides) -> None:
    other = member_of(sides.group, MemberKind.AUTHORITY, sides.group.las["other"].id)
    assert sides.post("lead", f"/members/{other.id}/agree", "/members", version="1").status_code == 403
    form = {"authority_id": str(sides.group.las["other"].id)}
    assert sides.post("other", "/members/authorities", "/members", **form).status_code == 403
    stranger = {"school": "Another School", "urn": "800005"}
    assert sides.post("other", "/members/schools", "/members", **stranger).status_code == 403


def test_an_authority_agrees_and_is_counted_from_the_next_figures_on(sides: Sides) -> None:
    group = sides.group
    assert sides.post("lead", "/figures", "").status_code == 302
    page = sides.page("lead")
    assert f"Absent {group.las['other'].name} : asked, and had not agreed on that day." in page
    assert "Your organisation is asked to take part." in sides.page("other")
    assert "Capacity and use" not in sides.page("other")
    other = member_of(group, MemberKind.AUTHORITY, group.las["other"].id)
    assert sides.post("other", f"/members/{other.id}/agree", "/members").status_code == 302
    assert "Capacity and use" in sides.page("other")
    assert "Work out the figures" not in sides.page("lead")
    with time_machine.travel(SUMMER):
        assert "The figures of this term (Summer term, 2026 to 2027) are not worked out yet." in sides.page("lead")
        assert sides.post("lead", "/figures", "").status_code == 302
        page = sides.page("other")
        assert "Summer term, 2026 to 2027, as of 4 May 2027" in page
        assert "Absent" not in page.split("Capacity and use, by kind")[0]
        assert "Full placement 20 20" in page
        assert "Porous placement 10 4" in page
        csv = sides.at("other").get(f"{sides.path}/figures.csv").text
        assert "capacity_by_kind,full,used,20" in csv
        reports = re.findall(r"report=(\d+)", sides.at("lead").get(sides.path).text)
        older = min(map(int, reports))
        assert "as of 1 February 2027" in words_of(sides.at("lead").get(f"{sides.path}?report={older}").text)
        assert sides.at("lead").get(f"{sides.path}?report=999999").status_code == 404


def test_a_provider_reads_capacity_and_decisions_and_no_money(sides: Sides) -> None:
    sides.post("lead", "/figures", "")
    sides.post("lead", "/decisions/new", **DECISION)
    page, csv = sides.page("provider"), sides.at("provider").get(f"{sides.path}/figures.csv").text
    assert "Capacity and use, by kind" in page
    assert "Ten outreach days a term more." in page
    for what in ("Money, by kind", "Committed this year", "£"):
        assert what not in page
    assert "money" not in csv
    assert "Money, by kind" in sides.page("lead")
    assert "money_by_kind" in sides.at("lead").get(f"{sides.path}/figures.csv").text
    assert sides.at("provider").get(f"{sides.path}/decisions/new").status_code == 403


def test_who_is_asked_declines_or_leaves_and_what_was_told_stays(sides: Sides) -> None:
    group = sides.group
    other = member_of(group, MemberKind.AUTHORITY, group.las["other"].id)
    answer = sides.post("other", f"/members/{other.id}/end", "/members")
    assert answer.location == f"{sides.path}/members"
    assert group.places[0].setting.name not in sides.page("other", "/members")  # of its own part it reads, no more
    assert "Your organisation takes no part, or none any more." in sides.page("other")
    assert "Declined" in sides.page("lead", "/members")
    setting = member_of(group, MemberKind.SETTING, group.places[0].setting.provider_id or 0)
    assert sides.post("lead", f"/members/{setting.id}/end", "/members").status_code == 302
    lead = member_of(group, MemberKind.AUTHORITY, group.las["lead"].id)
    refused = sides.post("lead", f"/members/{lead.id}/end", "/members", version="1")
    assert (refused.status_code, "cannot leave its partnership" in refused.text) == (409, True)


def test_an_authoritys_schools_end_with_it(sides: Sides) -> None:
    group = sides.group
    other = member_of(group, MemberKind.AUTHORITY, group.las["other"].id)
    sides.post("other", f"/members/{other.id}/agree", "/members")
    sides.post("other", "/members/schools", "/members", school="Little Elms Primary", urn="800001")
    twice = sides.post("other", "/members/schools", "/members", school="Another", urn="800001")
    assert "A school with this URN takes part already." in words_of(twice.text)
    assert sides.post("lead", f"/members/{other.id}/end", "/members").status_code == 302
    school = member_of(group, MemberKind.SCHOOL, group.las["other"].id)
    assert (school.status, school.ends_on is None) == (MemberStatus.ENDED, False)


def test_a_register_is_entered_changed_and_read_by_its_authority_only(sides: Sides) -> None:
    group = sides.group
    answer = sides.post("lead", "/members/schools", "/members", school="Little Elms Primary", urn="800001")
    path = answer.location.removeprefix(sides.path)
    form = {"support-SPLD": "23", "support-ASD": "7", "plans-ASD": "9"}
    assert sides.post("lead", path, **form).status_code == 302
    assert "Spring term, 2026 to 2027: entered" in sides.page("lead", "/members")
    page = sides.at("lead").get(sides.path + path).text
    assert 'id="support-SPLD" name="support-SPLD" type="text" autocomplete="off" inputmode="numeric" value="23"' in page
    wrong = sides.post("lead", path, **{"support-SPLD": "many"})
    assert "Enter a number of pupils up to 5,000" in wrong.text
    assert 'value="many"' in wrong.text
    assert sides.at("other").get(sides.path + path).status_code == 404
    assert sides.post("lead", path, **{"support-SPLD": "30", "plans-ASD": "9"}).status_code == 302
    assert sides.post("lead", "/figures", "").status_code == 302
    assert "Little Elms Primary 30 10" in sides.page("lead")
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Register)).one()
        kept = dict(zip(row.needs, zip(row.support, row.plans, strict=True), strict=True))
        assert (kept["SPLD"], kept["ASD"], row.organisation_id) == ((30, 0), (0, 9), group.las["lead"].id)


def test_a_register_that_a_colleague_has_entered_is_shown_beside_what_was_typed(sides: Sides) -> None:
    answer = sides.post("lead", "/members/schools", "/members", school="Little Elms Primary", urn="800001")
    path = answer.location
    client = sides.at("lead")
    token = builders.csrf_token(client.get(path).text)
    sides.post("lead", path.removeprefix(sides.path), **{"support-ASD": "12"})
    late = client.post(path, data={"version": "0", "support-ASD": "14", "csrf_token": token})
    assert late.status_code == 409
    assert "Changed since you opened this page." in late.text
    assert "12 with SEN support, 0 with a plan" in words_of(late.text)
    assert 'value="14"' in late.text


def test_a_decision_is_kept_with_its_reasons_and_later_what_came_of_it(sides: Sides) -> None:
    wrong = sides.post("lead", "/decisions/new", **{**DECISION, **day(1, 1, 2027, "due_on"), **day(2, 2, 2027, "day")})
    assert "Enter today or an earlier day: the day on which it was decided." in words_of(wrong.text)
    assert "Waits are longest there." in wrong.text
    answer = sides.post("lead", "/decisions/new", **DECISION)
    with transaction(SYSTEM) as session:
        decision = session.scalars(select(PartnershipDecision)).one().id
    assert answer.location.endswith(f"#decision-{decision}")
    assert "A new unit, which opens too late." in sides.page("provider")
    result = f"/decisions/{decision}/result"
    early = sides.post("lead", result, result="Too early.", **day(1, 1, 2027, "day"))
    assert "Enter a day since the decision" in words_of(early.text)
    with time_machine.travel(SUMMER):
        kept = sides.post("lead", result, result="Half wait nine weeks.", **day(3, 5, 2027, "day"))
        assert kept.status_code == 302
        assert "Half wait nine weeks." in sides.page("provider")
        assert sides.at("lead").get(sides.path + result).status_code == 302


def test_every_part_of_the_figures_is_shown_in_a_section() -> None:
    assert set(TABLES) == set(ReportPart)
    assert sorted(part for _, parts in SECTIONS for part in parts) == sorted(ReportPart)


def test_a_region_reads_what_its_authorities_are_told(sides: Sides, sign_in: SignIn) -> None:
    sides.post("lead", "/figures", "")
    with transaction(SYSTEM) as session:
        region = session.merge(sides.group.region, load=False)
        email = builders.user(session, region, Role.PROCUREMENT).email
    page = words_of(sign_in(email).get(sides.path).text)
    assert "Capacity and use, by kind" in page
    assert "Work out the figures" not in page

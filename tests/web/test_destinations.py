"""The pages of destinations: a plan of five pathways, transfers, outcomes, and the figures of all of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import (
    Authority,
    DestinationPlan,
    Held,
    Need,
    NeedStatus,
    Pathway,
    Placement,
    PlacementStatus,
    Role,
    User,
)
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.running import Running, running
from tests.web.test_placements import day, text

SignIn = Callable[[str], FlaskClient]
WHOLE = {
    **day(1, 12, 2026, "held_on"), **day(1, 10, 2027, "next_on"), **day(3, 9, 2029, "education-target_on"),
    "education-aim": "I want to cook.", "education-barriers": "Crowded places.",
    "education-steps-0": "Visit the college",    "education-who-0": "The tutor", "education-by-0": "1 March 2027",
}  # fmt: skip
TRANSFER = {"team": "Transition team", **day(1, 9, 2030, "planned_on"), **day(2, 11, 2026, "requested_on")}


@dataclass
class Case:
    """A pupil who is placed, and both sides at a browser, on 1 December 2026."""

    running: Running
    la: FlaskClient
    provider: FlaskClient

    @property
    def path(self) -> str:
        return f"/needs/{self.running.need.id}/destinations"

    def end(self) -> None:
        """The pupil has left, a year and a half ago by now."""
        with transaction(SYSTEM) as session:
            placement = session.get_one(Placement, self.running.placement.id)
            placement.status, placement.starts_on, placement.ends_on = (
                PlacementStatus.ENDED, date(2025, 1, 6), date(2025, 7, 23),
            )  # fmt: skip
            session.get_one(Need, self.running.need.id).status = NeedStatus.WITHDRAWN


def client(sign_in: SignIn, user_id: int | None) -> FlaskClient:
    with transaction(SYSTEM) as session:
        email = session.get_one(User, user_id).email
    return sign_in(email)


@pytest.fixture
def case(sign_in: SignIn) -> Iterator[Case]:
    with time_machine.travel("2026-12-01T09:00:00+00:00"):
        with transaction(SYSTEM) as session:
            found = running(session)
            found.need.year_group, found.need.starts_on = 9, date(2026, 9, 1)
        yield Case(found, client(sign_in, found.commissioner.user_id), client(sign_in, found.editor.user_id))


def keep(case: Case, path: str, **form: Any) -> Any:
    """Send what a page asks for, with the version that it shows."""
    address = f"{case.path}/{path}"
    version = re.findall(r'name="version" value="(\d*)"', case.la.get(address).text)[0]
    return builders.post(case.la, address, **{"version": version, **form})


def test_a_pupil_of_year_9_without_a_plan_is_listed_until_there_is_one(case: Case) -> None:
    assert "1 pupil from year 9 without a destination plan" in text(case.la.get("/").text)
    assert "From year 9 without a destination plan (1)" in text(case.la.get("/needs?to_do=destination").text)
    answer = keep(case, "plan", **WHOLE)
    assert answer.location == case.path
    page = text(case.la.get(case.path).text)
    assert "Version 1 is kept. It is looked at again on 1 October 2027." in page
    assert "year 9 by now" in page
    assert "31 August 2038" in page
    assert "“I want to cook.” By 3 September 2029. In the way: Crowded places." in page
    assert "Visit the college : The tutor, by 1 March 2027" in page
    assert page.count("Not yet discussed.") == 4
    assert "without a destination plan" not in text(case.la.get("/").text)
    assert "1 of five pathways discussed" in text(case.la.get(f"/needs/{case.running.need.id}").text)


def test_the_next_version_begins_with_the_last_and_leaves_it_as_it_was(case: Case) -> None:
    keep(case, "plan", **WHOLE)
    page = case.la.get(f"{case.path}/plan").text
    assert "I want to cook.</textarea>" in page
    assert 'value="1 March 2027"' in page
    answer = keep(case, "plan", **{**WHOLE, "education-aim": "I want to bake."})
    assert answer.status_code == 302
    with transaction(SYSTEM) as session:
        first, second = session.scalars(select(DestinationPlan.id).order_by(DestinationPlan.version)).all()
    assert "“I want to cook.”" in case.la.get(f"/destination-plans/{first}").text
    assert "has taken its place" in case.la.get(f"/destination-plans/{first}").text
    assert "“I want to bake.”" in case.la.get(f"/destination-plans/{second}").text


def test_what_is_missing_of_a_plan_is_said_at_once_and_nothing_is_lost(case: Case) -> None:
    answer = keep(
        case, "plan",
        **{"health-steps-1": "Walk every day", "employment-aim": "A job in a kitchen.", "held_on-day": "41"},
    )  # fmt: skip
    assert answer.status_code == 422
    fields = {
        "held_on", "next_on", "health-aim", "health-target_on", "health-who-1", "health-by-1", "employment-target_on",
    }  # fmt: skip
    assert set(re.findall(r'href="#([^"]+)"', answer.text)) >= fields
    assert 'value="Walk every day"' in answer.text
    assert "A job in a kitchen.</textarea>" in answer.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(DestinationPlan)).all() == []


def test_of_two_who_keep_a_version_the_second_sees_that_of_the_first(case: Case) -> None:
    keep(case, "plan", **WHOLE)
    late = builders.post(case.la, f"{case.path}/plan", **{**WHOLE, "education-aim": "Bake."}, version="")
    assert late.status_code == 409
    assert "Changed since you opened this page." in late.text
    assert "“I want to cook.”" in late.text
    assert "Bake.</textarea>" in late.text


def test_the_setting_reads_the_plan_while_the_pupil_is_placed_and_nothing_else(case: Case) -> None:
    keep(case, "plan", **WHOLE)
    with transaction(SYSTEM) as session:
        plan_id = session.scalars(select(DestinationPlan.id)).one()
    placement = f"/placements/{case.running.placement.id}"
    assert f"/destination-plans/{plan_id}" in case.provider.get(placement).text
    assert "“I want to cook.”" in case.provider.get(f"/destination-plans/{plan_id}").text
    assert case.provider.get(case.path).status_code == 403
    case.end()
    assert case.provider.get(f"/destination-plans/{plan_id}").status_code == 404
    assert "/destination-plans/" not in case.provider.get(placement).text


def test_a_transfer_is_planned_shown_where_it_is_late_and_done(case: Case) -> None:
    answer = keep(case, "transfers/social_care", **{**TRANSFER, **day(30, 11, 2026, "planned_on")})
    assert answer.location == case.path
    page = text(case.la.get(case.path).text)
    assert "Kept. Adult social care: overdue." in page
    assert "Planned for 30 November 2026, Transition team 1 day overdue" in page
    assert "requested on 2 November 2026, not done yet" in page
    assert "Transfer to adult social care: 30 November 2026 1 day overdue" in text(
        case.la.get(f"/needs/{case.running.need.id}").text
    )
    assert "Transfer to adult services past its day (1)" in text(case.la.get("/needs").text)
    assert "1 need whose transfer to adult services is past its day" in text(case.la.get("/").text)
    done = {**day(20, 11, 2026, "assessed_on"), **day(24, 11, 2026, "agreed_on"), **day(30, 11, 2026, "done_on")}
    keep(case, "transfers/social_care", **{**TRANSFER, **done})
    assert "Done on 30 November 2026" in text(case.la.get(case.path).text)
    assert "past its day (1)" not in text(case.la.get("/needs").text)


def test_of_two_who_state_a_transfer_the_second_sees_that_of_the_first(case: Case) -> None:
    keep(case, "transfers/health", **TRANSFER)
    keep(case, "transfers/health", **{**TRANSFER, "team": "Community nursing"})
    late = builders.post(case.la, f"{case.path}/transfers/health", **{**TRANSFER, "team": "Mine"}, version="1")
    assert late.status_code == 409
    assert "Team Community nursing" in text(late.text)
    assert 'value="Mine"' in late.text


def test_what_came_of_it_is_said_once_the_pupil_has_left(case: Case) -> None:
    keep(case, "plan", **WHOLE)
    education = f"{case.path}/outcomes/education"
    assert case.la.get(education).location == case.path
    assert "What came of it" not in case.la.get(case.path).text
    case.end()
    assert "never discussed" in text(case.la.get(f"{case.path}/outcomes/health").text)
    said = {"code": "fe_college", **day(1, 9, 2025, "happened_on"), "aim_met": "no_aim", "six_months": "none"}
    first = keep(case, "outcomes/education", **said, a_year="none")
    assert first.location == case.path
    page = text(case.la.get(case.path).text)
    assert "Kept. Education and training: Further education college." in page
    assert "Further education college, from 1 September 2025. No aim." in page
    assert "Ask again: 1 March 2026" in page
    assert "Ask again: 1 September 2026" in page
    keep(case, "outcomes/education", **{**said, "six_months": "yes"}, a_year="no")
    page = text(case.la.get(case.path).text)
    assert "After six months: still so. After a year: not any more." in page
    assert "Ask again" not in page
    late = builders.post(case.la, education, **said, a_year="none", version="1")
    assert late.status_code == 409
    assert "After a year: not any more." in text(late.text)
    wrong = keep(case, "outcomes/education", **{**said, "code": "paid"}, a_year="none")
    assert wrong.status_code == 422


def many(case: Case, count: int, *, with_plan: bool, held: Held | None = None) -> None:
    """Further pupils of year 9 of the same LA, with a plan or without; with outcomes where it is said how they held."""
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, case.running.la.id)
        placement = session.get_one(Placement, case.running.placement.id)
        for _ in range(count):
            need = builders.need(
                session, la, year_group=9, starts_on=date(2026, 9, 1), status=NeedStatus.PLACED,
            )  # fmt: skip
            if with_plan:
                commissioning.destination_plan(session, need, pathways=[Pathway.HEALTH])
                commissioning.adult_transfer(session, need, planned_on=date(2026, 11, 30))
            if held:
                consultation = commissioning.consultation(session, need, placement.provision)
                award = commissioning.award(session, need, placement.provision, consultation)
                mine = commissioning.placement(
                    session, award, status=PlacementStatus.ENDED, ends_on=award.starts_on + timedelta(days=90)
                )
                commissioning.destination_outcome(session, need, mine, six_months=held)


def test_few_pupils_are_not_counted_and_many_are(case: Case) -> None:
    page = text(case.la.get("/needs/destinations").text)
    assert "Fewer than five pupils are in year 9 or later" in page
    assert "Fewer than five outcomes are known" in page
    many(case, 6, with_plan=True, held=Held.YES)
    many(case, 6, with_plan=True, held=Held.NO)
    many(case, 7, with_plan=False)
    page = text(case.la.get("/needs/destinations").text)
    assert "All 20 12 8" in page
    assert "Health 12 12 0" in page
    assert "All 12 12 0 0 0" in page, "transfers: overdue"
    assert "12 pupils who left. After six months it still held for 50% of those of whom it is known." in page
    file = case.la.get("/needs/destinations.csv")
    assert file.mimetype == "text/csv"
    assert "Plans by authority,,All,20,Destination plan,With a plan,12," in file.get_data(as_text=True)


def test_a_region_reads_its_authorities_and_another_authority_nothing(case: Case, sign_in: SignIn) -> None:
    many(case, 12, with_plan=True, held=Held.YES)
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, case.running.la.id)
        of_region = builders.user(session, la.region, Role.PROCUREMENT).email
        stranger = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    region = text(sign_in(of_region).get("/needs/destinations").text)
    assert "By authority: education and training" in region
    assert "12 pupils who left." in region
    assert "12 pupils" not in text(sign_in(stranger).get("/needs/destinations").text)

"""What an LA's SEN2 return takes from here: what is filled, what is not held, and who may take it."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.models import AuditEvent, Footing, Kind, ReviewOutcome, Role
from marketplace.permissions import SYSTEM
from tests import builders, commissioning

SignIn = Callable[[str], FlaskClient]
ADDRESS = "/needs/sen2"


class World:
    """Three pupils with a plan: one placed, one whose plan was asked for and issued in the year, one of whom nothing is
    stated. And one without a plan, one draft, and one of another LA."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            la, other = builders.authority(session), builders.authority(session)
            setting = builders.setting(session, la, builders.provider(session), urn=900777)
            pool = builders.pool(session, setting)
            provision = builders.provision(session, pool)
            builders.schedule(session, provision)
            placed = builders.need(session, la, reference="A-1", status="placed", primary_need="SEMH", sex="F")
            commissioning.identity(session, placed, name="Canary Examplechild")
            commissioning.case_dates(
                session, placed, requested_on=None, draft_sent_on=None, plan_issued_on=date(2024, 5, 6),
                review_held_on=date(2026, 3, 2), review_decided_on=date(2026, 3, 20),
                review_outcome=ReviewOutcome.MAINTAIN,
            )  # fmt: skip
            begun = date(2026, 9, 7)
            award = commissioning.award(session, placed, provision, starts_on=begun)
            commissioning.placement(session, award, starts_on=begun)
            issued = builders.need(session, la, reference="A-2", primary_need="ASD")
            commissioning.identity(session, issued, name="=Formula Examplechild", upn=None)
            commissioning.case_dates(
                session, issued, requested_on=date(2026, 2, 2), draft_sent_on=date(2026, 6, 1),
                plan_issued_on=date(2026, 6, 22),
            )  # fmt: skip
            builders.need(session, la, reference="A-3", primary_need="HI")
            builders.need(session, la, reference="A-4", footing=Footing.AT_RISK, roll_school="Fictional Primary School")
            builders.need(session, la, reference="A-5", status="draft", published_at=None)
            builders.need(session, other, reference="B-1")
            self.la = la.id
            self.officer = builders.user(session, la, Role.COMMISSIONER).email
            self.closed_to = [
                builders.user(session, la, Role.PROCUREMENT).email,
                builders.user(session, la.region, Role.PROCUREMENT).email,
                builders.user(session, setting.provider, Role.PROVIDER_EDITOR).email,
                builders.user(session, builders.operator(session), Role.ADMINISTRATOR).email,
            ]

    def readings(self) -> int:
        with transaction(SYSTEM) as session:
            opened = select(func.count()).where(AuditEvent.event == "identity opened")
            return session.scalar(opened.where(AuditEvent.organisation_id == self.la)) or 0


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001 - the database that it is built in
    return World()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def files_of(client: FlaskClient, year: int) -> dict[str, list[dict[str, str]]]:
    answer = builders.post(client, ADDRESS, page=f"{ADDRESS}?year={year}", year=str(year))
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {
            name[7]: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
        }


def filled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if value} for row in rows]


def test_each_module_has_what_is_held_and_nothing_else(world: World, sign_in: SignIn) -> None:
    found = files_of(sign_in(world.officer), 2026)
    assert filled(found["1"]) == [
        {"Reference": "A-1", "Name": "Canary Examplechild", "PersonBirthDate": "2014-02-03", "Sex": "F",
         "UPN": "B801200005001"},
        {"Reference": "A-2", "Name": "'=Formula Examplechild", "PersonBirthDate": "2014-02-03"},
        {"Reference": "A-3"},
    ]  # fmt: skip
    assert filled(found["2"]) == [{"Reference": "A-2", "ReceivedDate": "2026-02-02"}]
    assert filled(found["3"]) == [{"Reference": "A-2", "AssessmentOutcome": "Y", "AssessmentOutcomeDate": "2026-06-22"}]
    assert filled(found["4"]) == [
        {"Reference": "A-1", "URN": "900777", "PlacementRank": "1"},
        {"Reference": "A-2", "StartDate": "2026-06-22"},
        {"Reference": "A-3"},
    ]
    assert filled(found["5"]) == [
        {"Reference": "A-1", "LastReview": "2026-03-20", "URN": "900777", "PlacementRank": "1",
         "EntryDate": "2026-09-07", "SENtype": "SEMH", "SENtypeRank": "1"},
        {"Reference": "A-2", "SENtype": "ASD", "SENtypeRank": "1"},
        {"Reference": "A-3", "SENtype": "HI", "SENtypeRank": "1"},
    ]  # fmt: skip


def test_another_year_has_its_own_requests_and_placements(world: World, sign_in: SignIn) -> None:
    found = files_of(sign_in(world.officer), 2025)
    assert (found["2"], found["3"]) == ([], [])
    assert not any(row["URN"] for row in (*found["4"], *found["5"]))


def test_the_page_says_how_far_each_item_is_filled_and_opens_nobody(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.officer)
    page = client.get(f"{ADDRESS}?year=2026").text
    said = text_of(page)
    assert "your 3 pupils with a plan" in said
    for line in (
        "Name 2 of 3",
        "UPN 1 of 3",
        "Not held here: Ethnicity, PostCode",
        "ReceivedDate 1 of 1",
        "SENtype 3 of 3",
    ):
        assert line in said, line
    assert "Canary" not in page
    assert world.readings() == 0


def test_taking_the_files_is_recorded_for_each_pupil_who_is_named(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.officer)
    files_of(client, 2026)
    assert world.readings() == 2
    assert client.get(ADDRESS).headers["Cache-Control"] == "no-store"


def test_it_is_for_those_who_may_open_who_the_las_pupils_are(world: World, sign_in: SignIn) -> None:
    for email in world.closed_to:
        client = sign_in(email)
        assert client.get(ADDRESS).status_code == 403
        assert builders.post(client, ADDRESS, page="/", year="2026").status_code == 403
    assert world.readings() == 0


def test_a_split_week_has_the_school_that_keeps_the_roll_first_and_outreach_is_no_placement(
    world: World, sign_in: SignIn
) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(builders.Authority, world.la)
        for number, (kind, of_kind) in enumerate({Kind.POROUS: {"sessions": 4}, Kind.OUTREACH: {}}.items()):
            setting = builders.setting(session, la, builders.provider(session), urn=900778 + number)
            pool = builders.pool(session, setting, unit="hours" if kind is Kind.OUTREACH else "places")
            provision = builders.provision(session, pool, kind=kind, **of_kind)
            builders.schedule(session, provision)
            need = builders.need(session, la, reference=f"C-{kind}", status="placed")
            hours = {"hours_a_week": Decimal(5)} if kind is Kind.OUTREACH else {}
            award = commissioning.award(session, need, provision, starts_on=date(2026, 9, 7), **hours)
            commissioning.placement(session, award, starts_on=date(2026, 9, 7))
    found = files_of(sign_in(world.officer), 2026)["5"]
    rows = {row["Reference"]: (row["URN"], row["PlacementRank"]) for row in found}
    assert rows["C-porous"] == ("900778", "2")
    assert rows["C-outreach"] == ("", "")

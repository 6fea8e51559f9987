"""The market and the money of a region, and all regions for the operator: what is counted, by whom it is read, and that
nothing is told of few."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace import embedded
from marketplace.db import transaction
from marketplace.models import (
    Budget,
    ConsultationStatus,
    Kind,
    Recommendation,
    RefusalCode,
    Role,
    Unit,
    UpliftStatus,
    now,
    today,
)
from marketplace.permissions import SYSTEM
from marketplace.services.region_money import money_of
from tests import builders, commissioning
from tests.scenarios import ASH, Fenshire
from tests.services.matching.test_scenarios import lines

SignIn = Callable[[str], FlaskClient]
LONG_AGO = today() - timedelta(days=60)


class Fens:
    """A region with two LAs and two providers: Alder (a pool confirmed today with 2 of 3 places free, one 20 days ago,
    staff hours 40 days ago), Birch (one never confirmed); and a region beside it."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            builders.framework(session)
            self.region = builders.region(session, "Fenland")
            self.norbury = builders.authority(session, self.region, name="Norbury")
            southbury = builders.authority(session, self.region, name="Southbury")
            alder, birch = builders.provider(session, "Alder Trust"), builders.provider(session, "Birch Trust")
            first = builders.setting(session, self.norbury, alder)
            rows = [(7, 11, LONG_AGO, "2"), (7, 11, today() + timedelta(days=30), "5")]  # these open next month
            self.provision = builders.provision(session, builders.pool(session, first, *rows, confirmed_at=now()))
            aged = builders.pool(session, first, (7, 11, LONG_AGO, "3"), name="B", confirmed_at=builders.days_ago(20))
            builders.provision(session, aged)
            staff = builders.pool(
                session, first, (0, 11, LONG_AGO, "12"), name="C", unit=Unit.HOURS, confirmed_at=builders.days_ago(40)
            )
            builders.provision(session, staff, kind=Kind.OUTREACH)
            builders.schedule(session, self.provision)
            second = builders.setting(session, southbury, birch)
            self.other = builders.provision(
                session, builders.pool(session, second, (7, 11, LONG_AGO, "1"), confirmed_at=None)
            )
            unoffered = builders.pool(session, second, (7, 11, LONG_AGO, "50"), name="D")
            builders.provision(session, unoffered, is_offered=False)
            far = builders.authority(session, name="Farborough")
            builders.provision(
                session, builders.pool(session, builders.setting(session, far, alder), (7, 11, LONG_AGO, "9"))
            )
            self.consult(session, 6, RefusalCode.STAFFING)
            self.consult(session, 5, RefusalCode.THERAPY)
            self.consult(session, 5, None)
            self.people = {
                name: builders.user(session, organisation, role).email
                for name, organisation, role in (
                    ("region", self.region, Role.PROCUREMENT),
                    ("norbury", self.norbury, Role.COMMISSIONER),
                    ("southbury", southbury, Role.COMMISSIONER),
                    ("provider", alder, Role.PROVIDER_EDITOR),
                    ("operator", builders.operator(session), Role.ADMINISTRATOR),
                )
            }

    def consult(self, session: Session, count: int, code: RefusalCode | None) -> None:
        """So many consultations of Norbury, refused in time for a reason or not answered and overdue."""
        for _ in range(count):
            need = builders.need(session, self.norbury, status="consulting")
            about = {"sent_at": builders.days_ago(30), "due_on": today() - timedelta(days=15)}
            if code is None:
                commissioning.consultation(session, need, self.provision, **about)
            else:
                row = commissioning.consultation(
                    session, need, self.provision, status=ConsultationStatus.REFUSED,
                    replied_at=builders.days_ago(24), **about,
                )  # fmt: skip
                commissioning.refusal(session, row, **{code.value: "So it is."})
                row.replied_at = builders.days_ago(24)


@pytest.fixture
def fens(database: Engine) -> Fens:  # noqa: ARG001 - the database that it is built in
    return Fens()


def test_what_is_free_and_how_lately_it_was_said_is_told_by_provider(fens: Fens, sign_in: SignIn) -> None:
    page = builders.text_of(sign_in(fens.people["region"]).get("/market").text)
    assert "Market of Fenland" in page
    assert "6 places and 12 staff hours a week, at 2 settings" in page
    assert "25% of 4 pools in the last 14 days (to be 90%), 50% in the last 30 (to be 98%)" in page
    assert "Prices in force At 1 of 2 settings" in page
    assert "Alder Trust 5 12 1 of 3 1 of 1 16 69% 6 days 69%" in page
    assert "Birch Trust 1 0 0 of 1 0 of 1 0 – – –" in page
    assert "Farborough" not in page


def test_the_same_is_a_file(fens: Fens, sign_in: SignIn) -> None:
    content = sign_in(fens.people["region"]).get("/market/providers.csv").text
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    assert rows[1] == ["Alder Trust", "1", "5.00", "12.00", "3", "1", "2", "1", "16", "11", "6", "11"]
    assert [row[0] for row in rows[1:]] == ["Alder Trust", "Birch Trust"]


def test_how_consultations_go_is_told_of_ones_own_cases(fens: Fens, sign_in: SignIn) -> None:
    for who in ("region", "norbury"):
        page = builders.text_of(sign_in(fens.people[who]).get("/market").text)
        assert "The staff that it would take cannot be found 6" in page
        assert "It lacks a therapy that the pupil needs 5" in page
    page = builders.text_of(sign_in(fens.people["southbury"]).get("/market").text)
    assert "No setting has given a reason" in page
    assert "Alder Trust 5 12 1 of 3 1 of 1 0 – – –" in page


def test_a_reason_that_was_given_few_times_is_not_counted(fens: Fens, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        fens.consult(session, 2, RefusalCode.PREMISES)
    page = builders.text_of(sign_in(fens.people["region"]).get("/market").text)
    assert "The building does not allow it too few to show" in page
    assert "It lacks a therapy that the pupil needs too few to show" in page, "or the two could be told from the sum"


def test_who_negotiates_uplifts_is_told_and_not_for_whom(fens: Fens, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        open_ = {"status": UpliftStatus.NEGOTIATING, "agreed_percent": None, "answer_by": None, "agreement": None}
        builders.uplift(session, fens.provision, fens.norbury, "Canary reason", **open_)
    page = sign_in(fens.people["region"]).get("/market").text
    assert "Norbury negotiates 1 for all who pay" in builders.text_of(page)
    assert "Canary" not in page


def test_market_and_money_are_for_those_who_commission_and_all_regions_for_the_operator(
    fens: Fens, sign_in: SignIn
) -> None:
    for who, market, regions in (
        ("region", 200, 403),
        ("norbury", 200, 403),
        ("provider", 403, 403),
        ("operator", 403, 200),
    ):
        client = sign_in(fens.people[who])
        for path in ("/market", "/market/providers.csv", "/market/money"):
            assert client.get(path).status_code == market, (who, path)
        assert client.get("/regions").status_code == regions, who


def test_the_money_of_a_run_and_its_scenarios_stands_beside_each_budget(
    database: Engine,  # noqa: ARG001 - the database that it is built in
    addresses: embedded.Addresses,
    sign_in: SignIn,
) -> None:
    fenshire = Fenshire(addresses.application)
    scenario_id = fenshire.done("Ash closed", closed=lines((ASH, "")))
    person = fenshire.people["region"]
    with transaction(person) as session:
        money = money_of(session, person, on=today())
    assert [row.authority.name for row in money.authorities] == ["Norbury", "Southbury"]
    assert [run.id for run in money.runs] == [fenshire.base_id, scenario_id]
    with transaction(SYSTEM) as session:
        cost = func.sum(Recommendation.price + Recommendation.transport)
        paid = {run.id: session.scalar(select(cost).where(Recommendation.run_id == run.id)) for run in money.runs}
    assert {run.id: money.total(run.id) for run in money.runs} == paid
    norbury, southbury = money.authorities
    assert (norbury.budget, southbury.budget) == (15_000_000, None)
    assert norbury.left(fenshire.base_id) == 15_000_000 - norbury.costs[fenshire.base_id]
    assert southbury.left(fenshire.base_id) is None
    page = builders.text_of(sign_in(fenshire.emails["region"]).get("/market/money").text)
    assert "Ash closed" in page
    assert "Southbury £0 £0 none set" in page
    with transaction(fenshire.people["norbury"]) as session:  # the region's run is not its own
        own = money_of(session, fenshire.people["norbury"], on=today())
    assert ([row.authority.name for row in own.authorities], own.runs) == (["Norbury"], [])


def test_what_is_lacking_in_one_budget_is_not_made_up_by_another(fens: Fens) -> None:
    with transaction(SYSTEM) as session:
        session.add(Budget(authority_id=fens.norbury.id, amount=100))
    with transaction(SYSTEM) as session:
        person = builders.acting(builders.user(session, fens.region, Role.PROCUREMENT))
    with transaction(person) as session:
        money = money_of(session, person, on=today())
    costs = {"Norbury": {7: 150}, "Southbury": {7: 10}}
    for row in money.authorities:
        row.costs.update(costs[row.authority.name])  # type: ignore[attr-defined]
    assert (money.total(7), money.lacking(7)) == (160, 50)


def test_all_regions_stand_side_by_side_in_sums_that_tell_of_nobody(fens: Fens, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        builders.need(session, fens.norbury)  # 17 wait
        few = builders.authority(session, builders.region(session, "Fewshire"))
        builders.need(session, few)
        builders.need(session, few)
    page = builders.text_of(sign_in(fens.people["operator"]).get("/regions").text)
    assert "Fenland 2 2 6 25% 50%" in page
    assert "Fenland 15 15 69% – 0" in page, (
        "16 consultations, 11 of them answered in time; 17 pupils; one account at most"
    )
    assert "Fewshire 0 0 – – 0" in page

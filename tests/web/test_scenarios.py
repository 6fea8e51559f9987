"""Scenarios in pages: set on a run that is done, watched, read side by side with it; and what others do not see."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace import embedded
from marketplace.db import transaction
from marketplace.models import MatchingRun, RunStatus, ScenarioChanges, Setting
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import runs
from tests import builders
from tests.scenarios import ASH, BIRCH, Fenshire
from tests.services.matching.test_scenarios import lines

SignIn = Callable[[str], FlaskClient]
KINDS = ["full", "porous", "outreach"]


@pytest.fixture
def fenshire(database: Engine, addresses: embedded.Addresses) -> Iterator[Fenshire]:  # noqa: ARG001
    return Fenshire(addresses.application)


@pytest.fixture
def address(fenshire: Fenshire) -> str:
    return f"/runs/{fenshire.base_id}/scenarios"


def send(client: FlaskClient, address: str, **typed: Any) -> Any:
    return builders.post(client, f"{address}/new", **{"name": "Ash Grove closes", "kinds": KINDS, **typed})


def test_procurement_comes_from_the_run_to_its_scenarios_and_sets_one(
    fenshire: Fenshire, address: str, sign_in: SignIn
) -> None:
    client = sign_in(fenshire.emails["region"])
    assert f'href="{address}"' in client.get(f"/runs/{fenshire.base_id}").text
    assert "There is no scenario of this run yet." in client.get(address).text
    form = client.get(f"{address}/new").text
    assert "In the base £150,000 a year, which is 100%." in builders.text_of(form)
    assert re.search(r'name="max_km"[^>]* value="40"', form)
    assert re.search(r'name="least_restrictive_weight"[^>]* value="0"', form)
    assert form.count("checked") == len(KINDS)
    answer = send(
        client,
        address,
        name="A what-if of everything",
        places=f"{ASH} +2\n\n{BIRCH}: −1",
        max_km="25",
        least_restrictive_weight="5",
        locked=f"NOR-1, {BIRCH}",
        forbidden=f"SOU-1 {ASH}",
        **{f"budgets-{fenshire.norbury.id}-percent": "90"},
    )
    assert answer.status_code == 302, answer.text
    assert answer.location == address
    page = builders.text_of(client.get(address).text)
    assert "A what-if of everything Queued Waiting for a worker to take it." in page
    assert "The budget of Norbury is 90% of the base" in page
    assert "Refresh" in page
    with transaction(SYSTEM) as session:
        run = session.scalars(select(MatchingRun).where(MatchingRun.base_id == fenshire.base_id)).one()
        changes = session.get_one(ScenarioChanges, run.id).changes
    assert {name: len(value) for name, value in changes.items()} == {
        "budgets": 1, "places": 2, "policy": 2, "locked": 1, "forbidden": 1,
    }  # fmt: skip
    assert sorted(changes["places"].values()) == [-1.0, 2.0]
    fenshire.work_off()
    assert fenshire.read(run.id).status is RunStatus.DONE


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name"),
        ({"name": "x" * 81}, "name", "up to 80 letters"),
        ({}, "name", "Nothing is changed yet"),
        ({"places": "Ash Grove two more"}, "places", "Line 1 cannot be read. Write it like this: 100001 +2."),
        ({"places": "123456 +2"}, "places", "Line 1 names 123456"),
        ({"places": f"{ASH} -4"}, "places", "Line 1 takes away more than the 3 free there."),
        ({"closed": f"{ASH}\nAsh"}, "closed", "Line 2 cannot be read."),
        ({"closed": f"{ASH}\n" * 51}, "closed", "Write 50 lines at most."),
        ({"locked": "NOR-1"}, "locked", "Line 1 cannot be read. Write it like this: NOR-1 100001."),
        ({"forbidden": f"NOR-9 {ASH}"}, "forbidden", "Line 1 names NOR-9"),
        ({"kinds": []}, "kinds", "Allow one kind"),
        ({"max_km": "far"}, "max_km", "Enter a number from"),
        ({"tariff_id": "99999"}, "tariff_id", "Choose a tariff from the list."),
        ({"least_restrictive_weight": "700"}, "least_restrictive_weight", "Lower it."),
        ({"budgets--percent": "301"}, "budgets--percent", "from 0 to 300"),
    ],
)
def test_what_was_typed_wrong_is_said_beside_its_field_and_kept(
    fenshire: Fenshire, address: str, sign_in: SignIn, typed: dict[str, Any], field: str, words: str
) -> None:
    own = f"budgets-{fenshire.norbury.id}-"
    typed = {name.replace("budgets--", own): value for name, value in typed.items()}
    answer = send(sign_in(fenshire.emails["region"]), address, **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field.replace("budgets--", own)}"' in answer.text
    for name, value in typed.items():
        assert name == "tariff_id" or not isinstance(value, str) or value.strip() in answer.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(MatchingRun).where(MatchingRun.base_id.is_not(None))).all() == []


def test_a_budget_of_another_scope_is_refused(fenshire: Fenshire, address: str, sign_in: SignIn) -> None:
    answer = send(sign_in(fenshire.emails["region"]), address, **{"budgets-1-percent": "90"})
    assert answer.status_code == 422
    assert "No budget is set for 1." in answer.text


def test_progress_is_shown_and_the_page_is_read_again_when_one_has_ended(
    fenshire: Fenshire, address: str, sign_in: SignIn
) -> None:
    client = sign_in(fenshire.emails["region"])
    first, _ = (fenshire.start(name, closed=lines((ASH, ""))) for name in ("First", "Second"))
    assert f"{address}/progress?waiting=2" in client.get(address).text
    with transaction(SYSTEM) as session:
        claim = runs.claim_run(session, SYSTEM, run_id=first)
        assert claim is not None
        work.note_progress(session, MatchingRun, claim, {"stage": "options", "seconds": 4.2})
    part = client.get(f"{address}/progress?waiting=2")
    assert "First Running Options found; placing the duties in law: 4 seconds of at most 30." in builders.text_of(
        part.text
    )
    assert "HX-Refresh" not in part.headers
    with transaction(SYSTEM) as session:
        work.fail(session, SYSTEM, MatchingRun, claim, error="Tested.")
    assert client.get(f"{address}/progress?waiting=2").headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(f"{address}/progress?waiting=1").headers
    assert "First Failed Tested." in builders.text_of(client.get(address).text)
    assert client.get(f"{address}/{first}").status_code == 409


def test_scenarios_stand_side_by_side_with_their_difference_from_the_base(
    fenshire: Fenshire, address: str, sign_in: SignIn
) -> None:
    fenshire.start("Ash Grove closes", closed=lines((ASH, "")))
    fenshire.start("Half the money", budgets={"498": 50})
    fenshire.done("Prefer less", policy={"least_restrictive_weight": 5.0})
    client = sign_in(fenshire.emails["region"])
    markup = client.get(address).text
    page = builders.text_of(markup)
    base = f"Base (run {fenshire.base_id})"
    assert f"{base} 4 – £" in page
    assert "Ash Grove closes 3 −1 3" in page
    assert "Half the money 3 −1 1" in page
    assert "Prefer less 4 as base 0" in page
    assert f"{base} 3 0.4 0" in page
    assert "Ash Grove closes 3 as base 0 −0.4 0 as base" in page
    assert "No provision is suitable The budget does not reach" in page
    assert "Prefer less 40 km 0.1 km 5 km 5 km base 0" in page
    assert page.count("Show the figures") == 3
    assert markup.count("app-chart__bar--marked") == 3


def test_a_scenario_says_what_it_changes_who_moves_and_why(fenshire: Fenshire, address: str, sign_in: SignIn) -> None:
    scenario_id = fenshire.done("Ash Grove closes", closed=lines((ASH, "")))
    client = sign_in(fenshire.emails["region"])
    page = builders.text_of(client.get(f"{address}/{scenario_id}").text)
    assert "Ash Grove School is closed. A scenario asks what if." in re.sub(r"\s+", " ", page)
    assert "Who moves, and why (3 pupils)" in page
    assert page.index("NOR-3 Norbury Ash Grove School") < page.index("NOR-1 Norbury Ash Grove School")
    assert "Nowhere No provision is suitable Ash Grove School is closed in the scenario. Of 3 provisions" in page
    assert "SOU-1" not in page
    assert client.get(f"{address}/{scenario_id}?page=2").status_code == 200
    answer = client.get(f"/runs/{scenario_id}")
    assert (answer.status_code, answer.location) == (302, address)
    assert "which asks what if. Consult by run" in client.get(f"/runs/{scenario_id}/recommendations").text
    listed = client.get("/runs").text
    assert f"/runs/{scenario_id}" not in listed
    assert f"/runs/{fenshire.base_id}" in listed


def test_the_difference_is_taken_away_as_csv_and_as_a_workbook(
    fenshire: Fenshire, address: str, sign_in: SignIn
) -> None:
    scenario_id = fenshire.done("Half the money", budgets={"498": 50})
    with transaction(SYSTEM) as session:
        session.scalars(select(Setting).where(Setting.urn == ASH)).one().name = "=HYPERLINK(1)"
    client = sign_in(fenshire.emails["region"])
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/{scenario_id}/moves.csv").data.decode("utf-8-sig"))))
    assert rows
    for row in rows:
        assert row["base: setting"] == "'=HYPERLINK(1)"
        assert row["scenario: outcome"] == "The budget does not reach"
        assert row["why moved"].startswith("The budget does not reach for")
        assert float(row["difference £ a year"]) == -float(row["base: total £ a year"])
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}/{scenario_id}/difference.xlsx").data))
    assert book.sheetnames == ["side by side", "moved"]
    figures: dict[Any, Any] = {row[0]: row[1:] for row in book["side by side"].iter_rows(values_only=True)}
    assert figures["placed"][0] - figures["placed"][1] == len(rows)
    assert figures["elsewhere than in the base"] == (0, len(rows))
    assert figures["What a step to a fuller kind counts as, km"] == (0, 0)
    assert book["moved"].max_row == 1 + len(rows)


def test_an_authority_compares_its_own_part_and_reads_no_change_of_others(
    fenshire: Fenshire, address: str, sign_in: SignIn
) -> None:
    scenario_id = fenshire.done("Ash Grove closes", closed=lines((ASH, "")), forbidden=lines((BIRCH, "SOU-1")))
    client = sign_in(fenshire.emails["norbury"])
    page = builders.text_of(client.get(address).text)
    assert f"Base (run {fenshire.base_id}) 3 – £" in page
    assert "Set a scenario" not in page
    assert "What each makes otherwise" not in page
    one = builders.text_of(client.get(f"{address}/{scenario_id}").text)
    assert "your own authority’s part" in one
    for text in (page, one, client.get(f"{address}/{scenario_id}/moves.csv").text):
        assert "SOU-" not in text
    answer = send(client, address, closed=f"{ASH}")
    assert answer.status_code in (403, 404)


def test_of_another_region_there_is_nothing(fenshire: Fenshire, address: str, sign_in: SignIn) -> None:
    scenario_id = fenshire.done("Ash Grove closes", closed=lines((ASH, "")))
    client = sign_in(fenshire.emails["stranger"])
    pages = ("", "/new", "/progress", f"/{scenario_id}", f"/{scenario_id}/moves.csv", f"/{scenario_id}/difference.xlsx")
    assert [client.get(f"{address}{page}").status_code for page in pages] == [404] * len(pages)
    assert send(client, address, closed=f"{ASH}").status_code == 404


def test_a_dozen_scenarios_are_as_many_as_can_be_set(fenshire: Fenshire, address: str, sign_in: SignIn) -> None:
    client = sign_in(fenshire.emails["region"])
    for n in range(12):
        fenshire.start(f"Number {n}", closed=lines((ASH, "")))
    assert "Set a scenario" not in client.get(address).text
    answer = send(client, address, closed=f"{ASH}")
    assert answer.status_code == 409
    assert "12 scenarios, which is as many as can be read side by side" in answer.text

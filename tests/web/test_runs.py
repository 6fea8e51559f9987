"""Matching runs in pages: what a person sees before, during and after a run, and what another organisation does not."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace import embedded, jobs
from marketplace.db import transaction
from marketplace.models import (
    AuditEvent,
    Authority,
    Band,
    Budget,
    Kind,
    MatchingRun,
    Message,
    Role,
    RunStatus,
    SettingType,
    Unit,
    now,
)
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import runs
from marketplace.services.message_text import text_of as text_of_message
from tests import builders

SignIn = Callable[[str], FlaskClient]
AUTUMN = date(2026, 9, 1)


class World:
    """A region of two LAs, one of them with a budget that reaches for little, and their people."""

    def __init__(self, database: Engine) -> None:  # noqa: ARG002 - the database that it is built in
        with transaction(SYSTEM) as session:
            builders.framework(session)
            self.region = builders.region(session, "Fenshire")
            self.norbury = builders.authority(session, self.region, name="Norbury")
            self.southbury = builders.authority(session, self.region, name="Southbury")
            session.add(Budget(authority=self.southbury, amount=1_000_000))
            school = builders.setting(session, self.norbury, name="Ash Grove School")
            places = builders.pool(session, school, (7, 11, AUTUMN, "3"), confirmed_at=now())
            builders.schedule(session, builders.provision(session, places))
            team = builders.setting(session, self.norbury, name="Reed Outreach", type=SettingType.STATE_SPECIAL)
            staff = builders.pool(
                session, team, (0, 11, AUTUMN, "5"), unit=Unit.HOURS, name="Staff", confirmed_at=now()
            )
            builders.schedule(
                session, builders.provision(session, staff, kind=Kind.OUTREACH, low_year=0), intensive=800_000
            )
            self.needs = {
                "placed": builders.need(session, self.norbury, reference="NOR-1").id,
                "outreach": builders.need(session, self.norbury, reference="NOR-2", kinds=["outreach"]).id,
                "universal": builders.need(
                    session, self.norbury, reference="NOR-3", level_ci=0, level_cl=0, level_semh=0, derived_band=None
                ).id,
                "poor": builders.need(session, self.southbury, reference="SOU-1").id,
                "nowhere": builders.need(session, self.southbury, reference="SOU-2", primary_need="VI").id,
            }
            self.people = {
                name: builders.user(session, organisation, role).email
                for name, organisation, role in (
                    ("region", self.region, Role.PROCUREMENT),
                    ("norbury", self.norbury, Role.COMMISSIONER),
                    ("norbury buyer", self.norbury, Role.PROCUREMENT),
                    ("southbury", self.southbury, Role.COMMISSIONER),
                    ("provider", builders.provider(session), Role.PROVIDER_EDITOR),
                    ("stranger", builders.authority(session), Role.PROCUREMENT),
                )
            }

    def start(self, scope: Authority | object | None = None) -> int:
        with transaction(SYSTEM) as session:
            scope_id = getattr(scope or self.region, "id")  # noqa: B009 - either kind of organisation
            return runs.start_run(session, SYSTEM, scope_id=scope_id, on=date(2026, 11, 23), seconds=30).id


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


@pytest.fixture
def done(world: World, addresses: embedded.Addresses) -> int:
    """A run over the region that a worker has done."""
    run_id = world.start()
    jobs.work(addresses.application, is_waiting=False)
    return run_id


def test_procurement_sees_what_a_run_takes_up_and_starts_it(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.people["region"])
    page = builders.text_of(client.get("/runs/start").text)
    assert "Norbury 3 no limit" in page
    assert "Southbury 2 £10,000" in page
    assert "with 3 places and 5 outreach hours a week free" in page
    assert "not confirmed" not in page
    answer = builders.post(
        client, "/runs/start", **{"on-day": "23", "on-month": "11", "on-year": "2026", "seconds": "30"}
    )
    assert answer.status_code == 302, answer.text
    shown = client.get(answer.location)
    assert "Waiting for a worker" in shown.text
    assert "Refresh" in shown.text


def test_stale_vacancies_are_told_before_a_run_is_started(world: World, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        setting = builders.setting(session, world.norbury, name="Silent School")
        pool = builders.pool(session, setting, confirmed_at=builders.days_ago(40))
        builders.schedule(session, builders.provision(session, pool))
    page = builders.text_of(sign_in(world.people["region"]).get("/runs/start").text)
    assert "1 of 3 vacancy figures were not confirmed in the last 14 days" in page
    assert "Silent School" in page
    assert "Not confirmed for 40 days" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"on-day": "31", "on-month": "2", "on-year": "2027", "seconds": "30"}, "Enter a real date"),
        ({"on-day": "1", "on-month": "2", "on-year": "2027", "seconds": "0"}, "from 1 to 3,600"),
        ({"on-day": "1", "on-month": "2", "on-year": "2027", "seconds": "x"}, "whole seconds"),
        ({"seconds": "30"}, "Enter the day"),
    ],
)
def test_what_was_typed_wrong_is_said_and_kept(
    world: World, sign_in: SignIn, typed: dict[str, str], words: str
) -> None:
    answer = builders.post(sign_in(world.people["region"]), "/runs/start", **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())


def test_a_second_run_is_refused_with_what_to_do(world: World, sign_in: SignIn) -> None:
    world.start()
    client = sign_in(world.people["region"])
    answer = builders.post(
        client, "/runs/start", **{"on-day": "23", "on-month": "11", "on-year": "2026", "seconds": "30"}
    )
    assert answer.status_code == 409
    assert "already under way" in answer.text


NUMBERS = {"on-day": "23", "on-month": "11", "on-year": "2026", "seconds": "30"}


def test_the_published_policy_stands_in_the_boxes_folded_away(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.people["region"]).get("/runs/start").text
    fold = re.search(r"<details[^>]*>\s*<summary[^>]*><span[^>]*>Change the policy.*?</details>", page, re.DOTALL)
    assert fold
    assert " open" not in fold[0].partition(">")[0]
    for name, value in {
        "circuity": "1.4",
        "unplaced_1": "16,000",
        "free_below_km_1": "3.219",
        "bound_gap": "0.001",
    }.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', fold[0]), name
        assert f"Published: {value}." in fold[0]


def test_procurement_changes_the_policy_of_a_run_which_goes_by_it_and_shows_it(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.people["region"])
    answer = builders.post(client, "/runs/start", **NUMBERS, circuity="1.2", cost_weight="2.5")
    assert answer.status_code == 302, answer.text
    assert "2 numbers changed" in client.get(answer.location).text
    jobs.work(addresses.application, is_waiting=False)
    page = builders.text_of(client.get(answer.location).text)
    assert "the straight line times 1.2" in page
    assert "The policy of this run: 2 numbers changed" in page
    assert "Road distance (changed) 1.2 1.4 times" in page
    assert "Longest daily journey 40 40 km" in page
    assert "£400 a year counts as one" in page
    with transaction(SYSTEM) as session:
        run = session.scalars(select(MatchingRun)).one()
        assert (run.policy["circuity"], run.policy["cost_weight"], run.policy["max_km"]) == (1.2, 2.5, 40.0)
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "matching run started")).one()
        assert event.data["policy"] == {"circuity": 1.2, "cost_weight": 2.5}


def test_a_run_may_prefer_the_least_restrictive_kind_and_says_what_a_step_counts(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    client = sign_in(world.people["region"])
    answer = builders.post(client, "/runs/start", **NUMBERS, least_restrictive_weight="12")
    assert answer.status_code == 302, answer.text
    jobs.work(addresses.application, is_waiting=False)
    page = builders.text_of(client.get(answer.location).text)
    assert "What a step to a fuller kind counts as (changed) 12 0 km" in page
    assert "a step from outreach to a porous placement, or from there to a full one, as 12, and" in page
    with transaction(SYSTEM) as session:
        assert session.scalars(select(MatchingRun)).one().policy["least_restrictive_weight"] == 12.0


def test_a_weight_that_would_leave_everybody_in_need_of_a_full_place_without_one_is_refused(
    world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.people["region"])
    answer = builders.post(client, "/runs/start", **NUMBERS, least_restrictive_weight="500")
    assert answer.status_code == 422
    assert "Enter a number below 500: half of the least that a pupil without a place counts as." in answer.text
    assert 'href="#least_restrictive_weight"' in answer.text
    assert 'value="500"' in answer.text


def test_a_run_by_the_published_policy_says_so(world: World, sign_in: SignIn, done: int) -> None:
    assert "The policy of this run: as published" in sign_in(world.people["region"]).get(f"/runs/{done}").text


def test_a_policy_that_cannot_be_is_said_beside_its_box_in_the_open_fold_and_kept(
    world: World, sign_in: SignIn
) -> None:
    answer = builders.post(sign_in(world.people["region"]), "/runs/start", **NUMBERS, circuity="0.5", max_km="far")
    assert answer.status_code == 422
    assert "Enter a number from 1 to 10." in answer.text
    assert 'href="#max_km"' in answer.text
    assert re.search(r"<details[^>]* open>\s*<summary[^>]*><span[^>]*>Change the policy", answer.text)
    for value in ("0.5", "far", "30"):
        assert f'value="{value}"' in answer.text


def test_a_second_run_loses_no_policy_that_was_typed_for_it(world: World, sign_in: SignIn) -> None:
    world.start()
    answer = builders.post(sign_in(world.people["region"]), "/runs/start", **NUMBERS, cost_weight="0.75")
    assert answer.status_code == 409
    assert 'value="0.75"' in answer.text


def test_only_procurement_starts_runs_and_only_buyers_see_them(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.people["norbury"]).get("/runs/start").status_code == 403
    assert "Start a run" not in sign_in(world.people["norbury"]).get("/runs").text
    assert sign_in(world.people["provider"]).get("/runs").status_code == 403


def test_progress_is_shown_and_the_page_is_read_again_at_the_end(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    run_id = world.start()
    client = sign_in(world.people["region"])
    waiting = client.get(f"/runs/{run_id}/progress")
    assert ("Waiting" in waiting.text, waiting.headers.get("HX-Refresh")) == (True, None)
    with transaction(SYSTEM) as session:
        claim = runs.claim_run(session, SYSTEM, run_id=run_id)
        assert claim is not None
        work.note_progress(
            session, MatchingRun, claim, {"stage": "options", "seconds": 4.2, "objective": 200.0, "bound": 199.0}
        )
    page = builders.text_of(client.get(f"/runs/{run_id}/progress").text)
    assert "Options found; placing the duties in law: 4 seconds of at most 30. Proven within 0.50% so far." in page
    with transaction(SYSTEM) as session:
        work.fail(session, SYSTEM, MatchingRun, claim, error="Tested.")
    assert client.get(f"/runs/{run_id}/progress").headers["HX-Refresh"] == "true"
    failed = builders.text_of(client.get(f"/runs/{run_id}").text)
    assert "has failed" in failed
    assert "Tested." in failed
    assert "Start a run" in failed
    assert addresses


def test_procurement_cancels_a_run_and_who_started_it_is_told(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.people["region"])
    where = builders.post(client, "/runs/start", **NUMBERS).location
    run_id = int(where.rpartition("/")[2])
    with transaction(SYSTEM) as session:
        colleague = builders.user(session, world.region, Role.PROCUREMENT).email
    assert "Cancel this run" in client.get(where).text
    answer = builders.post(sign_in(colleague), f"{where}/cancel")
    assert answer.status_code == 302, answer.text
    page = builders.text_of(client.get(where).text)
    assert f"Run {run_id} was cancelled" in page
    assert "It was cancelled before it had ended." in page
    assert "Start a run" in page
    assert builders.post(client, f"{where}/cancel").status_code == 409
    with transaction(SYSTEM) as session:
        (message,) = session.scalars(select(Message)).all()
        assert (message.template, message.subject_id) == ("run_cancelled", run_id)
        assert message.user.email == world.people["region"]


def test_only_procurement_of_the_runs_own_scope_cancels_it(world: World, sign_in: SignIn) -> None:
    run_id = world.start()
    for name, code in (("norbury", 403), ("norbury buyer", 403), ("stranger", 404)):
        client = sign_in(world.people[name])
        assert "Cancel this run" not in client.get(f"/runs/{run_id}").text
        assert builders.post(client, f"/runs/{run_id}/cancel").status_code == code, name


def test_who_started_a_run_is_told_when_a_worker_has_done_it(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    assert builders.post(sign_in(world.people["region"]), "/runs/start", **NUMBERS).status_code == 302
    jobs.work(addresses.application, is_waiting=False)
    with transaction(SYSTEM) as session:
        (message,) = session.scalars(select(Message)).all()
        text = text_of_message(session, message, pages="https://marketplace.example.org")
    assert text.subject == f"Matching run {message.subject_id}: 2 of 5 pupils placed"
    assert f"https://marketplace.example.org/runs/{message.subject_id}" in text.body


def test_the_region_sees_figures_reasons_costs_and_shortages(world: World, done: int, sign_in: SignIn) -> None:
    page = builders.text_of(sign_in(world.people["region"]).get(f"/runs/{done}").text)
    assert f"Run {done}: 2 of 5 pupils placed" in page
    assert "It is never a decision" in page
    assert "Full placement 1 1.0" in page
    assert "Outreach into mainstream 1 0.2" in page
    for reason in ("The budget does not reach", "No provision is suitable", "Ordinarily available provision"):
        assert reason in page
    assert "Norbury 2 of 3" in page
    assert "Southbury 0 of 2 £0 £0 £10,000 £10,000" in page
    assert "£1,000 more in the budget of Southbury would improve the total by" in page
    assert "£10,000 a year counts as one" in page


def test_recommendations_name_the_setting_or_the_reason_and_link_to_the_need(
    world: World, done: int, sign_in: SignIn
) -> None:
    client = sign_in(world.people["region"])
    page = client.get(f"/runs/{done}/recommendations").text
    assert f'/needs/{world.needs["placed"]}"' in page
    words = builders.text_of(page)
    assert "Ash Grove School" in words
    assert "The cheapest with room is Ash Grove School, at £" in words
    assert "does not meet the primary need" in words
    filtered = builders.text_of(
        client.get(f"/runs/{done}/recommendations?la={world.southbury.code}&reason=budget").text
    )
    assert "1 pupil" in filtered
    assert ("SOU-1" in filtered, "SOU-2" in filtered) == (True, False)
    assert "NOR-2" in client.get(f"/runs/{done}/recommendations?kind=outreach").text
    assert client.get(f"/runs/{done}/recommendations?kind=none").status_code == 422


def test_an_la_sees_what_its_regions_run_leaves_of_its_own_budget_and_of_no_other(
    world: World, done: int, sign_in: SignIn
) -> None:
    own, other = (
        builders.text_of(sign_in(world.people[name]).get(f"/runs/{done}").text) for name in ("southbury", "norbury")
    )
    assert "Southbury 0 of 2 £0 £0 £10,000 £10,000" in own
    assert "£1,000 more in the budget of Southbury would improve the total by" in own
    assert "Norbury 2 of 3" in other
    assert "– no limit –" in other
    assert "£10,000" not in other
    assert "Southbury" not in other


def test_an_la_sees_its_own_part_of_its_regions_run_and_not_the_result(
    world: World, done: int, sign_in: SignIn
) -> None:
    client = sign_in(world.people["norbury"])
    page = builders.text_of(client.get(f"/runs/{done}").text)
    assert f"Run {done}: 2 of 3 pupils placed" in page
    assert "your own authority's part" in page
    assert "Southbury" not in page
    assert "SOU-" not in client.get(f"/runs/{done}/recommendations").text
    assert b"SOU-" not in cells(client.get(f"/runs/{done}/recommendations.xlsx").data)
    assert [client.get(f"/runs/{done}/{name}.zip").status_code for name in ("answer", "problem")] == [404, 404]


@pytest.mark.parametrize(
    "path", ["", "/progress", "/recommendations", "/recommendations.xlsx", "/answer.zip", "/problem.zip"]
)
def test_another_region_knows_of_no_run(world: World, done: int, sign_in: SignIn, path: str) -> None:
    client = sign_in(world.people["stranger"])
    assert client.get(f"/runs/{done}{path}").status_code == 404
    assert f"/runs/{done}" not in client.get("/runs").text


def test_a_run_of_an_la_is_not_its_neighbours(world: World, sign_in: SignIn, addresses: embedded.Addresses) -> None:
    run_id = world.start(world.norbury)
    jobs.work(addresses.application, is_waiting=False)
    assert sign_in(world.people["norbury buyer"]).get(f"/runs/{run_id}/answer.zip").status_code == 200
    assert sign_in(world.people["southbury"]).get(f"/runs/{run_id}").status_code == 404


def cells(workbook: bytes) -> bytes:
    """The text of a workbook's cells."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/"))


def test_the_result_can_be_taken_away(world: World, done: int, sign_in: SignIn) -> None:
    client = sign_in(world.people["region"])
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/runs/{done}/recommendations.xlsx").data))
    rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert len(rows) == 1 + 5
    placed = dict(zip(rows[0], next(row for row in rows if row[0] == "NOR-1"), strict=True))
    assert placed["setting"] == "Ash Grove School"
    assert placed["total £ a year"] == placed["price £ a year"] + placed["transport £ a year"]
    answer = client.get(f"/runs/{done}/answer.zip")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=run-{done}-answer.zip"
    names = set(zipfile.ZipFile(io.BytesIO(answer.data)).namelist())
    assert names >= {"assignments.csv", "unplaced.csv", "pools.csv", "budgets.csv", "answer.xlsx", "report.html"}
    problem = zipfile.ZipFile(io.BytesIO(client.get(f"/runs/{done}/problem.zip").data))
    assert {"pupils.csv", "provisions.csv", "policy.toml"} <= set(problem.namelist())
    assert b"NOR-" not in problem.read("pupils.csv")


def test_a_need_is_recommended_at_the_band_that_a_person_decided(
    world: World, sign_in: SignIn, addresses: embedded.Addresses
) -> None:
    with transaction(SYSTEM) as session:
        builders.need(
            session, world.norbury, reference="NOR-9", band_override=Band.PROFOUND, band_override_reason="Decided."
        )
    run_id = world.start(world.norbury)
    jobs.work(addresses.application, is_waiting=False)
    page = builders.text_of(sign_in(world.people["norbury"]).get(f"/runs/{run_id}/recommendations").text)
    assert re.search(r"NOR-9 profound .*?Ash Grove School", page)


def test_a_run_that_is_not_done_recommends_nothing(world: World, sign_in: SignIn) -> None:
    run_id = world.start()
    client = sign_in(world.people["region"])
    for path in ("recommendations", "recommendations.xlsx", "answer.zip"):
        assert client.get(f"/runs/{run_id}/{path}").status_code == 409
    with transaction(SYSTEM) as session:
        assert session.get_one(MatchingRun, run_id).status is RunStatus.QUEUED

"""Runs, budgets, consultations and placements through the API."""

import io
import json
import zipfile

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from marketplace import embedded, jobs
from marketplace.db import transaction
from marketplace.models import Authority, Budget, MatchingRun, Role, RunStatus
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.api.systems import system

ASKED = {"on": "2027-09-01", "seconds": 5}


class World:
    """A region of two LAs with a need each, one school, and systems of the procurement of the region and of one LA."""

    def __init__(self, app: Flask) -> None:
        with transaction(SYSTEM) as session:
            self.region = builders.region(session)
            self.first, self.second = (builders.authority(session, self.region) for _ in range(2))
            self.provider = builders.provider(session)
            pool = builders.pool(session, builders.setting(session, self.first, self.provider))
            self.provision = builders.provision(session, pool)
            builders.schedule(session, self.provision)
            self.needs = [builders.need(session, la).id for la in (self.first, self.second)]
            session.add(Budget(authority=self.first, amount=5_000_000))
            self.of_region = system(app, session, self.region, Role.PROCUREMENT)
            self.of_la = system(app, session, self.first, Role.PROCUREMENT, Role.COMMISSIONER)
            self.of_provider = system(app, session, self.provider, Role.PROVIDER_EDITOR)
            self.other_la = system(app, session, self.second, Role.COMMISSIONER)

    def ran(self, addresses: embedded.Addresses) -> int:
        run_id = self.of_region.post("/runs", ASKED).json["id"]
        jobs.work(addresses.application, is_waiting=False)
        return int(run_id)


@pytest.fixture
def world(app: Flask, database: Engine) -> World:  # noqa: ARG001
    return World(app)


def test_a_run_is_started_watched_and_read(world: World, addresses: embedded.Addresses) -> None:
    by = world.of_region
    answer = by.post("/runs", ASKED)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/runs/{answer.json['id']}")
    address = answer.headers["Location"]
    assert by.get(f"{address}/progress").json["status"] == "queued"
    assert by.get(f"{address}/recommendations").status_code == 409
    assert by.post("/runs", ASKED).status_code == 409, "one at a time"
    jobs.work(addresses.application, is_waiting=False)
    shown = by.get(address).json
    assert (shown["status"], shown["on"], shown["seconds"]) == ("done", "2027-09-01", 5)
    assert shown["problem_sha256"] in json.dumps(shown["summary"])
    found = by.get(f"{address}/recommendations").json
    assert {row["need_id"] for row in found["items"]} == set(world.needs)
    assert all(row["cost"] == row["price"] + row["transport"] for row in found["items"] if row["provision_id"])
    content = by.get(f"{address}/answer.zip")
    assert content.mimetype == "application/zip"
    assert "assignments.csv" in zipfile.ZipFile(io.BytesIO(content.data)).namelist()


def test_an_la_reads_of_a_regions_run_what_is_its_own(world: World, addresses: embedded.Addresses) -> None:
    run_id = world.ran(addresses)
    for by, need in ((world.of_la, world.needs[0]), (world.other_la, world.needs[1])):
        rows = by.get(f"/runs/{run_id}/recommendations").json["items"]
        assert [row["need_id"] for row in rows] == [need]
        assert by.get(f"/runs/{run_id}").json["summary"] is None
        assert by.get(f"/runs/{run_id}/answer.zip").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": "1 September 2027"}, "on"),
        ({"on": "1999-12-31"}, "on"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 10**30}, "seconds"),
        ({"circuity": "1.4"}, "circuity"),
        ({"circuity": 1e999}, "circuity"),
        ({"unplaced_1": 5}, "unplaced_2"),
        ({"journeys_day": 1.5}, "journeys_day"),
    ],
)
def test_a_run_that_cannot_be_is_refused_by_field(world: World, wrong: dict[str, object], field: str) -> None:
    answer = world.of_region.post("/runs", {**ASKED, **wrong})
    assert answer.status_code == 422, answer.text
    assert list(answer.json["errors"]) == [field]


def test_a_policy_is_that_of_the_run(world: World) -> None:
    run_id = world.of_la.post("/runs", {**ASKED, "circuity": 2, "unplaced_1": 9e3, **{
        f"unplaced_{place}": 9e3 for place in range(2, 6)
    }}).json["id"]  # fmt: skip
    policy = world.of_la.get(f"/runs/{run_id}").json["policy"]
    assert (policy["circuity"], policy["unplaced"]) == (2, [9000] * 5)


def test_a_budget_is_read_set_and_removed(world: World) -> None:
    by, address = world.of_region, f"/budgets/{world.first.id}"
    assert [row["amount"] for row in by.get("/budgets").json["items"]] == [5_000_000, None]
    read = by.get(address)
    changed = by.put(address, {"amount": 7}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.status_code, changed.json["amount"]) == (200, 7)
    stale = by.put(address, {"amount": 9}, headers={"If-Match": read.headers["ETag"]})
    assert (stale.status_code, stale.json["current_etag"]) == (412, changed.headers["ETag"])
    gone = by.put(address, {"amount": None}, headers={"If-Match": changed.headers["ETag"]})
    assert (gone.json["amount"], gone.headers["ETag"]) == (None, '"none"')
    assert by.put(address, {"amount": 3}, version="none").json["amount"] == 3


@pytest.mark.parametrize("body", [{}, {"amount": "7"}, {"amount": -1}, {"amount": 1.5}, {"amount": 10**12}])
def test_a_budget_that_cannot_be_is_refused(world: World, body: dict[str, object]) -> None:
    version = world.of_la.get(f"/budgets/{world.first.id}").json["version"]
    answer = world.of_la.put(f"/budgets/{world.first.id}", body, version=version)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["amount"])


def test_a_budget_of_another_is_not_there(world: World) -> None:
    assert world.of_la.get(f"/budgets/{world.second.id}").status_code == 404
    assert world.of_la.put(f"/budgets/{world.second.id}", {"amount": 1}, version="none").status_code == 404


def test_both_sides_read_a_consultation_with_its_reply_and_nobody_else(world: World) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, world.first.id)
        need = builders.need(session, la, status="offered")
        asked = commissioning.consultation(session, need, world.provision)
        commissioning.offer(session, asked, note="From January.")
        asked_id = asked.id
    for by in (world.of_la, world.of_provider):
        listed = by.get("/consultations").json["items"]
        assert [row["id"] for row in listed] == [asked_id]
        shown = by.get(f"/consultations/{asked_id}").json
        assert (shown["offer"]["note"], shown["reasons"], shown["seen_at"]) == (
            "From January.",
            [],
            listed[0]["seen_at"],
        )
    assert world.other_la.get("/consultations").json["items"] == []
    assert world.other_la.get(f"/consultations/{asked_id}").status_code == 404


def test_both_sides_read_a_placement_with_what_happened_and_nobody_else(world: World) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, world.first.id)
        need = builders.need(session, la, status="placed")
        asked = commissioning.consultation(session, need, world.provision, status="awarded")
        placed = commissioning.placement(session, commissioning.award(session, need, world.provision, asked)).id
    for by in (world.of_la, world.of_provider):
        assert [row["id"] for row in by.get("/placements").json["items"]] == [placed]
        shown = by.get(f"/placements/{placed}").json
        assert shown["events"][0]["number"] == 1
        assert isinstance(shown["price"], int)
    assert world.other_la.get(f"/placements/{placed}").status_code == 404


def test_a_run_that_failed_says_why(world: World) -> None:
    run_id = world.of_region.post("/runs", ASKED).json["id"]
    with transaction(SYSTEM) as session:
        run = session.scalars(select(MatchingRun)).one()
        run.status, run.error = RunStatus.FAILED, "Out of memory."
    assert world.of_region.get(f"/runs/{run_id}/progress").json["error"] == "Out of memory."

"""Needs through the API: the life of one from draft to withdrawal, and what is refused on the way."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.models import Authority, Need, NeedStatus, Role
from marketplace.permissions import SYSTEM
from tests import builders
from tests.api.systems import NEED, System, system


class Borough:
    """An LA with a system of its commissioner's, and a framework in force."""

    def __init__(self, app: Flask) -> None:
        with transaction(SYSTEM) as session:
            self.la = builders.authority(session)
            builders.framework(session)
            self.system = system(app, session, self.la, Role.COMMISSIONER)


@pytest.fixture
def borough(app: Flask, database: Engine) -> Borough:  # noqa: ARG001
    return Borough(app)


def posted(by: System, **answers: Any) -> dict[str, Any]:
    answer = by.post("/needs", {**NEED, **answers})
    assert answer.status_code == 201, answer.text
    return by.get(answer.headers["Location"]).json


def test_a_need_is_posted_as_a_draft_published_and_withdrawn(borough: Borough) -> None:
    by = borough.system
    answer = by.post("/needs", NEED)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/needs/{answer.json['id']}"
    read = by.get(answer.headers["Location"])
    assert read.json["status"] == "draft"
    assert read.headers["ETag"] == answer.headers["ETag"] == f'"{answer.json["version"]}"'
    published = by.post(f"/needs/{read.json['id']}/publish", version=read.json["version"])
    assert published.status_code == 200, published.text
    listed = by.get("/needs").json
    assert (listed["count"], listed["items"][0]["status"], listed["items"][0]["band"]) == (1, "published", "intensive")
    assert listed["items"][0]["to_do"] == "choose"
    gone = by.post(f"/needs/{read.json['id']}/withdraw", {"reason": "moved"}, version=published.json["version"])
    assert gone.status_code == 200, gone.text
    assert by.get(answer.headers["Location"]).json["status"] == "withdrawn"


def test_what_is_read_can_be_sent_back_and_changes_nothing(borough: Borough) -> None:
    kept = posted(borough.system, barrier_ci="Noise", max_km=12.5, secondary_needs=["SEMH"], starts_on="2027-09-01")
    answer = borough.system.put(f"/needs/{kept['id']}", kept, version=kept["version"])
    assert (answer.status_code, answer.json) == (200, {"id": kept["id"], "version": kept["version"]})
    assert borough.system.get(f"/needs/{kept['id']}").json == kept


def test_a_change_replaces_every_answer_and_has_a_new_version(borough: Borough) -> None:
    kept = posted(borough.system, barrier_ci="Noise")
    answer = borough.system.put(f"/needs/{kept['id']}", {**NEED, "priority": 1}, version=kept["version"])
    now = borough.system.get(f"/needs/{kept['id']}").json
    assert answer.json["version"] == now["version"] == kept["version"] + 1
    assert (now["priority"], now["barrier_ci"]) == (1, None)


def test_a_change_says_which_version_it_is_about(borough: Borough) -> None:
    kept = posted(borough.system)
    without = borough.system.put(f"/needs/{kept['id']}", NEED)
    assert (without.status_code, without.mimetype) == (428, "application/problem+json")
    stale = borough.system.put(f"/needs/{kept['id']}", NEED, version=kept["version"] + 1)
    assert (stale.status_code, stale.json["current_etag"]) == (412, f'"{kept["version"]}"')
    assert stale.headers["ETag"] == stale.json["current_etag"]
    assert borough.system.get(f"/needs/{kept['id']}").json == kept


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"year_group": "8"}, "year_group"),
        ({"year_group": 99}, "year_group"),
        ({"year_group": True}, "year_group"),
        ({"reference": "Robin Hood"}, "reference"),
        ({"reference": None}, "reference"),
        ({"kinds": "full"}, "kinds"),
        ({"kinds": [3]}, "kinds"),
        ({"starts_on": "1 September 2027"}, "starts_on"),
        ({"starts_on": "2027-02-30"}, "starts_on"),
        ({"max_km": "12"}, "max_km"),
        ({"request_id": 10**30}, "request_id"),
        ({"wish_1": 10**9}, "wish_1"),
        ({"mainstream": "half a pair: \ud800"}, "mainstream"),
        ({"mainstream": "a\x00b"}, "mainstream"),
        ({"mainstream": "x" * 4001}, "mainstream"),
        ({"band_override": "mild"}, "band_override_reason"),
    ],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_kept(
    borough: Borough, wrong: dict[str, Any], field: str
) -> None:
    answer = borough.system.post("/needs", {**NEED, **wrong})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert list(answer.json["errors"]) == [field]
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Need)) == 0


def test_whole_numbers_may_be_written_with_a_point_as_json_allows(borough: Borough) -> None:
    assert posted(borough.system, year_group=8.0)["year_group"] == 8


@pytest.mark.parametrize("body", ["[]", '"x"', "{", "null", "[" * 100_000, '{"a": ' * 100_000])
def test_a_body_that_is_no_object_is_refused(borough: Borough, body: str) -> None:
    answer = borough.system.post("/needs", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"


def test_a_body_of_another_type_is_refused(borough: Borough) -> None:
    assert borough.system.post("/needs", data={"reference": "EX-1"}).status_code == 415


def test_fields_that_are_nobodys_business_are_not_read(borough: Borough) -> None:
    with transaction(SYSTEM) as session:
        other = builders.authority(session).id
    kept = posted(borough.system, status="published", authority_id=other, derived_band="mild", version=7)
    assert (kept["status"], kept["authority_id"], kept["derived_band"]) == ("draft", borough.la.id, "intensive")


def test_the_list_goes_on_page_by_page_and_ends(borough: Borough) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, borough.la.id)
        ids = {builders.need(session, la).id for _ in range(120)}
    address, seen = "/needs?status=published&sort=reference", []
    while address:
        page = borough.system.get(address).json
        seen += [row["id"] for row in page["items"]]
        address = page["next"]
    assert len(seen) == 120
    assert set(seen) == ids


@pytest.mark.parametrize("page", ["0", "-1", str(10**18), str(10**30), "x", "1.0", "١"])
def test_a_page_that_cannot_be_is_refused(borough: Borough, page: str) -> None:
    assert borough.system.get(f"/needs?page={page}").status_code == 422


@pytest.mark.parametrize("need_id", [0, 2**63, 10**30, "x", "-1"])
def test_an_id_that_no_row_can_have_is_no_address(borough: Borough, need_id: Any) -> None:
    answer = borough.system.get(f"/needs/{need_id}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_move_that_the_status_does_not_allow_is_a_conflict(borough: Borough) -> None:
    kept = posted(borough.system)
    version = borough.system.post(f"/needs/{kept['id']}/publish", version=kept["version"]).json["version"]
    again = borough.system.post(f"/needs/{kept['id']}/publish", version=version)
    assert (again.status_code, again.json["title"]) == (409, "Conflict")


def test_a_draft_that_lacks_answers_is_not_published(borough: Borough) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, borough.la.id)
        need = builders.need(session, la, status=NeedStatus.DRAFT, published_at=None, year_group=None)
        need_id, version = need.id, need.version
    answer = borough.system.post(f"/needs/{need_id}/publish", version=version)
    assert answer.status_code == 422
    assert "year_group" in answer.json["errors"]


def test_the_options_of_a_need_are_ranked_with_their_cost(borough: Borough) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, borough.la.id)
        need = builders.need(session, la)
        provision = builders.provision(
            session, builders.pool(session, builders.setting(session, la, builders.provider(session)))
        )
        builders.schedule(session, provision)
    found = borough.system.get(f"/needs/{need.id}/options").json
    assert (found["count"], found["page"], found["next"]) == (1, 1, None)
    option = found["items"][0]
    assert (option["provision_id"], option["price"]) == (provision.id, 4_800_000)
    assert option["total"] == option["price"] + option["transport"]
    assert borough.system.get(f"/needs/{need.id}/options?kind=outreach").json["items"] == []
    assert borough.system.get(f"/needs/{need.id}/options?within=x").status_code == 422

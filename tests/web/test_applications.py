"""Plans through the real pages: proposed with what they come to, approved by somebody else, applied, undone."""

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from marketplace.models import ApplicationStatus, Need, Provision, RunApplication
from tests.applying import AT, Applying
from tests.consulting import send
from tests.services.matching.test_applications import consult, recommended, reply, take_a_place
from tests.web.test_awards import words

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=True):
        yield


@pytest.fixture
def world(database: Engine) -> Applying:  # noqa: ARG001
    return Applying(budget=6_000_000_00)


@pytest.fixture
def commissioner(world: Applying, sign_in: SignIn) -> FlaskClient:
    return sign_in(world.emails["commissioner"])


@pytest.fixture
def approver(world: Applying, sign_in: SignIn) -> FlaskClient:
    return sign_in(world.emails["approver"])


def act(client: FlaskClient, plan_id: int, step: str, **form: object) -> TestResponse:
    page = f"/runs/plans/{plan_id}"
    return send(client, f"{page}/undo" if step == "undo" else page, f"{page}/{step}", **form)


def ticked(page: str) -> list[str]:
    return re.findall(r'name="recommendation_ids" value="(\d+)" checked', page)


def test_a_plan_is_proposed_with_all_ticked_and_what_they_come_to(world: Applying, commissioner: FlaskClient) -> None:
    shown = commissioner.get(f"/runs/{world.run}")
    assert f'href="/runs/{world.run}/plan"' in shown.text
    page = commissioner.get(f"/runs/{world.run}/plan")
    ids = [str(each) for each in world.recommendations()]
    assert sorted(ticked(page.text)) == sorted(ids)
    said = words(page)
    for text in ("Pupils 3", "Settings to consult 3", "Budget of the run £6,000,000", "A-1", "B-1", "O-1"):
        assert text in said, text
    assert f"What {recommended(world, 'A')} School will read about A-1" in said
    assert "S-1" not in said
    answer = send(commissioner, f"/runs/{world.run}/plan", sent="1", recommendation_ids=ids)
    assert answer.status_code == 302
    assert "waits for a second person" in words(commissioner.get(f"/runs/{world.run}"))
    plan = words(commissioner.get(answer.location))
    assert "You have proposed this plan, so somebody else approves and applies it" in plan
    assert "Approve the plan" not in plan
    assert commissioner.get(f"/runs/{world.run}/plan").location == answer.location


def test_what_is_ticked_is_counted_again_before_anything_is_proposed(
    world: Applying, commissioner: FlaskClient
) -> None:
    (one,) = world.recommendations("O")
    answer = send(commissioner, f"/runs/{world.run}/plan", sent="1", recommendation_ids=one, count="1")
    assert answer.status_code == 200
    assert ticked(answer.text) == [str(one)]
    assert "Pupils 1" in words(answer)
    assert world.system(lambda session: session.scalars(select(RunApplication)).all()) == []


def test_nothing_ticked_is_said_and_stays_so(world: Applying, commissioner: FlaskClient) -> None:
    answer = send(commissioner, f"/runs/{world.run}/plan", sent="1")
    assert answer.status_code == 422
    assert "Select at least one pupil" in words(answer)
    assert ticked(answer.text) == []


def test_what_holds_no_longer_cannot_be_ticked_and_the_page_says_why(
    world: Applying, commissioner: FlaskClient
) -> None:
    take_a_place(world, recommended(world, "A"))
    consult(world, "B", recommended(world, "B"))
    page = commissioner.get(f"/runs/{world.run}/plan")
    assert ticked(page.text) == [str(each) for each in world.recommendations("O")]
    said = words(page)
    assert "What cannot be proposed (2)" in said
    assert "had 1 free in Year 7 to year 11, now 0" in said
    assert "This setting is consulted about the pupil already" in said


def test_a_second_person_finds_it_approves_it_and_applies_it(
    world: Applying, commissioner: FlaskClient, approver: FlaskClient
) -> None:
    plan_id = world.propose()
    assert "1 plan waits to be approved or applied" in words(approver.get("/"))
    waiting = approver.get("/approvals")
    assert f'href="/runs/plans/{plan_id}"' in waiting.text
    assert f"What {recommended(world, 'A')} School will read" in words(approver.get(f"/runs/plans/{plan_id}"))
    assert act(approver, plan_id, "approve").status_code == 302
    assert world.asked() == {}
    assert act(approver, plan_id, "apply").status_code == 302
    assert len(world.asked()) == 3
    said = words(commissioner.get(f"/runs/plans/{plan_id}"))
    assert "Consulted 3 pupils" in said
    assert "Undo the plan" in said
    assert "Commissioner Person" in said
    assert "Approver Person" in said
    assert "plan waits" not in words(approver.get("/"))


@pytest.mark.parametrize("step", ["approve", "apply"])
def test_who_proposed_it_cannot_by_a_forged_form(world: Applying, sign_in: SignIn, step: str) -> None:
    plan_id = world.propose(who="both")
    if step == "apply":
        world.approve(plan_id)
    both = sign_in(world.emails["both"])
    version = world.plan(plan_id).version
    assert act(both, plan_id, step, version=version, proposed_by_id=1, approved_by_id=1).status_code == 403
    assert world.asked() == {}


def test_a_plan_is_returned_with_the_reason_which_is_kept_where_it_is_refused(
    world: Applying, approver: FlaskClient, commissioner: FlaskClient
) -> None:
    plan_id = world.propose()
    assert "Say why it is returned" in words(act(approver, plan_id, "return", reason=" "))
    assert act(approver, plan_id, "return", reason="Too many for one week.").status_code == 302
    assert "Too many for one week." in words(commissioner.get(f"/runs/plans/{plan_id}"))
    assert "Propose these" in words(commissioner.get(f"/runs/{world.run}"))


def test_a_stale_plan_names_every_pupil_and_is_applied_without_them(world: Applying, approver: FlaskClient) -> None:
    plan_id = world.approved()
    opened = approver.get(f"/runs/plans/{plan_id}").text
    assert "Apply the plan" in opened
    setting = recommended(world, "A")
    take_a_place(world, setting)
    version = world.plan(plan_id).version
    answer = send(approver, f"/runs/{world.run}", f"/runs/plans/{plan_id}/apply", version=version)  # as it was opened
    assert answer.status_code == 409
    said = words(answer)
    assert f"A-1 ({setting} School): {setting} School had 1 free in Year 7 to year 11, now 0" in said
    assert "Apply, and leave out 1 pupil" in said
    assert "start a new run" in said
    left = re.findall(r'name="left_out" value="(\d+)"', answer.text)
    assert act(approver, plan_id, "apply", left_out=left).status_code == 302
    assert world.asked().keys() == {"B", "O"}
    assert "Left out: " in words(approver.get(f"/runs/plans/{plan_id}"))


def test_where_nothing_holds_the_plan_can_only_be_returned(world: Applying, approver: FlaskClient) -> None:
    plan_id = world.approved("A")
    world.change(Need, world.needs["A"], priority=1)
    said = words(approver.get(f"/runs/plans/{plan_id}"))
    assert "Return the plan and ask procurement to start a new run" in said
    assert "Apply" not in said.replace("Applying", "")


def test_undoing_says_what_goes_and_what_stays(world: Applying, commissioner: FlaskClient) -> None:
    plan_id = world.applied()
    reply(world, plan_id, "A")
    said = words(commissioner.get(f"/runs/plans/{plan_id}/undo"))
    assert "2 consultations without a reply are withdrawn" in said
    assert "1 consultation stays as it is" in said
    assert act(commissioner, plan_id, "undo").status_code == 302
    assert world.plan(plan_id).status is ApplicationStatus.UNDONE
    assert "Withdrawn when the plan was undone 2 pupils" in words(commissioner.get(f"/runs/plans/{plan_id}"))
    assert commissioner.get(f"/runs/plans/{plan_id}/undo").status_code == 302


def test_the_plan_is_a_file_with_what_came_of_each_pupil(world: Applying, commissioner: FlaskClient) -> None:
    plan_id = world.approved("A", "B")
    consult(world, "A", recommended(world, "A"))
    world.apply(plan_id)
    content = commissioner.get(f"/runs/plans/{plan_id}.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [(row["Need"], row["Result"]) for row in rows] == [("A-1", "Not consulted"), ("B-1", "Consulted")]
    assert rows[0]["Why"] == "this setting is consulted about the pupil already"
    assert rows[1]["Consultation"] == str(world.row(plan_id, "B").consultation_id)
    assert rows[1]["Total a year"].endswith(".00")


def test_a_name_that_a_spreadsheet_would_run_is_a_text_in_the_file(world: Applying, commissioner: FlaskClient) -> None:
    plan_id = world.propose("A")
    world.change(Provision, world.provisions[recommended(world, "A")], name="=1+1")
    assert ",=1+1" not in commissioner.get(f"/runs/plans/{plan_id}.csv").text


def test_another_authority_a_region_and_a_provider_find_no_plan(world: Applying, sign_in: SignIn) -> None:
    plan_id = world.applied()
    for who, status in (("other", 404), ("other approver", 404), ("region", 403), ("Ash", 403)):
        client = sign_in(world.emails[who])
        for page in (f"/runs/plans/{plan_id}", f"/runs/plans/{plan_id}.csv"):
            assert client.get(page).status_code == status, (who, page)
    assert "Plan " not in words(sign_in(world.emails["other"]).get(f"/runs/{world.run}"))

"""Studies of a run: asked for, computed by a worker, read; the figures by hand in a small region."""

import csv
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from marketplace import embedded
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import RunStatus, Study
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import runs, studies
from tests import builders
from tests.scenarios import ASH, ON, Fenshire

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def fenshire(database: Engine, addresses: embedded.Addresses) -> Fenshire:  # noqa: ARG001
    return Fenshire(addresses.application)


def studied(fenshire: Fenshire) -> Study:
    with transaction(SYSTEM) as session:
        study = session.get_one(Study, studies.start_study(session, SYSTEM, run_id=fenshire.base_id).id)
    fenshire.work_off()
    with transaction(SYSTEM) as session:
        found = session.get_one(Study, study.id)
        assert found.figures is not None, found.error
        return found


def test_a_study_is_asked_for_on_the_page_of_the_run_and_read_there(fenshire: Fenshire, sign_in: SignIn) -> None:
    client = sign_in(fenshire.emails["region"])
    address = f"/runs/{fenshire.base_id}/study"
    assert address in client.get(f"/runs/{fenshire.base_id}").text
    assert "Start a study" in client.get(address).text
    assert builders.post(client, address).status_code == 302
    waiting = client.get(address).text
    assert "Waiting for a worker to take it." in builders.text_of(waiting)
    assert "Cancel this study" in waiting
    assert "HX-Refresh" not in client.get(f"{address}/progress").headers
    fenshire.work_off()
    assert client.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    page = builders.text_of(client.get(address).text)
    assert "4 of 4 pupils placed" in page
    for heading in ("Where one more place would help", "For whom places are missing", "Who gains, who pays"):
        assert heading in page


def test_what_each_group_gets_is_what_the_run_gave_it(fenshire: Fenshire) -> None:
    figures = studied(fenshire).figures
    assert figures is not None
    placed = {row["group"]: (row["placed"], row["pupils"]) for row in figures["by"]["la"]}
    assert placed == {"498": (3, 3), "499": (1, 1)}
    with transaction(SYSTEM) as session:
        lines = "coalesce(price, 0) + coalesce(transport, 0)"
        paid = session.scalar(text(f"SELECT sum({lines}) FROM recommendations WHERE run_id = {fenshire.base_id}"))
    assert figures["match"]["cost"] == sum(row["cost"] for row in figures["by"]["la"]) == paid
    assert figures["match"]["cost"] == sum(row["cost"] for row in figures["by"]["need"])
    assert figures["nearest"]["objective"] >= figures["match"]["objective"] - 1e-6
    assert figures["fair"]["objective"] >= figures["match"]["objective"] - 1e-6
    assert all(row["fair"] <= row["alone"] + 1e-6 for row in figures["parts"])


def test_one_more_place_is_told_with_the_names_of_the_market(
    fenshire: Fenshire, cleaner: Engine, sign_in: SignIn
) -> None:
    """With one place at Ash Grove, two of its pupils go elsewhere or wait: one more is worth what the match says."""
    ash = f"(SELECT p.id FROM pools p JOIN settings s ON s.id = p.setting_id WHERE s.urn = {ASH})"
    with cleaner.begin() as connection:
        connection.execute(text(f"UPDATE vacancies SET amount = 1 WHERE pool_id IN {ash}"))
        connection.execute(text("UPDATE budgets SET amount = 900000000"))
    person = fenshire.people["region"]
    with transaction(person) as session:
        run_id = runs.start_run(session, person, scope_id=person.organisation_id or 0, on=ON, seconds=30).id
    fenshire.work_off()
    client = sign_in(fenshire.emails["region"])
    builders.post(client, f"/runs/{run_id}/study")
    fenshire.work_off()
    with transaction(SYSTEM) as session:
        _, study = studies.latest_study(session, run_id)
        assert study is not None
        assert study.figures is not None, study.error
        places = study.figures["places"]
    assert places[0]["setting"] == str(ASH)
    assert places[0]["confirmed"]["saving"] > 0
    assert places[0]["low"] - 1e-6 <= places[0]["confirmed"]["saving"] <= places[0]["high"] + 1e-6
    page = builders.text_of(client.get(f"/runs/{run_id}/study").text)
    assert "Ash Grove School Day places, year 7 to year 11" in page
    taken = client.get(f"/runs/{run_id}/study/places.csv").text
    rows = list(csv.reader(io.StringIO(taken.removeprefix("\ufeff"))))
    assert rows[1][:3] == ["Ash Grove School", str(ASH), "Day places"]
    assert float(rows[1][7]) == places[0]["confirmed"]["saving"]


def test_a_study_is_of_whom_the_run_is_of(fenshire: Fenshire, sign_in: SignIn) -> None:
    studied(fenshire)
    address = f"/runs/{fenshire.base_id}/study"
    assert sign_in(fenshire.emails["stranger"]).get(address).status_code == 404
    norbury = sign_in(fenshire.emails["norbury"])  # which knows of the run, and reads its own part only
    for path in (address, f"{address}/progress", f"{address}/places.csv"):
        assert norbury.get(path).status_code == 409
    assert "of a wider scope than yours" in builders.text_of(norbury.get(address).text)
    assert builders.post(norbury, address).status_code == 409
    assert address not in norbury.get(f"/runs/{fenshire.base_id}").text


def test_a_scenario_is_not_studied(fenshire: Fenshire) -> None:
    scenario_id = fenshire.done(kinds=["full"])
    with transaction(SYSTEM) as session, pytest.raises(Conflict, match="is a scenario"):
        studies.start_study(session, SYSTEM, run_id=scenario_id)


def test_a_second_study_waits_for_the_first_and_a_cancelled_one_keeps_nothing(
    fenshire: Fenshire, sign_in: SignIn
) -> None:
    client = sign_in(fenshire.emails["region"])
    address = f"/runs/{fenshire.base_id}/study"
    builders.post(client, address)
    assert builders.post(client, address).status_code == 409
    with transaction(SYSTEM) as session:
        _, study = studies.latest_study(session, fenshire.base_id)
        assert study is not None
        claim = studies.STEPS.claim(session, SYSTEM, study.id)
        assert claim is not None
    assert builders.post(client, f"{address}/{study.id}/cancel").status_code == 302
    assert "It was cancelled before it had ended." in builders.text_of(client.get(address).text)
    with pytest.raises(work.LostClaim), transaction(SYSTEM) as session:
        studies.STEPS.keep(session, SYSTEM, claim, None, {"match": {}})
    assert builders.post(client, f"{address}/{study.id}/cancel").status_code == 409
    assert builders.post(client, f"{address}/{study.id + 1}/cancel").status_code == 404
    assert client.get(f"{address}/places.csv").status_code == 409


def test_a_study_whose_run_was_tampered_with_fails_in_words(fenshire: Fenshire, cleaner: Engine) -> None:
    with transaction(SYSTEM) as session:
        study_id = studies.start_study(session, SYSTEM, run_id=fenshire.base_id).id
    with cleaner.begin() as connection:
        connection.execute(
            text(f"UPDATE matching_runs SET status = 'failed', error = 'x' WHERE id = {fenshire.base_id}")
        )
    fenshire.work_off()
    with transaction(SYSTEM) as session:
        found = session.get_one(Study, study_id)
        assert (found.status, found.figures) == (RunStatus.FAILED, None)
        assert "cannot be studied" in (found.error or "")

"""Scenarios: started on a done base, solved on what it froze, side by side; who moves and why."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from marketplace import embedded
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, NotFound, NotPermitted
from marketplace.models import (
    AuditEvent,
    Kind,
    MatchingRun,
    Need,
    NeedStatus,
    Recommendation,
    RunResult,
    RunStatus,
    ScenarioChanges,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.caseload import count_to_do
from marketplace.services.cases import latest_recommendation
from marketplace.services.matching import runs
from marketplace.services.matching.archive import problem_in
from marketplace.services.matching.changes import Line
from marketplace.services.matching.figures import figures
from marketplace.services.matching.scenario_figures import list_moves, totals
from marketplace.services.matching.scenarios import MOST, get_scenario, list_scenarios
from optimiser.files import problem_sha256
from tests import builders
from tests.scenarios import ASH, BIRCH, ON, Fenshire

ASH_GROVE, BIRCH_HOUSE = "Ash Grove School, full", "Birch House, full"
SPLIT_WEEK = "Ash Grove School, porous"


@pytest.fixture
def fenshire(database: Engine, addresses: embedded.Addresses) -> Iterator[Fenshire]:  # noqa: ARG001
    return Fenshire(addresses.application)


def lines(*rows: tuple[Any, ...]) -> list[Line]:
    """Rows (where, amount) or (where, name)."""
    return [
        Line(n, str(where), **({"name": other} if isinstance(other, str) else {"amount": float(other)}))
        for n, (where, other) in enumerate(rows, start=1)
    ]


def moved(fenshire: Fenshire, scenario_id: int) -> dict[str, tuple[str, str | None]]:
    base = fenshire.placed(fenshire.base_id)
    return {who: at for who, at in fenshire.placed(scenario_id).items() if at[0] != base[who][0]}


def test_the_base_is_as_the_other_tests_take_it(fenshire: Fenshire) -> None:
    assert fenshire.placed(fenshire.base_id) == {
        "NOR-1": (ASH_GROVE, None),
        "NOR-2": (ASH_GROVE, None),
        "NOR-3": (SPLIT_WEEK, None),
        "SOU-1": (BIRCH_HOUSE, None),
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"closed": lines((ASH, ""))},
            {
                "NOR-1": (BIRCH_HOUSE, "Ash Grove School is closed in the scenario."),
                "NOR-2": (BIRCH_HOUSE, "Ash Grove School is closed in the scenario."),
                "NOR-3": ("nowhere: no_option", "Ash Grove School is closed in the scenario."),
            },
        ),
        (
            {"places": lines((ASH, -1.5))},
            {"NOR-2": (BIRCH_HOUSE, "Ash Grove School has 1.5 fewer places and is full.")},
        ),
        (
            {"policy": {"max_km": 7.6}},
            {"NOR-2": ("nowhere: no_option", "The cap of 7.6 km rules out Ash Grove School, 7.9 km by road.")},
        ),
        (
            {"budgets": {"498": 50}},
            {
                "NOR-2": (
                    "nowhere: budget",
                    "The budget does not reach for Ash Grove School any more, at £52,514 a year.",
                )
            },
        ),
        (
            {"kinds": ["full", "outreach"]},
            {"NOR-3": ("nowhere: no_option", "The scenario does not allow porous placement.")},
        ),
        (
            {"locked": lines((BIRCH, "NOR-1"))},
            {"NOR-1": (BIRCH_HOUSE, "The scenario keeps this pupil at Birch House.")},
        ),
        (
            {"forbidden": lines((ASH, "498/NOR-1"))},
            {"NOR-1": (BIRCH_HOUSE, "The scenario rules out Ash Grove School for this pupil.")},
        ),
    ],
)
def test_each_change_moves_whom_it_must_and_says_why(
    fenshire: Fenshire, asked: dict[str, Any], expected: dict[str, tuple[str, str]]
) -> None:
    scenario_id = fenshire.done(**asked)
    assert fenshire.read(scenario_id).error is None
    assert moved(fenshire, scenario_id) == expected
    assert all(why is None for who, (_, why) in fenshire.placed(scenario_id).items() if who not in expected)


def test_a_tariff_takes_the_place_of_published_prices(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        tariff_id = builders.tariff(session).id
    scenario_id = fenshire.done(tariff_id=tariff_id)
    with transaction(SYSTEM) as session:
        prices = {
            run: session.scalar(
                select(Recommendation.price).where(
                    Recommendation.run_id == run, Recommendation.need_id == fenshire.needs["NOR-1"]
                )
            )
            for run in (fenshire.base_id, scenario_id)
        }
    assert prices == {fenshire.base_id: 4_800_000, scenario_id: 4_800_000}


def test_a_scenario_is_solved_on_what_its_base_froze_whatever_has_changed_since(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        for vacancy in session.scalars(select(Vacancy)):
            vacancy.amount = vacancy.amount * 0
        for need in session.scalars(select(Need).where(Need.reference == "NOR-2")):
            need.status = NeedStatus.WITHDRAWN
        builders.need(session, session.merge(fenshire.norbury), reference="NOR-9")
    scenario_id = fenshire.done(places=lines((BIRCH, 1)))
    assert moved(fenshire, scenario_id) == {}
    with transaction(SYSTEM) as session:
        base, scenario = (problem_in(session.get_one(RunResult, at).problem) for at in (fenshire.base_id, scenario_id))
        result = session.get_one(RunResult, scenario_id)
        assert result.sha256 == problem_sha256(scenario)
    assert scenario.pupils == base.pupils
    assert [row.amount for row in base.pools] == [3.0, 3.0]
    assert [row.amount for row in scenario.pools] == [3.0, 4.0]


def test_a_draft_tariff_that_changes_later_changes_no_scenario(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        tariff = builders.tariff(session)
        tariff_id, content = tariff.id, dict(tariff.content)
    scenario_id = fenshire.start(tariff_id=tariff_id)
    with transaction(SYSTEM) as session:
        kept = session.get_one(ScenarioChanges, scenario_id).changes["tariff"]
    assert kept["id"] == tariff_id
    assert kept["content"]["price"] == content["price"] if "price" in content else kept["content"]


def test_several_scenarios_of_a_base_are_under_way_at_once_beside_a_run(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        run_id = runs.start_run(session, SYSTEM, scope_id=fenshire.region.id, on=ON).id
    first, second = (fenshire.start(f"Number {n}", closed=lines((ASH, ""))) for n in (1, 2))
    assert {fenshire.read(at).status for at in (run_id, first, second)} == {RunStatus.QUEUED}
    with pytest.raises(Conflict, match="already under way"), transaction(SYSTEM) as session:
        runs.start_run(session, SYSTEM, scope_id=fenshire.region.id, on=ON)
    fenshire.work_off()
    assert {fenshire.read(at).status for at in (run_id, first, second)} == {RunStatus.DONE}
    with transaction(SYSTEM) as session:
        assert [run.id for run in runs.list_runs(session)] == [run_id, fenshire.base_id]
        assert [run.id for run in list_scenarios(session, fenshire.base_id).scenarios] == [first, second]


def test_a_base_has_a_dozen_scenarios_and_no_more(fenshire: Fenshire) -> None:
    for n in range(MOST):
        fenshire.start(f"Number {n}", closed=lines((ASH, "")))
    with pytest.raises(Conflict, match="12 scenarios"):
        fenshire.start("One more", closed=lines((ASH, "")))


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({}, "name", "Nothing is changed yet"),
        ({"budgets": {"498": 100}, "kinds": list(Kind), "policy": {"max_km": 40.0}}, "name", "Nothing is changed yet"),
        ({"budgets": {"499": 90}}, "budgets", "No budget is set for 499."),
        ({"budgets": {"498": 301}}, "budgets", "from 0 to 300"),
        ({"places": lines((123456, 1))}, "places", "Line 1 names 123456, which has no place to change in the base."),
        ({"places": lines((ASH, 1), (BIRCH, -4))}, "places", "Line 2 takes away more than the 3 free there."),
        ({"places": lines((ASH, 1), (ASH, 2))}, "places", "Line 2 is about the same as line 1."),
        ({"closed": lines((123456, ""))}, "closed", "Line 1 names 123456, which is no setting of the base."),
        ({"locked": lines((ASH, "NOR-9"))}, "locked", "Line 1 names NOR-9, which is the reference of no pupil"),
        ({"locked": lines((123456, "NOR-1"))}, "locked", "Line 1 names 123456, which is no setting with provision"),
        ({"policy": {"least_restrictive_weight": 900.0}}, "least_restrictive_weight", "Lower it."),
        ({"tariff_id": 999_999}, "tariff_id", "Choose a tariff from the list."),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    fenshire: Fenshire, asked: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        fenshire.start(**asked)
    assert words in refused.value.errors[field][0]


def test_a_name_that_fits_several_rows_is_not_guessed(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        la = session.merge(fenshire.southbury)
        setting = builders.setting(session, la, name="Cedar Lodge", urn=900503)
        for name in ("Day places", "Beds"):
            provision = builders.provision(session, builders.pool(session, setting, name=name), name=f"{name} class")
            if name == "Beds":
                builders.schedule(session, provision)
        builders.need(session, la, reference="NOR-1")
        scope = {"scope_id": fenshire.region.id, "on": ON}
        fenshire.base_id = runs.start_run(session, SYSTEM, **scope).id
    fenshire.work_off()
    with pytest.raises(Invalid) as refused:
        fenshire.start(places=lines((900503, 1)), locked=lines((900503, "499/NOR-1"), (900503, "NOR-1")))
    assert "Day places, years 7-11, 2 places free" in refused.value.errors["places"][0]
    assert "(Beds class)" in refused.value.errors["locked"][0]
    assert "a reference of several authorities" in refused.value.errors["locked"][1]


def test_a_name_is_given_once_for_a_base(fenshire: Fenshire) -> None:
    fenshire.start("Ash closes", closed=lines((ASH, "")))
    with pytest.raises(Invalid) as refused:
        fenshire.start("ASH closes", closed=lines((ASH, "")))
    assert "has a scenario of this name" in refused.value.errors["name"][0]


def test_no_scenario_stands_on_a_scenario_nor_on_a_run_that_is_not_done(fenshire: Fenshire) -> None:
    base_id, scenario_id = fenshire.base_id, fenshire.done(closed=lines((ASH, "")))
    fenshire.base_id = scenario_id
    with pytest.raises(Conflict, match="is a scenario"):
        fenshire.start("Upon it", closed=lines((ASH, "")))
    with transaction(SYSTEM) as session:
        fenshire.base_id = runs.start_run(session, SYSTEM, scope_id=fenshire.region.id, on=ON).id
    with pytest.raises(Conflict, match="is queued"):
        fenshire.start("Too early", closed=lines((ASH, "")))
    with transaction(SYSTEM) as session, pytest.raises(NotFound):
        get_scenario(session, fenshire.base_id, scenario_id)
    assert base_id != fenshire.base_id


def test_only_procurement_of_the_scope_starts_one(fenshire: Fenshire) -> None:
    with pytest.raises(NotPermitted):
        fenshire.start(who="norbury", closed=lines((ASH, "")))  # knows of its region's run, and is not the region
    with pytest.raises(NotFound):
        fenshire.start(who="stranger", closed=lines((ASH, "")))


def test_a_scenario_proposes_nothing_for_a_case(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        before = count_to_do(session, at=work.clock(session))
    fenshire.done(closed=lines((ASH, "")))
    with transaction(SYSTEM) as session:
        for need in session.scalars(select(Need)):
            found = latest_recommendation(session, need)
            assert found is not None
            assert found.run_id == fenshire.base_id
        assert count_to_do(session, at=work.clock(session)) == before


def test_an_authority_reads_its_own_part_and_not_what_was_asked_of_others(fenshire: Fenshire) -> None:
    scenario_id = fenshire.done(closed=lines((ASH, "")), forbidden=lines((BIRCH, "SOU-1")))
    with transaction(fenshire.people["norbury"]) as session:
        found = list_scenarios(session, fenshire.base_id)
        assert [run.name for run in found.scenarios] == ["What if"]
        assert found.words == {}
        assert session.get(RunResult, scenario_id) is None
        assert totals(session, fenshire.base_id, [scenario_id])[scenario_id].needs == 3
        rows, count = list_moves(session, fenshire.base_id, scenario_id)
        assert {row.after.need.reference for row in rows} == {"NOR-1", "NOR-2", "NOR-3"}
        assert count == 3
    with transaction(fenshire.people["region"]) as session:
        assert list_scenarios(session, fenshire.base_id).words == {
            scenario_id: ["Ash Grove School is closed.", "Birch House is ruled out for SOU-1."]
        }
        assert totals(session, fenshire.base_id, [scenario_id])[scenario_id].needs == 4
    with transaction(fenshire.people["stranger"]) as session, pytest.raises(NotFound):
        list_scenarios(session, fenshire.base_id)


def test_what_is_changed_is_said_in_sentences(fenshire: Fenshire) -> None:
    with transaction(SYSTEM) as session:
        tariff_id = builders.tariff(session).id
    scenario_id = fenshire.start(
        budgets={"498": 90}, places=lines((ASH, 2), (BIRCH, -1)), kinds=["full", "porous"],
        policy={"max_km": 25.0, "least_restrictive_weight": 5.0}, locked=lines((BIRCH, "NOR-1")), tariff_id=tariff_id,
    )  # fmt: skip
    with transaction(SYSTEM) as session:
        words = session.get_one(ScenarioChanges, scenario_id).words
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "scenario started")).one()
        run = session.get_one(MatchingRun, scenario_id)
        assert (run.policy["max_km"], run.policy["least_restrictive_weight"]) == (25.0, 5.0)
    assert words[:6] == [
        "The budget of Norbury is 90% of the base's.",
        "Ash Grove School, Day places: 2 more places.",
        "Birch House, Day places: 1 fewer place.",
        "Outreach into mainstream: not allowed.",
        "Longest daily journey: 25 km in place of 40.",
        "What a step to a fuller kind counts as: 5 km in place of 0.",
    ]
    assert words[7] == "NOR-1 is kept at Birch House."
    assert event.data["changed"] == ["budgets", "kinds", "locked", "places", "policy", "tariff"]


def test_totals_are_those_that_the_page_of_a_run_counts(fenshire: Fenshire) -> None:
    scenario_id = fenshire.done(places=lines((ASH, -1.5)), budgets={"498": 60})
    with transaction(SYSTEM) as session:
        found = totals(session, fenshire.base_id, [scenario_id])
        for run_id, row in found.items():
            page = figures(session, run_id)
            assert (row.needs, row.placed, row.cost) == (page.needs, page.placed, page.cost)
            assert row.fte == page.fte_by_kind
            assert row.unplaced == page.unplaced
            assert row.km is not None
            assert page.km is not None
            assert (row.km.mean, row.km.median, row.km.p90) == pytest.approx(
                (page.km.mean, page.km.median, page.km.p90), abs=1e-6
            )
        assert found[fenshire.base_id].moved == 0
        assert found[scenario_id].moved == len(moved(fenshire, scenario_id)) > 0


def test_a_scenario_whose_base_was_tampered_with_fails_in_words(fenshire: Fenshire, cleaner: Engine) -> None:
    scenario_id = fenshire.start(closed=lines((ASH, "")))
    with cleaner.begin() as connection:
        connection.execute(
            text(f"UPDATE matching_runs SET status = 'failed', error = 'x' WHERE id = {fenshire.base_id}")
        )
    fenshire.work_off()
    assert "cannot be the base of a scenario" in (fenshire.read(scenario_id).error or "")
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).where(Recommendation.run_id == scenario_id)) == 0

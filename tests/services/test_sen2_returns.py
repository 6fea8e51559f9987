"""The SEN2 return: what is held, exactly, item by item; what is not is empty; each pupil who is named is recorded."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.errors import Conflict, NotPermitted
from marketplace.models import AuditEvent, Identity, Need, NeedStatus, Placement, PlacementStatus, PlanStatus, Role
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import sen2_returns
from marketplace.services.case_history import case_timeline
from marketplace.services.sen2_items import MODULES, Held
from tests import builders, commissioning
from tests.returning import DAY, ON, OTHER_UPN, UPN, YEAR, Returning, returning

AT = datetime(2027, 2, 1, 12, tzinfo=UTC)
DOCUMENT = Path(__file__).parents[2] / "docs" / "exports.md"
Rows = list[dict[str, str]]


@dataclass
class Case:
    made: Returning
    actors: Mapping[str, Actor]

    def take(self, who: str = Role.COMMISSIONER, year: int = YEAR) -> dict[str, Rows]:
        """The files by name, without their ending, each as rows by column."""
        actor = self.actors[who]
        with transaction(actor) as session:
            _, content = sen2_returns.take_return(session, actor, year=year, on=ON, at=AT)
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            return {
                name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(files.read(name).decode("utf-8-sig"))))
                for name in files.namelist()
            }

    def overview(self, who: str = Role.COMMISSIONER, on: date = ON) -> sen2_returns.Overview:
        actor = self.actors[who]
        with transaction(actor) as session:
            return sen2_returns.overview(session, actor, year=YEAR, on=on, at=AT)

    def gaps(self) -> dict[str, list[str]]:
        return {gap.words: [need.reference for need in gap.needs] for gap in self.overview().gaps}

    def id(self, reference: str) -> str:
        return str(self.made.needs[reference].id)


@pytest.fixture
def case(database: Engine) -> Case:  # noqa: ARG001
    return made_with()


def filled(row: dict[str, str]) -> dict[str, str]:
    return {column: value for column, value in row.items() if value}


def test_every_table_says_exactly_what_is_held(case: Case) -> None:
    files, urn = case.take(), str(case.made.urn)
    ids = {reference: case.id(reference) for reference in ("A-1", "B-2", "C-3", "D-4", "E-5")}
    assert [filled(row) for row in files["0-header"]] == [
        {
            "Collection Name": "SEN2", "Year": "2027", "Reference Date": "2027-01-21", "LA Number": "330",
            "Date & Time": "2027-02-01T12:00:00",
        }
    ]  # fmt: skip
    assert [filled(row) for row in files["1-person"]] == [
        {
            "Person ID": ids["A-1"], "LA": "330", "Date of Birth": "2014-02-03", "Sex": "F",
            "UPN - Unique Pupil Number": UPN, "Reference as kept": "A-1", "Name as kept": "Robin Canary",
        },
        {
            "Person ID": ids["B-2"], "LA": "330", "Date of Birth": "2015-05-06", "Sex": "M",
            "UPN - Unique Pupil Number": OTHER_UPN, "Reference as kept": "B-2", "Name as kept": "'=Kim Canary",
        },
        {
            "Person ID": ids["C-3"], "LA": "330", "Date of Birth": "2014-02-03", "Sex": "M", "Reference as kept": "C-3",
            "Name as kept": "Lee Canary",
        },
        {"Person ID": ids["D-4"], "LA": "330", "Sex": "F", "Reference as kept": "D-4"},
        {"Person ID": ids["E-5"], "LA": "330", "Reference as kept": "E-5"},
    ]  # fmt: skip
    assert [row["Date request was received"] for row in files["2-requests"]] == ["2024-01-08", "", "", "2026-11-02", ""]
    assert [row["Person ID"] for row in files["3-assessments"]] == [ids["A-1"], ids["D-4"]]
    assert filled(files["4a-named-plan"][0]) == {
        "Person ID": ids["A-1"], "Requests record ID": ids["A-1"], "LA": "330",
        "Residential Settings": "Weekly boarding", "Plan issued or last amended, as kept": "2026-12-04",
    }  # fmt: skip
    assert [row["Person ID"] for row in files["4a-named-plan"]] == [ids[at] for at in ("A-1", "B-2", "C-3", "E-5")]
    named = [(row["Person ID"], row["URN - Unique Reference Number"]) for row in files["4b-plan-detail"]]
    assert named == [(ids["A-1"], urn), (ids["B-2"], "100777")]
    assert filled(files["5a-active-plans"][0]) == {
        "Person ID": ids["A-1"], "LA": "330", "Requests record ID": ids["A-1"],
        "EHC Plan Review Decisions Date": "2026-10-20", "Annual Review Decision": "The plan is amended",
        "Phase transfer review - due date for any amended plan": "2027-03-31",
        "Phase transfer review - final plan date": "2026-12-04", "Annual Review Meeting Date": "2026-10-05",
    }  # fmt: skip
    needed = [(row["Person ID"], row["SEN Type of Need"], row["SEN Type of Need rank"]) for row in files["5c-sen-need"]]
    assert needed == [
        (ids["A-1"], "ASD", "1"), (ids["A-1"], "SLCN", "2"), (ids["B-2"], "ASD", "1"), (ids["C-3"], "ASD", "1"),
        (ids["E-5"], "ASD", "1"),
    ]  # fmt: skip


def test_a_placement_and_both_schools_of_a_split_week_are_told_the_one_with_the_roll_first(case: Case) -> None:
    said = [
        tuple(
            row[column]
            for column in (
                "URN - Unique Reference Number", "Placement Rank", "Placement Start Date", "Placement Leaving Date",
                "Resourced Provision Indicator", "Residential Settings", "School as kept",
            )
        )
        for row in case.take()["5b-placement-detail"]
    ]  # fmt: skip
    urn, school = str(case.made.urn), case.made.setting
    assert said == [
        (urn, "1", "2027-01-04", "2027-07-23", "0", "Weekly boarding", school),
        ("100777", "1", "", "", "", "", "Little Elms Primary"),
        (urn, "2", "2027-01-04", "", "0", "Day", school),
    ]


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_there"),
    [
        (date(2027, 1, 21), None, True),
        (date(2027, 1, 22), None, False),
        (date(2026, 9, 1), date(2027, 1, 21), True),
        (date(2026, 9, 1), date(2027, 1, 20), False),
    ],
)
def test_a_placement_counts_on_its_first_and_its_last_day(
    case: Case, starts_on: date, ends_on: date | None, *, is_there: bool
) -> None:
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Placement).where(Placement.need_id == case.made.needs["A-1"].id)).one()
        row.starts_on, row.ends_on = starts_on, ends_on
    persons = [row["Person ID"] for row in case.take()["5b-placement-detail"]]
    assert (case.id("A-1") in persons) is is_there


def test_an_item_that_is_not_held_is_empty_in_every_row(case: Case) -> None:
    files = case.take()
    for module in MODULES:
        absent = [item.title for item in module.items if item.held is Held.NO]
        values = {row[title] for row in files[module.name] for title in absent}
        assert values <= {""}, module.name
    listed = [(row["File"], row["Column"], row["Held"]) for row in files["columns"]]
    assert listed == [
        (f"{module.name}.csv", item.title, item.held.value) for module in MODULES for item in module.items
    ]


def test_the_document_says_of_every_column_whether_it_is_held() -> None:
    text = DOCUMENT.read_text()
    for module in MODULES:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {module.title} |"))
        held, words, absent = (cell.strip() for cell in row.split("|")[2:5])
        said = [(Held.YES, held), (Held.IN_WORDS, words), (Held.NO, absent)]
        for kind, cell in said:
            assert cell == ("; ".join(item.title for item in module.items if item.held is kind) or "–"), module.title


def test_what_is_missing_is_told_by_reference(case: Case) -> None:
    assert case.gaps() == {
        "Who the pupil is, is not stated": ["D-4", "E-5"],
        "No unique pupil number (UPN) is stated": ["C-3"],
        "The pupil’s sex is not stated": ["E-5"],
        "The day on which an assessment was requested is not stated": ["B-2", "C-3", "E-5"],
        "No annual review is stated, and the plan is older than a year, or how old is not stated": [
            "B-2",
            "C-3",
            "E-5",
        ],
        "No placement in a school is known here for the census day": ["C-3", "E-5"],
        "The agreed first day is over, but no start is entered": ["B-2"],
        "More than one secondary need is stated, and the census takes one: choose it": ["B-2"],
    }
    assert {row["What is missing"] for row in case.take()["missing"]} == set(case.gaps())


def test_a_plan_that_is_awaited_is_told(case: Case) -> None:
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.made.needs["B-2"].id)
        commissioning.case_dates(session, need, requested_on=date(2026, 11, 2), draft_sent_on=None)
    assert case.gaps()["A placement is agreed for the census day, but no plan is stated as issued by then"] == ["B-2"]


def made_with(**week: Any) -> Case:
    """The same cases, the split week planned otherwise."""
    with transaction(SYSTEM) as session:
        made = returning(session, **week)
        return Case(made, {name: builders.acting(user) for name, user in made.people.items()})


def test_a_school_without_a_number_is_told(database: Engine) -> None:  # noqa: ARG001
    case = made_with(school_urn=None)
    assert case.gaps()["A school of the placement has no URN here"] == ["B-2"]
    assert [row["URN - Unique Reference Number"] for row in case.take()["4b-plan-detail"]] == [str(case.made.urn), ""]


def test_a_split_week_whose_plan_waits_names_no_mainstream_school(database: Engine) -> None:  # noqa: ARG001
    case = made_with(status=PlanStatus.PROPOSED)
    assert case.gaps()["A split week has no approved plan, so the mainstream school is not known"] == ["B-2"]
    assert [row["Person ID"] for row in case.take()["4b-plan-detail"]] == [case.id("A-1")]


def test_a_upn_that_stands_twice_is_told_in_the_files_alone(case: Case) -> None:
    words = "The same UPN is stated in more than one case"
    with transaction(SYSTEM) as session:
        session.get_one(Identity, case.made.needs["B-2"].id).upn = UPN
    assert words not in case.gaps()
    told = [row["Reference"] for row in case.take()["missing"] if row["What is missing"] == words]
    assert told == ["A-1", "B-2"]


def test_the_overview_counts_the_rows_and_what_is_left_out(case: Case) -> None:
    found = case.overview()
    assert (found.cases, found.day) == (5, DAY)
    assert [(module.name, count) for module, count in found.rows] == [
        ("1-person", 5), ("2-requests", 5), ("3-assessments", 2), ("4a-named-plan", 4), ("4b-plan-detail", 2),
        ("5a-active-plans", 4), ("5b-placement-detail", 3), ("5c-sen-need", 5),
    ]  # fmt: skip
    assert found.left_out == {"still a draft": 1, "withdrawn": 1, "without an EHCP": 1}


def test_taking_it_is_recorded_once_and_for_each_pupil_who_is_named(case: Case) -> None:
    case.overview()
    with transaction(SYSTEM) as session:
        assert session.scalars(select(AuditEvent)).all() == []
    case.take(Role.APPROVER)
    with transaction(SYSTEM) as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        said = [(event.event, event.subject_type, event.subject_id, event.data) for event in events]
        assert {event.user_id for event in events} == {case.actors[Role.APPROVER].user_id}
    opened = {"sen2_return": YEAR}
    assert said == [
        *(("identity opened", "needs", case.made.needs[at].id, opened) for at in ("A-1", "B-2", "C-3")),
        ("SEN2 return taken", "authorities", case.made.la.id, {"year": YEAR, "cases": 5, "named": 3}),
    ]
    actor = case.actors[Role.COMMISSIONER]
    with transaction(actor) as session:
        entries = case_timeline(session, actor, session.get_one(Need, case.made.needs["A-1"].id))
    assert [entry.words for entry in entries] == ["Identity opened: with all of the SEN2 return 2027"]


@pytest.mark.parametrize("who", [Role.PROCUREMENT, Role.ADMINISTRATOR, "region", "editor"])
def test_nobody_else_takes_it_or_sees_what_is_missing(case: Case, who: str) -> None:
    with pytest.raises(NotPermitted):
        case.take(who)
    with pytest.raises(NotPermitted):
        case.overview(who)


def test_an_authority_takes_its_own_cases_only(case: Case) -> None:
    assert [row["Name as kept"] for row in case.take("neighbour")["1-person"]] == ["CanaryTheirs"]
    assert all("CanaryTheirs" not in row["Name as kept"] for row in case.take()["1-person"])


def test_where_there_is_nothing_to_return_nothing_is_handed_out_or_recorded(case: Case) -> None:
    with transaction(SYSTEM) as session:
        for need in session.scalars(select(Need).where(Need.authority_id == case.made.la.id)):
            need.status = NeedStatus.WITHDRAWN
    with pytest.raises(Conflict, match="nothing to return"):
        case.take()
    with transaction(SYSTEM) as session:
        assert session.scalars(select(AuditEvent)).all() == []


def test_a_start_that_is_still_to_come_is_no_gap(case: Case) -> None:
    words = "The agreed first day is over, but no start is entered"
    assert words in {gap.words for gap in case.overview(on=date(2027, 1, 5)).gaps}
    assert words not in {gap.words for gap in case.overview(on=date(2027, 1, 4)).gaps}
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Placement).where(Placement.status == PlacementStatus.AGREED)).one()
        row.status = PlacementStatus.STARTED
    assert words not in case.gaps()

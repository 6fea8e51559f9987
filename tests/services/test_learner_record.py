"""The learner record: a pupil's way in words, in the order of its days, the same on the page and for the family."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from marketplace.errors import NotPermitted
from marketplace.models import AfterEnd, Held, OrderResult, OrderStatus, PlanStatus, ReintegrationResult, WhyPlanned
from marketplace.services import placement_corrections, placement_ends, placements
from marketplace.services.learner_entries import Entry, Part
from marketplace.services.learner_record import LearnerRecord, learner_record, record_for_family
from tests import commissioning, ordering
from tests.commissioning import STARTS_ON
from tests.running import Running, running

REVIEWED = STARTS_ON + timedelta(weeks=6)
SECOND = STARTS_ON + timedelta(weeks=40)  # in the next school year
ENDED = STARTS_ON + timedelta(weeks=60)


@pytest.fixture
def case(session: Session) -> Running:
    """A split week from need to end, with a review, a second version, and outreach that came to a result."""
    case = running(session, kind="porous")
    case.need.adjustments = ["A visual timetable.", "", "", ""]
    first = commissioning.plan(session, case.placement, status=PlanStatus.APPROVED)
    placements.start_placement(session, case.commissioner, **case.of(STARTS_ON), day=STARTS_ON)
    commissioning.review(
        session, first, on=REVIEWED, pupil="I have a friend now.", family="Calmer mornings.", belonging=[4, 2, 3, 0]
    )
    commissioning.plan(
        session, case.placement, number=2, status=PlanStatus.APPROVED, starts_on=SECOND, week=commissioning.week(2),
        why=WhyPlanned.PROGRESS, reason="More lessons with friends.",
    )  # fmt: skip
    commissioning.plan(session, case.placement, number=3, status=PlanStatus.RETURNED, starts_on=SECOND)
    ordering.order(
        session, case.provisions["outreach"], case.la, placement=case.placement, status=OrderStatus.ENDED, price=None,
        outcome="Speaks in class each day.", result=OrderResult.MET, last_value=9, ended_on=REVIEWED,
        result_words="She reads aloud.", starts_on=STARTS_ON, ends_on=REVIEWED, baseline=2, target=8,
    )  # fmt: skip
    commissioning.way_back(session, case.placement)
    commissioning.destination_plan(session, case.need)
    commissioning.adult_transfer(session, case.need)
    commissioning.destination_outcome(session, case.need, six_months=Held.YES)
    return case


def entries(record: LearnerRecord) -> list[Entry]:
    return [entry for _, found in record.years for entry in found]


def words_of(entry: Entry) -> str:
    return " ".join([entry.title, *(part for pair in (*entry.facts, *entry.quotes) for part in pair)])


def test_everything_stands_by_school_year_in_the_order_of_its_days(session: Session, case: Running) -> None:
    record = learner_record(session, case.need, on=SECOND)
    assert [year for year, _ in record.years] == ["2026/27", "2027/28", "2030/31"]
    found = entries(record)
    assert [entry.on for entry in found] == sorted(entry.on for entry in found)
    assert {entry.part for entry in found} == set(Part)
    assert [entry.title for entry in found if entry.part is Part.WEEK] == [
        "A split week: 4 sessions at the special setting, 6 in mainstream",
        "A split week: 2 sessions at the special setting, 8 in mainstream",
    ]  # and none that was not approved


def test_a_review_has_the_pupils_own_answers_in_the_words_that_were_asked(session: Session, case: Running) -> None:
    (review,) = (entry for entry in entries(learner_record(session, case.need, on=SECOND)) if entry.part is Part.REVIEW)
    assert ("I belong at my mainstream school", "Yes") in review.facts
    assert review.quotes[:2] == [("The pupil", "I have a friend now."), ("The family", "Calmer mornings.")]


def test_an_outcome_says_from_where_to_where(session: Session, case: Running) -> None:
    told = [words_of(entry) for entry in entries(learner_record(session, case.need, on=SECOND))]
    assert any("Met: the target was reached" in words and "9, from 2 at the start" in words for words in told)


def test_the_way_back_and_plans_for_adult_life_are_told_with_what_came_of_them(session: Session, case: Running) -> None:
    back = {"is_reached": True, "on": SECOND, "words": "Back.", "officer": "A Person"}
    session.add(ReintegrationResult(placement_id=case.placement.id, **back))
    told = {entry.title: words_of(entry) for entry in entries(learner_record(session, case.need, on=SECOND))}
    assert "Larch High School, from 7 June 2027" in told[f"The way back from {case.setting.name}"]
    assert "Back in school" in told
    plan = told["Plans for adult life"]
    assert "The pupil, of education and training I want to cook." in plan
    assert "Employment Not discussed yet" in plan
    assert "Visit the college (The tutor, by 1 March 2027)" in plan
    assert "The move to adult social care is planned for this day" in told
    assert "Further education college" in told["What came of it"]
    assert "Further education college: still so" in told["Six months on"]


def test_a_level_that_has_changed_says_what_it_was(session: Session, case: Running) -> None:
    case.need.level_ci, case.need.profiled_on = 1, SECOND
    session.flush()
    *_, last = (entry for entry in entries(learner_record(session, case.need, on=SECOND)) if entry.part is Part.PROFILE)
    area = dict(last.facts)["Communication and interaction"]
    assert area.startswith("Mild: ")
    assert "Before: intensive." in area
    assert "What helps: A visual timetable." in area


def test_how_things_stand_is_that_of_the_day(session: Session, case: Running) -> None:
    def now(on: date) -> dict[str, str]:
        return dict(learner_record(session, case.need, on=on).now)

    assert now(STARTS_ON - timedelta(days=1))["Placement"].endswith("from 4 January 2027")
    assert now(REVIEWED)["Sessions a week"].startswith("4 at ")
    assert now(SECOND)["Sessions a week"].startswith("2 at ")
    placement_ends.end_placement(
        session,
        case.commissioner,
        **case.of(ENDED),
        last_day=ENDED,
        then=AfterEnd.NOT_NEEDED,
        reason="Back in mainstream.",
    )
    assert now(ENDED)["Placement"] == "None at present"
    told = [words_of(entry) for entry in entries(learner_record(session, case.need, on=ENDED))]
    assert any("What came next No placement is needed any more" in words for words in told)


def test_what_was_entered_by_mistake_is_not_told(session: Session, case: Running) -> None:
    def told() -> list[str]:
        return [entry.title for entry in entries(learner_record(session, case.need, on=ENDED))]

    before = told()
    placements.suspend_placement(
        session, case.commissioner, **case.of(REVIEWED), day=REVIEWED, is_paid=True, reason="x"
    )
    assert len(told()) == len(before) + 1
    event = placement_corrections.last_event(session, case.placement, case.commissioner)
    assert event is not None
    placement_corrections.undo_event(
        session, case.commissioner, **case.of(REVIEWED), event_id=event.id, reason="Entered by mistake."
    )
    assert told() == before


def test_the_family_reads_what_the_page_says_and_no_money(session: Session, case: Running) -> None:
    record = learner_record(session, case.need, on=SECOND)
    content = record_for_family(session, case.commissioner, case.need, on=SECOND)
    document = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())
    said: list[Any] = [pair for entry in entries(record) for pair in (*entry.facts, *entry.quotes)]
    for label, value in [*record.now, *said]:
        assert " ".join(value.split()) in document, label
    assert "£" not in document
    assert content == record_for_family(session, case.commissioner, case.need, on=SECOND)
    with pytest.raises(NotPermitted):
        record_for_family(session, case.editor, case.need, on=SECOND)

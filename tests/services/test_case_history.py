"""J11: what happened to a case, newest first, by whom; each side its own view; and the family in plain words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import select

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import (
    AfterEnd,
    AuditEvent,
    Band,
    Consultation,
    Need,
    Placement,
    PlacementEvent,
    RefusalCode,
)
from marketplace.permissions import SYSTEM
from marketplace.services import case_dates, placement_corrections, placement_ends, placements, replies
from marketplace.services.case_history import PLACEMENT, WORDS, Entry, case_timeline, consultation_timeline
from marketplace.services.family_letters import PLACED, TOLD, family_letter
from marketplace.services.letters import set_letter
from tests.consulting import Consulting
from tests.services.test_commissioning import AT, Case, approve, case, consult, offer, propose

__all__ = ["case"]  # a fixture
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def then() -> Iterator[None]:
    """The trail keeps the instant at which something is entered."""
    with time_machine.travel(AT):
        yield


JANUARY, MARCH, JULY = date(2027, 1, 11), date(2027, 3, 1), date(2027, 7, 23)


def run(case: Case) -> None:
    """One setting offers and one refuses; the first has the pupil, is suspended by mistake, and ends in July."""
    first, second = consult(case)
    offer(case, first)
    with transaction(case.editor) as session:
        version = session.get_one(Consultation, second).version
        replies.refuse(
            session, case.editor, consultation_id=second, version=version,
            reasons={RefusalCode.EDUCATION_OF_OTHERS: "SECRET a pupil in that class"}, at=AT,
        )  # fmt: skip
    approve(case, propose(case, first))
    step(case, placements.start_placement, JANUARY, day=JANUARY)
    step(case, placements.suspend_placement, MARCH, day=MARCH, is_paid=True, reason="SECRET in hospital")
    with transaction(case.commissioner) as session:
        last = session.scalars(select(PlacementEvent).order_by(PlacementEvent.id.desc())).first()
        assert last is not None
        event_id = last.id
    step(case, placement_corrections.undo_event, MARCH, event_id=event_id, reason="Another pupil.")
    end = {"last_day": JULY, "reason": "SECRET moves", "then": AfterEnd.NEEDED_AGAIN}
    step(case, placement_ends.end_placement, JULY, **end)


def step(case: Case, act: Any, on: date, **fields: Any) -> None:
    with transaction(case.commissioner) as session:
        row = session.scalars(select(Placement)).one()
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        act(session, case.commissioner, placement_id=row.id, version=row.version, on=on, at=at, **fields)


def timeline(case: Case, who: str = "commissioner") -> list[Entry]:
    actor = getattr(case, who)
    with transaction(actor) as session:
        return case_timeline(session, actor, session.get_one(Need, case.need_id))


def names() -> list[str]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(Consultation).order_by(Consultation.id))
        return [row.setting.name for row in rows]


def test_a_case_is_told_from_the_end_to_the_beginning_with_who(case: Case) -> None:
    run(case)
    elm, oak = names()
    found = timeline(case)
    trust = next(each.who for each in found if "offered a place" in each.words)
    mine, approver = case.commissioner.name, case.approver.name
    assert [(each.words, each.who) for each in reversed(found)] == [
        (f"{elm} consulted", mine),
        (f"{oak} consulted", mine),
        (f"{elm} opened the consultation", trust),
        (f"{elm} offered a place: band intensive", trust),
        (f"{oak} replied that it cannot meet the need", trust),
        (f"Award to {elm} proposed", mine),
        (f"Consultation of {oak} closed: the pupil is placed elsewhere", approver),
        (f"Awarded to {elm}", approver),
        (f"Placement at {elm}: started, 11 January 2027", mine),
        (f"Placement at {elm}: suspended, 1 March 2027", mine),
        (f"Placement at {elm}: “suspended” undone, which was entered by mistake, 1 March 2027", mine),
        (f"Placement at {elm}: ended, 23 July 2027", mine),
        ("Need published again: another placement is needed", mine),
    ]
    assert trust.startswith("Fictional Trust")  # of the other side the organisation is named, not the person
    assert next(each for each in found if "ended" in each.words).quoted == "SECRET moves"


def test_every_event_of_a_case_has_words_or_is_left_out_on_purpose(case: Case) -> None:
    """An event that somebody adds must be told, or be named here."""
    run(case)
    silent = {"settings consulted", "need placed", "placement awarded", "award ended", "consultation awarded"}
    with transaction(SYSTEM) as session:
        of_case = {"needs", "consultations", "awards", "placements"}
        events = set(session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type.in_(of_case))))
    assert events <= WORDS.keys() | PLACEMENT.keys() | silent
    assert {f"placement {kind.replace('_', ' ')}" for kind in vocabulary.EVENT_KINDS} - PLACEMENT.keys() == {
        "placement awarded", "placement carried",
    }  # fmt: skip


def test_a_setting_reads_what_happened_to_its_own_consultation_and_its_outcome() -> None:
    case = Consulting()
    elm, ash = case.consult("Elm", "Ash")
    case.open(elm)
    case.offer(elm)
    case.refuse(ash, "wren", staffing="SECRET two teachers leave")
    for who, consultation_id, expected in (
        ("heron", elm, ["Elm School offered a place: band intensive", "Elm School opened the consultation"]),
        ("wren", ash, ["Ash School replied that it cannot meet the need"]),
    ):
        with transaction(case.people[who]) as session:
            row = session.get_one(Consultation, consultation_id)
            found = consultation_timeline(session, case.people[who], row)
        assert [each.words for each in found][: len(expected)] == expected
        own, other = ("Elm", "Ash") if who == "heron" else ("Ash", "Elm")
        assert found[-1].words == f"{own} School consulted"
        assert found[-1].who == "Norbury"  # not who sat there
        assert other not in "".join(each.words for each in found)


def test_the_setting_that_is_chosen_and_the_one_that_is_not_read_it(case: Case) -> None:
    run(case)
    with transaction(case.editor) as session:
        rows = session.scalars(select(Consultation).order_by(Consultation.id)).all()
        outcomes = [[each.words for each in consultation_timeline(session, case.editor, row)] for row in rows]
    elm, oak = names()
    assert outcomes[0][0] == f"Placement at {elm}: ended, 23 July 2027"
    assert f"Awarded: the pupil is placed at {elm}" in outcomes[0]
    assert outcomes[1][0] == f"Consultation of {oak} closed: the pupil is placed elsewhere"
    assert not any("Placement" in words or "Award" in words for words in outcomes[1])


def test_a_region_reads_organisations_and_no_names() -> None:
    case = Consulting()
    (elm,) = case.consult("Elm")
    case.open(elm)
    with transaction(case.people["region"]) as session:
        found = case_timeline(session, case.people["region"], session.get_one(Need, case.need))
    assert {each.who for each in found} == {"Norbury", "Heron Trust"}


def letter(case: Case) -> str:
    with transaction(case.commissioner) as session:
        need = session.get_one(Need, case.need_id)
        content = set_letter(family_letter(session, case.commissioner, need, on=date(2027, 8, 1)))
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_the_family_reads_what_happened_in_plain_words_and_its_rights(case: Case) -> None:
    with transaction(case.commissioner) as session:
        dates: dict[str, Any] = dict.fromkeys(case_dates.DATES)
        dates["requested_on"] = date(2026, 9, 1)
        case_dates.state_dates(
            session, case.commissioner, need_id=case.need_id, version=None, on=date(2026, 12, 1), **dates
        )
    run(case)
    elm, oak = names()
    said = letter(case)
    order = [
        f"We asked {elm} whether it can meet your child’s needs", "30 November 2026",
        f"{elm} answered that it can offer a place",
        f"{oak} answered that it cannot meet your child’s needs",
        f"We decided on {elm}",
        f"Your child started at {elm}", "11 January 2027",
        f"The placement at {elm} ended", "23 July 2027",
    ]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert "Final plan due 19 January 2027" in said
    for right in ("section 38", "section 51", "mediation", "information, advice and support", "article", "Ombudsman"):
        assert right in said, right


def test_the_family_reads_no_code_price_or_name_and_nothing_that_others_wrote(case: Case) -> None:
    run(case)
    said = letter(case)
    assert "SECRET" not in said
    assert "£" not in said
    assert case.approver.name not in said
    assert not any(word in said.lower() for word in (*(f"band {band}" for band in Band), "intensive", "nmss", "asd"))
    assert "suspended" not in said.lower()  # which was entered by mistake, and undone
    assert "paused" not in said
    with transaction(SYSTEM) as session:
        assert session.get_one(Need, case.need_id).reference in said


def test_all_that_a_family_is_told_is_known_to_the_trail() -> None:
    assert TOLD.keys() <= WORDS.keys()
    assert {kind.value for kind in PLACED} <= vocabulary.EVENT_KINDS.keys()


def test_only_the_authority_writes_to_the_family(case: Case) -> None:
    for actor in (case.approver, case.editor):
        with transaction(SYSTEM) as session, pytest.raises(NotPermitted):
            family_letter(session, actor, session.get_one(Need, case.need_id), on=JULY)

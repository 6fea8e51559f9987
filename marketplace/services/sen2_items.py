"""What the DfE's SEN2 person-level census asks, module by module, and what of it the marketplace holds.

Modules and items are those of the DfE's data entry template, in its order and its words, as of the 2025 and 2026
collections, as public code reads it (docs/exports.md). An item without a value is not held: it stays empty, for the
LA's case system to fill. Where the template asks for a code that the marketplace does not keep, it says what it holds
in words. Columns of the marketplace's own come last, so that they can be taken away. It must never guess.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace import vocabulary
from marketplace.services.sen2_rows import (
    Return,
    StayOf,
    dated,
    decision,
    known,
    pattern,
    residential,
    transfer,
    types_of_need,
    with_plan,
)


class Held(StrEnum):
    """Whether the marketplace holds an item, and as what."""

    YES = "held"
    IN_WORDS = "held in words: choose the code"
    NO = "not held: from your case system"
    OWN = "the marketplace's own column: take it away"


@dataclass(frozen=True, slots=True)
class Item:
    """A column: its heading in the template, and its value of a row of the module."""

    title: str
    held: Held = Held.NO
    value: Callable[[Any], object] = lambda _: None


@dataclass(frozen=True, slots=True)
class Module:
    """A table of the template: the name of its file, its title there, and its rows."""

    name: str
    title: str
    rows: Callable[[Return], Iterable[Any]]
    items: tuple[Item, ...]


def _held(title: str, value: Callable[[Any], object], held: Held = Held.YES) -> Item:
    return Item(title, held, value)


_PERSON = _held("Person ID", lambda case: case.need.id)
_LA = _held("LA", lambda case: case.code)
_REQUEST = _held("Requests record ID", lambda case: case.need.id)
_OF_CASE = (
    _held("Person ID", lambda row: row.case.need.id),
    _held("LA", lambda row: row.case.code),
    _held("Requests record ID", lambda row: row.case.need.id),
)
_SCHOOL = (
    _held("URN - Unique Reference Number", lambda row: row.stay.urn),
    Item("UKPRN - UK Provider Reference Number"),
    Item("SEN Setting - Establishment type"),
    Item("SEN Setting - Other"),
    _held("Placement Rank", lambda row: row.stay.rank),
)
_UNITS = (
    Item("SEN Unit Indicator"),
    _held("Resourced Provision Indicator", lambda row: row.stay.is_resourced),
)
_NAME_OF_SCHOOL = _held("School as kept", lambda row: row.stay.school, Held.OWN)

MODULES = (
    Module(
        "0-header",
        "Header Record",
        lambda found: [found],
        (
            _held("Collection Name", lambda _: "SEN2"),
            _held("Year", lambda found: found.day.year),
            _held("Reference Date", lambda found: found.day),
            Item("Source Level"),
            _held("LA Number", lambda found: found.authority.code),
            Item("Software Code"),
            Item("Release"),
            Item("Serial Number"),
            _held("Date & Time", lambda found: f"{found.at.astimezone(vocabulary.LONDON):%Y-%m-%dT%H:%M:%S}"),
            Item("Designated Medical Officer"),
            Item("Designated Clinical Officer"),
            Item("Designated Social Care Officer"),
        ),
    ),
    Module(
        "1-person",
        "Person Record",
        lambda found: found.cases,
        (
            _PERSON,
            _LA,
            Item("Surname"),
            Item("Forename"),
            _held("Date of Birth", known("birth_date")),
            _held("Sex", lambda case: case.need.sex),
            Item("Ethnicity"),
            Item("Post Code"),
            _held("UPN - Unique Pupil Number", known("upn")),
            Item("ULN - Young Persons Unique Learner Number"),
            Item("UPN and ULN unavailable - Reason"),
            _held("Reference as kept", lambda case: case.need.reference, Held.OWN),
            _held("Name as kept", known("name"), Held.OWN),
        ),
    ),
    Module(
        "2-requests",
        "Requests Records",
        lambda found: found.cases,
        (
            _REQUEST,
            _LA,
            _PERSON,
            _held("Date request was received", dated("requested_on")),
            Item("Source of request for an EHC needs assessment"),
            Item("Initial Request Whilst In RYA"),
            Item("Request Outcome Date"),
            Item("Request Outcome"),
            Item("Request Mediation"),
            Item("Request Tribunal"),
            Item("Exported - Child or young person moves out of LA before assessment is completed"),
        ),
    ),
    Module(
        "3-assessments",
        "Assessments Records",
        lambda found: (case for case in found.cases if case.dates and case.dates.requested_on),
        (
            _PERSON,
            _LA,
            _REQUEST,
            Item("Assessment Outcome - Decision to issue EHC plan"),
            Item("Assessment Outcome Date"),
            Item("Assessment Mediation"),
            Item("Assessment Tribunal"),
            Item("Other Mediation"),
            Item("Other Tribunal"),
            Item("Twenty week time limit exceptions apply"),
        ),
    ),
    Module(
        "4a-named-plan",
        "Named Plan Records",
        with_plan,
        (
            _PERSON,
            _REQUEST,
            _LA,
            Item("EHC Plan Start Date"),
            _held("Residential Settings", residential, Held.IN_WORDS),
            Item("Work Based Learning Activity"),
            Item("Personal Budget taken up"),
            Item("Personal Budget - Organised Arrangements"),
            Item("Personal Budget - Direct Payments"),
            Item("Date EHC plan ceased"),
            Item("Reason EHC plan ceased"),
            _held("Plan issued or last amended, as kept", dated("plan_issued_on"), Held.OWN),
        ),
    ),
    Module(
        "4b-plan-detail",
        "Plan Detail Records",
        # Section I names one school: the one that keeps the roll.
        lambda found: (StayOf(case, stay) for case in with_plan(found) for stay in case.stays if stay.rank == 1),
        (*_OF_CASE, *_SCHOOL, *_UNITS, _NAME_OF_SCHOOL),
    ),
    Module(
        "5a-active-plans",
        "Active Plan Records",
        with_plan,
        (
            _PERSON,
            _LA,
            _REQUEST,
            Item("EHC Plan transferred in from another LA during calendar year"),
            _held("EHC Plan Review Decisions Date", dated("review_decided_on")),
            _held("Annual Review Decision", decision, Held.IN_WORDS),
            Item("Annual review - date draft amended EHC plan issued"),
            _held(
                "Phase transfer review - due date for any amended plan",
                transfer("due_on"),
            ),
            _held("Phase transfer review - final plan date", transfer("met_on")),
            _held("Annual Review Meeting Date", dated("review_held_on")),
        ),
    ),
    Module(
        "5b-placement-detail",
        "Placement Detail Records",
        lambda found: (StayOf(case, stay) for case in with_plan(found) for stay in case.stays),
        (
            *_OF_CASE,
            *_SCHOOL,
            _held("Placement Start Date", lambda row: row.stay.begins),
            _held("Placement Leaving Date", lambda row: row.stay.ends),
            *_UNITS,
            _held("Residential Settings", lambda row: pattern(row.stay), Held.IN_WORDS),
            Item("Work Based Learning Activity"),
            _NAME_OF_SCHOOL,
        ),
    ),
    Module(
        "5c-sen-need",
        "SEN Need Records",
        types_of_need,
        (
            *_OF_CASE,
            _held("SEN Type of Need", lambda row: row.code),
            _held("SEN Type of Need rank", lambda row: row.rank),
        ),
    ),
)

"""What is missing in an LA's SEN2 return that the marketplace could hold, case by case, and where it is put right."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.models import Kind, Need, PlacementStatus
from marketplace.services.sen2_cases import Case

A_YEAR = timedelta(days=365)


class Where(StrEnum):
    """The page on which it is put right."""

    IDENTITY = "identity"
    DATES = "dates"
    NEED = "need"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is missing, and of which needs, by reference."""

    words: str
    where: Where
    needs: Sequence[Need]


def _lacks_review(case: Case, day: date, _: date) -> bool:
    issued = case.dates.plan_issued_on if case.dates else None
    held = case.dates.review_held_on if case.dates else None
    return case.has_plan and held is None and (issued is None or issued <= day - A_YEAR)


def _is_nowhere(case: Case) -> bool:
    return case.has_plan and not case.stays


def _has_not_begun(case: Case, on: date) -> bool:
    placements = (stay.placement for stay in case.stays)
    return any(row.status is PlacementStatus.AGREED and row.starts_on < on for row in placements)


def _lacks_week(case: Case) -> bool:
    return len(case.stays) == 1 and case.stays[0].placement.provision.kind is Kind.POROUS


def _with_one_upn(cases: Sequence[Case]) -> list[Need]:
    opened = [(case.need, case.identity.upn) for case in cases if case.identity]
    counts = Counter(upn for _, upn in opened if upn)
    return [need for need, upn in opened if upn and counts[upn] > 1]


Test = Callable[[Case, date, date], bool]  # of a case, the census day and today

# In the order of the modules.
TESTS: tuple[tuple[str, Where, Test], ...] = (
    ("Who the pupil is, is not stated", Where.IDENTITY, lambda case, *_: not case.is_stated),
    ("No unique pupil number (UPN) is stated", Where.IDENTITY, lambda case, *_: case.is_stated and not case.has_upn),
    ("The pupil’s sex is not stated", Where.NEED, lambda case, *_: case.need.sex is None),
    (
        "The day on which an assessment was requested is not stated",
        Where.DATES,
        lambda case, *_: not (case.dates and case.dates.requested_on),
    ),
    (
        "A placement is agreed for the census day, but no plan is stated as issued by then",
        Where.DATES,
        lambda case, *_: bool(case.stays) and not case.has_plan,
    ),
    (
        "No annual review is stated, and the plan is older than a year, or how old is not stated",
        Where.DATES,
        _lacks_review,
    ),
    ("No placement in a school is known here for the census day", Where.NEED, lambda case, *_: _is_nowhere(case)),
    ("The agreed first day is over, but no start is entered", Where.NEED, lambda case, _, on: _has_not_begun(case, on)),
    (
        "A split week has no approved plan, so the mainstream school is not known",
        Where.NEED,
        lambda case, *_: _lacks_week(case),
    ),
    (
        "A school of the placement has no URN here",
        Where.NEED,
        lambda case, *_: any(stay.urn is None for stay in case.stays),
    ),
    (
        "More than one secondary need is stated, and the census takes one: choose it",
        Where.NEED,
        lambda case, *_: case.has_plan and len(case.need.secondary_needs) > 1,
    ),
)
TWICE = "The same UPN is stated in more than one case"


def gaps(cases: Sequence[Case], *, day: date, on: date) -> list[Gap]:
    """What is missing on a day (`on`) for a census day, in the order of the census; that a UPN stands twice is told of
    cases that are opened only."""
    found = [
        Gap(words=words, where=where, needs=[case.need for case in cases if test(case, day, on)])
        for words, where, test in TESTS
    ]
    found.append(Gap(words=TWICE, where=Where.IDENTITY, needs=_with_one_upn(cases)))
    return [gap for gap in found if gap.needs]

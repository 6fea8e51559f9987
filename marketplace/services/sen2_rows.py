"""The rows of an LA's SEN2 return, and what stands in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from marketplace import vocabulary
from marketplace.models import Authority, Clock
from marketplace.services.deadlines import deadlines
from marketplace.services.sen2_cases import Case, Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What is returned: the cases of an LA for a census day, written at an instant."""

    authority: Authority
    day: date
    at: datetime
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class StayOf:
    """A school of a case."""

    case: Case
    stay: Stay


@dataclass(frozen=True, slots=True)
class NeedOf:
    """A type of need of a case, the primary with rank 1."""

    case: Case
    code: str
    rank: int


def dated(name: str) -> Callable[[Case], object]:
    """A date of the case, as stated."""
    return lambda case: getattr(case.dates, name) if case.dates else None


def known(name: str) -> Callable[[Case], object]:
    """A part of who the pupil is, where it was opened."""
    return lambda case: getattr(case.identity, name) if case.identity else None


def transfer(name: str) -> Callable[[Case], object]:
    """When the plan names the next phase, by law (`due_on`), and when it did (`met_on`)."""

    def value(case: Case) -> date | None:
        found = deadlines(case.dates) if case.dates else ()
        return next((getattr(each, name) for each in found if each.clock is Clock.TRANSFER), None)

    return value


def decision(case: Case) -> str | None:
    """What was decided after the annual review, in words."""
    return vocabulary.REVIEW_OUTCOMES[case.dates.review_outcome] if case.dates and case.dates.review_outcome else None


def residential(case: Case) -> str | None:
    """Of the placement at the school that keeps the roll."""
    return next((pattern(stay) for stay in case.stays if stay.rank == 1), None)


def pattern(stay: Stay) -> str | None:
    """Day, or how the pupil boards, in words."""
    return vocabulary.PATTERNS[stay.pattern] if stay.pattern else None


def with_plan(found: Return) -> Iterator[Case]:
    """The cases that have a plan on the census day."""
    return (case for case in found.cases if case.has_plan)


def types_of_need(found: Return) -> Iterator[NeedOf]:
    """The primary need and the secondary one, as the census asks; which of several is the secondary, nobody said."""
    for case in with_plan(found):
        others = case.need.secondary_needs
        codes = [case.need.primary_need, *(others if len(others) == 1 else ())]
        yield from (NeedOf(case, code, rank) for rank, code in enumerate(codes, start=1) if code)

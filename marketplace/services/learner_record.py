"""The learner record: one pupil over time on one page, and as a document for the family.

The page and the document say the same, so that whoever writes here knows that the family reads it. By the authority's
reference only: the authority sends it on with the name. Sources: UK GDPR, articles 12 (plain language) and 15.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.models import Need, Organisation, Placement, PlacementStatus
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services.learner_aims import of_destinations, of_ways_back
from marketplace.services.learner_entries import Entry, Part, of_outreach, of_placements, of_profiles, of_weeks
from marketplace.services.letters import set_pdf
from marketplace.services.placement_lists import placements_of
from marketplace.services.porous_reviews import next_review
from marketplace.services.porous_versions import plan_on
from marketplace.services.price_file_checks import academic_year
from marketplace.vocabulary import in_words

ORDER = tuple(Part)
SOURCES = (of_profiles, of_placements, of_weeks, of_outreach, of_ways_back, of_destinations)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerRecord:
    """How things stand on a day, as labels with values, and what led there: by school year, the first first, in each
    by day."""

    need: Need
    authority: str
    now: Sequence[tuple[str, str]]
    years: Sequence[tuple[str, Sequence[Entry]]]


def learner_record(session: Session, need: Need, *, on: date) -> LearnerRecord:
    """All that the actor of this transaction may know of a pupil's way, to a day and what is agreed beyond."""
    entries = [entry for source in SOURCES for entry in source(session, need)]
    entries.sort(key=lambda entry: (entry.on, ORDER.index(entry.part)))
    years = groupby(entries, key=lambda entry: academic_year(entry.on))
    return LearnerRecord(
        need=need,
        authority=session.get_one(Organisation, need.authority_id).name,
        now=list(_now(session, need, on=on)),
        years=[(year, list(found)) for year, found in years],
    )


def record_for_family(session: Session, actor: Actor, need: Need, *, on: date) -> bytes:
    """The record of a day as PDF, tagged for screen readers. Raises NotPermitted."""
    require(can_change_need(actor, need.authority_id), "write to the family")
    record = learner_record(session, need, on=on)
    return set_pdf("learner_record", {**_told(record), "day": in_words(on), "officer": actor.name}, on=on)


def _told(record: LearnerRecord) -> dict[str, object]:
    return {
        "sender": record.authority,
        "reference": record.need.reference,
        "now": _pairs(record.now),
        "years": [
            {
                "name": year,
                "entries": [
                    {
                        "day": in_words(entry.on),
                        "title": entry.title,
                        "facts": _pairs(entry.facts),
                        "quotes": _pairs(entry.quotes),
                    }
                    for entry in entries
                ],
            }
            for year, entries in record.years
        ],
    }


def _pairs(found: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [list(pair) for pair in found]


def _now(session: Session, need: Need, *, on: date) -> Iterator[tuple[str, str]]:
    if need.year_group is not None:
        yield "School year", vocabulary.YEAR_GROUPS[need.year_group]
    current = [row for row in placements_of(session, need) if row.status is not PlacementStatus.ENDED]
    for placement in current:
        yield "Placement", f"{placement.setting.name}, {_since(placement, on=on)}"
        if plan := plan_on(session, placement.id, on):
            week = f"{plan.special} at {placement.setting.name}, {plan.mainstream} at {plan.school}"
            yield "Sessions a week", week
            yield "Where it is meant to lead", vocabulary.GOALS[plan.goal]
        if day := next_review(session, placement):
            yield "Next review", in_words(day)
    if not current:
        yield "Placement", "None at present"
    if need.mainstream:
        yield "What would make mainstream work", need.mainstream
    for area, barrier, helps in zip(vocabulary.AREAS.values(), need.barriers, need.adjustments, strict=True):
        if helps:
            yield f"What helps: {area}", helps
        if barrier:
            yield f"What gets in the way: {area}", barrier


def _since(placement: Placement, *, on: date) -> str:
    first = in_words(placement.starts_on)
    return f"from {first}" if placement.starts_on > on else f"since {first}"

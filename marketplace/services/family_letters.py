"""What a family is told of the case of its child: what has happened, in plain words, and its rights.

By the authority's reference only: the authority sends it on with the name. No price, no band, no code, nobody's name of
staff, nothing of how the authority decided inside, nothing that a setting wrote, and no other child.

Sources: as award_letters; and UK GDPR, articles 15 and 16; Local Government Act 1974, part III.
"""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.models import (
    Clock,
    Consultation,
    ConsultationStatus,
    EventKind,
    Need,
    NeedStatus,
    Organisation,
    Placement,
    london_day,
)
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services import law
from marketplace.services.award_letters import ADVICE, rights_of, to_family
from marketplace.services.case_history import case_timeline
from marketplace.services.days_out import clocks, dates_of
from marketplace.services.letters import Letter
from marketplace.services.placement_charges import effective_events
from marketplace.vocabulary import in_words

TOLD = {
    "need posted": "We began to look for the right provision",
    "need posted again": "We began to look again: another placement is needed",
    "setting consulted": "We asked {setting} whether it can meet your child’s needs; it has 15 days to answer",
    "offer made": "{setting} answered that it can offer a place",
    "need refused": "{setting} answered that it cannot meet your child’s needs",
    "setting full": "{setting} answered that it is full, which does not by itself rule it out",
    "consultation withdrawn": "We no longer ask {setting}",
    "award made": "We decided on {setting}",
    "need withdrawn": "We stopped looking for a placement",
}
PLACED = {
    EventKind.STARTED: "Your child started at {setting}",
    EventKind.VARIED: "What {setting} provides was changed",
    EventKind.SUSPENDED: "Your child’s placement at {setting} was paused",
    EventKind.RESUMED: "Your child’s placement at {setting} went on",
    EventKind.NOTICE_GIVEN: "We were told, or said, that the placement at {setting} ends on this day",
    EventKind.ENDED: "The placement at {setting} ended",
    EventKind.TRANSFERRED: "The placement at {setting} ended with the move to the next phase of education",
}
STANDING = {
    NeedStatus.DRAFT: "We are still writing down what your child needs",
    NeedStatus.PUBLISHED: "We are looking for the right provision",
    NeedStatus.CONSULTING: "We have asked schools or services, and wait for answers",
    NeedStatus.OFFERED: "A school or service has offered a place, and we have to decide",
    NeedStatus.PLACED: "A placement is decided",
    NeedStatus.WITHDRAWN: "We are not looking for a placement",
}
DUE = {
    Clock.FINAL_PLAN: "Final plan due",
    Clock.FAMILY_REPLY: "Your views on the draft, at least until",
    Clock.TRANSFER: "Plan for the next phase due",
    Clock.REVIEW_DECISION: "Our decision after the review due",
    Clock.REVIEW_PLAN: "Amended plan after the review due",
    Clock.SIXTH_DAY: "Full-time education due",
}
OPENING = (
    "This is what {authority} has done so far about the provision that your child needs. It is taken from the record "
    "that the authority keeps as things happen."
)
NO_REQUEST = (
    "You may ask for a particular school to be named in the plan while it is drafted or reviewed: Children and "
    "Families Act 2014, section 38."
)
REVIEW = (
    "The authority reviews the plan with you at least once a year, and tells you its decision within four weeks of the "
    "review meeting."
)
RECORDS = (
    "You may ask the authority for a copy of what it holds about your child, and for mistakes to be put right: UK "
    "GDPR, articles 15 and 16."
)
COMPLAINT = (
    "If you are unhappy with how the authority has gone about this, complain to it first, and then to the Local "
    "Government and Social Care Ombudsman. A complaint does not take the place of an appeal."
)


def family_letter(session: Session, actor: Actor, need: Need, *, on: date) -> Letter:
    """What the family of a need's pupil is told on a day. Raises NotPermitted."""
    require(can_change_need(actor, need.authority_id), "write to the family")
    authority = session.get_one(Organisation, need.authority_id)
    told = sorted(_told(session, actor, need), key=lambda each: each[0])
    return Letter(
        on=on.isoformat(),
        reference=need.reference,
        sender=authority.name,
        recipient=f"To the family of the child with our reference {need.reference}",
        title="What has happened so far, and your rights",
        opening=[OPENING.format(authority=authority.name)],
        facts=_facts(session, need),
        rows=[["What happened", "When"], *([words, in_words(day)] for day, words in told)] if told else [],
        quoted="",
        closing=[*_rights(need), *rights_of(need.footing), ADVICE, RECORDS, COMPLAINT],
        officer=actor.name,
    )


def _facts(session: Session, need: Need) -> list[list[str]]:
    facts = [["Where it stands", STANDING[need.status]]]
    if need.year_group is not None:
        facts.append(["School year", vocabulary.YEAR_GROUPS[need.year_group]])
    if need.request is not None:
        facts.append(["You ask for", need.request.name])
    waiting = session.scalars(
        select(Consultation)
        .where(Consultation.need_id == need.id, Consultation.status == ConsultationStatus.SENT)
        .order_by(Consultation.due_on, Consultation.id)
    )
    facts += [["We wait for", f"{row.setting.name}, until {in_words(row.due_on)}"] for row in waiting]
    for each in clocks(session, need, dates_of(session, need)):
        if each.met_on is None:
            facts.append([DUE[each.clock], in_words(each.due_on)])
    return facts


def _told(session: Session, actor: Actor, need: Need) -> Iterator[tuple[date, str]]:
    """What happened, by day; what was entered by mistake did not."""
    for entry in reversed(case_timeline(session, actor, need)):
        if entry.event in TOLD:
            yield london_day(entry.at), TOLD[entry.event].format(setting=entry.setting)
    for placement in session.scalars(select(Placement).where(Placement.need_id == need.id).order_by(Placement.id)):
        for event in effective_events(session, placement):
            if event.kind in PLACED:
                yield event.on, PLACED[event.kind].format(setting=placement.setting.name)


def _rights(need: Need) -> list[str]:
    if not need.footing.has_plan:
        return [to_family(law.DUTIES[need.footing]), law.NO_PLAN]
    if need.request is None:
        return [NO_REQUEST, REVIEW]
    test = law.test_of(need.request.type)
    return [f"About {need.request.name}. {test.right}", test.test, REVIEW]

"""What happened in one case: to its need, its consultations, its awards and its placements, out of the audit trail.

Whoever may know of the objects reads what happened to them, also what the other side did: by a closed list of events,
each with its own words, so that nothing else of the trail is shown. People are named to their own organisation; to
others the organisation is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, joinedload

from marketplace import vocabulary
from marketplace.db import as_system
from marketplace.models import (
    AuditEvent,
    Award,
    Consultation,
    EventKind,
    Need,
    Organisation,
    OutreachOrder,
    Placement,
    User,
)
from marketplace.permissions import Actor
from marketplace.services.consultations import placement_of
from marketplace.vocabulary import in_words

Subject = Need | Consultation | Award | Placement | OutreachOrder

# event → what it says; {setting} is the setting that it is about.
WORDS = {
    "need started": "Need started as a draft",
    "need changed": "Answers changed",
    "need posted": "Need published",
    "need withdrawn": "Need withdrawn",
    "need posted again": "Need published again: another placement is needed",
    "need closed": "Need closed: no placement is needed here any more",
    "case dates stated": "Dates of the case stated",
    "destinations planned": "Destination plan kept",
    "adult transfer stated": "Transfer to adult services stated",
    "destination outcome stated": "Destination outcome stated",
    "provision fixed by order": "A provision fixed by a tribunal’s order",
    "order lifted": "A tribunal’s order lifted",
    "provision ruled out": "A provision ruled out",
    "provision allowed again": "A provision allowed again",
    "identity stated": "Identity stated",
    "identity changed": "Identity changed",
    "identity opened": "Identity opened",
    "document added": "Document added",
    "document removed": "Document removed",
    "setting consulted": "{setting} consulted",
    "setting reminded": "{setting} reminded by the system",
    "setting chased": "{setting} reminded by the authority",
    "consultation seen": "{setting} opened the consultation",
    "offer made": "{setting} offered a place",
    "need refused": "{setting} replied that it cannot meet the need",
    "setting full": "{setting} replied that it is full",
    "consultation withdrawn": "Consultation of {setting} withdrawn",
    "consultation closed": "Consultation of {setting} closed: the pupil is placed elsewhere",
    "award proposed": "Award to {setting} proposed",
    "award returned": "Award to {setting} returned",
    "award lapsed": "Proposal of {setting} lapsed: nobody decided in time",
    "award taken back": "Proposal of {setting} taken back",
    "award made": "Awarded to {setting}",
}
# What the setting that was consulted reads of how its consultation ended; the award itself is the authority's.
OUTCOME = {"consultation awarded": "Awarded: the pupil is placed at {setting}"}
PLACEMENT = {
    f"placement {kind.replace('_', ' ')}": kind
    for kind in EventKind
    if kind not in {EventKind.AWARDED, EventKind.CARRIED}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened: in words, by whom, when; `quoted` is what somebody wrote about it. `subject` is the
    object, by its table and id, and `setting` that which it is about; `event` is what the trail calls it."""

    at: datetime
    words: str
    who: str
    subject: tuple[str, int]
    event: str
    setting: str = ""
    quoted: str | None = None


def case_timeline(session: Session, actor: Actor, need: Need) -> list[Entry]:
    """What happened in the case of a need, newest first, for those who see the need."""
    of_need = {"need_id": need.id}
    consultations = session.scalars(
        select(Consultation).filter_by(**of_need).options(joinedload(Consultation.setting)).order_by(Consultation.id)
    ).all()
    awards = session.scalars(select(Award).filter_by(**of_need).options(joinedload(Award.setting)).order_by(Award.id))
    found = _placements(session, need.id)
    return timeline(session, actor, [need, *consultations, *awards, *found], WORDS)


def consultation_timeline(session: Session, actor: Actor, row: Consultation) -> list[Entry]:
    """What happened to a consultation and to the placement that came of it, newest first, for either side."""
    placement = placement_of(session, row)
    return timeline(session, actor, [row, *([placement] if placement else [])], {**WORDS, **OUTCOME})


def _placements(session: Session, need_id: int) -> list[Placement]:
    """With their events, as far as the actor of this transaction may know of them."""
    query = select(Placement).where(Placement.need_id == need_id).order_by(Placement.id)
    return list(session.scalars(query.options(joinedload(Placement.setting), joinedload(Placement.events))).unique())


def timeline(session: Session, actor: Actor, subjects: Iterable[Subject], words: Mapping[str, str]) -> list[Entry]:
    """The events of these objects, all of which the actor sees; the trail itself is read as the system."""
    objects = {(each.__tablename__, each.id): each for each in subjects}
    with as_system(session, actor):
        rows = session.execute(
            select(AuditEvent, User.name, Organisation.name)
            .outerjoin(User, User.id == AuditEvent.user_id)
            .outerjoin(Organisation, Organisation.id == AuditEvent.organisation_id)
            .where(
                tuple_(AuditEvent.subject_type, AuditEvent.subject_id).in_(list(objects)),
                AuditEvent.event.in_([*words, *PLACEMENT]),
            )
            .order_by(AuditEvent.id.desc())
        ).all()
    return [
        _entry(event, objects[event.subject_type, event.subject_id or 0], words, _who(actor, event, person, side))
        for event, person, side in rows
    ]


def _who(actor: Actor, event: AuditEvent, person: str | None, side: str | None) -> str:
    if side is None:
        return "The system"
    return person if person and event.organisation_id == actor.organisation_id else side


def _entry(event: AuditEvent, subject: Subject, words: Mapping[str, str], who: str) -> Entry:
    setting = "" if isinstance(subject, Need) else subject.setting.name
    quoted = None
    if event.event in PLACEMENT and isinstance(subject, Placement):
        said, quoted = _of_placement(event, subject)
    else:
        said = words[event.event].format(setting=setting)
        details = _details(event)
        said += f": {details}" if details else ""
    if isinstance(subject, Award) and event.event == "award returned":
        quoted = subject.decision_note
    return Entry(
        at=event.at,
        words=said,
        who=who,
        subject=(subject.__tablename__, subject.id),
        event=event.event,
        setting=setting,
        quoted=quoted,
    )


def _of_placement(event: AuditEvent, placement: Placement) -> tuple[str, str | None]:
    """An event of a placement, with its day and what was written about it."""
    row = next(each for each in placement.events if each.number == event.data["number"])
    said = vocabulary.EVENT_KINDS[row.kind].lower()
    undone = next((each for each in placement.events if each.id == row.undoes_id), None)
    if undone is not None:
        said = f"“{vocabulary.EVENT_KINDS[undone.kind].lower()}” undone, which was entered by mistake"
    return f"Placement at {placement.setting.name}: {said}, {in_words(row.on)}", row.reason


def _details(event: AuditEvent) -> str:
    """What the event's own data add, in words."""
    data = event.data
    if event.event == "need changed":
        return ", ".join(str(name).replace("_", " ") for name in data["answers"])
    if event.event == "need withdrawn":
        return vocabulary.WITHDRAWALS[data["reason"]]
    if event.event in {"need posted", "offer made"} and data.get("band"):
        return f"band {vocabulary.BANDS[data['band']].lower()}"
    if event.event == "setting reminded":
        return f"day {data['day']} of 15"
    if event.event == "identity opened" and data.get("sen2_return"):
        return f"with all of the SEN2 return {data['sen2_return']}"
    if event.event in {"provision ruled out", "provision fixed by order", "order lifted"}:
        return str(data["reason"])
    return ""

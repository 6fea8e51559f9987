"""What happened to one object, by whom and when, out of the audit trail.

A person reads the events of the own organisation only: that the database decides. What the other side did stands in
what it replied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from marketplace.models import AuditEvent, Award, Consultation, ConsultationStatus, Framework, Need, Tariff, User

REPLIES = {
    ConsultationStatus.OFFERED: "offered a place",
    ConsultationStatus.FULL: "said that it is full",
    ConsultationStatus.REFUSED: "said that it cannot meet the need",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the timeline. `who` is None for the system and for people of another organisation."""

    at: datetime
    event: str
    who: str | None
    data: dict[str, object]


def timeline(session: Session, *subjects: Need | Tariff | Framework | Award) -> list[Happening]:
    """What happened to some objects, newest first, as far as the actor of this transaction may see."""
    keys = [(each.__tablename__, each.id) for each in subjects]
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(tuple_(AuditEvent.subject_type, AuditEvent.subject_id).in_(keys))
        .order_by(AuditEvent.id.desc())
    )
    return [Happening(at=event.at, event=event.event, who=name, data=event.data) for event, name in rows]


def with_replies(happenings: Iterable[Happening], consultations: Iterable[Consultation]) -> list[Happening]:
    """A timeline with whom the LA consulted and what each replied last, newest first."""
    found = list(happenings)
    for row in consultations:
        found.append(Happening(at=row.sent_at, event=f"{row.setting.name} consulted", who=None, data={}))
        if row.replied_at and (said := REPLIES.get(row.status)):
            found.append(
                Happening(at=row.replied_at, event=f"{row.setting.name} {said}", who=row.setting.name, data={})
            )
    return sorted(found, key=lambda each: each.at, reverse=True)

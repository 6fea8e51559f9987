"""Reminders: of the settings that have not replied, by a person of the LA or by the days of the 15.

It must never remind a setting that has replied, nor one twice on the same day.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, NotFound
from marketplace.models import Consultation, ConsultationStatus
from marketplace.permissions import Actor, can_consult, require
from marketplace.services.consultation_steps import tell_authority, tell_provider
from marketplace.services.deadlines import REMINDER_DAYS, day_number

CHASE_AFTER = timedelta(hours=20)  # of the last reminder by a person: nobody is chased twice a day


def chase(session: Session, actor: Actor, *, consultation_ids: Collection[int], at: datetime) -> list[Consultation]:
    """Remind those of these settings that have not replied; returns whom. One that was chased today is passed over.
    Raises Invalid when none is selected, NotFound for one that is not the actor's."""
    if not consultation_ids:
        raise Invalid({"consultation_ids": ["Select a consultation to chase."]})
    rows = session.scalars(
        select(Consultation)
        .where(Consultation.id.in_(consultation_ids))
        .order_by(Consultation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) != len(set(consultation_ids)):
        raise NotFound("There is no such consultation.")
    chased = []
    for row in rows:
        require(can_consult(actor, row.authority_id), "chase a setting")
        is_due = row.chased_at is None or at - row.chased_at >= CHASE_AFTER
        if row.status is ConsultationStatus.SENT and is_due:
            row.chased_at = at
            tell_provider(session, actor, row, "consultation_chased", f"chased {at.isoformat()}")
            audit.record(session, actor, "setting chased", row, need_id=row.need_id)
            chased.append(row)
    return chased


def remind(session: Session, actor: Actor, *, on: date) -> int:
    """Remind the settings that have not replied by day 7, 12 and 15, each once, and on the last day tell the LA;
    returns how many were. Safe with several workers at once: what one has in hand the others pass over."""
    rows = session.scalars(
        select(Consultation)
        .where(Consultation.status == ConsultationStatus.SENT, Consultation.reminded < REMINDER_DAYS[-1])
        .order_by(Consultation.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    count = 0
    for row in rows:
        day = max((day for day in REMINDER_DAYS if day <= day_number(row.sent_at, on=on)), default=0)
        if day <= row.reminded:
            continue
        row.reminded = day
        tell_provider(session, actor, row, "consultation_reminder", f"day {day}")
        if day == REMINDER_DAYS[-1]:
            tell_authority(session, actor, row, "consultation_silent", "last day")
        audit.record(session, actor, "setting reminded", row, day=day)
        count += 1
    return count

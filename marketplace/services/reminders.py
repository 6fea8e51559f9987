"""Reminders: of the settings that have not replied, by a person of the LA or by the days of the 15.

It must never remind a setting that has replied, nor one twice on the same day.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, NotFound
from marketplace.models import Consultation, ConsultationStatus
from marketplace.permissions import Actor, can_consult, require
from marketplace.services.consultation_steps import tell_authority, tell_provider
from marketplace.services.deadlines import REMINDER_DAYS, begin_of, day_number

CHASE_AFTER = timedelta(hours=20)  # of the last reminder by a person: nobody is chased twice a day


def chase(session: Session, actor: Actor, *, consultation_ids: Collection[int], at: datetime) -> list[Consultation]:
    """Remind those of these settings that have not replied; returns whom. One that was chased today is passed over.
    Raises Invalid when none is selected, NotFound for one that is not the actor's."""
    if not consultation_ids:
        raise Invalid({"consultation_ids": ["Select at least one consultation, then send the reminder."]})
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


def consultations_to_remind(session: Session, *, on: date) -> Sequence[int]:
    """The consultations without a reply of which a reminder is due."""
    return session.scalars(select(Consultation.id).where(_is_due(on)).order_by(Consultation.id)).all()


def remind(session: Session, actor: Actor, *, on: date, only: int | None = None) -> int:
    """Remind the settings that have not replied by day 7, 12 and 15, each once, and on the last day tell the LA; all
    that are due, or `only` this one. Returns how many were. Safe with several workers at once: what one has in hand
    the others pass over."""
    query = select(Consultation).where(_is_due(on)).order_by(Consultation.id)
    if only is not None:
        query = query.where(Consultation.id == only)
    rows = session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for row in rows:
        day = max(day for day in REMINDER_DAYS if day <= day_number(row.sent_at, on=on))
        row.reminded = day
        tell_provider(session, actor, row, "consultation_reminder", f"day {day}")
        if day == REMINDER_DAYS[-1]:
            tell_authority(session, actor, row, "consultation_silent", "last day")
        audit.record(session, actor, "setting reminded", row, day=day)
    return len(rows)


def _is_due(on: date) -> ColumnElement[bool]:
    """Whether one of the days has come since the last reminder, by the days of London: none else is locked."""
    come = [
        and_(Consultation.reminded < day, Consultation.sent_at < begin_of(on - timedelta(days=day - 1)))
        for day in REMINDER_DAYS
    ]
    return and_(Consultation.status == ConsultationStatus.SENT, or_(*come))

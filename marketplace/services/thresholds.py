"""Thresholds: from which marginal public cost on an LA's award needs a second person.

Where an LA has stated none every award does. It must never apply one before its day.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid
from marketplace.models import ApprovalThreshold
from marketplace.permissions import Actor, can_decide_award, require


def threshold_of(session: Session, authority_id: int, *, on: date) -> int:
    """Pence a year up to which an award of the LA needs no second person on a day."""
    amount = session.scalar(
        select(ApprovalThreshold.amount)
        .where(ApprovalThreshold.authority_id == authority_id, ApprovalThreshold.starts_on <= on)
        .order_by(ApprovalThreshold.starts_on.desc())
        .limit(1)
    )
    return amount or 0


def thresholds_of(session: Session, authority_id: int) -> Sequence[ApprovalThreshold]:
    """All that an LA has stated, the newest first."""
    return session.scalars(
        select(ApprovalThreshold)
        .where(ApprovalThreshold.authority_id == authority_id)
        .options(joinedload(ApprovalThreshold.set_by))
        .order_by(ApprovalThreshold.starts_on.desc())
    ).all()


def set_threshold(
    session: Session, actor: Actor, *, authority_id: int, amount: int, starts_on: date, reason: str, on: date
) -> ApprovalThreshold:
    """State the threshold from a day to come on. Raises Invalid, by field."""
    require(can_decide_award(actor, authority_id), "state the threshold")
    if starts_on <= on:
        raise Invalid({"starts_on": ["Enter a day to come: awards of today are decided as today's threshold says."]})
    row = ApprovalThreshold(
        authority_id=authority_id, starts_on=starts_on, amount=amount, reason=reason, set_by_id=actor.user_id
    )
    session.add(row)
    audit.record(session, actor, "approval threshold set", row, amount=amount, starts_on=starts_on.isoformat())
    return row

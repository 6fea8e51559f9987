"""Transfers to services for adults, each as the LA states it: the assessment, the agreement, the day planned and done.

Source: Care Act 2014 s.58 (assessment of a child's needs for care); SEND Code of Practice (2015) 8.56 to 8.65. It must
never move a day by itself: what is late stays late until somebody states another.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, Stale
from marketplace.models import AdultService, AdultTransfer
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services.adulthood import last_day
from marketplace.services.consultation_steps import lock_need
from marketplace.vocabulary import in_words

PAST = ("requested_on", "assessed_on", "agreed_on", "done_on", "closed_on")
STATED = frozenset({"team", "planned_on", *PAST})


class TransferStanding(StrEnum):
    """How a transfer stands on a day."""

    OVERDUE = "overdue"
    DUE = "due"
    DONE = "done"
    CLOSED = "closed"  # without a transfer: not eligible, or not needed


def standing_of(row: AdultTransfer, *, on: date) -> TransferStanding:
    """Done, closed, overdue once its day has passed, or still to come."""
    if row.done_on is not None:
        return TransferStanding.DONE
    if row.closed_on is not None:
        return TransferStanding.CLOSED
    return TransferStanding.OVERDUE if row.planned_on < on else TransferStanding.DUE


def is_overdue(on: date) -> ColumnElement[bool]:
    """The same of rows of a query."""
    return and_(AdultTransfer.done_on.is_(None), AdultTransfer.closed_on.is_(None), AdultTransfer.planned_on < on)


def transfers_of(session: Session, need_id: int) -> Sequence[AdultTransfer]:
    """The transfers of a pupil, by the day planned."""
    rows = select(AdultTransfer).where(AdultTransfer.need_id == need_id)
    return session.scalars(rows.order_by(AdultTransfer.planned_on, AdultTransfer.id)).all()


def transfer_to(session: Session, need_id: int, service: AdultService) -> AdultTransfer | None:
    """The transfer to one service; None where none is planned."""
    return session.scalar(
        select(AdultTransfer).where(AdultTransfer.need_id == need_id, AdultTransfer.service == service)
    )


def state_transfer(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    service: AdultService,
    version: int | None,
    on: date,
    **stated: Any,
) -> AdultTransfer:
    """State everything about the transfer to a service, known or not (None). `version` is that of the statement that
    was seen, None where there was none. Raises NotFound, NotPermitted, Stale, and Invalid, by field."""
    assert stated.keys() == STATED, stated.keys() ^ STATED
    need = lock_need(session, need_id)
    require(can_change_need(actor, need.authority_id), "plan a transfer to services for adults")
    row = transfer_to(session, need_id, service)
    if version != (row.version if row else None):
        raise Stale("Somebody else has changed this transfer since you opened the page. Look at it, then repeat.")
    _require_possible(stated, end=last_day(need), on=on)
    if row is None:
        row = AdultTransfer(need_id=need.id, authority_id=need.authority_id, service=service, **stated)
        session.add(row)
        changed = sorted(name for name, value in stated.items() if value is not None)
    else:
        changed = sorted(name for name, value in stated.items() if getattr(row, name) != value)
        for name in changed:
            setattr(row, name, stated[name])
    session.flush()
    if changed:
        audit.record(session, actor, "adult transfer stated", need, service=service, changed=changed)
    return row


def _require_possible(stated: dict[str, Any], *, end: date | None, on: date) -> None:
    errors = {
        name: ["This day is to come. Enter the day on which it happened, or leave it empty."]
        for name in PAST
        if stated[name] is not None and stated[name] > on
    }
    if end is not None and stated["planned_on"] > end:
        errors["planned_on"] = [f"Enter a day up to {in_words(end)}, the end of the school year of the 25th birthday."]
    requested, assessed, agreed, done, closed = (stated[name] for name in PAST)
    if assessed and (requested is None or assessed < requested):
        errors["assessed_on"] = ["The assessment follows its request. Enter the day of the request as well."]
    if done and (agreed is None or done < agreed):
        errors["done_on"] = ["A transfer is done once it is agreed. Enter the day of the agreement as well."]
    if done and closed:
        errors["closed_on"] = ["It is either done or closed without a transfer. Leave one of the two days empty."]
    if errors:
        raise Invalid(errors)

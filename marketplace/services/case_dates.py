"""The dates of a case, as its LA states them, and what is due next by them.

The clocks are law (deadlines.py); what happened outside the marketplace only the LA knows. It must never move a
deadline: it moves when a date is stated.
"""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, Stale
from marketplace.models import CaseDates
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services.consultation_steps import lock_need
from marketplace.services.days_out import dates_of, keep_next_due
from marketplace.services.needs import find_need

PAST = ("requested_on", "draft_sent_on", "plan_issued_on", "review_held_on", "review_decided_on")
DATES = frozenset({*PAST, "transfer", "transfer_year", "review_outcome"})
FARTHEST_TRANSFER = 15  # years ahead: a child of three moves to post-16 in thirteen


def state_dates(
    session: Session, actor: Actor, *, need_id: int, version: int | None, on: date, **dates: Any
) -> CaseDates:
    """State all dates of a case, known or not (None). `version` is that of the statement that was seen, None where
    there was none. Raises NotFound, NotPermitted, Stale, and Invalid, by field."""
    assert dates.keys() == DATES, dates.keys() ^ DATES
    need = find_need(session, need_id)
    require(can_change_need(actor, need.authority_id), "state the dates of this case")
    lock_need(session, need_id)  # of two who are the first to state them, the second sees what the first has kept
    row = dates_of(session, need)
    if version != (row.version if row else None):
        raise Stale("Somebody else has stated dates of this case since you opened it. Look at them, then repeat.")
    _require_possible(dates, on)
    if row is None:
        row = CaseDates(need_id=need.id, authority_id=need.authority_id)
        session.add(row)
    changed = sorted(name for name, value in dates.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, dates[name])
    keep_next_due(session, need, row)
    if changed:
        audit.record(session, actor, "case dates stated", need, dates=changed)
    return row


def _require_possible(dates: dict[str, Any], on: date) -> None:
    errors = {
        name: ["This day is to come. Enter the day on which it happened, or leave it empty."]
        for name in PAST
        if dates[name] is not None and dates[name] > on
    }
    requested, draft, held, decided = (
        dates[name] for name in ("requested_on", "draft_sent_on", "review_held_on", "review_decided_on")
    )
    if requested and draft and draft < requested:
        errors["draft_sent_on"] = ["The draft cannot be sent before the assessment is requested. Check both days."]
    if decided and (held is None or decided < held):
        errors["review_decided_on"] = ["The decision follows the review meeting. Enter the day of the meeting as well."]
    if (decided is None) != (dates["review_outcome"] is None):
        field = "review_decided_on" if decided is None else "review_outcome"
        errors[field] = ["Enter both the day of the decision and what was decided, or neither."]
    year = dates["transfer_year"]
    if (dates["transfer"] is None) != (year is None):
        field = "transfer_year" if year is None else "transfer"
        errors[field] = ["Enter both the move and its year, or neither."]
    elif year is not None and not on.year - 1 <= year <= on.year + FARTHEST_TRANSFER:
        errors["transfer_year"] = [f"Enter a year from {on.year - 1} to {on.year + FARTHEST_TRANSFER}."]
    if errors:
        raise Invalid(errors)

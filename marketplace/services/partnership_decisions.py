"""What a partnership decided: dated, with its reasons and what else was considered; later, what came of it.

Whoever takes part reads it. It must never be changed, but for its result.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import Partnership, PartnershipDecision
from marketplace.permissions import Actor, can_keep_partnership, require
from marketplace.services.partnerships import find_partnership


def decisions_of(session: Session, partnership: Partnership) -> Sequence[PartnershipDecision]:
    """All decisions, the newest first, as far as the actor of this transaction may read them."""
    return session.scalars(
        select(PartnershipDecision)
        .where(PartnershipDecision.partnership_id == partnership.id)
        .order_by(PartnershipDecision.on.desc(), PartnershipDecision.id.desc())
    ).all()


def find_decision(session: Session, *, partnership_id: int, decision_id: int) -> PartnershipDecision:
    """A decision of a partnership. Raises NotFound."""
    row = session.get(
        PartnershipDecision,
        decision_id,
        options=[joinedload(PartnershipDecision.partnership).joinedload(Partnership.lead)],
    )
    if row is None or row.partnership_id != partnership_id:
        raise NotFound("There is no such decision.")
    return row


def keep_decision(
    session: Session,
    actor: Actor,
    *,
    partnership_id: int,
    day: date,
    decided: str,
    reasons: str,
    alternatives: str,
    deciders: str,
    expected: str,
    due_on: date,
    on: date,
) -> PartnershipDecision:
    """The authority that leads keeps what was decided on a day. Raises Invalid, by field."""
    partnership = find_partnership(session, partnership_id)
    require(can_keep_partnership(actor, partnership.lead_id), "keep a decision of this partnership")
    errors: dict[str, list[str]] = {}
    if day > on:
        errors["day"] = ["Enter today or an earlier day: the day on which it was decided."]
    if due_on < day:
        errors["due_on"] = ["This is before the decision. Enter the day by which something is to come of it."]
    if errors:
        raise Invalid(errors)
    row = PartnershipDecision(
        partnership_id=partnership.id, on=day, decided=decided, reasons=reasons, alternatives=alternatives,
        deciders=deciders, expected=expected, due_on=due_on,
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "partnership decided", row, partnership_id=partnership.id)
    return row


def keep_result(
    session: Session,
    actor: Actor,
    *,
    partnership_id: int,
    decision_id: int,
    version: int,
    day: date,
    result: str,
    on: date,
) -> PartnershipDecision:
    """The authority that leads keeps what came of a decision by a day, once. Raises Invalid, by field, Stale."""
    row = session.scalar(
        select(PartnershipDecision)
        .where(PartnershipDecision.id == decision_id, PartnershipDecision.partnership_id == partnership_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such decision.")
    require(can_keep_partnership(actor, row.partnership.lead_id), "keep what came of this decision")
    if row.version != version:
        raise Stale("Somebody else has just said what came of this decision. See theirs.")
    if row.result is not None:
        raise InvalidTransition("What came of this decision is kept already.")
    if not row.on <= day <= on:
        raise Invalid({"day": ["Enter a day since the decision, today at the latest."]})
    row.result, row.result_on = result, day
    audit.record(session, actor, "partnership decision concluded", row, partnership_id=partnership_id)
    return row

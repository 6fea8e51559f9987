"""The negotiation of an uplift: the provider and the link LA propose in turn until one agrees; who the link LA is; and
the provider's withdrawal.

Never two open proposals, never a step out of turn. It must never decide for an LA: each answers for itself afterwards.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted
from marketplace.models import Authority, StepKind, Uplift, UpliftStatus, london_day
from marketplace.permissions import Actor, can_answer_uplift, can_negotiate, can_request_uplift, require
from marketplace.services.uplift_letters import agreement_letter
from marketplace.services.uplift_steps import add_step, close, locked, move, require_fresh

ANSWER_DAYS = 28  # from the agreement, for each LA to decide: a cycle of monthly panels

NEGOTIATES = "negotiates for all from now on."


def counter(
    session: Session, actor: Actor, *, uplift_id: int, version: int, percent: Decimal, reasons: str, at: datetime
) -> Uplift:
    """Answer the open proposal with another percentage on the published prices. Raises Invalid for the same one."""
    uplift = _on_turn(session, actor, uplift_id, version)
    step = close(session, uplift)
    if step.percent == percent and not uplift.is_as_sent(step):
        raise Invalid({"percent": ["That is what is proposed. Agree to it, or enter another percentage."]})
    add_step(session, actor, uplift, StepKind.PROPOSED, at=at, percent=percent, reasons=reasons)
    return uplift


def agree(session: Session, actor: Actor, *, uplift_id: int, version: int, reasons: str | None, at: datetime) -> Uplift:
    """Agree to the open proposal: it ends the negotiation, and each LA is to answer for itself within 28 days."""
    uplift = _on_turn(session, actor, uplift_id, version)
    step = close(session, uplift)
    with session.no_autoflush:  # it is agreed as a whole
        uplift.agreed_percent = step.percent
        uplift.is_as_asked = uplift.is_as_sent(step)
        uplift.successor_id = None
        uplift.answer_by = london_day(at) + timedelta(days=ANSWER_DAYS)
        uplift.agreement = dict(agreement_letter(session, actor, uplift, at=at))
        move(uplift, UpliftStatus.AGREED)
    add_step(session, actor, uplift, StepKind.AGREED, at=at, percent=step.percent, reasons=reasons)
    return uplift


def may_take_over_at_once(uplift: Uplift) -> bool:
    """Whether the link LA was only put in its place by the product, and has not proposed anything since."""
    changes = [step.number for step in uplift.steps if step.kind is StepKind.LINK_CHANGED]
    return not changes and not any(step.organisation_id == uplift.link_id for step in uplift.steps)


def take_over(session: Session, actor: Actor, *, uplift_id: int, version: int, at: datetime) -> Uplift:
    """Offer that the actor's LA negotiates for all. Where the link LA has not acted yet it does so at once; else the
    link LA is asked. Raises Conflict where it is the link LA, or another has offered."""
    uplift = _under_way(session, uplift_id)
    mine = actor.organisation_id
    require(mine is not None and can_answer_uplift(actor, mine), "negotiate for your authority")
    require_fresh(uplift, version)
    _require_negotiating(uplift)
    if uplift.link_id == mine:
        raise Conflict("Your authority negotiates for all already.")
    if uplift.successor_id is not None:
        raise Conflict("An authority has offered to take over, and the link authority has not answered yet.")
    if may_take_over_at_once(uplift):
        uplift.link_id = mine
        add_step(session, actor, uplift, StepKind.LINK_CHANGED, at=at, reasons=f"{actor.organisation} {NEGOTIATES}")
    else:
        uplift.successor_id = mine
        add_step(session, actor, uplift, StepKind.LINK_OFFERED, at=at)
    return uplift


def hand_over(
    session: Session, actor: Actor, *, uplift_id: int, version: int, is_handed_over: bool, at: datetime
) -> Uplift:
    """Answer another LA's offer to negotiate for all: hand over to it, or stay. Raises InvalidTransition if none."""
    uplift = _under_way(session, uplift_id)
    if uplift.link_id is None or not can_answer_uplift(actor, uplift.link_id):
        raise NotPermitted("The authority that negotiates for all decides whether it hands over.")
    require_fresh(uplift, version)
    _require_negotiating(uplift)
    if uplift.successor_id is None:
        raise InvalidTransition("No other authority offers to negotiate for all.")
    successor, uplift.successor_id = uplift.successor_id, None
    if is_handed_over:
        uplift.link_id = successor
        name = session.get_one(Authority, successor).name
        add_step(session, actor, uplift, StepKind.LINK_CHANGED, at=at, reasons=f"{name} {NEGOTIATES}")
    else:
        add_step(session, actor, uplift, StepKind.LINK_KEPT, at=at)
    return uplift


def withdraw(session: Session, actor: Actor, *, uplift_id: int, version: int, reasons: str, at: datetime) -> Uplift:
    """Take a request back, also after it was agreed, until its prices are published. Published prices stay."""
    uplift = _under_way(session, uplift_id)
    require(can_request_uplift(actor, uplift.provider_id), "withdraw this request")
    require_fresh(uplift, version)
    if uplift.open_step is not None:
        close(session, uplift)
    move(uplift, UpliftStatus.WITHDRAWN)
    uplift.successor_id = None
    add_step(session, actor, uplift, StepKind.WITHDRAWN, at=at, reasons=reasons)
    return uplift


def _under_way(session: Session, uplift_id: int) -> Uplift:
    uplift = locked(session, uplift_id)
    if uplift.status is UpliftStatus.DRAFT:
        raise NotFound
    return uplift


def _on_turn(session: Session, actor: Actor, uplift_id: int, version: int) -> Uplift:
    uplift = _under_way(session, uplift_id)
    if not (can_negotiate(actor, uplift.provider_id) or can_negotiate(actor, uplift.link_id)):
        raise NotPermitted("The link authority negotiates for all. Your authority answers for itself afterwards.")
    require_fresh(uplift, version)
    _require_negotiating(uplift)
    if uplift.turn_id != actor.organisation_id:
        raise InvalidTransition("The last proposal is your own. It is for the other side to answer.")
    return uplift


def _require_negotiating(uplift: Uplift) -> None:
    if uplift.status is not UpliftStatus.NEGOTIATING:
        raise InvalidTransition(f"The negotiation is over: the request is {uplift.status}.")

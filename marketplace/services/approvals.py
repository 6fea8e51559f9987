"""Approvals: a second person makes an award that somebody else has proposed, or returns it with the reason.

It must never let who proposed an award decide it: neither here nor, by its own rule, in the table.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotPermitted
from marketplace.models import Award, AwardStatus, Need
from marketplace.permissions import Actor, can_decide_award, require
from marketplace.services.award_steps import (
    find_award,
    give_back_place,
    lock_award,
    move,
    require_fresh,
    tell_proposer,
)
from marketplace.services.awards import make_award


def waiting_awards(session: Session) -> Sequence[Award]:
    """The proposals that wait for a second person, as far as the actor of this transaction sees them, the soonest to
    lapse first."""
    return session.scalars(
        select(Award)
        .where(Award.status == AwardStatus.PROPOSED)
        .options(
            joinedload(Award.need),
            joinedload(Award.setting),
            joinedload(Award.provision),
            joinedload(Award.proposed_by),
        )
        .order_by(Award.held_until, Award.id)
    ).all()


def approve_award(
    session: Session, actor: Actor, *, award_id: int, version: int, note: str | None = None, on: date, at: datetime
) -> Award:
    """Make an award that was proposed by somebody else."""
    _lock_to_decide(session, actor, award_id, version)
    return make_award(session, actor, award_id, note=note, on=on, at=at)


def approve_awards(
    session: Session, actor: Actor, *, versions: Mapping[int, int], on: date, at: datetime
) -> list[Award]:
    """Make several awards that were proposed by others, all or none; `versions` by id, as the person saw them. Raises
    what approving one raises, saying of which need."""
    if not versions:
        raise Invalid({"awards": ["Select an award to approve."]})
    found = [find_award(session, award_id) for award_id in versions]
    made = []
    for award in sorted(found, key=lambda each: (each.need_id, each.id)):  # needs are locked in one order
        try:
            made.append(approve_award(session, actor, award_id=award.id, version=versions[award.id], on=on, at=at))
        except (Conflict, NotPermitted) as error:
            raise type(error)(
                f"{award.need.reference}: {error} Nothing was approved; leave it out, then send."
            ) from error
    return made


def return_award(session: Session, actor: Actor, *, award_id: int, version: int, note: str, at: datetime) -> Award:
    """Return a proposal to who made it, with the reason; the place is free again."""
    award, need = _lock_to_decide(session, actor, award_id, version)
    if not note.strip():
        raise Invalid({"note": ["Say why it is returned: who proposed it reads it."]})
    move(award, AwardStatus.RETURNED)
    award.decided_at, award.decided_by_id, award.decision_note = at, actor.user_id, note
    give_back_place(session, actor, award, need, at=at)
    audit.record(session, actor, "award returned", award, need_id=award.need_id)
    tell_proposer(session, actor, award, "award_returned")
    return award


def _lock_to_decide(session: Session, actor: Actor, award_id: int, version: int) -> tuple[Award, Need]:
    award, need, _ = lock_award(session, award_id)
    require(can_decide_award(actor, award.authority_id), "decide an award")
    require_fresh(award, version)
    if award.proposed_by_id == actor.user_id:
        raise NotPermitted("You have proposed this award. Somebody else decides it.")
    return award, need

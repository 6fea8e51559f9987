"""Each LA's answer to an agreement, for itself: once, with a reason and its own count of placements, kept with its
letter. Silence is not acceptance: a row without an answer says nothing, however late it is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, InvalidTransition, NotFound
from marketplace.models import Uplift, UpliftAnswer, UpliftCount
from marketplace.permissions import Actor, can_answer_uplift, require
from marketplace.services.letters import set_letter
from marketplace.services.uplift_letters import answer_letter
from marketplace.services.uplift_steps import locked
from marketplace.services.uplifts import LIVE, answer_of


def count_key(row: UpliftCount) -> str:
    """What a row of placements is called within one LA's answer: "12-intensive"."""
    return f"{row.provision_id}-{row.band}"


def own_counts(session: Session, actor: Actor, uplift: Uplift) -> Sequence[UpliftCount]:
    """The placements of the actor's LA, by provision and rising band."""
    rows = session.scalars(
        select(UpliftCount)
        .where(UpliftCount.uplift_id == uplift.id, UpliftCount.authority_id == actor.organisation_id)
        .options(joinedload(UpliftCount.provision))
    ).all()
    return sorted(rows, key=lambda row: (row.provision.name, row.provision_id, row.band.level))


def answer_uplift(
    session: Session,
    actor: Actor,
    *,
    uplift_id: int,
    is_accepted: bool,
    reason: str,
    counts: Mapping[str, int],
    at: datetime,
) -> UpliftAnswer:
    """Accept or decline for the actor's LA; `counts` are its placements as it has them, by `count_key`.

    Raises InvalidTransition before the agreement, after a withdrawal, and where the LA has answered."""
    uplift = locked(session, uplift_id)
    row = answer_of(uplift, actor.organisation_id)
    if row is None:
        raise NotFound
    require(can_answer_uplift(actor, row.authority_id), "answer for your authority")
    if uplift.status not in LIVE:
        raise InvalidTransition(f"There is nothing to answer: the request is {uplift.status}.")
    if row.is_accepted is not None:
        words = "accepted" if row.is_accepted else "declined"
        raise InvalidTransition(f"{actor.organisation} has {words} already. The answer stands.")
    own = own_counts(session, actor, uplift)
    for each in own:
        stated = counts.get(count_key(each), each.stated)
        each.corrected = None if stated == each.stated else stated
    letter = answer_letter(actor, uplift, counts=own, is_accepted=is_accepted, reason=reason, at=at)
    row.is_accepted, row.reason, row.officer, row.answered_at = is_accepted, reason, actor.name, at
    row.letter = dict(letter)
    audit.record(session, actor, "uplift accepted" if is_accepted else "uplift declined", uplift)
    return row


def letter_of_answer(session: Session, *, uplift_id: int, authority_id: int) -> bytes:
    """The letter of one LA's answer. Raises NotFound for one that the actor may not read, Conflict before it."""
    row = session.get(UpliftAnswer, (uplift_id, authority_id))
    if row is None:
        raise NotFound
    if row.letter is None:
        raise Conflict("This authority has not answered, so there is no letter.")
    return set_letter(row.letter)  # type: ignore[arg-type]


def letter_of_agreement(session: Session, *, uplift_id: int) -> bytes:
    """The letter of an agreement. Raises NotFound for a request that the actor may not read, Conflict before it."""
    uplift = session.get(Uplift, uplift_id)
    if uplift is None:
        raise NotFound
    if uplift.agreement is None:
        raise Conflict("Nothing is agreed, so there is no letter.")
    return set_letter(uplift.agreement)  # type: ignore[arg-type]

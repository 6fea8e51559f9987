"""How every step of an uplift is taken: on the locked row, from the state that the person saw, along an allowed move,
and kept for the timeline and the audit trail."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from marketplace import audit
from marketplace.errors import InvalidTransition, NotFound, Stale
from marketplace.models import UPLIFT_MOVES, StepKind, Uplift, UpliftStatus, UpliftStep
from marketplace.permissions import Actor

EVENTS = {
    StepKind.PROPOSED: "uplift proposed",
    StepKind.AGREED: "uplift agreed",
    StepKind.LINK_OFFERED: "uplift link offered",
    StepKind.LINK_CHANGED: "uplift link changed",
    StepKind.LINK_KEPT: "uplift link kept",
    StepKind.WITHDRAWN: "uplift withdrawn",
    StepKind.PUBLISHED: "uplift published",
}


def locked(session: Session, uplift_id: int) -> Uplift:
    """The request, locked until the transaction ends. Raises NotFound also for one that the actor may not know of."""
    row = session.scalar(
        select(Uplift).where(Uplift.id == uplift_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


def require_fresh(uplift: Uplift, version: int) -> None:
    """Raise Stale unless the request is as the person saw it."""
    if uplift.version != version:
        raise Stale("Somebody else has taken a step since you opened this page. Look at what holds now.")


def require_move(uplift: Uplift, status: UpliftStatus) -> None:
    """Raise InvalidTransition unless the request may move to a status."""
    if status not in UPLIFT_MOVES[uplift.status]:
        raise InvalidTransition(f"This request is {uplift.status}, so that cannot be done with it.")


def move(uplift: Uplift, status: UpliftStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    require_move(uplift, status)
    uplift.status = status


def close(session: Session, uplift: Uplift) -> UpliftStep:
    """Close the open proposal, at once, so that another can be opened. Raises InvalidTransition when none is."""
    step = uplift.open_step
    if step is None:
        raise InvalidTransition("No proposal is open.")
    step.is_open = False
    session.flush()
    return step


def add_step(
    session: Session,
    actor: Actor,
    uplift: Uplift,
    kind: StepKind,
    *,
    at: datetime,
    percent: Decimal | None = None,
    reasons: str | None = None,
) -> UpliftStep:
    """Keep a step; a proposal is open. The version of the request goes up with each."""
    assert actor.organisation_id is not None
    step = UpliftStep(
        number=len(uplift.steps) + 1,
        kind=kind,
        organisation_id=actor.organisation_id,
        officer=actor.name,
        at=at,
        percent=percent,
        reasons=reasons,
        is_open=kind is StepKind.PROPOSED,
    )
    uplift.steps.append(step)
    flag_modified(uplift, "starts_on")  # a step alone also counts as a change
    percents = {} if percent is None else {"percent": str(percent)}
    audit.record(session, actor, EVENTS[kind], uplift, step=step.number, **percents)
    return step

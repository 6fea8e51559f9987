"""What happened to an outreach order, out of the audit trail, in words that both sides read."""

from sqlalchemy.orm import Session

from marketplace.models import OutreachOrder
from marketplace.permissions import Actor
from marketplace.services.case_history import Entry, timeline

# event → what it says; {setting} is the setting that it is about.
WORDS = {
    "outreach asked": "Asked of {setting}",
    "outreach ordered": "Stated what the outreach of the placement is for",
    "outreach accepted": "{setting} accepted, and holds the hours",
    "outreach declined": "{setting} declined",
    "outreach agreed": "The price was agreed",
    "outreach withdrawn": "Withdrawn",
    "outreach visit logged": "A visit logged",
    "outreach visit undone": "A visit undone, which was entered by mistake",
    "outreach reviewed": "Reviewed",
    "outreach ended": "Ended, with its result",
}


def order_timeline(session: Session, actor: Actor, order: OutreachOrder) -> list[Entry]:
    """What happened to an order, newest first, for either side."""
    return timeline(session, actor, [order], WORDS)

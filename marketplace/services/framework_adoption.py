"""From draft to adopted, for frameworks: as `adoption` has it. Who adopts one has seen which bands it would change."""

from datetime import date

from sqlalchemy.orm import Session

from marketplace.models import Framework
from marketplace.permissions import Actor, can_adopt_tariff, can_draft_tariff, require
from marketplace.services import adoption
from marketplace.services.adoption import start_obstacles
from marketplace.services.band_changes import band_changes
from marketplace.services.framework_drafts import own_draft
from marketplace.services.frameworks import find_framework


def open_consultation(
    session: Session, actor: Actor, *, framework_id: int, version: int, closes_on: date, on: date
) -> Framework:
    """Open a draft to comments up to a day. Raises as `adoption.open_to_comments` does; InvalidTransition, Stale."""
    row = own_draft(session, actor, framework_id, version)
    adoption.open_to_comments(session, actor, row, closes_on=closes_on, on=on)
    return row


def extend_consultation(
    session: Session, actor: Actor, *, framework_id: int, version: int, closes_on: date, on: date
) -> Framework:
    """Let providers comment until a later day. Raises as `adoption.keep_open` does."""
    row = find_framework(session, framework_id)
    require(can_draft_tariff(actor, row.owner_id), "keep a consultation open")
    adoption.keep_open(session, actor, row, version=version, closes_on=closes_on, on=on)
    return row


def adopt_framework(session: Session, actor: Actor, *, framework_id: int, version: int, on: date) -> Framework:
    """Adopt a framework: it derives the bands of needs from its start on, where the one before it ends. What its
    adopter was shown of its effect is kept with the act.

    Raises Conflict with everything that is in the way; InvalidTransition where it is not in consultation; Stale."""
    row = find_framework(session, framework_id)
    require(can_adopt_tariff(actor, row.owner_id), "adopt a framework")
    adoption.adopt(session, actor, row, version=version, on=on, changes=band_changes(session, row).as_data())
    return row


def obstacles(session: Session, actor: Actor, row: Framework, *, on: date) -> list[str]:
    """Everything that keeps this person from adopting a framework in consultation on a day, a sentence or two each."""
    return adoption.obstacles(actor, row, on=on) + start_obstacles(session, row, on=on)

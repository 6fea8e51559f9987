"""From draft to adopted, for tariffs: as `adoption` has it, and not before a shadow run of the tariff is kept."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.models import Tariff
from marketplace.permissions import Actor, can_adopt_tariff, can_draft_tariff, require
from marketplace.services import adoption
from marketplace.services.adoption import start_obstacles
from marketplace.services.shadow_runs import kept_for
from marketplace.services.tariff_drafts import own_draft
from marketplace.services.tariffs import find_tariff


def open_consultation(
    session: Session, actor: Actor, *, tariff_id: int, version: int, closes_on: date, on: date
) -> Tariff:
    """Open a draft to comments up to a day. Raises as `adoption.open_to_comments` does; InvalidTransition, Stale."""
    row = own_draft(session, actor, tariff_id, version)
    adoption.open_to_comments(session, actor, row, closes_on=closes_on, on=on)
    return row


def extend_consultation(
    session: Session, actor: Actor, *, tariff_id: int, version: int, closes_on: date, on: date
) -> Tariff:
    """Let providers comment until a later day. Raises as `adoption.keep_open` does."""
    row = find_tariff(session, tariff_id)
    require(can_draft_tariff(actor, row.owner_id), "keep a consultation open")
    adoption.keep_open(session, actor, row, version=version, closes_on=closes_on, on=on)
    return row


def adopt_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int, on: date) -> Tariff:
    """Adopt a tariff: it is in force from its start, and the owner's tariff before it ends there.

    Raises Conflict with everything that is in the way; InvalidTransition where it is not in consultation; Stale."""
    row = find_tariff(session, tariff_id)
    require(can_adopt_tariff(actor, row.owner_id), "adopt a tariff")
    adoption.adopt(session, actor, row, version=version, on=on, lacking=_lacking(session, row))
    return row


def obstacles(session: Session, actor: Actor, row: Tariff, *, on: date) -> list[str]:
    """Everything that keeps this person from adopting a tariff in consultation on a day, a sentence or two each."""
    return adoption.obstacles(actor, row, on=on) + _lacking(session, row) + start_obstacles(session, row, on=on)


def is_shadow_run(session: Session, row: Tariff) -> bool:
    """Whether a shadow run of exactly this tariff is kept: the owner's; of a national one, anybody's. An LA's run shows
    what it pays, so of those the operator learns the number alone."""
    if row.owner_id is not None:
        return bool(kept_for(session, row))
    session.flush()
    return bool(session.scalar(select(func.shadow_runs_of_national_tariff(row.id))))


def _lacking(session: Session, row: Tariff) -> list[str]:
    if is_shadow_run(session, row):
        return []
    return ["No shadow run of exactly this tariff is kept. Shadow-run it over today's placements first."]
